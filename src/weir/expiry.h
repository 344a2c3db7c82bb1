/* expiry: segments whose time is over, and the commit that drops them.
 *
 * Found by the rules of workspace/retention.h, for the collector as for `weir workspace expire`.
 * Never among them are segments that states name: parts of minutes that are open, and what bindings
 * that are open are made of again ("minute/parts", "nat/bindings").  For size and for the disk rows
 * of Flows go, oldest first, then those imported into ATCExpressRouteCircuitIpfix; rows of other
 * tables go by age alone.  What was dropped is a row of CollectorLedger of the same commit; files
 * stay as those of other retired segments do.
 *
 * Bound: 8 octets a segment, and some 300 a segment of one table while it is looked through.  One
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "workspace/retention.h"
#include "workspace/workspace.h"

struct dropped {
	uint64_t segments, rows, octets;
};

struct expiry_counts {
	struct dropped of[TABLE_COUNT][RETENTION_CAUSES];
};

struct expiry {
	struct expiry_counts counts;
	int64_t *ids; /* of the segments */
	size_t count;
	size_t most; /* of them; the rest is for the next one */
};

/* The name of a cause: "age", "size", "disk". */
const char *expiry_cause_name(enum retention_cause cause);

void expiry_done(struct expiry *x); /* frees what is in it */

/* Adds what is too old by retention's clock and the system's. */
MUST_CHECK bool expiry_add_old(struct expiry *x, struct workspace *ws,
                               const struct retention_policy *policy, int64_t reached, int64_t wall,
                               struct err *e);

/* Adds oldest flows until they make so many octets, or there are none left. */
MUST_CHECK bool expiry_add_octets(struct expiry *x, struct workspace *ws, uint64_t octets,
                                  enum retention_cause cause, struct err *e);

/* Adds them until what is left is no more than the policy's size. */
MUST_CHECK bool expiry_add_size(struct expiry *x, struct workspace *ws,
                                const struct retention_policy *policy, struct err *e);

/* The octets of all that is in it. */
uint64_t expiry_octets(const struct expiry *x);

/* Drops it in one commit, and keeps retention's clock with it. */
MUST_CHECK bool expiry_commit(const struct expiry *x, struct workspace *ws, int64_t reached,
                              struct err *e);

/* Retention's clock as it was kept; where it never was, an hour after the last commit, or `wall` if
 * that is earlier or there was none. */
MUST_CHECK bool expiry_clock(struct workspace *ws, int64_t wall, int64_t *ret, struct err *e);

void expiry_sum(struct expiry_counts *into, const struct expiry_counts *from);

/* Adds "1234 rows of Flows by age, 5 rows of NatEvents by age: 67 segments, 89 octets"; nothing
 * where there is nothing. */
void expiry_describe(struct buf *out, const struct expiry_counts *counts);
