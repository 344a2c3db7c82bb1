/* collector: workers, commits and minutes, from the start to the end of `weir collector`.
 *
 * At the start (collector_start.c) everything is opened that needs privileges: sockets for
 * datagrams, for the tools of this machine and to the service manager.  Then the process is
 * isolated, and only then files are read that an attacker may have had a hand in: catalog, journal,
 * segments.  What an earlier run left open is taken up, the rings are read again from their
 * committed positions, and new rings take their places.
 *
 * While it runs (collector.c), every COMMIT_SECONDS, or when a worker wants it, what the workers
 * have is written as parts, together with their positions in their rings and what their decoders
 * know, in one transaction; minutes that are over are closed.  A commit that fails is tried again
 * until it succeeds, while the rings take what comes and tools are answered; so is one for which
 * the disk has too little left.  What is too old is dropped (collector_space.c).  Between commits,
 * SIGHUP reads the configuration again, tools are answered (collector_answer.c), and queries of
 * others are noted (auditing.c).
 *
 *     DIR/journal/ring.N       the ring of worker N
 *     DIR/run/collector.sock   for the tools (control.h)
 *     DIR/run/audit.sock       for whoever asks the workspace (auditing.h)
 *     state "ring/N"           position up to which it is committed (decimal)
 *     state "decoder/N"        what its decoder knows (collector/decode/state.h)
 *     state "minute/parts"     what is open (collector/minute/open.h)
 *     state "retention/clock"  what rows are kept by (expiry.h)
 *     state "nat/bindings"     who holds what (collector/minute/nat_bindings.h)
 *
 * One thread, beside the workers'. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

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
	const char *user;            /* to become where started as root; "": none */
	const char *config_path;     /* to be read again; NULL: there is none */
	const struct config *config; /* borrowed while the collector lives */
	bool isolate;                /* false only in tests */
	FILE *log;                   /* one line an event */
};

/* Opens sockets and workspace, recovers, and starts the workers. */
MUST_CHECK struct collector *collector_start(const struct collector_setup *setup, struct err *e);

/* Runs until SIGTERM or SIGINT, then takes what is there, stores all minutes and returns.  False
 * where the last commit failed, for ten seconds or when the signal came: what it would have stored
 * is in the rings. */
MUST_CHECK bool collector_run(struct collector *c, struct err *e);
void collector_free(struct collector *c); /* NULL is fine */
