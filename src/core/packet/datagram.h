/* datagram: what an exporter sent, on its way from receiving to decoding. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/ip.h"

/* One UDP datagram, or one IPFIX message of a transport session or a file.  The payload is borrowed
 * from whoever yields it, who says for how long. */
struct datagram {
	int64_t arrival; /* ticks */
	struct ip src, dst;
	uint16_t src_port, dst_port;
	bool session; /* templates live as long as it, and may be withdrawn: RFC 7011 section 8.1 */
	uint16_t listener; /* number of where it came in, for the ledger */
	const uint8_t *payload;
	size_t len;
};
