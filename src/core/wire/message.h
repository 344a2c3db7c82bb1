/* message: the headers of NetFlow v1, v5, v7 and v9, IPFIX and sFlow v5.
 *
 * v5: the customary layout (24 + 48 x count octets); v1 (16 + 48) and v7 (24 + 52) are like it. v9:
 * RFC 3954 section 5.1.  IPFIX: RFC 7011 section 3.1.  sFlow: core/wire/sflow.h.  A datagram is
 * told apart by its first two octets, which are zero in sFlow, and then by its first four. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/base/ip.h"
#include "core/wire/rc.h"

enum wire_protocol {
	WIRE_NETFLOW5,
	WIRE_NETFLOW9,
	WIRE_IPFIX,
	WIRE_SFLOW5,
	WIRE_NETFLOW1,
	WIRE_NETFLOW7,
	WIRE_PROTOCOL_COUNT,
};

/* "netflow5", "netflow9", "ipfix", "sflow5", "netflow1", "netflow7" */
const char *wire_protocol_name(enum wire_protocol protocol);

enum {
	NF5_HEADER = 24,
	NF5_RECORD = 48,
	NF5_MOST_RECORDS = 30,
	NF1_HEADER = 16,
	NF1_RECORD = 48,
	NF1_MOST_RECORDS = 24,
	NF7_HEADER = 24,
	NF7_RECORD = 52,
	NF7_MOST_RECORDS = 28,
	NF9_HEADER = 20,
	IPFIX_HEADER = 16,
};

struct message {
	enum wire_protocol protocol;
	uint32_t domain; /* IPFIX observation domain, v9 source id, v5 engine type x 256 + id,
	                    sFlow sub-agent */
	uint32_t
	    sequence; /* v5, v7: flows before this one; v9, sFlow: messages; IPFIX: data records */
	int64_t export_time; /* ticks; whole seconds but for v5; sFlow has none: 0 */
	bool has_uptime;     /* all but IPFIX */
	uint32_t uptime_ms;  /* of the exporter at export_time; wraps after 49.7 days */
	uint16_t
	    fixed_count; /* v1, v5, v7: records that the header counts, came they or not; else 0 */
	uint16_t
	    v5_sampling; /* v5: the header's field as it came, 2 bits of mode and 14 of interval */
	struct cur body; /* v5: records; v9 and IPFIX: sets; sFlow: samples */
	size_t slack;    /* IPFIX: octets of the datagram behind the length that its header tells */
	uint32_t samples; /* sFlow: how many are yet to come, by the header's count */
	bool has_agent;   /* sFlow: the agent told its address */
	struct ip agent;
};

/* Reads the header.  No count is trusted to bound anything: the body of v1, v5 and v7 holds
 * as many whole records as came, at most `count` of them; WIRE_TRUNCATED_RECORDS says that some are
 * missing (the message is filled in and usable all the same). */
MUST_CHECK enum wire_rc message_read(struct cur datagram, struct message *ret);
