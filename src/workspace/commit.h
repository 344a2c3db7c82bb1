/* commit: rows becoming segment files, and all of them visible at once.
 *
 * The public half is in workspace/workspace.h; this is the side that writers of rows use
 * (flow_segment.c, json_rows.c): they describe one segment after the other. */
#pragma once

#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/segment_writer.h"
#include "workspace/workspace.h"

/* What the catalog has to know of a segment before it is written. */
struct segment_facts {
	enum table_id table;
	int64_t rows;
	struct time_range time, recorded; /* of all rows; TIME_RANGE_NONE where none has one */
	int64_t day;                      /* a tick of the UTC day that it is filed under */
};

#define TIME_RANGE_NONE ((struct time_range){ INT64_MAX, INT64_MIN })

/* Widens a range so that it holds t. */
static inline void time_range_add(struct time_range *range, int64_t t)
{
	range->from = t < range->from ? t : range->from;
	range->to = t > range->to ? t : range->to;
}

/* Takes one segment that is ready to be written. */
struct segment_sink {
	bool (*take)(void *context, const struct segment_facts *facts,
	             const struct row_source *source, struct err *e);
	void *context;
};

/* Writes one segment, durable under its name but not yet visible.  On failure nothing of it is
 * left. */
MUST_CHECK bool commit_segment(struct commit *c, const struct segment_facts *facts,
                               const struct row_source *source, struct err *e);

/* Gives a durable file, `made->path`, the name of a new segment, of which `made` says all else.  On
 * failure the file may have either name or none. */
MUST_CHECK bool commit_adopt(struct commit *c, const struct segment *made, struct err *e);

/* A sink of segments that are to be written so. */
struct segment_sink commit_sink(struct commit *c);

/* What rows are enriched by, from number 0 on; NULL behind the last. */
const struct enrichment *commit_enrichment(const struct commit *c, size_t number);

/* Notes that not all rows could be added, so that commit_end will refuse.  Always false. */
bool commit_fail(struct commit *c);
