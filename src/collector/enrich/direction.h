/* direction: whether a flow goes to the local side or comes from it.
 *
 * An end of a flow is local if its ASN is listed, or its address is in a listed prefix.  A flow
 * whose destination alone is local is Inbound, one whose source alone is local Outbound.  Where
 * neither end or both are local nothing is said.  An end of which nothing is known is not local, so
 * that one known end is enough.
 *
 * Which side is the local one is the configuration's choice.  Its default is ExpressRoute's way of
 * speaking, in which the cloud is local: routes of Azure's gateways carry AS 65515 and those of
 * Microsoft peering AS 12076, so that flows from a customer's site into Azure are Inbound, as the
 * workbooks say that people share.
 *
 * Constant once it is made; any number of threads may ask at once.  Bound: LOCAL_MAX ASNs and as
 * many prefixes, of at most 72 octets together for each. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/flow/row.h"

#define LOCAL_MAX 1000

struct local_asns {
	const uint32_t *items;
	size_t count;
};

struct local_prefixes {
	const struct ip_prefix *items;
	size_t count;
};

/* The ends of flows that are local; each list in any order, overlaps do no harm. */
struct local_ends {
	struct local_asns asns;
	struct local_prefixes prefixes;
};

enum direction {
	DIRECTION_UNKNOWN,
	DIRECTION_INBOUND,
	DIRECTION_OUTBOUND,
	DIRECTION_COUNT,
};

/* "", "Inbound", "Outbound" */
extern const char *const direction_texts[DIRECTION_COUNT];

struct local_side; /* opaque */

/* The lists are borrowed only for the call. */
MUST_CHECK struct local_side *local_side_new(const struct local_ends *ends, struct err *e);
void local_side_free(struct local_side *side); /* NULL is fine */

enum direction direction_of(const struct local_side *side, const struct flow_row *row);
