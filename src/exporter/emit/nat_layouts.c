#include "exporter/emit/nat_layouts.h"

#include <string.h>

#include "core/wire/element.h"

/* Whose records have a field: kinds, or … */
enum {
	CREATE44 = 1 << NAT_LAYOUT_CREATE44,
	DELETE44 = 1 << NAT_LAYOUT_DELETE44,
	CREATE64 = 1 << NAT_LAYOUT_CREATE64,
	DELETE64 = 1 << NAT_LAYOUT_DELETE64,
	EXHAUSTED = 1 << NAT_LAYOUT_PORTS_EXHAUSTED,
	BLOCK = 1 << NAT_LAYOUT_ALLOCATION | 1 << NAT_LAYOUT_DEALLOCATION,
	NAT44 = CREATE44 | DELETE44,
	NAT64 = CREATE64 | DELETE64,
	SESSION = NAT44 | NAT64,
	ANY = SESSION | EXHAUSTED | BLOCK,
};

/* … only where that is so, too. */
enum { ALWAYS, DESTINATIONS = 1, NAMED = 2 };

struct row {
	unsigned kinds; /* ORed */
	unsigned needs;
	struct layout_field field;
};

#define ROW(kinds, needs, element, length, kind, member)                                           \
	{                                                                                          \
		kinds, needs, LAYOUT_FIELD(IE_##element, length, kind, struct nat_record, member)  \
	}
/* An IPv4 address is the last four octets of a struct ip. */
#define ROW_V4(kinds, needs, element, member)                                                      \
	{                                                                                          \
		kinds, needs,                                                                      \
		{                                                                                  \
			IE_##element, 4, offsetof(struct nat_record, member) + 12, 4,              \
			    LAYOUT_OCTETS                                                          \
		}                                                                                  \
	}

/* clang-format off */
static const struct row iana_rows[] = {
	ROW(ANY,                 ALWAYS,  observationTimeMilliseconds,  8, TIME,   event.event_time),
	ROW(ANY,                 ALWAYS,  natEvent,                     1, UINT,   event.event_code),
	ROW_V4(NAT44 | BLOCK,    ALWAYS,  sourceIPv4Address,                       event.src_addr),
	ROW(NAT64,               ALWAYS,  sourceIPv6Address,           16, OCTETS, event.src_addr),
	ROW_V4(ANY,              ALWAYS,  postNATSourceIPv4Address,                event.post_src_addr),
	ROW(SESSION | EXHAUSTED, ALWAYS,  protocolIdentifier,           1, UINT,   event.protocol),
	ROW(SESSION,             ALWAYS,  sourceTransportPort,          2, UINT,   event.src_port),
	ROW(SESSION,             ALWAYS,  postNAPTSourceTransportPort,  2, UINT,   event.post_src_port),
	ROW_V4(NAT44,      DESTINATIONS,  destinationIPv4Address,                  event.dst_addr),
	ROW(NAT64,         DESTINATIONS,  destinationIPv6Address,      16, OCTETS, event.dst_addr),
	ROW_V4(SESSION,    DESTINATIONS,  postNATDestinationIPv4Address,           event.post_dst_addr),
	ROW(SESSION,       DESTINATIONS,  destinationTransportPort,     2, UINT,   event.dst_port),
	ROW(SESSION,       DESTINATIONS,  postNAPTDestinationTransportPort, 2, UINT, event.post_dst_port),
	ROW(BLOCK,               ALWAYS,  portRangeStart,               2, UINT,   event.block_start),
	ROW(BLOCK,               ALWAYS,  portRangeEnd,                 2, UINT,   event.block_end),
	ROW(BLOCK,               ALWAYS,  portRangeStepSize,            2, UINT,   event.block_step),
	ROW(BLOCK,               ALWAYS,  portRangeNumPorts,            2, UINT,   event.block_size),
};

static const struct row junos_rows[] = {
	ROW_V4(NAT44 | BLOCK,    ALWAYS,  sourceIPv4Address,                       event.src_addr),
	ROW(NAT64,               ALWAYS,  sourceIPv6Address,           16, OCTETS, event.src_addr),
	ROW_V4(ANY,              ALWAYS,  postNATSourceIPv4Address,                event.post_src_addr),
	ROW_V4(NAT44,      DESTINATIONS,  destinationIPv4Address,                  event.dst_addr),
	ROW(NAT64,         DESTINATIONS,  destinationIPv6Address,      16, OCTETS, event.dst_addr),
	ROW_V4(SESSION,    DESTINATIONS,  postNATDestinationIPv4Address,           event.post_dst_addr),
	ROW(SESSION,             ALWAYS,  sourceTransportPort,          2, UINT,   event.src_port),
	ROW(SESSION,             ALWAYS,  postNAPTSourceTransportPort,  2, UINT,   event.post_src_port),
	ROW(SESSION,       DESTINATIONS,  destinationTransportPort,     2, UINT,   event.dst_port),
	ROW(SESSION,       DESTINATIONS,  postNAPTDestinationTransportPort, 2, UINT, event.post_dst_port),
	ROW(SESSION | EXHAUSTED, ALWAYS,  protocolIdentifier,           1, UINT,   event.protocol),
	ROW(ANY,                 ALWAYS,  natEvent,                     1, UINT,   event.event_code),
	ROW(ANY,                 ALWAYS,  observationTimeMilliseconds,  8, TIME,   event.event_time),
	ROW(ANY,                  NAMED,  natPoolName,      NAT_POOL_NAME, TEXT,   pool_name),
	ROW(BLOCK,               ALWAYS,  portRangeStart,               2, UINT,   event.block_start),
	ROW(BLOCK,               ALWAYS,  portRangeEnd,                 2, UINT,   event.block_end),
	ROW(BLOCK,               ALWAYS,  portRangeStepSize,            2, UINT,   event.block_step),
	ROW(BLOCK,               ALWAYS,  portRangeNumPorts,            2, UINT,   event.block_size),
	ROW(BLOCK,               ALWAYS,  observationTimeMilliseconds,  8, TIME,   event.block_time),
};

/* natEvents of RFC 8158. */
static const int16_t codes[NAT_LAYOUT_KINDS] = {
	[NAT_LAYOUT_CREATE44] = NAT44_SESSION_CREATE,
	[NAT_LAYOUT_DELETE44] = NAT44_SESSION_DELETE,
	[NAT_LAYOUT_CREATE64] = NAT64_SESSION_CREATE,
	[NAT_LAYOUT_DELETE64] = NAT64_SESSION_DELETE,
	[NAT_LAYOUT_PORTS_EXHAUSTED] = NAT_PORTS_EXHAUSTED,
	[NAT_LAYOUT_ALLOCATION] = NAT_PORT_BLOCK_ALLOCATION,
	[NAT_LAYOUT_DEALLOCATION] = NAT_PORT_BLOCK_DEALLOCATION,
};
/* clang-format on */

static void make(struct layout *layout, const struct row *rows, size_t count, unsigned kind,
                 unsigned is)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].kinds & 1U << kind && (rows[i].needs & is) == rows[i].needs)
			layout->fields[layout->field_count++] = rows[i].field;
	layout_finish(layout);
}

