/* sender: the way to one collector, over UDP or (IPFIX, RFC 7011 section 10.4) TCP.
 *
 * Nothing here waits: a collector that is slow, dead or gone costs the others nothing.  A datagram
 * that the kernel does not take is lost; over TCP messages wait in a backlog of SENDER_BACKLOG
 * octets and SENDER_WAITING_MAX messages, and what does not fit there is lost, whole, as is what
 * waits when the session ends.  Every message is counted as sent or as lost in the end.  A TCP
 * session that ended is opened again, not more often than once in SENDER_RECONNECT_S.  One owner,
 * one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/ip.h"

enum {
	SENDER_BACKLOG = 1 << 20,
	SENDER_WAITING_MAX = 4096,
	SENDER_RECONNECT_S = 60,    /* RFC 7011 section 10.4.4 */
	SENDER_DATAGRAM_MAX = 1472, /* Ethernet's MTU, less 28 octets of headers */
	SENDER_MESSAGE_MAX = 16384, /* over TCP */
};

struct sender_address {
	struct ip ip;
	uint16_t port;
	bool tcp;
	char text[280]; /* as it was given, for messages */
};

/* Reads "HOST:PORT", "[2001:db8::1]:4739" or either with "tcp:" in front; a name is looked up, once
 * and here.  ERR_USAGE where it is none, ERR_IO where nobody knows the name. */
MUST_CHECK bool sender_address_parse(const char *text, struct sender_address *ret, struct err *e);

struct sender; /* opaque */

/* Since the beginning; records are what sender_send was told. */
struct sender_counts {
	uint64_t messages, records, octets; /* that the kernel took */
	uint64_t lost_messages, lost_records;
};

/* `now`: ticks of a steady clock, here and below.  A TCP session is begun, and may be refused
 * later.
 */
MUST_CHECK struct sender *sender_new(const struct sender_address *to, int64_t now, struct err *e);
void sender_free(struct sender *s); /* NULL is fine; what waits is lost */

/* Octets that a message may have now: by UDP what the path carries in one packet, as far as the
 * kernel knows. */
size_t sender_room(const struct sender *s);

/* Counts the sessions begun so far: another number than before means that nothing which was told
 * holds any more.  UDP: always 1. */
unsigned sender_session(const struct sender *s);

/* Sends the message, in which there are so many records, or lets it wait. */
void sender_send(struct sender *s, const void *message, size_t len, unsigned records);

/* Sends what waits as far as that goes, looks whether the session lives, begins one where that is
 * due, asks for the path's MTU. */
void sender_tick(struct sender *s, int64_t now);

/* Messages that wait in the backlog. */
size_t sender_waiting(const struct sender *s);

/* Ends: what waits is lost, as is what is sent from then on. */
void sender_end(struct sender *s);

struct sender_counts sender_counts(const struct sender *s);

/* The descriptor, to be waited for with POLLOUT while something waits; -1: there is none. */
int sender_fd(const struct sender *s);
