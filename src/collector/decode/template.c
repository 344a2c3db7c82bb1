#include "collector/decode/template.h"

#include <stdlib.h>

#include "collector/decode/nat_plan.h"
#include "collector/decode/nested.h"
#include "collector/decode/plan.h"
#include "core/base/ticks.h"
#include "core/wire/element.h"

const char *record_kind_name(enum record_kind kind)
{
	static const char *const names[RECORD_KIND_COUNT] = {
		[RECORD_FLOW] = "flow",
		[RECORD_OPTIONS] = "options",
		[RECORD_NAT] = "nat",
	};
	return names[kind];
}

static enum record_kind kind_of(const struct template *t, bool options)
{
	if (options)
		return RECORD_OPTIONS;
	return nat_is_event(t) ? RECORD_NAT : RECORD_FLOW;
}

/* What turns the template's records into rows; options are not. */
static bool make_plan(struct template *t)
{
	if (t->kind == RECORD_FLOW)
		t->plan = plan_new(t);
	else if (t->kind == RECORD_NAT)
		t->nat = nat_plan_new(t);
	return t->plan || t->nat || t->kind == RECORD_OPTIONS;
}

/* Variable-length fields take at least the octet of their length (RFC 7011 section 7). */
static void measure(struct template *t)
{
	for (size_t i = 0; i < t->field_count; i++) {
		t->lists |= nested_type(&t->fields[i]) != TYPE_COUNT;
		bool variable = t->fields[i].length == FIELD_VARIABLE;
		t->variable |= variable;
		t->record_len += variable ? 1 : t->fields[i].length;
	}
}

struct template *template_new(const struct template_record *record, enum wire_protocol protocol,
                              enum wire_rc *ret_rc)
{
	*ret_rc = WIRE_TEMPLATE_LIMIT;
	if (record->field_count > TEMPLATE_FIELDS)
		return NULL;
	struct template *t = calloc(1, sizeof *t + record->field_count * sizeof t->fields[0]);
	if (!t)
		return NULL;
	struct template_record reading = *record;
	t->id = record->id;
	t->scope_count = record->scope_count;
	t->field_count = record->field_count;
	for (size_t i = 0; i < t->field_count; i++) {
		t->fields[i] = field_next(&reading, protocol, i);
		if (protocol != WIRE_IPFIX && t->fields[i].length == FIELD_VARIABLE) {
			*ret_rc =
			    WIRE_EMPTY_TEMPLATE; /* no record of 65,535 octets fits a datagram */
			goto fail;
		}
	}
	measure(t);
	if (t->record_len == 0) {
		*ret_rc = WIRE_EMPTY_TEMPLATE;
		goto fail;
	}
	t->kind = kind_of(t, record->options);
	if (!make_plan(t))
		goto fail;
	*ret_rc = WIRE_OK;
	return t;

fail:
	template_free(t);
	return NULL;
}

/* The customary layouts, in the words of v9's field types. */
#define FIELD(id, length) 0, IE_##id, 0, length
#define FIXED_FLOW                                                                                 \
	FIELD(sourceIPv4Address, 4), FIELD(destinationIPv4Address, 4),                             \
	    FIELD(ipNextHopIPv4Address, 4), FIELD(ingressInterface, 2), FIELD(egressInterface, 2), \
	    FIELD(packetDeltaCount, 4), FIELD(octetDeltaCount, 4), FIELD(flowStartSysUpTime, 4),   \
	    FIELD(flowEndSysUpTime, 4), FIELD(sourceTransportPort, 2),                             \
	    FIELD(destinationTransportPort, 2)
#define FIXED_ROUTE                                                                                \
	FIELD(bgpSourceAsNumber, 2), FIELD(bgpDestinationAsNumber, 2),                             \
	    FIELD(sourceIPv4PrefixLength, 1), FIELD(destinationIPv4PrefixLength, 1)

