/* retention: how long rows stay, and which segments go first.
 *
 * Whole segments are dropped, for one of three causes: their rows are too old, the segments take
 * more than they may, or the disk has too little left.  The age of a segment counts from its newest
 * row or from the commit that made it visible, whichever is later: so rows that came late, or of an
 * old capture that was imported today, stay as long as others.
 *
 * What is too old is told by a clock of retention's own, which never runs faster than
 * RETENTION_SPEED times as fast as time passes: a system clock that jumps a year ahead costs a
 * day's rows an hour, not all of them at once; nor do rows go while it is behind.
 *
 * Pure functions; for any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workspace/workspace.h"

enum { RETENTION_SPEED = 24, RETENTION_SEGMENTS = 64 /* most that one commit drops */ };

enum retention_cause { RETENTION_AGE, RETENTION_SIZE, RETENTION_DISK, RETENTION_CAUSES };

struct retention_policy {
	int64_t age[TABLE_COUNT]; /* ticks that rows of a table stay; 0: for ever */
	uint64_t size;            /* octets of all visible segments; 0: no limit */
	uint64_t free;            /* octets of the disk that are left free; 0: as the next says */
};

/* Without a figure of its own, the lesser of 1 GiB and a twentieth of the disk is left free; with
 * one, at most half of the disk: a slip of the pen must not cost all rows. */
uint64_t retention_floor(const struct retention_policy *policy, const struct disk_space *space);

/* When a segment's age begins, in ticks. */
int64_t retention_since(const struct segment *segment);

/* Moves retention's clock, which had reached `reached`, on by `elapsed` ticks of a steady clock, at
 * most to `wall`, the system's clock; it never goes back. */
int64_t retention_clock(int64_t reached, int64_t wall, int64_t elapsed);

/* The earliest time that rows of this age have, by retention's clock and the system's, whichever is
 * behind; INT64_MIN where they stay for ever. */
int64_t retention_before(int64_t age, int64_t reached, int64_t wall);

/* What is to go: segments whose age began before `before`, and more of them, in order, until their
 * files make `octets`.  None of kept[] goes. */
struct retention_wish {
	int64_t before;      /* INT64_MIN: none by age */
	uint64_t octets;     /* 0: none by size */
	const int64_t *kept; /* ascending */
	size_t kept_count;
	size_t most; /* segments */
};

/* Chooses of a list that is ordered oldest first: writes the places in it of at most `most`
 * segments and returns how many there are. */
size_t retention_choose(const struct segment_list *oldest, const struct retention_wish *wish,
                        size_t *ret);
