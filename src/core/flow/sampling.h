/* sampling: rates that a person stated for exporters, where those tell none or a wrong one.
 *
 * Plain data, filled by the configuration and read by decoding; constant while it is shared. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/ip.h"

struct sampling_override {
	struct ip_prefix prefix; /* of exporters' addresses */
	uint32_t interval;       /* packets that one captured packet stands for; 1 and up */
};

struct sampling_overrides {
	const struct sampling_override *items; /* the longest prefix first */
	size_t count;
};

/* The interval stated for this exporter by the longest prefix that holds it, or 0.  Walks the list:
 * to be asked once per exporter, not per record. */
static inline uint32_t sampling_stated(const struct sampling_overrides *overrides,
                                       const struct ip *exporter)
{
	for (size_t i = 0; i < overrides->count; i++)
		if (ip_prefix_holds(&overrides->items[i].prefix, exporter))
			return overrides->items[i].interval;
	return 0;
}
