/* completeness: how much of what exporters sent in a stretch of time is there, by CollectorLedger.
 *
 * stored / (stored + rejected + lost), where stored are flow records and NAT and firewall events,
 * rejected are records that were met and not stored, and lost are records that never came, as far
 * as sequence numbers tell.  It is rounded down, so that 100 % is said of what is whole only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "workspace/workspace.h"

struct db;

struct completeness {
	int64_t stored, rejected, lost;
};

/* Adds up the ledger's minutes that lie in the range, the one in which it begins among them; zeros
 * where there is no ledger.  Reads only segments of the range. */
MUST_CHECK bool completeness_ask(struct db *db, struct workspace *ws, struct time_range time,
                                 struct completeness *ret, struct err *e);

/* Adds the per cents, as "99.98"; nothing where no record is known of. */
void completeness_percent(struct buf *out, const struct completeness *c);

/* The same as an expression in SQL over rows of the ledger that are grouped, of type VARCHAR. */
const char *completeness_sql(void);
