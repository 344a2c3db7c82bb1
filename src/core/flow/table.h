/* table: the flow table, where records of one flow and minute become one row.
 *
 * Rows are kept in the order in which their first records came, in blocks that never move, and
 * found by an index of hashes; order and values do not depend on the hash seed, which each table
 * draws anew.  How columns merge is in registry/columns.csv (sum, min, max, or, first, last); sums
 * stop at the largest value instead of wrapping.
 *
 * Bound: max_rows x (216 octets + 22 of index at most) and what huge pages round up.  One thread.
 */
#pragma once

#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/row.h"

struct flow_table; /* opaque */

/* max_rows: 1 to 2^31.  Memory is taken as rows come. */
MUST_CHECK struct flow_table *flow_table_new(size_t max_rows, struct err *e);
void flow_table_free(struct flow_table *table); /* NULL is fine */

/* Merges rows[0 … count-1] in order; each row's pad must be zero.  Returns how many were merged:
 * fewer than count only where the next one would be a new row and the table is full (or memory is).
 * At most BATCH_ROWS rows are looked at ahead. */
size_t flow_table_merge(struct flow_table *table, const struct flow_row *rows, size_t count);

size_t flow_table_count(const struct flow_table *table);

/* Row number i, in order of first appearance; borrowed until the table is cleared. */
const struct flow_row *flow_table_row(const struct flow_table *table, size_t i);

/* Takes out the rows of minutes before this one; those that stay keep their order but get new
 * numbers. UINT64_MAX takes all.  Memory is kept for the next rows. */
void flow_table_remove_before(struct flow_table *table, uint64_t minute);

/* Octets that the table holds now. */
size_t flow_table_memory(const struct flow_table *table);

/* Octets that a table of max_rows holds at most. */
size_t flow_table_bound(size_t max_rows);
