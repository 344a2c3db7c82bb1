/* lex_string: KQL's string literals: "…", '…', @"…", h"…", ```…```, ~~~…~~~. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/attr.h"

struct string_read {
	const char *text; /* the query */
	size_t len;
	size_t at;         /* in: where the literal starts; out: behind it, or where it broke */
	const char *value; /* out: what it stands for, in the arena */
	size_t value_len;
	const char *problem; /* out, on failure: what is wrong */
};

/* Whether a string literal starts here. */
bool string_starts(const char *text, size_t left);

MUST_CHECK bool string_read(struct string_read *s, struct arena *arena);
