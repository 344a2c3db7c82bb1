/* compacting: when the collector compacts, and what becomes of it.
 *
 * One job at a time, one a minute: the keeper (keeper.h) writes, this adopts.  What could not be
 * compacted is told in one line and left alone for COMPACTING_PAUSE_MINUTES.
 *
 * Bound: COMPACTING_UNFIT segments are remembered; where more cannot be compacted, all wait.  Used
 * by the thread that commits, between commits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "weir/held_segments.h"
#include "weir/keeper.h"

enum { COMPACTING_PAUSE_MINUTES = 60, COMPACTING_UNFIT = 65536 };

struct compacting {
	struct keeper *keeper; /* NULL: nothing is compacted */
	struct workspace *ws;  /* open for writing */
	FILE *log;
	struct compaction job;      /* that is being done; without segments: none */
	struct held_segments unfit; /* until … */
	int64_t pause_ends;         /* … then (ticks_steady) */
	int64_t due;                /* the next job (ticks_steady) */
};

/* Ends what is under way; the keeper is freed, too. */
void compacting_done(struct compacting *c);

/* Takes what is done, and begins what is due.  Never waits but for a commit. */
void compacting_turn(struct compacting *c);
