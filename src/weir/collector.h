/* collector: workers, commits and minutes, from the start to the end of `weir collector`.
 *
 * At the start the rings of an earlier run are read again from their committed positions, and what
 * they held is committed before new rings take their places.  Then, every COMMIT_SECONDS, or when a
 * worker wants it, what the workers have is written as parts, together with their positions in
 * their rings and what their decoders know, in one transaction; minutes that are over are closed.
 * A commit that fails is tried again until it succeeds, while the rings take what comes.
 *
 *     DIR/journal/ring.N     the ring of worker N
 *     state "ring/N"         position up to which it is committed (decimal)
 *     state "decoder/N"      what its decoder knows (collector/decode/state.h)
 *
 * One thread, beside the workers'. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "collector/receive/listener.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "weir/config.h"

enum { COMMIT_SECONDS = 5, CLOSE_SECONDS = 2, COLLECTOR_WORKERS = 16, COLLECTOR_ADDRESSES = 16 };

struct collector; /* opaque */

struct collector_setup {
	const char *workspace;
	const char *const *listen; /* addresses, at most COLLECTOR_ADDRESSES */
	size_t listen_count;
	unsigned workers;
	uint64_t ring_size;
	size_t receive_buffer;
	const struct config *config; /* borrowed while the collector lives */
	FILE *log;                   /* one line an event */
};

/* Opens sockets and workspace, recovers, and starts the workers. */
MUST_CHECK struct collector *collector_start(const struct collector_setup *setup, struct err *e);

/* Runs until SIGTERM or SIGINT, then takes what is there, closes all minutes and returns.  False
 * where the last commit failed. */
MUST_CHECK bool collector_run(struct collector *c, struct err *e);
void collector_free(struct collector *c); /* NULL is fine */
