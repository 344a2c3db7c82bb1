/* worker: one of the collector's, from its sockets to rows that wait for their commit.
 *
 * A worker has two threads.  One receives bursts of datagrams straight into the worker's ring and
 * does nothing else, so that it is back at the sockets at once; the other reads the ring and
 * decodes (decoding.h).  While the second is held up the ring fills and nothing is lost; when the
 * ring is full, datagrams are refused, and counted.
 *
 * Now and then the committer asks for what there is.  Between two datagrams the decoding thread
 * hands over its rows, its ledger, the names that it was told, the position in the ring that they
 * reach up to, and, where it has changed, the decoder's state, and goes on with a second table.
 * After the commit the committer gives them back, and only then may that stretch of the ring be
 * overwritten.  When a table is full before anyone asks, the thread asks for a commit itself and
 * waits.
 *
 * Bound: the ring, two flow tables of flows_max + DECODING_SPARE rows, two sets of rows that are
 * never merged (core/flow/plain_rows.h), two ledgers, two logs of names (core/flow/name.h), the
 * decoder. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/receive/receiver.h"
#include "core/base/buf.h"
#include "weir/decoding.h"

enum {
	WORKER_SOCKETS = 64,
	WORKER_NICE = -10, /* of the receiving thread, where the process may: decoding can wait */
};

/* A socket of a worker, and the number of its address in the ledger. */
struct worker_socket {
	struct listener *listener; /* of datagrams; or NULL, and … */
	int sessions_fd;           /* … a socket at which sessions are accepted; -1: neither */
	uint16_t number;
};
void worker_socket_close(struct worker_socket socket);

struct allow_list;
struct worker; /* opaque */

/* What may be exchanged while a worker runs; borrowed until others have been taken. */
struct worker_settings {
	struct decoder_config decoder;
	const struct allow_list *allowed;
};

struct worker_config {
	struct ring_config ring;
	struct worker_settings settings;
	size_t flows_max;
	int wake_fd; /* eventfd at which the committer waits; written when a commit is wanted */
};

/* What a commit takes from a worker; its parts are the worker's. */
struct handover {
	struct decoded decoded;
	uint64_t position; /* in the ring */
	struct buf state;  /* of the decoder; empty where it is as it was */
	int64_t reached;   /* ticks: what arrived before is in this handover or in an earlier one */
	bool clock_stepped; /* as decoding_swap says */
};

/* Datagrams of one socket since the start that never reached the ring. */
struct lost_counts {
	uint64_t not_allowed, refused, dropped;
};

/* Makes the ring.  The listeners (at most WORKER_SOCKETS) are taken over, on failure too. */
MUST_CHECK struct worker *worker_new(const struct worker_config *config,
                                     const struct worker_socket *sockets, size_t socket_count,
                                     struct err *e);

/* Gives the decoder what was remembered (decoder_load), before worker_start. */
MUST_CHECK bool worker_load(struct worker *w, const struct buf *state, struct err *e);

/* Lets it forget what sessions told that ended with an earlier run; before worker_start. */
void worker_end_sessions(struct worker *w);

MUST_CHECK bool worker_start(struct worker *w, struct err *e);

/* Asks for a handover; waits for it. */
void worker_ask(struct worker *w);
struct handover *worker_handover(struct worker *w);

/* After the commit of the handover: empties it and releases the ring. */
void worker_give_back(struct worker *w);

/* Gives both threads other settings; worker_settled tells when they have taken the last ones. */
void worker_set(struct worker *w, const struct worker_settings *settings);
bool worker_settled(struct worker *w);

/* Adds what the decoder knows now to *ret (decoder_save); waits for the datagram under way. */
void worker_snapshot(struct worker *w, struct buf *ret);

/* What a worker takes, in octets; the ring is a mapped file. */
struct worker_memory {
	size_t tables, decoder, ring;
};
struct worker_memory worker_memory(struct worker *w); /* as of the last handover */
struct worker_memory worker_bound(const struct worker *w);

size_t worker_sockets(const struct worker *w);
struct lost_counts worker_lost(const struct worker *w, size_t socket, uint16_t *ret_number);
unsigned worker_ring_percent(const struct worker *w);

/* Ends receiving once the sockets are empty, and decoding once the ring is.  One more handover is
 * to be asked for then. */
void worker_stop(struct worker *w);

/* Whether the decoding thread has handed over for the last time. */
bool worker_ended(struct worker *w);

/* Ends the threads where they are, if they still run, and frees; what was not committed is in the
 * ring's file.  NULL is fine. */
void worker_free(struct worker *w);
