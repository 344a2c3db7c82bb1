/* nat_dialect: whose numbering a natEvent is in.
 *
 * RFC 8158 and the draft that Junos follows give most numbers different meanings.  The operator's
 * word goes first; else what the record carries tells them apart, as far as the meanings differ in
 * what they must carry: 4 with an IPv6 source cannot be the creation of a NAT44 session. */
#pragma once

#include <stdint.h>

#include "core/flow/nat_event.h"

/* What a record carries. */
enum nat_shape {
	NAT_SHAPE_V4 = 1,         /* an IPv4 source */
	NAT_SHAPE_V6 = 2,         /* an IPv6 source */
	NAT_SHAPE_BLOCK = 4,      /* portRangeStart, …End, …StepSize or …NumPorts */
	NAT_SHAPE_QUOTA = 8,      /* natQuotaExceededEvent */
	NAT_SHAPE_THRESHOLD = 16, /* natThresholdEvent */
	NAT_SHAPE_JUNOS = 32, /* what only Junos does: a time twice, a pool's name of 64 octets */
};

/* The dialect of an event of this number.  `shape`: of enum nat_shape, ORed. */
enum nat_dialect nat_dialect_of(uint64_t code, unsigned shape);
