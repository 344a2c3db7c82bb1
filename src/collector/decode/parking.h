/* parking: data sets that wait for their template.
 *
 * RFC 3954 section 9: data may come before its template, and a collector SHOULD keep it until then;
 * and MUST NOT decode it with an expired template, so what finds one waits too.  A set is copied
 * here with what its message's header told, and decoded when the template comes, as what arrived
 * when it did: into its own minute.
 *
 * Every set that was parked is replayed or expires, or waits: these are the ledger's columns, and
 * they balance at any time.  Time is that of arrivals, not a clock's, so that what is read again
 * after a crash comes out as it did before.  What waits is part of the decoder's state (state.h).
 *
 * Bounds: `octets` in total, of which one exporter's address has an eighth; each set counts with
 * some 200 octets more than it has.  A set that finds no room is not parked, except that sets of
 * strangers (streams that never sent anything that could be decoded) make room for those of others,
 * and expire: so spoofed sources cannot take the room of real ones.  A set expires when it has
 * waited for `ticks`.  Sets that are loaded from a state are within the bounds of earlier runs, and
 * are all taken.
 *
 * One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "collector/decode/stream_name.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/wire/message.h"

enum { PARKING_SHARE = 8 };

struct parked_set {
	struct stream_name name;
	uint16_t id;            /* of the template */
	uint32_t record_index;  /* of its first record in the message */
	bool stranger;          /* its stream was one */
	int64_t arrival;        /* ticks */
	struct message message; /* its header; body: the set's body, which is the set's own copy */
	bool due;               /* called, and not yet looked at */
	TAILQ_ENTRY(parked_set) by_age, by_name, by_call;
	uint8_t octets[];
};

struct parking_limits {
	size_t octets;
	int64_t ticks; /* 0: for ever */
};

struct parking; /* opaque */

MUST_CHECK struct parking *parking_new(struct parking_limits limits, struct err *e);
void parking_free(struct parking *p); /* NULL is fine */

/* Exchanges the time that sets may wait. */
void parking_set_ticks(struct parking *p, int64_t ticks);

/* A set that has to go before this one finds room, or NULL: there is room, or will be none. */
struct parked_set *parking_in_the_way(const struct parking *p, const struct parked_set *set);

/* Parks a copy of the set.  False where there is no room for it. */
bool parking_add(struct parking *p, const struct parked_set *set);

/* The same, past the bounds and in its place by age; false where memory is short. */
MUST_CHECK bool parking_load(struct parking *p, const struct parked_set *set);

/* The oldest set of this stream that waits for this template, and the next one; NULL where there is
 * none. */
struct parked_set *parking_first(const struct parking *p, const struct stream_name *name,
                                 uint16_t id);
struct parked_set *parking_next(const struct parked_set *set);

/* Calls a set, since its template is there: parking_due yields those that were called, in order,
 * until they are sent back to wait or removed; one that is removed calls the next one. */
void parking_call(struct parking *p, struct parked_set *set);
void parking_send_back(struct parking *p, struct parked_set *set);
struct parked_set *parking_due(const struct parking *p);

/* A set that has waited too long by now, or NULL. */
struct parked_set *parking_expired(const struct parking *p, int64_t now);

/* A set, or NULL where none waits. */
struct parked_set *parking_any(const struct parking *p);

/* Takes the set out and frees it; calls the next one where it was called itself. */
void parking_remove(struct parking *p, struct parked_set *set);

size_t parking_count(const struct parking *p);
size_t parking_memory(const struct parking *p);
size_t parking_bound(const struct parking *p);

/* Calls `see` for every set, those of strangers first, and of these the oldest. */
void parking_each(const struct parking *p, void (*see)(void *context, struct parked_set *set),
                  void *context);
