/* flow_enriched: the columns that one enrichment gives to the flow rows of one segment.
 *
 * The rows' kinds are told once, in blocks that stay in the processor's cache; then each column is
 * an ENUM of those of its texts that occur, and a cell is one look-up by kind. */
#pragma once

#include <duckdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/workspace.h"

struct flow_enriched {
	const struct enrichment *enrichment; /* NULL: there are no such columns */
	uint16_t *kinds;                     /* of the rows */
	bool *occurs;                        /* by kind */
};

/* enrichment may be NULL; it is borrowed until flow_enriched_done. */
MUST_CHECK bool flow_enriched_init(struct flow_enriched *enriched,
                                   const struct enrichment *enrichment, size_t rows, struct err *e);
void flow_enriched_scan(struct flow_enriched *enriched, const struct flow_row *const *rows,
                        size_t first, size_t count);
void flow_enriched_done(struct flow_enriched *enriched); /* zeroed ones are fine */

/* Whether this column is filled from here. */
bool flow_enriched_has(const struct flow_enriched *enriched, enum column_id id);

/* One column, to be made when all rows have been scanned. */
struct enriched_cells {
	duckdb_logical_type type;
	uint16_t *by_kind; /* the cell of each kind that occurs */
};
MUST_CHECK bool enriched_cells_init(struct enriched_cells *cells,
                                    const struct flow_enriched *enriched, enum column_id id,
                                    struct err *e);
void enriched_cells_done(struct enriched_cells *cells); /* zeroed ones are fine */

/* Fills a vector with `count` rows of the segment from `first` on. */
void enriched_cells_fill(const struct enriched_cells *cells, const struct flow_enriched *enriched,
                         size_t first, size_t count, duckdb_vector vector);
