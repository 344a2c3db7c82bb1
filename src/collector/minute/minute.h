/* minute: the rows of open minutes, and their way into the workspace.
 *
 * Batches of rows come in, in the order of their arrival; the flow table merges all records of one
 * flow and minute into one row (core/flow/table.h), whose minute is part of its key, so that rows
 * of several minutes may be open at once, as captures that are not in order of time need it.  Rows
 * go to the workspace when they are closed: at the end, or when the table is full.  Then the
 * minutes before the newest are written first; only where that frees less than half of the table,
 * the newest is written as well, and later records of its flows become further rows.
 *
 * Bound: flows_max rows of the flow table, and one pointer for each while rows are written.  One
 * thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/batch.h"
#include "workspace/workspace.h"

struct minutes; /* opaque */

/* Rows will become segments of `commit`, with these constants; both are borrowed until
 * minutes_free.  flows_max: 1 to 2^31. */
MUST_CHECK struct minutes *minutes_new(size_t flows_max, struct commit *commit,
                                       const struct constants *constants, struct err *e);
void minutes_free(struct minutes *m); /* NULL is fine; rows not closed are dropped */

/* Merges the batch's rows.  False where rows had to be written and could not be. */
MUST_CHECK bool minutes_add(struct minutes *m, const struct batch *batch, struct err *e);

/* Writes all rows that are open. */
MUST_CHECK bool minutes_close(struct minutes *m, struct err *e);

/* Rows written so far. */
uint64_t minutes_rows(const struct minutes *m);
