#include "exporter/nat/event.h"

#include <string.h>

#include "core/flow/nat_event.h"

struct nat_event event_of(uint8_t code, int64_t time, const struct nat_logging *config)
{
	uint8_t kind = nat_event_find(NAT_DIALECT_IANA, code);
	bool junos = config->dialect == NAT_DIALECT_JUNOS;
	return (struct nat_event){
		.present = PLAIN_BIT(NAT, NatEvent) | PLAIN_BIT(NAT, NatEventCode) |
		           PLAIN_BIT(NAT, Dialect) | PLAIN_BIT(NAT, EventTime),
		.event = kind,
		.event_code = junos ? (uint8_t)nat_event_kinds[kind].junos : code,
		.dialect = (uint8_t)config->dialect,
		.event_time = time,
	};
}

const struct nat_pool *event_pool(const struct nat_logging *config, const struct ip *outside)
{
	for (size_t i = 0; i < config->pool_count; i++)
		if (ip_prefix_holds(&config->pools[i].addresses, outside))
			return &config->pools[i];
	return NULL;
}

void event_set_outside(struct nat_event *event, const struct ip *outside,
                       const struct nat_logging *config)
{
	const struct nat_pool *pool = event_pool(config, outside);
	event->post_src_addr = *outside;
	event->present |= PLAIN_BIT(NAT, PostNatSourceIp);
	if (!pool || !*pool->name)
		return;
	event->pool_name = (struct row_text){ pool->name, strlen(pool->name) };
	event->present |= PLAIN_BIT(NAT, NatPoolName);
}
