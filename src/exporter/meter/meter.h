/* meter: packets to flows.
 *
 * Guide to this directory: meter.c makes a key of a packet's headers, flow_cache.c keeps the flows.
 * What is in a key: addresses, ports (of ICMP type and code), protocol, class of service, VLAN
 * tags, interface, direction.  A fragment behind the first, and a packet whose ports were not
 * captured, belongs to the flow of its addresses without ports.  Only the outermost IP header
 * counts.  One thread. */
#pragma once

#include "core/packet/observed.h"
#include "exporter/meter/flow_cache.h"

struct meter_config {
	struct flow_cache_config cache;
	uint16_t selector; /* goes into every flow */
};

struct meter; /* opaque */

MUST_CHECK struct meter *meter_new(const struct meter_config *config,
                                   const struct metered_sink *sink, struct err *e);
void meter_free(struct meter *meter); /* NULL is fine; flows in it are lost */

void meter_take(struct meter *meter, const struct observed *o);

void meter_expire(struct meter *meter, int64_t now); /* ticks */
void meter_end(struct meter *meter);

size_t meter_flows(const struct meter *meter);
uint64_t meter_pushed_out(const struct meter *meter);
