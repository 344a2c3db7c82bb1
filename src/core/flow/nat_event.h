/* nat_event: what routers and firewalls tell of translations, by name (registry/nat-events.csv).
 *
 * natEvent (230) has two numberings: RFC 8158 Table 2, and that of an earlier draft, which Junos
 * documents.  4 is the creation of a NAT44 session in one and of a NAT64 session in the other. */
#pragma once

#include <stdint.h>

/* Events are numbers of rows of registry/nat-events.csv, from 1; 0 is no known event. */
enum {
	NAT_EVENT_NONE,
	NAT_EVENT_COUNT = 1
#define NAT_EVENT(name, object, act, iana, junos, firewall) +1
#include "nat_events.inc"
#undef NAT_EVENT
};

/* natEvents of RFC 8158 Table 2 that weir's own exporter tells of. */
enum {
	NAT44_SESSION_CREATE = 4,
	NAT44_SESSION_DELETE = 5,
	NAT64_SESSION_CREATE = 6,
	NAT64_SESSION_DELETE = 7,
	NAT_PORTS_EXHAUSTED = 12,
	NAT_PORT_BLOCK_ALLOCATION = 16,
	NAT_PORT_BLOCK_DEALLOCATION = 17,
};

enum nat_dialect {
	NAT_DIALECT_NONE,
	NAT_DIALECT_IANA,  /* RFC 8158 */
	NAT_DIALECT_JUNOS, /* draft-ietf-behave-ipfix-nat-logging-02 */
	NAT_DIALECT_NOKIA, /* no natEvent: a time of begin or one of end */
	NAT_DIALECT_NSEL,  /* Cisco ASA: firewallEvent */
	NAT_DIALECT_COUNT,
};

/* What an event is about, and what it does to it. */
enum nat_object {
	NAT_NONE,
	NAT_SESSION,
	NAT_BIB, /* a binding of an address and port, whatever the destination */
	NAT_ADDRESS,
	NAT_BLOCK, /* of ports */
	NAT_EXHAUSTION,
	NAT_QUOTA,
	NAT_THRESHOLD,
	NAT_OBJECT_COUNT,
};

enum nat_act {
	NAT_ACT_NONE,
	NAT_ACT_BEGIN,
	NAT_ACT_HOLD, /* it goes on */
	NAT_ACT_END,
};

/* How a session, a binding or a block ended. */
enum nat_end {
	NAT_END_NONE, /* it is open */
	NAT_END_DELETED,
	NAT_END_REPLACED,
	NAT_END_RESTARTED,
	NAT_END_TIMED_OUT,
	NAT_END_PUSHED_OUT,
	NAT_END_COUNT,
};

struct nat_event_kind {
	const char *name;
	enum nat_object object;
	enum nat_act act;
	int16_t iana, junos; /* its natEvent there; -1: none */
	int16_t firewall;    /* its firewallEvent; -1: none */
};
extern const struct nat_event_kind nat_event_kinds[NAT_EVENT_COUNT];
extern const char *const nat_event_names[NAT_EVENT_COUNT];
extern const char *const nat_dialect_names[NAT_DIALECT_COUNT];
extern const char *const nat_object_names[NAT_OBJECT_COUNT];
extern const char *const nat_end_names[NAT_END_COUNT];

/* The event of this number in a dialect (IANA or Junos), or NAT_EVENT_NONE. */
uint8_t nat_event_find(enum nat_dialect dialect, uint64_t code);

/* The same for a firewallEvent. */
uint8_t nat_event_of_firewall(uint64_t code);
