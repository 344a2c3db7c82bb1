/* keeper: a process beside the collector that compacts, so that receiving, commits and queries
 * never wait for it.
 *
 * It is forked before the collector has threads, holds nothing of it but its end of a pair of
 * sockets, has the lowest priority and is isolated on its own (isolation.h): it may change files of
 * the workspace and have children.  Each job is done by a child of at most COMPACT_MEMORY, so that
 * nothing of it stays; where that is killed or crashes, the keeper says so.  The keeper ends with
 * the collector, and its child with it.
 *
 * One job at a time.  The collector's side is used by one thread and never waits. */
#pragma once

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/compact.h"

struct keeper; /* opaque */

struct keeper_setup {
	const char *workspace; /* its directory, which exists */
	const char *user;      /* to become where started as root; NULL: stays who it is */
	bool isolate;          /* false only in tests */
};

/* To be called while there is one thread. */
MUST_CHECK struct keeper *keeper_start(const struct keeper_setup *setup, struct err *e);
void keeper_free(struct keeper *k); /* ends the process; NULL is fine */

/* Hands a job over.  False where the keeper is gone. */
MUST_CHECK bool keeper_give(struct keeper *k, const struct compaction *job, struct err *e);

/* How the job stands. */
enum keeper_state {
	KEEPER_WORKS,  /* not yet done */
	KEEPER_DONE,   /* *made is what compact_write returned, for compact_adopt */
	KEEPER_FAILED, /* e says why; compact_clear removes what may be left */
	KEEPER_GONE,   /* there is no keeper any more, and no other will come */
};
MUST_CHECK enum keeper_state keeper_ask(struct keeper *k, struct segment_list *made, struct err *e);