static const uint8_t fixed_v1[] = {
	FIXED_FLOW,
	FIELD(paddingOctets, 2),
	FIELD(protocolIdentifier, 1),
	FIELD(ipClassOfService, 1),
	FIELD(tcpControlBits, 1),
	FIELD(paddingOctets, 7),
};
static const uint8_t fixed_v5[] = {
	FIXED_FLOW,
	FIELD(paddingOctets, 1),
	FIELD(tcpControlBits, 1),
	FIELD(protocolIdentifier, 1),
	FIELD(ipClassOfService, 1),
	FIXED_ROUTE,
	FIELD(paddingOctets, 2),
};
/* its two fields of flags say which others are valid, its last one which router was spared */
static const uint8_t fixed_v7[] = {
	FIXED_FLOW,
	FIELD(paddingOctets, 1),
	FIELD(tcpControlBits, 1),
	FIELD(protocolIdentifier, 1),
	FIELD(ipClassOfService, 1),
	FIXED_ROUTE,
	FIELD(paddingOctets, 6),
};
#undef FIELD

bool template_is_fixed(enum wire_protocol protocol)
{
	return protocol == WIRE_NETFLOW1 || protocol == WIRE_NETFLOW5 || protocol == WIRE_NETFLOW7;
}

struct template *template_new_fixed(enum wire_protocol protocol)
{
	static const struct cur definitions[WIRE_PROTOCOL_COUNT] = {
		[WIRE_NETFLOW1] = { fixed_v1, fixed_v1 + sizeof fixed_v1 },
		[WIRE_NETFLOW5] = { fixed_v5, fixed_v5 + sizeof fixed_v5 },
		[WIRE_NETFLOW7] = { fixed_v7, fixed_v7 + sizeof fixed_v7 },
	};
	struct template_record record = {
		.field_count = (uint16_t)(cur_left(&definitions[protocol]) / 4),
		.fields = definitions[protocol],
	};
	enum wire_rc rc;
	return template_new(&record, protocol, &rc);
}

void template_free(struct template *t)
{
	if (!t)
		return;
	plan_free(t->plan);
	nat_plan_free(t->nat);
	free(t);
}

bool template_is_same(const struct template *t, const struct template_record *record,
                      enum wire_protocol protocol)
{
	if (t->field_count != record->field_count || t->scope_count != record->scope_count ||
	    (t->kind == RECORD_OPTIONS) != record->options)
		return false;
	struct template_record reading = *record;
	for (size_t i = 0; i < t->field_count; i++) {
		struct field_spec f = field_next(&reading, protocol, i);
		const struct field_spec *known = &t->fields[i];
		if (f.id != known->id || f.pen != known->pen || f.length != known->length)
			return false;
	}
	return true;
}

bool templates_agree(const struct template *a, const struct template *b)
{
	if (a->field_count != b->field_count || a->scope_count != b->scope_count ||
	    a->kind != b->kind)
		return false;
	for (size_t i = 0; i < a->field_count; i++)
		if (a->fields[i].id != b->fields[i].id || a->fields[i].pen != b->fields[i].pen ||
		    a->fields[i].length != b->fields[i].length)
			return false;
	return true;
}

void template_refresh(struct template *t, int64_t now, int64_t lifetime, bool keep)
{
	struct template_life *life = &t->life;
	int64_t gap = life->refreshed ? now - life->refreshed : 0;
	if (gap > TICKS_PER_DAY)
		gap = TICKS_PER_DAY;
	int64_t shrunk = life->interval - life->interval / 8;
	life->interval = gap > shrunk ? gap : shrunk;
	if (now > life->refreshed)
		life->refreshed = now;
	int64_t repeats = TEMPLATE_REPEATS * life->interval;
	life->expires = life->refreshed + (repeats > lifetime ? repeats : lifetime);
	if (keep && life->interval == 0)
		life->expires = INT64_MAX;
}

size_t template_memory(const struct template *t)
{
	return sizeof *t + t->field_count * sizeof t->fields[0] + plan_memory(t->plan) +
	       nat_plan_memory(t->nat);
}

bool template_places(const struct template *t, struct cur *records, struct place *places)
{
	struct cur c = *records;
	for (size_t i = 0; i < t->field_count; i++) {
		uint16_t len = t->fields[i].length;
		if (len == FIELD_VARIABLE && !field_variable_length(&c, &len))
			return false;
		const uint8_t *at = cur_take(&c, len);
		if (!at)
			return false;
		places[i] = (struct place){ (uint32_t)(at - records->at), len };
	}
	*records = c;
	return true;
}
