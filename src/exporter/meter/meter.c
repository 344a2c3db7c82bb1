#include "exporter/meter/meter.h"

#include <stdlib.h>

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_ICMPV6 = 58 };

struct meter {
	struct flow_cache *cache;
	struct metered_sink sink;
	uint16_t selector;
};

static void take_flow(void *context, const struct metered_flow *flow)
{
	const struct meter *meter = context;
	struct metered_flow told = *flow;
	told.selector = meter->selector;
	meter->sink.take(meter->sink.context, &told);
}

struct meter *meter_new(const struct meter_config *config, const struct metered_sink *sink,
                        struct err *e)
{
	struct meter *meter = calloc(1, sizeof *meter);
	if (!meter) {
		err_set(e, ERR_NOMEM, "no memory for a meter");
		return NULL;
	}
	meter->sink = *sink;
	meter->selector = config->selector;
	meter->cache =
	    flow_cache_new(&config->cache, &(struct metered_sink){ take_flow, meter }, e);
	if (meter->cache)
		return meter;
	free(meter);
	return NULL;
}

void meter_free(struct meter *meter)
{
	if (!meter)
		return;
	flow_cache_free(meter->cache);
	free(meter);
}

static enum metered_transport transport_of(const struct frame *f)
{
	if (!f->transport)
		return METERED_OTHER;
	if (f->protocol == PROTO_ICMP || f->protocol == PROTO_ICMPV6)
		return METERED_ICMP;
	return f->protocol == PROTO_TCP ? METERED_TCP : METERED_PORTS;
}

static struct metered_key key_of(const struct observed *o)
{
	const struct frame *f = &o->frame;
	bool ingress = o->direction == OBSERVED_INGRESS;
	struct metered_key key = {
		.src = f->src,
		.dst = f->dst,
		.input_if = ingress ? o->interface : 0,
		.output_if = ingress ? 0 : o->interface,
		.tags = f->vlan_tags < METERED_TAGS_MAX ? f->vlan_tags : METERED_TAGS_MAX,
		.transport = (uint8_t)transport_of(f),
		.protocol = f->protocol,
		.tos = f->tos,
		.ip_version = f->ip_version,
		.direction = (uint8_t)o->direction,
	};
	if (key.transport == METERED_ICMP) {
		key.dst_port = (uint16_t)(f->icmp_type << 8 | f->icmp_code);
	} else if (key.transport != METERED_OTHER) {
		key.src_port = f->src_port;
		key.dst_port = f->dst_port;
	}
	for (size_t i = 0; i < key.tags; i++)
		key.vlan[i] = f->vlan[i];
	return key;
}

void meter_take(struct meter *meter, const struct observed *o)
{
	struct metered_key key = key_of(o);
	struct flow_addition addition = {
		.time = o->time,
		.packets = o->packets,
		.bytes = o->bytes,
		.squares = o->squares,
		.tcp_flags = o->frame.tcp_flags,
		.ttl = o->frame.ttl,
	};
	flow_cache_add(meter->cache, &key, &addition);
}

void meter_expire(struct meter *meter, int64_t now)
{
	flow_cache_expire(meter->cache, now);
}

void meter_end(struct meter *meter)
{
	flow_cache_end(meter->cache);
}

size_t meter_flows(const struct meter *meter)
{
	return flow_cache_count(meter->cache);
}

uint64_t meter_pushed_out(const struct meter *meter)
{
	return flow_cache_pushed_out(meter->cache);
}
