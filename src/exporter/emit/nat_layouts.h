/* nat_layouts: the templates of NAT events, one for each kind of event.
 *
 * In the dialect `iana` they are RFC 8158's (section 4.6), mandatory elements and then those of its
 * optional ones that a host can fill; port blocks have start and end as well as step and count.  In
 * `junos` they have the fields that Junos documents ("Mapping Between Field Values for Version 9
 * Flow Templates and Logs"), in that order: natPoolName of 64 octets where the pool has a name
 * (without one, Junos omits the field), and of port blocks observationTimeMilliseconds twice: of
 * the event, and of the allocation.  natEvent says what event_code says.  NetFlow v9 and IPFIX
 * alike.
 *
 * Destinations are not logged unless asked for (RFC 8158 section 4.1). */
#pragma once

#include <stdbool.h>

#include "core/flow/nat_event.h"
#include "core/flow/plain.h"
#include "core/wire/layout.h"

enum nat_layout_kind {
	NAT_LAYOUT_CREATE44,
	NAT_LAYOUT_DELETE44,
	NAT_LAYOUT_CREATE64,
	NAT_LAYOUT_DELETE64,
	NAT_LAYOUT_PORTS_EXHAUSTED,
	NAT_LAYOUT_ALLOCATION,
	NAT_LAYOUT_DEALLOCATION,
	NAT_LAYOUT_KINDS,
};

enum {
	NAT_TEMPLATE = 320,                 /* the first ID */
	NAT_LAYOUTS = 2 * NAT_LAYOUT_KINDS, /* those with a pool's name behind the others */
	NAT_POOL_NAME = 64,                 /* octets */
};

/* What records are made from. */
struct nat_record {
	struct nat_event event;
	char pool_name[NAT_POOL_NAME]; /* padded with NULs */
};

struct nat_layouts {
	enum nat_dialect dialect;
	struct layout rows[NAT_LAYOUTS];
};

/* dialect: NAT_DIALECT_IANA or NAT_DIALECT_JUNOS. */
void nat_layouts_init(struct nat_layouts *set, enum nat_dialect dialect, bool destinations);

/* The one that this event's record has, or NULL where there is none for its kind; fills the record
 * to be encoded by it. */
const struct layout *nat_layout_for(const struct nat_layouts *set, const struct nat_event *event,
                                    struct nat_record *ret);
