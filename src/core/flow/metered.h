/* metered: a flow as a meter on this machine has seen it, on its way to being exported.
 *
 * The key is compared octet by octet, so that what does not apply is zero.  Times are ticks. */
#pragma once

#include <stdint.h>

#include "core/base/ip.h"

/* What is known of the headers behind IP, and so which fields a record has. */
enum metered_transport {
	METERED_OTHER, /* neither ports nor type and code: later fragments, cut headers, GRE, ESP …
	                */
	METERED_PORTS, /* UDP, SCTP … */
	METERED_TCP,
	METERED_ICMP,
	METERED_TRANSPORTS,
};

enum { METERED_TAGS_MAX = 2 };

struct metered_key {
	struct ip src, dst;
	uint32_t input_if, output_if; /* ifIndex; 0: not known */
	uint16_t src_port;
	uint16_t dst_port;               /* of ICMP: type x 256 + code (IE 32, IE 139) */
	uint16_t vlan[METERED_TAGS_MAX]; /* ids, outermost first */
	uint8_t tags;                    /* how many of these there are */
	uint8_t transport;               /* enum metered_transport */
	uint8_t protocol;
	uint8_t tos;
	uint8_t ip_version;
	uint8_t direction; /* flowDirection: 0 ingress, 1 egress */
	uint8_t pad[2];    /* zero */
};
_Static_assert(sizeof(struct metered_key) == 56, "no hidden padding, whole words");

/* flowEndReason (IE 136). */
enum metered_end {
	METERED_IDLE = 1,
	METERED_ACTIVE = 2,
	METERED_FORCED = 4,    /* metering ends */
	METERED_RESOURCES = 5, /* room was needed */
};

struct metered_flow {
	struct metered_key key;
	uint64_t packets, bytes; /* sampled ones, not scaled; bytes of IP packets */
	uint64_t squares;        /* sum of squared sizes (IE 198) */
	int64_t start, end;      /* first and last packet */
	uint16_t tcp_flags;      /* of all packets, ORed */
	uint16_t selector;       /* which sampler: its number in what is announced (IE 302, 48) */
	uint8_t min_ttl, max_ttl;
	uint8_t reason; /* enum metered_end */
};

/* Who takes flows that ended.  What `flow` points to is valid during the call only. */
struct metered_sink {
	void (*take)(void *context, const struct metered_flow *flow);
	void *context;
};
