/* flow_fields: cells of segments back as the fields of flow rows, column by column: the inverse of
 * flow_cells.c and, for addresses, of flow_text.c.
 *
 * A cell that is null, or an empty text where an address is wanted, is a field that the row does
 * not have. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/flow/row.h"
#include "workspace/db_internal.h"

/* Cells first … first + count - 1 of a vector of type sql_type(column->type). */
struct cell_run {
	struct db_vector vector;
	size_t first, count;
};

/* Sets a field, and that it is there, in each of count rows that are zero there.  Returns how many
 * it did: fewer than count where no such field can hold the next cell. */
typedef size_t flow_fields_read(const struct cell_run *run, const struct column *column,
                                struct flow_row *rows);

/* What reads a column into rows; NULL for those that rows do not carry. */
flow_fields_read *flow_fields_of(enum column_id id);
