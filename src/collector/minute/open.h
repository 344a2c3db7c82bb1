/* open: minutes that are still being filled, from the first part to the closed segment.
 *
 * Rows of the workers' flow tables come in every few seconds.  Each time they are written as parts,
 * segments of their own that are visible at once; once their commit has ended well they are folded
 * into one table, in which the minute grows together.  When a minute is over, its rows of that
 * table are written as one segment, which takes the place of its parts in the same commit.  So
 * answers are seconds old, and a closed minute has one row per flow.  Rows that come for a minute
 * that was closed before stay further parts of it.
 *
 * A commit is either one open_add per worker or one open_close; when it has ended, open_committed
 * is told how.  After a failure nothing has changed here, and the same can be tried again.
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

/* Tells how the commit ended. */
void open_committed(struct open_minutes *open, bool ok);

/* Rows folded and not yet closed, and the octets that they take. */
size_t open_rows(const struct open_minutes *open);
size_t open_memory(const struct open_minutes *open);
