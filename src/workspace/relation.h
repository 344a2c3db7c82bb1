/* relation: segments as SQL, for the files of this directory that read rows themselves (the public
 * half, workspace_relation, is in workspace/workspace.h). */
#pragma once

#include "core/base/buf.h"
#include "core/flow/column.h"
#include "workspace/workspace.h"

/* Adds to *sql what can stand behind FROM: the rows of those segments of a list that hold the
 * table's own rows (at least one does), in any order, with every column that such segments
 * hold today; one that a file lacks is null in its rows. */
void relation_add_rows(struct buf *sql, const struct workspace *ws, enum table_id stored,
                       const struct segment_list *list);

/* The visible segments of these ids, in their order, all of that table; to be freed.  ERR_WORKSPACE
 * where one is not. */
MUST_CHECK bool relation_segments(struct workspace *ws, enum table_id table, const int64_t *ids,
                                  size_t count, struct segment_list *ret, struct err *e);
