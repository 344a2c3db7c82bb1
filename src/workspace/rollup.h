/* rollup: what flow rows add up to, so that answers stay when the rows have gone.
 *
 * Rows of FlowsHourly and FlowsDaily are of one of the kinds of core/flow/rollup_kind.h.  Each flow
 * row counts once in each kind: so rows of one kind, in any stretch of whole hours, add up to just
 * what the flow rows do.  A list is the rows of one kind, period, circuit, peering, direction,
 * sampling interval and TotalCounters.  Lists of ROLLUP_TOTAL are whole; of the others the
 * ROLLUP_LISTED of most bytes are listed, and all others summed in one row, the residual, which is
 * missing where there are none.
 *
 * Rows of a list may come in parts (late rows, many rows, days of hours): parts are added up, in
 * any order.  What a part does not list is bounded by its UnlistedBound U, what it lists by
 * NumberOfBytes and NumberOfBytes + Bound B.  So of one that some parts list, all its bytes are at
 * most the sum of its NumberOfBytes, plus the sum of its (B - U), plus the sum of all parts' U,
 * which stands in residuals; and of one that no part lists the last of these sums.  Of a whole
 * list U and B are 0.  The same arithmetic holds in KQL over any rows of a kind.
 *
 * Made where rows are compacted (compact.h), of rows that have not been compacted before: each flow
 * row is counted by exactly one compaction, whatever becomes of it later.
 *
 * Bound: as many keys as it is made for (ROLLUP_KEYS: 256 MiB), ROLLUP_TEXT octets of texts, and
 * the rows of lists (PLAIN_OCTETS); at any of these, what there is becomes parts, and more is
 * counted anew.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/plain.h"
#include "core/flow/rollup_kind.h"
#include "core/flow/table.h"
#include "workspace/commit.h"
#include "workspace/flow_kinds.h"

#define ROLLUP_LISTED     1000
#define ROLLUP_LEAST_KEYS ((size_t)64)
#define ROLLUP_KEYS       ((size_t)2 << 20)
#define ROLLUP_TEXT       ((size_t)32 << 20)

struct rollup; /* opaque */

/* Whether it is FlowsHourly or FlowsDaily. */
bool rollup_is_of(enum table_id table);

/* For at most `keys` keys, ROLLUP_LEAST_KEYS or more. */
MUST_CHECK struct rollup *rollup_new(enum table_id table, size_t keys, struct err *e);
void rollup_free(struct rollup *r); /* NULL is fine */

/* Flow rows, marked with the numbers of their kinds. */
struct rollup_flows {
	const struct flow_table *table;
	const struct flow_kinds *kinds;
};

/* Counts all rows of a table, kind by kind, so that lists of as many rows as there are keys are
 * whole. */
MUST_CHECK bool rollup_add_flows(struct rollup *r, const struct rollup_flows *flows,
                                 const struct segment_sink *sink, struct err *e);

/* Counts rows that were written of a rollup. */
MUST_CHECK bool rollup_add_rows(struct rollup *r, const struct rollup_row *rows, size_t count,
                                const struct segment_sink *sink, struct err *e);

/* Writes all that was added as segments of the table, by period, list and bytes. */
MUST_CHECK bool rollup_write(struct rollup *r, const struct segment_sink *sink, struct err *e);
