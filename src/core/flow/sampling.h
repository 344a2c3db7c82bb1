/* sampling: what a person stated for exporters, where those tell nothing or what is wrong: rates,
 * and the dialect of their NAT events.
 *
 * Plain data, filled by the configuration and read by decoding; constant while it is shared. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/ip.h"
#include "core/flow/nat_event.h"

struct sampling_override {
	struct ip_prefix prefix; /* of exporters' addresses */
	uint32_t interval;       /* packets that one captured packet stands for; 0: not stated */
	enum nat_dialect nat;    /* NAT_DIALECT_NONE: not stated */
	const char *nat_name;    /* the same as it was written: "auto", "iana", "junos"; or NULL */
};

struct sampling_overrides {
	const struct sampling_override *items; /* the longest prefix first */
	size_t count;
};

/* What is stated by the longest prefix that holds this exporter, or NULL.  Walks the list: to be
 * asked once per datagram or set, not per record. */
static inline const struct sampling_override *
override_find(const struct sampling_overrides *overrides, const struct ip *exporter)
{
	for (size_t i = 0; i < overrides->count; i++)
		if (ip_prefix_holds(&overrides->items[i].prefix, exporter))
			return &overrides->items[i];
	return NULL;
}

/* The interval stated for this exporter, or 0. */
static inline uint32_t sampling_stated(const struct sampling_overrides *overrides,
                                       const struct ip *exporter)
{
	const struct sampling_override *found = override_find(overrides, exporter);
	return found ? found->interval : 0;
}

/* The dialect stated for this exporter's NAT events, or NAT_DIALECT_NONE. */
static inline enum nat_dialect nat_dialect_stated(const struct sampling_overrides *overrides,
                                                  const struct ip *exporter)
{
	const struct sampling_override *found = override_find(overrides, exporter);
	return found ? found->nat : NAT_DIALECT_NONE;
}
