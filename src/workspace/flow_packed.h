/* flow_packed: how dense segments hold those columns of TABLE_FLOWS that compress badly as they
 * are.
 *
 * Parquet's DELTA_BINARY_PACKED does not know that ticks are nearly always whole milliseconds, nor
 * that the lower half of a Flowsequence is a small index.  So a dense segment holds such a column
 * as two of BIGINT: times in milliseconds after TimeGenerated (FlowEndTime after FlowStartTime,
 * where there is one) and the ticks left over, sequences by message and record.  Subnets follow
 * from address and mask, and are not held at all.  SQL puts them together again
 * (relation_add_rows); nothing is lost, and what is null stays null.
 *
 * Light segments, and files that are exported, hold columns as they are. */
#pragma once

#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/column.h"
#include "workspace/db.h"
#include "workspace/flow_cells.h"

/* A column of dense segments, of BIGINT, that is null where column `of` is. */
struct packed_column {
	const char *name;
	enum column_id of;
	flow_cells_fill *fill;
};
enum { PACKED_COLUMNS = 8 };
extern const struct packed_column packed_columns[PACKED_COLUMNS];

/* SQL of a column by those of a dense segment; NULL where it stands there as it is. */
const char *packed_sql(enum column_id id);

/* Makes the functions of that SQL known. */
MUST_CHECK bool packed_functions_register(struct db *db, struct err *e);
