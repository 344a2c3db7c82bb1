/* problems: what is wrong with a file that a person wrote, each thing at its place.
 *
 * Bounded: the first PROBLEMS_MAX are kept, and `more` says that there were others.  Texts never
 * hold control characters, whatever the file held, and are cut where they are too long. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/attr.h"

#define PROBLEMS_MAX 20

struct position {
	unsigned line, column; /* from 1; both 0 where the file as a whole is meant */
};

struct problem {
	struct position position;
	char key[128];  /* "exporters[2].prefix", or "" */
	char text[256]; /* what is wrong and, where that helps, what to write instead */
};

struct problems {
	struct problem items[PROBLEMS_MAX];
	size_t count;
	bool more;
};

void problem_add(struct problems *list, struct position position, const char *key,
                 const char *format, ...) PRINTF_LIKE(4, 5);

/* One line for each: "NAME:LINE:COLUMN: KEY: TEXT". */
void problems_print(const struct problems *list, const char *name, FILE *out);
