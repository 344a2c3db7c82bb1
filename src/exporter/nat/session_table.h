/* session_table: the translated sessions that are known to be open.
 *
 * Kept so that an end that the kernel could not tell (its message was lost) is noticed: what a dump
 * no longer holds has ended.  Also counted by exhaustion.h.  One that was told to have ended may
 * stay for a while, dead, so that it is not taken for a new one where it is told of once more.
 *
 * Bound: `max` sessions of SESSION_TABLE_OCTETS each; memory is touched as it is used.  One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "exporter/nat/session.h"

enum {
	SESSION_TABLE_MOST = 1 << 24,
	SESSION_TABLE_OCTETS = sizeof(struct session) + 4 * sizeof(uint32_t), /* index at most */
};

struct session_table; /* opaque */

/* max: 1 to SESSION_TABLE_MOST. */
MUST_CHECK struct session_table *session_table_new(size_t max, struct err *e);
void session_table_free(struct session_table *t); /* NULL is fine */

/* The session of this key, dead or not, or NULL.  Valid until session_table_add or
 * session_table_remove. */
struct session *session_table_find(struct session_table *t, const struct session_key *key);

/* Adds one whose key is not there; NULL where there is no room. */
struct session *session_table_add(struct session_table *t, const struct session *session);
void session_table_remove(struct session_table *t, struct session *session);

/* All of them, in no order.  Removing the one at `i` puts the last one there: walk downwards. */
size_t session_table_count(const struct session_table *t);
struct session *session_table_at(struct session_table *t, size_t i);
