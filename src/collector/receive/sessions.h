/* sessions: IPFIX over TCP (RFC 7011 section 10.4): connections, cut into messages by their
 * lengths.
 *
 * One struct holds all sockets of a worker at which sessions are accepted, and the sessions.  Each
 * whole message fills a slot of a burst (BURST_MESSAGE), like a datagram; when a session ends a
 * slot says so (BURST_END), since templates end with it.  Where there is no slot nothing is read,
 * and TCP makes the exporter wait.  What is no IPFIX message ends its session, after a slot with
 * the octets of its header, to be counted as malformed where everything else is.
 *
 * TLS will come between a socket and the cutting of messages, in read_more of sessions.c.
 *
 * Bounds: SESSIONS_MOST sessions at a time; each holds 64 KiB, a message.  A session of an exporter
 * that is not allowed, or one too many, is closed as it comes and counted as one datagram that was
 * not allowed or refused.  One that says nothing is kept; the kernel finds out when its exporter is
 * gone (SO_KEEPALIVE).  Belongs to one worker's thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/packet/burst.h"

enum { SESSIONS_MOST = 256, SESSIONS_SOCKETS = 64 };

struct allow_list;
struct sessions; /* opaque */

/* What has come at one socket since it was added. */
struct session_counts {
	uint64_t not_allowed, refused; /* sessions */
};

MUST_CHECK struct sessions *sessions_new(struct err *e);
void sessions_free(struct sessions *s); /* closes everything; NULL is fine */

/* Takes over a socket that listens, on failure too; messages of its sessions will have this number.
 * At most SESSIONS_SOCKETS. */
MUST_CHECK bool sessions_add(struct sessions *s, int fd, uint16_t number, struct err *e);

/* Who may send; NULL: everyone.  Borrowed; holds for sessions that come from now on. */
void sessions_allow(struct sessions *s, const struct allow_list *allowed);

/* A descriptor that is readable when sessions_receive has something to do; borrowed. */
int sessions_fd(const struct sessions *s);

/* Accepts what waits or reads what one session has, and fills at most `count` slots (one and up),
 * without waiting.  All slots of a call come from that session, whose socket's number is
 * *ret_number. Returns how many are filled; 0 does not mean that nothing is left. */
size_t sessions_receive(struct sessions *s, struct burst_slot *slots, size_t count,
                        uint16_t *ret_number);

/* Whether messages have been read that found no slot: sessions_fd does not tell of those. */
bool sessions_pending(const struct sessions *s);

struct session_counts sessions_counts(const struct sessions *s, uint16_t number);
size_t sessions_open(const struct sessions *s); /* sessions there are */
