/* flow_cache: the flows that are being metered.
 *
 * A flow ends when no packet of it came for the idle time-out, when it is as old as the active
 * time-out (RFC 5102 flowEndReason 1 and 2), when room is needed for another one (5: the flow that
 * was silent longest goes first), or when metering ends (4).  Flows end in time order; a look at
 * what has ended costs as much as there is.
 *
 * Time is that of the packets and never goes back: a packet that claims an earlier time than the
 * latest counts as of then for time-outs, while the flow's own start and end keep what it claims.
 *
 * Bound: max_flows x 144 octets and 4 to 8 of index for each, taken as they are needed.  One
 * thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/metered.h"

struct flow_cache_config {
	size_t max_flows;     /* 1 to 2^30 */
	int64_t active, idle; /* ticks; at most 24 days */
};

/* What a packet, or the packets of one glued frame, add to a flow. */
struct flow_addition {
	int64_t time; /* ticks */
	uint32_t packets;
	uint64_t bytes, squares;
	uint16_t tcp_flags;
	uint8_t ttl;
};

struct flow_cache; /* opaque */

MUST_CHECK struct flow_cache *flow_cache_new(const struct flow_cache_config *config,
                                             const struct metered_sink *sink, struct err *e);
void flow_cache_free(struct flow_cache *c); /* NULL is fine; flows in it are lost */

/* The flow may be handed out later, at the latest by one of the next calls. */
void flow_cache_add(struct flow_cache *c, const struct metered_key *key,
                    const struct flow_addition *addition);

/* Hands out the flows that have ended by `now` ticks. */
void flow_cache_expire(struct flow_cache *c, int64_t now);

/* Hands out all of them. */
void flow_cache_end(struct flow_cache *c);

/* As of the last flow_cache_expire; a few packets may wait to be added. */
size_t flow_cache_count(const struct flow_cache *c);
uint64_t flow_cache_pushed_out(const struct flow_cache *c); /* for want of room, so far */
