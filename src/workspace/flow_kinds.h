/* flow_kinds: the texts of rows that no struct flow_row holds, configured constants and enriched
 * columns, read back so that rows are written again as they were.
 *
 * Texts are numbered by column; each combination that occurs is a kind, whose number travels in two
 * octets of the row's pad, which belong to its key: rows that differ in such a text stay apart when
 * they are merged.  What was read is an enrichment (workspace.h) that tells these numbers.
 *
 * Bound: ENRICHMENT_KINDS kinds and as many texts of each column, FLOW_KINDS_TEXT octets of all.
 * One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/plain.h"
#include "core/flow/row.h"
#include "workspace/db.h"
#include "workspace/numbered.h"
#include "workspace/workspace.h"

#define FLOW_KINDS_TEXT ((size_t)32 << 20)

struct flow_kinds {
	size_t column_count;
	enum column_id ids[COLUMN_COUNT];
	struct numbered texts[COLUMN_COUNT]; /* by place in ids */
	struct numbered kinds;               /* each is a number for each column */
	const char **text_lists[COLUMN_COUNT];
	uint16_t *by_kind[COLUMN_COUNT];
};

void flow_kinds_init(struct flow_kinds *k);
void flow_kinds_done(struct flow_kinds *k); /* zeroed ones are fine */

/* Some rows of a chunk whose columns from `column` on are the texts, in the order of k->ids. */
struct kind_run {
	const struct db_rows *cells;
	size_t column, first, count;
};

/* Marks rows with their kinds.  False where there are too many kinds. */
MUST_CHECK bool flow_kinds_read(struct flow_kinds *k, const struct kind_run *run,
                                struct flow_row *rows, struct err *e);

/* The text that a kind has in a constant or enriched column, valid until the next is read. */
struct row_text flow_kinds_text(const struct flow_kinds *k, uint16_t kind, enum column_id id);

/* Whether the next batch might find no room: then the rows so far are to be written, and kinds to
 * begin anew. */
bool flow_kinds_is_full(const struct flow_kinds *k);

/* What has been read, as an enrichment that is valid until flow_kinds_done.  Once. */
MUST_CHECK bool flow_kinds_enrichment(struct flow_kinds *k, struct enrichment *ret, struct err *e);
