/* collector_internal: the running collector, for collector.c, collector_start.c and
 * collector_answer.c. */
#pragma once

#include "collector/minute/ledger_fold.h"
#include "weir/collector.h"
#include "weir/committing.h"
#include "weir/control.h"
#include "weir/intake.h"
#include "weir/notify.h"
#include "weir/settings.h"
#include "weir/worker.h"

struct collector {
	struct collector_setup setup;
	struct workspace *ws;
	struct settings *settings, *before; /* before: until every worker has taken the others */
	struct committing committing;
	struct ledger *ledger;
	struct ledger_fold *fold;
	struct intake intake;
	struct worker *workers[COLLECTOR_WORKERS];
	struct handover *handed[COLLECTOR_WORKERS];
	struct lost_counts lost[COLLECTOR_WORKERS][WORKER_SOCKETS]; /* already in the ledger */
	struct control *control;
	struct notify notify;
	int signal_fd, wake_fd;
	int statm_fd;             /* of /proc/self/statm, which an isolated process cannot open */
	bool reload_due, end_due; /* signals came */
	uint64_t names_refused;   /* as far as was said */
	int64_t commit_due, committed_at, swept_at, complained_at; /* ticks_steady */
};

/* Takes what the workers have, makes it visible, and closes the minutes that are over. */
MUST_CHECK bool collector_commit(struct collector *c, struct err *e);

/* Answers one line of a tool (control_answer_fn):
 *
 *     state     what each worker's decoder knows: a line with its length, and its octets
 *     names     what exporters told of names, as names_save writes it
 *     memory    a line "POOL<tab>OCTETS<tab>BOUND" for each; the bound may be missing
 *     commit    nothing, once what has arrived before is visible
 */
bool collector_answer(void *context, const char *line, struct buf *out, struct err *e);
