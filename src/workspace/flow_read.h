/* flow_read: flow rows of segments, for the files of this directory (the public half,
 * workspace_flow_rows, is in workspace/workspace.h). */
#pragma once

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/flow_kinds.h"
#include "workspace/workspace.h"

/* As workspace_flow_rows, of a list that relation_segments found.  Rows are marked with their kinds
 * unless `kinds` is NULL; then their pads are zero. */
MUST_CHECK bool flow_read(const struct workspace *ws, const struct segment_list *list,
                          struct flow_kinds *kinds, flow_taker *take, void *context, struct err *e);
