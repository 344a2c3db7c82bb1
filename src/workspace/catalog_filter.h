/* catalog_filter: what the catalog keeps of segments' address filters (address_filter.h), and whom
 * they spare.
 *
 *     address_filters   segment, name (of the column), part, octets: one row per part of a filter
 *
 * `part` is the first of the ADDRESS_PARTS numbers that the row holds.  Octets are a sum of what
 * follows (8, XXH64), how many numbers the row holds (1), and the part.  A row that is missing, or
 * whose sum is not its own, says nothing: a filter that is damaged spares nobody, and hides no row.
 * Rows are small enough to lie in the table's own pages: a look-up reads some four of them. */
#pragma once

#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/address_filter.h"
#include "workspace/catalog_sql.h"
#include "workspace/workspace.h"

extern const char catalog_filter_schema[]; /* SQL that makes the table */

/* Within a commit: keeps the filters of a new segment, forgets those of one that no longer counts.
 */
MUST_CHECK bool catalog_filters_keep(struct catalog *c, int64_t segment,
                                     const struct address_filters *filters, struct err *e);
MUST_CHECK bool catalog_filters_forget(struct catalog *c, int64_t segment, struct err *e);

/* Takes segments from the list that have no row of those that are sought, as far as filters tell.
 */
MUST_CHECK bool catalog_filters_apply(struct catalog *c, const struct segment_filter *filter,
                                      struct segment_list *list, struct err *e);
