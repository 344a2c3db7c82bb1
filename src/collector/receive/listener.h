/* listener: receiving datagrams at one address, in bursts, and what became of them.
 *
 * Guide to this directory.  capture_file.h yields datagrams of files, listener.h those of sockets.
 * listeners_open makes one listener per worker for an address (listen_address.h, listen_socket.h),
 * steers each exporter to one of them (steering.h), and takes over sockets that a service manager
 * kept for us (inherited.h).  A worker adds its listeners to its receiver (receiver.h), waits
 * there, and receives from those that are ready straight into the slots of its journal
 * (core/packet/burst.h).
 *
 * A datagram's arrival is the kernel's time, however late it is read; but the kernel starts to take
 * times only a few milliseconds after it was first asked to, and what came before has the time at
 * which it is read.
 *
 * Nothing here allocates after opening.  A listener belongs to one worker's thread.  Memory: about
 * 16 KiB each, plus the kernel's receive buffer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/receive/listen_address.h"
#include "collector/receive/steering.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/packet/burst.h"

struct allow_list;
struct inherited;
struct listener; /* opaque */

/* What has come since the listener was opened.  Handed out were
 * datagrams - not_allowed - refused - truncated. */
struct listener_counts {
	uint64_t datagrams;   /* taken off the socket */
	uint64_t octets;      /* in them, as they were sent */
	uint64_t not_allowed; /* datagrams of exporters that the allow-list does not hold */
	uint64_t refused;     /* by listener_discard */
	uint64_t truncated;   /* longer than the slot that was to take them */
	uint64_t dropped;     /* by the kernel, for want of buffer; not among `datagrams` */
	uint64_t errors;      /* of receiving itself: none are known */
};

struct listen_options {
	struct listen_address address;
	size_t receive_buffer;            /* octets asked for per socket; 0: the system's default */
	const struct allow_list *allowed; /* NULL: everyone; borrowed while the listener lives */
};

struct listeners {
	struct listener *at[STEERING_MOST]; /* at[i] is for worker i modulo their number */
	unsigned count;
};

/* Opens one listener per worker (at most STEERING_MOST).  Where sockets at this address were
 * inherited, these are taken instead, however many they are, with all that is queued in them; what
 * is queued stays where the kernel's own choice put it, what comes from now on is steered.
 * `inherited` may be NULL.  Nothing stays open on failure. */
MUST_CHECK bool listeners_open(const struct listen_options *options, unsigned workers,
                               struct inherited *inherited, struct listeners *ret, struct err *e);
void listener_close(struct listener *listener); /* NULL is fine */

/* Another list in place of the one that it was opened with; for the worker's thread. */
void listener_allow(struct listener *listener, const struct allow_list *allowed);

/* Where it listens, as text and with the port that the kernel chose. */
const char *listener_name(const struct listener *listener);
uint16_t listener_port(const struct listener *listener);
int listener_fd(const struct listener *listener); /* to wait for; borrowed */

/* Octets of receive buffer that it has.  False, and one line that says what to do, where that is
 * less than was asked for. */
size_t listener_buffer(const struct listener *listener);
bool listener_has_its_buffer(const struct listener *listener, char *ret_text, size_t room);

/* Receives at most `count` datagrams (and BURST_SLOTS) without waiting; returns how many slots are
 * filled, which are the first ones, in the order of arrival.  Slots are offered with both iovecs
 * set, those of one call alike in their sizes; the iovecs are left as they are.  What is not
 * allowed or too long for its slot is counted and fills none.  0 does not mean that nothing is
 * left. */
size_t listener_receive(struct listener *listener, struct burst_slot *slots, size_t count);

/* Takes at most `most` datagrams off the socket and forgets them, counted as refused (or not
 * allowed); returns how many.  For when the ring is full: the oldest go first, and the count is
 * ours. */
size_t listener_discard(struct listener *listener, size_t most);

/* As of now, the kernel's drops included. */
const struct listener_counts *listener_counts(struct listener *listener);
