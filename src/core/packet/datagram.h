/* datagram: what an exporter sent, on its way from receiving to decoding. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/ip.h"

/* One UDP datagram.  The payload is borrowed from whoever yields it, who says for how long. */
struct datagram {
	int64_t arrival; /* ticks */
	struct ip src, dst;
	uint16_t src_port, dst_port;
	const uint8_t *payload;
	size_t len;
};
