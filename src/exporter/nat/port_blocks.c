#include "exporter/nat/port_blocks.h"

#include "core/base/cursor.h"
#include "core/base/ticks.h"
#include "core/flow/nat_event.h"
#include "exporter/nat/event.h"

enum { V4_OFFSET = 12 /* of an IPv4 address in struct ip */ };

void port_blocks_begin(struct port_blocks *b, const struct nat_logging *config, int64_t now,
                       int64_t steady)
{
	*b = (struct port_blocks){ .config = config, .since = now, .told_at = steady };
}

/* The address that stands `n` behind the first of the prefix. */
static struct ip nth(const struct ip_prefix *prefix, uint32_t n)
{
	uint32_t address = htobe32(be32(prefix->ip.b + V4_OFFSET) + n);
	return ip_from_v4((const uint8_t *)&address);
}

static void tell(const struct port_blocks *b, uint8_t code, int64_t time,
                 const struct nat_event_sink *sink)
{
	const struct nat_block_map *map = &b->config->block_maps[b->map];
	uint32_t per_address = nat_blocks_of_address(map);
	struct ip outside = nth(&map->outside, b->subscriber / per_address);
	uint32_t start = map->first_port + b->subscriber % per_address * map->block_size;
	struct nat_event event = event_of(code, time, b->config);
	event_set_outside(&event, &outside, b->config);
	event.src_addr = nth(&map->inside, b->subscriber);
	event.block_start = (uint16_t)start;
	event.block_end = (uint16_t)(start + map->block_size - 1);
	event.block_step = 1;
	event.block_size = (uint16_t)map->block_size;
	event.block_time = b->since;
	event.present |= PLAIN_BIT(NAT, SourceIp) | PLAIN_BIT(NAT, PortBlockStart) |
	                 PLAIN_BIT(NAT, PortBlockEnd) | PLAIN_BIT(NAT, PortBlockStep) |
	                 PLAIN_BIT(NAT, PortBlockSize) | PLAIN_BIT(NAT, PortBlockTime);
	sink->take(sink->context, &event);
}

static bool is_done(const struct port_blocks *b)
{
	return b->map == b->config->block_map_count;
}

static void step(struct port_blocks *b)
{
	if (++b->subscriber >> (32 - b->config->block_maps[b->map].inside.bits)) {
		b->subscriber = 0;
		b->map++;
	}
}

static void begin_again(struct port_blocks *b, int64_t steady)
{
	int64_t after = b->config->blocks_again_s * TICKS_PER_SECOND;
	if (!after || steady - b->told_at < after)
		return;
	b->map = 0;
	b->told_at = steady;
}

unsigned port_blocks_tell(struct port_blocks *b, int64_t steady, const struct nat_event_sink *sink)
{
	if (is_done(b))
		begin_again(b, steady);
	unsigned told = 0;
	for (; told < PORT_BLOCKS_SHARE && !is_done(b); told++, step(b))
		tell(b, NAT_PORT_BLOCK_ALLOCATION, b->since, sink);
	return told;
}

unsigned port_blocks_end(struct port_blocks *b, int64_t now, const struct nat_event_sink *sink)
{
	unsigned told = 0;
	b->map = b->subscriber = 0;
	for (; !is_done(b); told++, step(b))
		tell(b, NAT_PORT_BLOCK_DEALLOCATION, now, sink);
	return told;
}
