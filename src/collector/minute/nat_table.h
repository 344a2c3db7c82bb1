/* nat_table: the bindings that are open, found by what they bind, in the order in which they were
 * last told of.
 *
 * Two rows are of one binding where exporter, observation domain, NAT instance, kind, protocol,
 * addresses and ports of both sides, and the first port of a block are equal.  Bound: max rows
 * (about 240 octets each, taken as they are needed) and 8 octets of index for each.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/plain.h"

struct nat_table; /* opaque */

MUST_CHECK struct nat_table *nat_table_new(size_t max, struct err *e); /* max: 1 to 2^24 */
void nat_table_free(struct nat_table *t);                              /* NULL is fine */

/* The row of the binding that `like` is one of, or NULL. */
struct nat_binding *nat_table_find(struct nat_table *t, const struct nat_binding *like);

/* Adds a row as the one that was told of last.  There must be room, and none like it. */
void nat_table_add(struct nat_table *t, const struct nat_binding *row);
bool nat_table_is_full(const struct nat_table *t);

/* Makes it the one that was told of last; takes it out. */
void nat_table_touch(struct nat_table *t, struct nat_binding *row);
void nat_table_remove(struct nat_table *t, struct nat_binding *row);
void nat_table_clear(struct nat_table *t);

/* The one that was told of longest ago, and the next after one; NULL at the end. */
struct nat_binding *nat_table_oldest(struct nat_table *t);
struct nat_binding *nat_table_after(struct nat_table *t, struct nat_binding *row);

size_t nat_table_count(const struct nat_table *t);
size_t nat_table_memory(const struct nat_table *t);
size_t nat_table_bound(const struct nat_table *t);
