/* flow_cells: the numbers of flow rows, column by column, as the database holds them.
 *
 * int32_t for int, int64_t for long and datetime (ticks), bool for bool.  What an int64_t cannot
 * hold saturates. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/flow/row.h"

/* Writes one cell per row; cells of absent values mean nothing. */
typedef void flow_cells_fill(const struct flow_row *const *rows, size_t count, size_t offset,
                             void *cells);

/* What fills a column that flow rows carry as a number; NULL for others. */
flow_cells_fill *flow_cells_of(enum column_id id);

/* Sets bit i % 64 of word i / 64 where row i has the column, clears the others of the words that
 * count rows need.  Returns whether all have it. */
bool flow_cells_present(enum column_id id, const struct flow_row *const *rows, size_t count,
                        uint64_t *words);
