/* year_life: the stages of a collector that store, compact and drop, with a clock of its own.
 *
 * Rows come from year_traffic.h in place of decoders; from the flow table on, all is the program's
 * own: commits, closing of minutes, bindings, names and ledger (weir/committing.h and what it is
 * made of), the keeper's process and its jobs (weir/compacting.h), retention (weir/expiry.h).  The
 * program is linked so that ticks_now and ticks_steady are this clock's.
 *
 * Whatever fails ends the program with a line.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/minute/ledger_fold.h"
#include "core/flow/batch.h"
#include "core/flow/table.h"
#include "weir/committing.h"
#include "weir/compacting.h"
#include "weir/config.h"
#include "weir/settings.h"
#include "year_oracle.h"
#include "year_traffic.h"

struct life_setup {
	const char *workspace;
	uint32_t rows;    /* records of a minute in which there are some */
	uint32_t commits; /* of such a minute */
	uint32_t nat;     /* sessions that begin in it */
	bool late;        /* now and then, a stretch of records belongs to an earlier minute */
};

struct life {
	struct life_setup setup;
	struct traffic traffic;
	struct oracle oracle;
	const struct config *config;
	struct settings *settings;
	uint64_t flows_most; /* octets that segments of Flows may take; 0: no limit */
	uint64_t size;       /* and that of all that follows from it */
	int64_t reached, looked_at;

	/* from one start to the next end */
	struct workspace *ws;
	struct committing committing;
	struct compacting compacting;
	struct ledger *ledger;
	struct ledger_fold *fold;
	struct flow_table *table;
	struct plain_rows *plain;

	uint32_t first_minute;
	uint64_t dropped_rows; /* by retention */
	unsigned starts;
	uint32_t last_minute; /* in which records came */
	struct nat_event events[2 * TRAFFIC_SESSIONS];
};

/* The simulated clocks, in ticks. */
struct life_clock {
	int64_t wall, steady;
};
extern struct life_clock life_clock;
uint32_t life_minute(void); /* since 1970, by the clock that may be set */

void life_start(struct life *l);
/* Orderly, or as kill -9 would leave it after its last commit. */
void life_end(struct life *l, bool killed);

/* Records of the minute that is now, in so many commits. */
void life_collect(struct life *l);
/* Closes the minutes that are over, and sweeps what readers had their time for. */
void life_close(struct life *l);
/* What the collector does after its clock was set back. */
void life_start_anew(struct life *l);
void life_retain(struct life *l);
/* A turn of compaction, which may have been at work for so many turns before it is waited for. */
void life_compact(struct life *l);
/* Compacts all that is due. */
void life_settle(struct life *l);

/* From now on flows may take this part of what they take. */
void life_limit_size(struct life *l, double part);
