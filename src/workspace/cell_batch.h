/* cell_batch: rows that came as text (an export, a list), as typed cells until they are segments.
 *
 * A reader of some format asks for a row, fills the cells of the columns that it found, and has the
 * batch written when it is full.  One thread; holds at most CELL_BATCH_BYTES and one row more. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/column.h"
#include "workspace/workspace.h"

#define CELL_BATCH_BYTES ((size_t)96 << 20)

struct cell {
	bool present; /* else null, or the empty text */
	uint32_t len; /* of text */
	union {
		int64_t number; /* bool, int, long, datetime, timespan */
		double real;
		const char *text; /* string, dynamic, guid */
	};
};

struct cell_batch {
	enum table_id table;
	size_t column_count;
	enum column_id ids[COLUMN_COUNT]; /* the columns that the table's segments hold */
	int16_t place[COLUMN_COUNT];      /* of a column in ids and in a row; -1: not held */
	struct arena arena;               /* of the rows and their texts */
	struct cell **rows;
	size_t count, room;
};

void cell_batch_init(struct cell_batch *b, enum table_id table);
void cell_batch_done(struct cell_batch *b);

/* A new row, column_count cells of which none is present; NULL without memory. */
MUST_CHECK struct cell *cell_batch_add(struct cell_batch *b);

/* Puts a copy of a text into a cell. */
MUST_CHECK bool cell_set_text(struct cell_batch *b, struct cell *cell, const char *text,
                              size_t len);

bool cell_batch_is_full(const struct cell_batch *b);

/* Writes the rows as segments, one per UTC day of TimeGenerated and in its order, rows of the same
 * time as they were added; the batch is empty then.  Rows without TimeGenerated are filed under the
 * first day there is. */
MUST_CHECK bool cell_batch_write(struct cell_batch *b, struct commit *c, struct err *e);
