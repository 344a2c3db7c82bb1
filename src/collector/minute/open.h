/* open: minutes that are still being filled, from the first part to the closed segment.
 *
 * Rows of the workers' flow tables come in every few seconds.  Each time they are written as parts,
 * segments of their own that are visible at once; once their commit has ended well they are folded
 * into one table, in which the minute grows together.  When a minute is over, its rows of that
 * table are written as one segment, which takes the place of its parts in the same commit.  So
 * answers are seconds old, and a closed minute has one row per flow.  Rows that come for a minute
 * that was closed before stay further parts of it.
 *
 * A commit is some open_add, or one open_close or open_pause; open_seal is the last call before it
 * ends and open_committed tells how it ended.  After a failure nothing has changed here, and the
 * same can be tried again.
 *
 * What open_seal notes with each commit, which segments are parts of minutes that are not over, is
 * found again at the next start: open_recall finds them, open_resume reads their rows back, so that
 * a minute has one row per flow across a crash, and across a stop (open_pause), too.
 *
 *     state "minute/parts"   a line "MINUTE SEGMENT" for each
 *
 * Bound: fold_max rows of the folding table (core/flow/table.h), and 16 octets for each part of an
 * open minute.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/table.h"
#include "workspace/workspace.h"

enum { OPEN_WORKERS = 64 }; /* tables that one commit may take */

struct open_minutes; /* opaque */

/* The constants are borrowed until open_set_constants or open_free. */
MUST_CHECK struct open_minutes *open_new(size_t fold_max, const struct constants *constants,
                                         struct err *e);
void open_free(struct open_minutes *open); /* NULL is fine; nothing is written */
void open_set_constants(struct open_minutes *open, const struct constants *constants);

/* Finds what an earlier run left open, before anything else.  A minute that is over and has one
 * segment only is left as it is. */
MUST_CHECK bool open_recall(struct open_minutes *open, struct workspace *ws, struct err *e);

/* Reads the rows of what was recalled, some 0.4 us each; before the first open_close.  False where
 * that cannot be (too many rows, a file that has gone): parts stay what they are then, rows of
 * their minutes. */
MUST_CHECK bool open_resume(struct open_minutes *open, struct workspace *ws, struct err *e);

/* Whether so many more rows can be folded.  If not, open_close(…, UINT64_MAX) comes first. */
bool open_has_room(const struct open_minutes *open, size_t rows);

/* Writes the table's rows as parts, one segment a minute.  The table is borrowed until
 * open_committed. */
MUST_CHECK bool open_add(struct open_minutes *open, struct commit *commit,
                         const struct flow_table *table, struct err *e);

/* The oldest minute (since 1970) that is open, or UINT64_MAX. */
uint64_t open_oldest(const struct open_minutes *open);

/* Writes the minutes before `before` (since 1970) as one segment each and retires their parts.
 * UINT64_MAX closes all. */
MUST_CHECK bool open_close(struct open_minutes *open, struct commit *commit, uint64_t before,
                           struct err *e);

/* The same for all minutes, at the end of a run: the segments are the parts with which the next
 * run goes on. */
MUST_CHECK bool open_pause(struct open_minutes *open, struct commit *commit, struct err *e);

/* Notes with the commit which parts there will be. */
MUST_CHECK bool open_seal(const struct open_minutes *open, struct commit *commit, struct err *e);

/* Tells how the commit ended. */
void open_committed(struct open_minutes *open, bool ok);

/* After everything was closed: minutes that were closed may be opened once more, as after a step of
 * the clock. */
void open_start_anew(struct open_minutes *open);

/* Rows folded and not yet closed, and the octets that they take and may take. */
size_t open_rows(const struct open_minutes *open);
size_t open_memory(const struct open_minutes *open);
size_t open_bound(const struct open_minutes *open);
