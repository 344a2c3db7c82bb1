/* packet_row: a sampled packet's own headers as the columns of a row.
 *
 * For what exporters send as pieces of packets instead of fields: sFlow's sampled headers, and the
 * sections of packets in IPFIX (elements 313 to 315).  Only the outermost IP header counts, as it
 * does for a router: of a tunnel that is the one between its ends. */
#pragma once

#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/flow/row.h"
#include "core/packet/frame.h"

enum {
	PACKET_ETHERNET = 1,
	PACKET_IP = 101,
	PACKET_IPV4 = 228,
	PACKET_IPV6 = 229,
	PACKET_MPLS = 219
};

/* Reads the headers of a packet that was wire_len octets long (as far as that is known; it may be
 * 0) from what was captured of it, and fills in those columns that they tell: addresses, ports,
 * protocol, ToS, TTL, TCP flags, ICMP type and code, VLANs.  `link` is one of the above, or another
 * link type of frame_parse. Ports of ICMP and of fragments but the first are null.  True where
 * there was an IP header; tags are filled in without one too.
 *
 * *ret_least is how long the packet was at least, link header included, by its own account. */
bool packet_fill(struct flow_row *row, int link, struct cur captured, size_t wire_len,
                 uint32_t *ret_least);

/* Fills in the outer and the inner one of a packet's VLAN tags. */
void packet_fill_vlans(struct flow_row *row, const uint16_t *tags, size_t count);
