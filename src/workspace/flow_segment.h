/* flow_segment: flow rows as one segment, whoever is to write it.
 *
 * Memory beside the rows: 20 octets for each, and what writing takes (segment_writer.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/row.h"
#include "workspace/commit.h"
#include "workspace/segment_writer.h"
#include "workspace/workspace.h"

/* Rows of one UTC day, at least one; all of it is borrowed. */
struct flow_run {
	const struct flow_row *const *rows;
	size_t count;
	const struct constants *constants;
	const struct enrichment *enrichments[ENRICHMENTS]; /* NULL: none */
	enum segment_style style; /* dense: packed, and the rows are in the order of flow_order.h */
};

MUST_CHECK bool flow_segment_write(const struct flow_run *run, const struct segment_sink *sink,
                                   struct err *e);
