/* frame: a captured link-layer frame, read down to its IP and transport headers.
 *
 * Link types are those of pcap (https://www.tcpdump.org/linktypes.html): Ethernet with any stack of
 * VLAN tags (802.1Q, 802.1ad, 0x9100, 0x9200) and MPLS labels (RFC 3032), Linux cooked v1 and v2,
 * raw IP, MPLS without a link, BSD null and loop.  IPv4 (RFC 791) with options, IPv6 (RFC 8200)
 * with at most FRAME_EXTENSIONS_MAX extension headers.  Only the outermost IP header is read.
 *
 * Bytes behind the captured ones are never read, and no checksum is looked at: captures made on the
 * sending machine have wrong ones.  A frame borrows the captured bytes.  No allocation, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/base/ip.h"

#define FRAME_EXTENSIONS_MAX 16

enum frame_rc {
	FRAME_OK,
	FRAME_NOT_IP,       /* ARP, LLDP, a pseudo-wire … */
	FRAME_SHORT,        /* the bytes end before the IP header does */
	FRAME_BAD,          /* the IP header contradicts itself */
	FRAME_UNKNOWN_LINK, /* no way to read this link type */
};

/* Set only where the packet is one fragment of several (an "atomic fragment", RFC 6946, is none).
 */
struct fragment {
	bool is;
	bool more;       /* not the last one */
	uint32_t id;     /* 16 bits in IPv4 */
	uint32_t offset; /* octets */
};

struct frame {
	struct ip src, dst;
	uint32_t ip_len;     /* octets of the packet on the wire, IP header included */
	uint32_t link_len;   /* octets in front of the IP header */
	uint32_t flow_label; /* IPv6 */
	uint32_t mpls_label; /* the topmost; 0 where mpls_labels is 0 */
	uint16_t vlan[2];    /* ids of the outermost tag and of the one behind it */
	uint16_t src_port, dst_port;
	uint16_t tcp_flags;  /* the low 12 bits of octets 13 and 14 of the header (IE 6) */
	uint8_t vlan_tags;   /* how many there were; stops at 255 */
	uint8_t mpls_labels; /* likewise */
	uint8_t ip_version;  /* 4 or 6 */
	uint8_t tos;         /* the whole octet */
	uint8_t ttl;         /* or hop limit */
	uint8_t protocol; /* of the transport header, or the extension header that was not passed */
	uint8_t icmp_type, icmp_code;
	uint8_t extensions; /* IPv6 extension headers that were passed */
	bool transport; /* ports (TCP, UDP, UDP-Lite, SCTP, DCCP) or ICMP type and code were read */
	bool cut;       /* the packet is longer than what was captured of it */
	struct fragment fragment;
	uint8_t body_protocol; /* what the body begins with */
	struct cur body;       /* what the IP header carries, as captured; a fragment's own part */
	struct cur payload; /* of a whole UDP datagram, as captured; else empty with at == NULL */
};

/* Reads one frame of the pcap link type `link` of which `bytes` were captured and which had
 * wire_len octets.  Where the result is not FRAME_OK, *ret has no ip_version, and nothing but the
 * tags and labels that were passed. */
MUST_CHECK enum frame_rc frame_parse(int link, struct cur bytes, size_t wire_len,
                                     struct frame *ret);

/* Reads the headers behind the IP header (again) from body_protocol and body, as after reassembly;
 * sets protocol, transport, ports, tcp_flags, icmp_type, icmp_code, payload. */
void frame_read_body(struct frame *f);
