/* circuit: rules that say which circuit a flow belongs to, and which of them wins.
 *
 * A rule states any of five parts; what it does not state may be anything.  It matches a row whose
 * value of every stated part is there and equal: the exporter's address by prefix, the interface
 * with the input or the output interface, the VRF with the ingress or the egress VRF, the VLANs
 * with the outer and the inner tag.
 *
 * Of all rules that match a row the most specific wins.  That is, in this order,
 *
 *     1. the one that states more parts;
 *     2. of as many, the one that states the more telling: the inner VLAN before the outer VLAN,
 *        that before the interface, the VRF and the exporter (the first part of this list that
 *        only one of the two states decides);
 *     3. of the same parts, the one with the longer exporter prefix;
 *     4. the one that comes first in the list.
 *
 * So a rule can be shadowed by one other alone only if that states exactly the same: whatever else
 * matches all of its rows is less specific.
 *
 * (In Azure's circuits the outer tag is the circuit's and the inner tag the peering's.) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/ip.h"

#define CIRCUITS_MAX 10000

/* The parts of a rule; as numbers, the more telling is the greater. */
enum circuit_part {
	CIRCUIT_EXPORTER = 1 << 0,
	CIRCUIT_VRF = 1 << 1,
	CIRCUIT_INTERFACE = 1 << 2,
	CIRCUIT_VLAN = 1 << 3,
	CIRCUIT_CUSTOMER_VLAN = 1 << 4,
};

struct circuit {
	unsigned parts; /* the circuit_part bits of what it states; other parts mean nothing */
	uint32_t interface, vrf, vlan, customer_vlan;
	struct ip_prefix exporter;
	/* what its rows get; never NULL, may be "" */
	const char *id, *direct_port_id, *service_key, *peering_type;
	uint64_t bandwidth; /* bits per second; 0: not told */
};

struct circuits {
	const struct circuit
	    *items; /* at most CIRCUITS_MAX, in the order in which they were given */
	size_t count;
};

/* Whether both state the same, so that the second of them can never win. */
bool circuit_same_match(const struct circuit *a, const struct circuit *b);

/* Writes the numbers of all rules to ret[0 … count-1], the most specific first.  Rules that state
 * the same stand together, the first of them in front. */
void circuits_order(const struct circuits *circuits, uint32_t *ret);
