/* compact: segments that have come to rest, written again: fewer, smaller, quicker to search.
 *
 * A compaction replaces segments of one table and one hour that is over, later those of one UTC
 * day, by as few as COMPACT_ROWS allows.  Flow rows of one minute and key become one row again,
 * whatever order their parts came in; they are ordered by source address, then time, so that an
 * address stands in few row groups.  Rows that are never merged stay in the order of their minutes.
 * Files are dense (parquet_column.h).  All else that rows held they hold still: null is null, and
 * the texts of constants and enriched columns are those of their day; rows that differ in one of
 * these stay apart.
 *
 * What flow rows add up to is worked out on the way (rollup.h): rows of FlowsHourly come with the
 * first compaction that sees a flow row, rows of FlowsDaily with the first of FlowsHourly's to a
 * day, both in the same commit as what these make of their own rows.  So each flow row is in its
 * rollups once, and stays there whatever becomes of it.  Rows of rollups are added up where others
 * are written one behind the other.
 *
 * Three steps, which may be done by different processes:
 *
 *     compact_plan     chooses, by the catalog
 *     compact_write    reads the chosen segments and writes new ones beside them: the long part,
 *                      for a child process; it needs to read the catalog and to write files only
 *     compact_adopt    puts the new segments into the place of the old ones, in one commit
 *
 * What a step leaves behind when it is killed counts for nothing: files whose names end in ".new"
 * are no segments until they are adopted, and the next writer sweeps them.  Readers that have the
 * old segments on their lists find them for RETIRED_MINUTES.
 *
 * Left alone are rows of TABLE_ATC (imported as they are) and of TABLE_LEDGER (folded where they
 * are written), segments that the caller holds, and what no row struct can hold.
 *
 * Bounds: COMPACT_INPUTS segments a compaction, and COMPACT_ROWS rows unless it is of a single
 * segment; compact_write takes at most COMPACT_MEMORY whatever its input. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/workspace.h"

enum { COMPACT_INPUTS = 4096, COMPACT_WAIT_MINUTES = 15 };
#define COMPACT_ROWS   ((size_t)2 << 20)
#define COMPACT_MEMORY ((uint64_t)1200 << 20)

struct compaction {
	enum table_id table;
	enum segment_level level; /* of what it makes */
	int64_t *segments;        /* ids, by time; NULL: there is nothing to do */
	size_t count;
	int64_t rows, bytes; /* of them */
	size_t room;         /* flow rows that are merged, and make a segment, at a time */
	size_t keys;         /* of what is rolled up at a time (rollup.h) */
};
void compaction_done(struct compaction *c);

/* Segments that must stay what they are. */
struct compact_held {
	const int64_t *ids; /* rising */
	size_t count;
};

/* The compaction that is due most: hours before days, the oldest first; of periods that ended
 * COMPACT_WAIT_MINUTES before `now` (ticks). */
MUST_CHECK bool compact_plan(struct workspace *ws, int64_t now, struct compact_held held,
                             struct compaction *ret, struct err *e);

/* Writes the new segments, durably, and returns what the catalog is to know of them; their paths
 * are those of files that are not yet segments.  On failure nothing is left of them.  ERR_WORKSPACE
 * where rows are such as cannot be written again: trying again will not help. */
MUST_CHECK bool compact_write(struct workspace *ws, const struct compaction *c,
                              struct segment_list *ret, struct err *e);

/* Makes them visible in the place of the old ones, in a commit of its own by a workspace that is
 * open for writing.  False where that fails, or an old one is no longer visible: then nothing has
 * changed, and the new files are gone. */
MUST_CHECK bool compact_adopt(struct workspace *ws, const struct compaction *c,
                              const struct segment_list *made, struct err *e);

/* Removes what a compact_write that was killed has left. */
void compact_clear(struct workspace *ws, const struct compaction *c);
