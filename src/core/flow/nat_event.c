#include "core/flow/nat_event.h"

const struct nat_event_kind nat_event_kinds[NAT_EVENT_COUNT] = {
	{ "", NAT_NONE, NAT_ACT_NONE, -1, -1, -1 },
#define NAT_EVENT(name, object, act, iana, junos, firewall)                                        \
	{ name, NAT_##object, NAT_ACT_##act, iana, junos, firewall },
#include "nat_events.inc"
#undef NAT_EVENT
};

const char *const nat_event_names[NAT_EVENT_COUNT] = {
	"",
#define NAT_EVENT(name, object, act, iana, junos, firewall) name,
#include "nat_events.inc"
#undef NAT_EVENT
};

const char *const nat_dialect_names[NAT_DIALECT_COUNT] = {
	[NAT_DIALECT_NONE] = "",       [NAT_DIALECT_IANA] = "IANA", [NAT_DIALECT_JUNOS] = "Junos",
	[NAT_DIALECT_NOKIA] = "Nokia", [NAT_DIALECT_NSEL] = "NSEL",
};

const char *const nat_object_names[NAT_OBJECT_COUNT] = {
	[NAT_NONE] = "",           [NAT_SESSION] = "session",     [NAT_BIB] = "BIB",
	[NAT_ADDRESS] = "address", [NAT_BLOCK] = "port block",    [NAT_EXHAUSTION] = "exhaustion",
	[NAT_QUOTA] = "quota",     [NAT_THRESHOLD] = "threshold",
};

const char *const nat_end_names[NAT_END_COUNT] = {
	[NAT_END_NONE] = "",
	[NAT_END_DELETED] = "deleted",
	[NAT_END_REPLACED] = "replaced",
	[NAT_END_RESTARTED] = "restarted",
	[NAT_END_TIMED_OUT] = "timed out",
	[NAT_END_PUSHED_OUT] = "pushed out",
};

uint8_t nat_event_find(enum nat_dialect dialect, uint64_t code)
{
	for (uint8_t i = 1; i < NAT_EVENT_COUNT; i++) {
		const struct nat_event_kind *kind = &nat_event_kinds[i];
		int16_t known = dialect == NAT_DIALECT_JUNOS ? kind->junos : kind->iana;
		if (known >= 0 && (uint64_t)known == code)
			return i;
	}
	return NAT_EVENT_NONE;
}

uint8_t nat_event_of_firewall(uint64_t code)
{
	for (uint8_t i = 1; i < NAT_EVENT_COUNT; i++)
		if (nat_event_kinds[i].firewall >= 0 &&
		    (uint64_t)nat_event_kinds[i].firewall == code)
			return i;
	return NAT_EVENT_NONE;
}
