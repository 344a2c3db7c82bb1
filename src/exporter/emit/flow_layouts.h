/* flow_layouts: the templates of flows, made from one table of fields.
 *
 * A record has a field only where it means something, so that a collector can tell "zero" from "not
 * there": each combination of address family, transport and VLAN tags is a template of its own, the
 * template ID its number.  Elements are those of the columns that ExpressRoute Traffic Collector
 * fills, as far as a host can know them, and what sampled sums need to have their errors stated
 * (IE 198); NetFlow v9 tells times by IE 21 and 22, IPFIX by 152 and 153. */
#pragma once

#include "core/flow/metered.h"
#include "core/wire/layout.h"

enum {
	FLOW_FAMILIES = 2,
	FLOW_LAYOUTS = FLOW_FAMILIES * METERED_TRANSPORTS * (METERED_TAGS_MAX + 1),
	FLOW_TEMPLATE = 256, /* the first ID */
};

struct flow_layouts {
	struct layout rows[FLOW_LAYOUTS];
};

/* Makes all of them for WIRE_NETFLOW9 or WIRE_IPFIX. */
void flow_layouts_init(struct flow_layouts *set, enum wire_protocol protocol);

/* The one that this flow's records have. */
const struct layout *flow_layout_of(const struct flow_layouts *set, const struct metered_key *key);
