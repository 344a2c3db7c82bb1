#include "exporter/emit/flow_layouts.h"

#include "core/wire/element.h"

/* What a flow must be for a field to have a meaning. */
enum {
	V4 = 1,
	V6 = 2,
	TCP = 4,
	PORTS = 8, /* TCP as well */
	ICMP = 16,
	TAG = 32,
	TAGS = 64, /* two */
	NF9 = 128,
	IPFIX = 256,
};

struct row {
	unsigned needs; /* ORed; all of them */
	struct layout_field field;
};

#define ROW(needs, element, length, kind, member)                                                  \
	{                                                                                          \
		needs, LAYOUT_FIELD(IE_##element, length, kind, struct metered_flow, member)       \
	}
/* An IPv4 address is the last four octets of a struct ip. */
#define ROW_V4(element, member)                                                                    \
	{                                                                                          \
		V4,                                                                                \
		{                                                                                  \
			IE_##element, 4, offsetof(struct metered_flow, member) + 12, 4,            \
			    LAYOUT_OCTETS                                                          \
		}                                                                                  \
	}

/* clang-format off */
static const struct row rows[] = {
	ROW_V4(sourceIPv4Address, key.src),
	ROW_V4(destinationIPv4Address, key.dst),
	ROW(V6,          sourceIPv6Address,        16, OCTETS, key.src),
	ROW(V6,          destinationIPv6Address,   16, OCTETS, key.dst),
	ROW(PORTS,       sourceTransportPort,       2, UINT,   key.src_port),
	ROW(PORTS,       destinationTransportPort,  2, UINT,   key.dst_port),
	ROW(ICMP | V4,   icmpTypeCodeIPv4,          2, UINT,   key.dst_port),
	ROW(ICMP | V6,   icmpTypeCodeIPv6,          2, UINT,   key.dst_port),
	ROW(0,           protocolIdentifier,        1, UINT,   key.protocol),
	ROW(0,           ipClassOfService,          1, UINT,   key.tos),
	ROW(TCP | NF9,   tcpControlBits,            1, FLAGS,  tcp_flags),
	ROW(TCP | IPFIX, tcpControlBits,            2, FLAGS,  tcp_flags),
	ROW(0,           ingressInterface,          4, UINT,   key.input_if),
	ROW(0,           egressInterface,           4, UINT,   key.output_if),
	ROW(0,           flowDirection,             1, UINT,   key.direction),
	ROW(0,           ipVersion,                 1, UINT,   key.ip_version),
	ROW(0,           minimumTTL,                1, UINT,   min_ttl),
	ROW(0,           maximumTTL,                1, UINT,   max_ttl),
	ROW(TAG,         dot1qVlanId,               2, UINT,   key.vlan[0]),
	ROW(TAGS,        dot1qCustomerVlanId,       2, UINT,   key.vlan[1]),
	ROW(0,           packetDeltaCount,          8, UINT,   packets),
	ROW(0,           octetDeltaCount,           8, UINT,   bytes),
	ROW(0,           octetDeltaSumOfSquares,    8, UINT,   squares),
	ROW(NF9,         flowStartSysUpTime,        4, UPTIME, start),
	ROW(NF9,         flowEndSysUpTime,          4, UPTIME, end),
	ROW(IPFIX,       flowStartMilliseconds,     8, TIME,   start),
	ROW(IPFIX,       flowEndMilliseconds,       8, TIME,   end),
	ROW(0,           flowEndReason,             1, UINT,   reason),
	ROW(NF9,         samplerId,                 2, UINT,   selector),
	ROW(IPFIX,       selectorId,                8, UINT,   selector),
};

static const unsigned family_is[FLOW_FAMILIES] = { V4, V6 };
static const unsigned transport_is[METERED_TRANSPORTS] = {
	[METERED_PORTS] = PORTS, [METERED_TCP] = PORTS | TCP, [METERED_ICMP] = ICMP,
};
static const unsigned tags_are[METERED_TAGS_MAX + 1] = { 0, TAG, TAG | TAGS };
/* clang-format on */

static size_t number_of(unsigned family, unsigned transport, unsigned tags)
{
	return (tags * FLOW_FAMILIES + family) * METERED_TRANSPORTS + transport;
}

static void make(struct layout *layout, size_t number, unsigned is)
{
	*layout = (struct layout){ .id = (uint16_t)(FLOW_TEMPLATE + number) };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((rows[i].needs & is) == rows[i].needs)
			layout->fields[layout->field_count++] = rows[i].field;
	layout_finish(layout);
}

void flow_layouts_init(struct flow_layouts *set, enum wire_protocol protocol)
{
	unsigned wire = protocol == WIRE_IPFIX ? IPFIX : NF9;
	for (unsigned tags = 0; tags <= METERED_TAGS_MAX; tags++)
		for (unsigned family = 0; family < FLOW_FAMILIES; family++)
			for (unsigned transport = 0; transport < METERED_TRANSPORTS; transport++) {
				size_t number = number_of(family, transport, tags);
				make(&set->rows[number], number,
				     wire | tags_are[tags] | family_is[family] |
				         transport_is[transport]);
			}
}

const struct layout *flow_layout_of(const struct flow_layouts *set, const struct metered_key *key)
{
	return &set->rows[number_of(key->ip_version == 6, key->transport, key->tags)];
}
