/* receiver: where a worker waits for whatever comes in first: a datagram at one of its listeners, a
 * wake-up by another thread, or the end of a time.
 *
 * Everything but receiver_wake is for the worker's thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "collector/receive/listener.h"
#include "collector/receive/sessions.h"
#include "core/base/attr.h"
#include "core/base/err.h"

enum { RECEIVER_MOST = 64 }; /* listeners */

struct receiver; /* opaque */

MUST_CHECK struct receiver *receiver_new(struct err *e);
void receiver_free(struct receiver *receiver); /* closes its listeners; NULL is fine */

/* Takes the listener over, on failure too. */
MUST_CHECK bool receiver_add(struct receiver *receiver, struct listener *listener, struct err *e);

/* Takes the sessions over, on failure too; once. */
MUST_CHECK bool receiver_add_sessions(struct receiver *receiver, struct sessions *sessions,
                                      struct err *e);

/* All that were added: to count what came. */
size_t receiver_count(const struct receiver *receiver);
struct listener *receiver_at(const struct receiver *receiver, size_t i);

/* Waits at most timeout_ms (0: not at all, -1: without end) and returns how many listeners have
 * datagrams; 0 on wake-up, time-out or a signal.  receiver_ready(0…) yields these until the next
 * wait.  One that is not emptied is ready again. */
size_t receiver_wait(struct receiver *receiver, int timeout_ms);
struct listener *receiver_ready(const struct receiver *receiver, size_t i);

/* The sessions, or NULL, and whether the last wait found that there is something to do for them. */
struct sessions *receiver_sessions(const struct receiver *receiver);
bool receiver_sessions_ready(const struct receiver *receiver);

/* Ends the wait under way, else the next one.  Any thread, signal handlers too. */
void receiver_wake(struct receiver *receiver);
