/* tracker: when sessions begin and end, from what the kernel tells and, where its messages were
 * lost, from dumps of what it has.
 *
 * The kernel tells of each session when it is new and when it is destroyed, into a socket whose
 * buffer may overflow.  A dump then says what is open: one that nobody had told of has begun
 * meanwhile, one that the dump does not hold has ended.  Messages and the parts of a dump overtake
 * each other, so whoever ends while a dump is read stays in the table as dead, and the dump cannot
 * bring it back.  What both began and ended within what was lost is not known of.
 *
 * A first dump at the start finds sessions from before it.  They are told of as begun: collectors
 * take what an exporter held for closed when it starts anew.  Unless net.netfilter.
 * nf_conntrack_events is 1 the kernel keeps no means to tell of the end of a session that is older
 * than the first who listens: as long as there are such silent ones, dumps must be made again.
 *
 *     NEW                  begun, at the time of arrival: the kernel tells none
 *     DESTROY              ended, at the kernel's time of it where it keeps one, else at arrival
 *     first seen in a dump begun, at the kernel's time of it where it keeps one, else at arrival
 *     missing in a dump    ended, at the time of the dump's end
 *
 * When there is no room for a session it is told of but not kept (counted): its end is missed then
 * if that message is lost, and a later dump that finds room for it takes it for new.  One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "exporter/nat/conntrack_message.h"
#include "exporter/nat/session_table.h"

/* Who is told; the session is valid during the call only. */
struct tracker_sink {
	void (*begun)(void *context, const struct session *session, int64_t time);
	void (*ended)(void *context, const struct session *session, int64_t time);
	void *context;
};

struct tracker_counts {
	uint64_t found;     /* begun, as a dump or its end told and no message before */
	uint64_t vanished;  /* ended, as a dump told and no message before */
	uint64_t untracked; /* begun without room for it */
};

struct tracker; /* opaque */

/* max_sessions: as session_table_new has it. */
MUST_CHECK struct tracker *tracker_new(size_t max_sessions, const struct tracker_sink *sink,
                                       struct err *e);
void tracker_free(struct tracker *t); /* NULL is fine */

/* What the kernel has told; now: ticks, of its arrival. */
void tracker_created(struct tracker *t, const struct conntrack_entry *entry, int64_t now);
void tracker_destroyed(struct tracker *t, const struct conntrack_entry *entry, int64_t now);

/* A dump begins, holds an entry, and has ended: in full, and all messages that were sent before its
 * end have been read; or it broke off and tells of no ends. */
void tracker_dump_begin(struct tracker *t);
void tracker_dump_entry(struct tracker *t, const struct conntrack_entry *entry, int64_t now);
void tracker_dump_end(struct tracker *t, bool in_full, int64_t now);

/* Forgets dead ones that nobody can tell of any more.  To be called every now and then. */
void tracker_tidy(struct tracker *t, int64_t now);

/* Sessions that are open and silent. */
size_t tracker_silent(const struct tracker *t);

/* Sessions that are open or, for a while, dead. */
struct session_table *tracker_sessions(struct tracker *t);
size_t tracker_open(const struct tracker *t);
const struct tracker_counts *tracker_counts(const struct tracker *t);
