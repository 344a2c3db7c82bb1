/* flow_cells: the numbers of flow rows, column by column, as the database holds them.
 *
 * int32_t for int, int64_t for long and datetime (ticks), bool for bool.  What an int64_t cannot
 * hold saturates. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/flow/row.h"

#define FLOW_BLOCK 2048 /* most rows that are looked at together: they stay in a cache */

/* Writes one cell per row; cells of absent values mean nothing. */
typedef void flow_cells_fill(const struct flow_row *const *rows, size_t count, size_t offset,
                             void *cells);

/* A function that reads a `from` of each row, v, and writes a `to`; `value` may look
 * at rows[i]. */
#define FLOW_CELLS_FILL(name, from, to, value)                                                     \
	static void name(const struct flow_row *const *rows, size_t count, size_t offset,          \
	                 void *cells)                                                              \
	{                                                                                          \
		to *out = cells;                                                                   \
		for (size_t i = 0; i < count; i++) {                                               \
			from v;                                                                    \
			memcpy(&v, (const char *)rows[i] + offset, sizeof v);                      \
			out[i] = value;                                                            \
		}                                                                                  \
	}

/* What fills a column that flow rows carry as a number; NULL for others. */
flow_cells_fill *flow_cells_of(enum column_id id);

/* Which rows of a block have which columns: the rows' words of presence side by side. */
struct flow_presence {
	uint64_t key[FLOW_BLOCK], value[FLOW_BLOCK];
	uint64_t all_key, all_value; /* bits that every row has */
};
void flow_presence_read(struct flow_presence *p, const struct flow_row *const *rows, size_t count);

/* Whether all rows have the column.  If not, bit i % 64 of words[i / 64] says whether row i has. */
bool flow_presence_of(const struct flow_presence *p, enum column_id id, size_t count,
                      uint64_t words[FLOW_BLOCK / 64]);
