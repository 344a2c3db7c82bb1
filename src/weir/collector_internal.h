/* collector_internal: the running collector, for collector.c, collector_start.c,
 * collector_space.c and collector_answer.c. */
#pragma once

#include "collector/minute/ledger_fold.h"
#include "weir/auditing.h"
#include "weir/collector.h"
#include "weir/committing.h"
#include "weir/compacting.h"
#include "weir/control.h"
#include "weir/expiry.h"
#include "weir/intake.h"
#include "weir/notify.h"
#include "weir/settings.h"
#include "weir/worker.h"

/* Retention, as it goes on; times are ticks_steady but for `reached`. */
struct keeping {
	int64_t reached;    /* by retention's clock (workspace/retention.h) */
	int64_t looked_at;  /* when that was */
	int64_t due;        /* the next look at what is too old */
	int64_t dropped_at; /* for the disk, as much as was needed */
	int64_t told_at, clock_told_at;
	struct expiry_counts untold;
};

struct collector {
	struct collector_setup setup;
	struct workspace *ws;
	struct settings *settings, *before; /* before: until every worker has taken the others */
	struct committing committing;
	struct compacting compacting;
	struct ledger *ledger;
	struct ledger_fold *fold;
	struct intake intake;
	struct worker *workers[COLLECTOR_WORKERS];
	struct handover *handed[COLLECTOR_WORKERS];
	struct lost_counts lost[COLLECTOR_WORKERS][WORKER_SOCKETS]; /* already in the ledger */
	struct control *control;
	struct auditing *auditing;
	struct notify notify;
	struct keeping keeping;
	char held[1024]; /* why nothing is stored at present; "": all is */
	int signal_fd, wake_fd;
	int statm_fd;             /* of /proc/self/statm, which an isolated process cannot open */
	bool reload_due, end_due; /* signals came */
	uint64_t names_refused;   /* as far as was said */
	int64_t commit_due, committed_at, swept_at, complained_at; /* ticks_steady */
	int64_t give_up_at;                                        /* a commit that fails */
};

/* Takes what the workers have, makes it visible, and closes the minutes that are over. */
MUST_CHECK bool collector_commit(struct collector *c, struct err *e);

/* Takes the workspace's place on the disk in hand, once it is open. */
MUST_CHECK bool collector_space_start(struct collector *c, struct err *e);

/* Whether there is room to store: where the disk has less left than it should, unlinks what is
 * retired, then drops oldest flows.  False with a sentence where that did not help. */
MUST_CHECK bool collector_make_room(struct collector *c, struct err *e);

/* Once an hour, or when there is more to do, drops what is too old or too much, at most
 * RETENTION_SEGMENTS; says so in the log, at most once an hour. */
void collector_retain(struct collector *c);

/* Tells what was dropped and not told of yet, if it is time or for the last time. */
void collector_tell_dropped(struct collector *c, bool last);

/* Answers one line of a tool (control_answer_fn):
 *
 *     state     what each worker's decoder knows: a line with its length, and its octets
 *     names     what exporters told of names, as names_save writes it
 *     memory    a line "POOL<tab>OCTETS<tab>BOUND" for each; the bound may be missing
 *     commit    nothing, once what has arrived before is visible; or why nothing is stored
 */
bool collector_answer(void *context, const char *line, struct buf *out, struct err *e);
