/* ledger_fold: the ledger in few segments.
 *
 * A collector commits its counts every few seconds, and whoever reads the ledger opens each
 * segment: at a rate of 17,000 a day nobody would.  Since its rows add up, FOLD_WIDTH segments
 * are replaced by one that is their sum and the next one's, as many of these by another, and so on
 * for FOLD_LEVELS levels: of a commit every five seconds, after one, 14 and 180 minutes.  What was
 * folded last is remembered in memory only, so that an end of the collector leaves some segments as
 * they are; nothing depends on it.
 *
 * Where the sum might have more rows than a ledger holds, or is of two days, segments stay as they
 * are, too.
 *
 * Bound: a ledger for each level and one more.  One thread. */
#pragma once

#include "collector/minute/ledger.h"

enum { FOLD_LEVELS = 3, FOLD_WIDTH = 12 };

struct ledger_fold; /* opaque */

MUST_CHECK struct ledger_fold *ledger_fold_new(struct err *e);
void ledger_fold_free(struct ledger_fold *fold); /* NULL is fine */

/* As ledger_write; segments may be retired with it.  To be told how the commit ended. */
MUST_CHECK bool ledger_fold_write(struct ledger_fold *fold, const struct ledger *ledger,
                                  struct commit *commit, const char *const *listeners,
                                  struct err *e);
void ledger_fold_committed(struct ledger_fold *fold);