void nat_layouts_init(struct nat_layouts *set, enum nat_dialect dialect, bool destinations)
{
	bool junos = dialect == NAT_DIALECT_JUNOS;
	set->dialect = dialect;
	for (unsigned i = 0; i < NAT_LAYOUTS; i++) {
		unsigned is =
		    (destinations ? DESTINATIONS : 0) | (i >= NAT_LAYOUT_KINDS ? NAMED : 0);
		set->rows[i] = (struct layout){ .id = (uint16_t)(NAT_TEMPLATE + i) };
		make(&set->rows[i], junos ? junos_rows : iana_rows,
		     junos ? ARRAY_LEN(junos_rows) : ARRAY_LEN(iana_rows), i % NAT_LAYOUT_KINDS,
		     is);
	}
}

static void fill(const struct nat_event *event, struct nat_record *ret)
{
	size_t len = event->pool_name.len < NAT_POOL_NAME ? event->pool_name.len : NAT_POOL_NAME;
	ret->event = *event;
	memset(ret->pool_name, 0, NAT_POOL_NAME);
	if (len)
		memcpy(ret->pool_name, event->pool_name.at, len);
}

const struct layout *nat_layout_for(const struct nat_layouts *set, const struct nat_event *event,
                                    struct nat_record *ret)
{
	unsigned named =
	    set->dialect == NAT_DIALECT_JUNOS && event->present & PLAIN_BIT(NAT, NatPoolName)
		? NAT_LAYOUT_KINDS
		: 0;
	for (unsigned i = 0; i < NAT_LAYOUT_KINDS; i++)
		if (nat_event_kinds[event->event].iana == codes[i]) {
			fill(event, ret);
			return &set->rows[named + i];
		}
	return NULL;
}
