/* nat_source: NAT events of this host, from its kernel's connection tracking.
 *
 * The directory, in the order in which an event comes about: netlink.h the socket to the kernel,
 * conntrack_message.h what a message says, session.h a translated connection, tracker.h when those
 * begin and end, with the table of them (session_table.h); exhaustion.h addresses whose ports have
 * run out; port_blocks.h blocks of ports, from the configuration; event.h and session_event.h rows
 * of NatEvents.  A further kind of event: its natEvent in core/flow/nat_event.h, who makes it here,
 * its template in exporter/emit/nat_layouts.c.
 *
 * All of it sees the network namespace in which it was opened.  CAP_NET_ADMIN is needed for opening
 * and kept after it: without it messages go on but dumps and counters are refused (counted), so
 * that neither lost messages can be made up for, nor exhaustion be told.
 *
 * Bounds: sessions (nat_logging.h), the receive buffer, 96 KiB; while ports run out those of
 * exhaustion.h.  Events are told of by the thread that calls; each call is of bounded work, but for
 * one walk over all sessions after a dump, and one a second while insertions fail. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/nat_event_sink.h"
#include "exporter/nat/nat_logging.h"

struct nat_source; /* opaque */

struct nat_source_counts {
	/* events that were told of */
	uint64_t created, deleted;
	uint64_t exhausted;
	uint64_t blocks;
	/* what was not */
	uint64_t suppressed;   /* error events, above their rate */
	uint64_t unwanted;     /* begins and ends: destination translated alone, not to be logged */
	uint64_t untranslated; /* messages of sessions that are not translated, or not IPv4 */
	uint64_t unconfirmed;  /* insertions that failed while no address was full */
	/* how well the kernel was listened to */
	uint64_t lost;      /* times that messages were lost: the receive buffer was full */
	uint64_t refused;   /* dumps and questions for counters that failed */
	uint64_t found;     /* begins that no message told of, those before the start included */
	uint64_t vanished;  /* ends that no message told of */
	uint64_t untracked; /* sessions without room in the table */
	uint64_t open;      /* sessions now */
};

/* config is borrowed until nat_source_close. */
MUST_CHECK struct nat_source *nat_source_open(const struct nat_logging *config, struct err *e);
void nat_source_close(struct nat_source *s); /* NULL is fine */

/* A line that a person should see, or NULL: what this host's settings make worse than it must be.
 */
const char *nat_source_notice(const struct nat_source *s);

/* For poll: readable when nat_source_read has something to do. */
int nat_source_fd(const struct nat_source *s);

/* Reads what has come, without waiting; now: ticks, the time of arrival. */
void nat_source_read(struct nat_source *s, int64_t now, const struct nat_event_sink *sink);

/* What is to be done without being told: to be called once a second or more often. */
void nat_source_tick(struct nat_source *s, int64_t now, const struct nat_event_sink *sink);

/* At the end: tells that port blocks were de-allocated. */
void nat_source_end(struct nat_source *s, int64_t now, const struct nat_event_sink *sink);

struct nat_source_counts nat_source_counts(const struct nat_source *s);
