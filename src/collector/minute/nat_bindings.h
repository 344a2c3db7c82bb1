/* nat_bindings: who holds which translated address and port, from events that begin and end that.
 *
 * Events come in the order in which they happened; each that begins something opens a binding, each
 * that ends it closes one.  What was closed becomes a row of NatBindings in the same commit as the
 * events; what is open becomes one now and then (at least every minute in which something changed,
 * and never more rows than events came since), in a segment that takes the place of the last such.
 * A binding is told by exporter, observation domain, NAT instance, kind, protocol, the addresses
 * and ports of both sides, and the first port of a block.  It closes without being told so when the
 * same is given anew, when its exporter starts anew (nat_exporters.h), after the time-out, and, the
 * oldest first, where there are too many.
 *
 * What is open survives restarts and crashes: which segments hold the last rows of open bindings,
 * and which the events since, is noted with each commit, and both are read again at the start.
 *
 *     state "nat/bindings"   lines "open SEGMENT" and "since SEGMENT"
 *
 * A commit: nat_bindings_take for all its events, once; nat_bindings_write after their rows were
 * added to it, as often as it is tried; nat_bindings_committed.  Bound: `max` bindings, and what
 * was closed since the last commit.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/plain_rows.h"
#include "workspace/workspace.h"

struct nat_bindings; /* opaque */

/* max: 1 to 2^24. */
MUST_CHECK struct nat_bindings *nat_bindings_new(size_t max, int64_t timeout_ticks, struct err *e);
void nat_bindings_free(struct nat_bindings *b); /* NULL is fine */

/* Takes up what an earlier run left open, before anything else.  False where it cannot be read:
 * nothing is open then. */
MUST_CHECK bool nat_bindings_resume(struct nat_bindings *b, struct workspace *ws, struct err *e);

/* Takes the events of a set, or some. */
void nat_bindings_take(struct nat_bindings *b, const struct plain_rows *events);
void nat_bindings_take_rows(struct nat_bindings *b, const struct nat_event *events, size_t count);

/* Adds what was closed to the commit, and, where it is time or `all` is asked for, what is open.
 * `now`: ticks; what was last told of longer ago than the time-out is closed. */
MUST_CHECK bool nat_bindings_write(struct nat_bindings *b, struct commit *commit, int64_t now,
                                   bool all, struct err *e);

/* Tells how the commit ended; one without nat_bindings_write changes nothing. */
void nat_bindings_committed(struct nat_bindings *b, bool ok);

/* The latest minute in which an event arrived, in ticks, or 0. */
int64_t nat_bindings_now(const struct nat_bindings *b);

size_t nat_bindings_count(const struct nat_bindings *b); /* open ones */
size_t nat_bindings_memory(const struct nat_bindings *b);
size_t nat_bindings_bound(const struct nat_bindings *b);
