/* listing: a few rows that a command shows, as a table for people, as JSON or as CSV.
 *
 * All rows are held until they are printed (a table's widths depend on all of them): for lists that
 * are bounded by something else, not for answers of queries.  A failed allocation shows when the
 * listing is printed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"

/* The words that --format takes for a listing. */
#define LISTING_FORMATS "table|json|csv"

struct listing_column {
	const char *name; /* "rows", as a key in JSON too */
	bool is_number;   /* right-aligned; bare in JSON, where an empty cell is null */
};

struct listing {
	const struct listing_column *columns;
	size_t column_count;
	size_t cell_count; /* column by column, row by row */
	struct buf cells;  /* their texts, each with its NUL */
};

/* One to 64 columns, borrowed. */
void listing_init(struct listing *l, const struct listing_column *columns, size_t column_count);
void listing_done(struct listing *l);

/* Adds the next cell. */
void listing_text(struct listing *l, const char *text);
void listing_number(struct listing *l, int64_t number);

/* Prints header and rows; JSON is one array of objects.  `format` is one of LISTING_FORMATS. */
MUST_CHECK bool listing_print(const struct listing *l, const char *format, FILE *out,
                              struct err *e);
