/* datagram: what an exporter sent in one piece, and where it came from. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/ip.h"

struct datagram {
	int64_t arrival;      /* ticks */
	struct ip from;       /* the exporter's address */
	uint16_t port;        /* and its port */
	const uint8_t *bytes; /* UDP payload; borrowed */
	size_t len;
};
