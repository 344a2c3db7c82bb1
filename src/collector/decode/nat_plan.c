#include "collector/decode/nat_plan.h"

#include <stdlib.h>
#include <string.h>

#include "collector/decode/nat_dialect.h"
#include "collector/decode/nat_value.h"
#include "core/base/ticks.h"
#include "core/wire/element.h"

enum {
	PEN_NOKIA = 637,
	ASA_EXTENDED_EVENT = 33002, /* v9 types of Cisco ASA */
	ASA_USER_NAME = 40000,
	ASA_OLD_POST_SOURCE = 40001, /* of its first releases */
	ASA_OLD_POST_DESTINATION = 40002,
	ASA_OLD_POST_SOURCE_PORT = 40003,
	ASA_OLD_POST_DESTINATION_PORT = 40004,
	ASA_OLD_EVENT = 40005,
	NOKIA_SUBSCRIBER = 93, /* aluNatSubString */
	JUNOS_POOL_NAME = 64,  /* octets that it always gives a pool's name */
	MOST_STEPS = 128,
};

/* Which field fills which column, a column's best first: IANA's elements from the registry, then
 * those of vendors. */
static const struct fill {
	enum table_id table; /* others than NatEvents are not made from records */
	uint32_t pen;
	uint16_t element;
	enum element_part part;
	enum column_id column;
} fills[] = {
#define PLAIN_FILL(table, element, part, column)                                                   \
	{ TABLE_##table, 0, element, PART_##part, COL_##column },
#include "plain_fills.inc"
#undef PLAIN_FILL
	{ TABLE_NAT, 0, ASA_EXTENDED_EVENT, PART_WHOLE, COL_FirewallEventCode },
	{ TABLE_NAT, 0, ASA_USER_NAME, PART_WHOLE, COL_UserName },
	{ TABLE_NAT, 0, ASA_OLD_POST_SOURCE, PART_WHOLE, COL_PostNatSourceIp },
	{ TABLE_NAT, 0, ASA_OLD_POST_DESTINATION, PART_WHOLE, COL_PostNatDestinationIp },
	{ TABLE_NAT, 0, ASA_OLD_POST_SOURCE_PORT, PART_WHOLE, COL_PostNatSourcePort },
	{ TABLE_NAT, 0, ASA_OLD_POST_DESTINATION_PORT, PART_WHOLE, COL_PostNatDestinationPort },
	{ TABLE_NAT, 0, ASA_OLD_EVENT, PART_WHOLE, COL_FirewallEvent },
	{ TABLE_NAT, PEN_NOKIA, NOKIA_SUBSCRIBER, PART_WHOLE, COL_UserName },
};

struct nat_step {
	nat_value_fn *read;
	uint16_t field;
	uint16_t to; /* offset in struct nat_event */
	uint64_t bit;
	bool if_set; /* only where the value is not zero: another field has filled the column */
};

struct nat_plan {
	bool marked;    /* natEvent says what happened */
	unsigned shape; /* of enum nat_shape; the source's family is each record's */
	size_t step_count;
	struct nat_step steps[];
};

/* ---- fields ---- */

/* The template's field number `nth` (from 0) of this element, or -1. */
static int field_of(const struct template *t, uint32_t pen, uint16_t element, unsigned nth)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (t->fields[i].pen == pen && !t->fields[i].is_v9_scope &&
		    t->fields[i].id == element && nth-- == 0)
			return (int)i;
	return -1;
}

static bool has(const struct template *t, uint16_t element)
{
	return field_of(t, 0, element, 0) >= 0;
}

static bool has_any(const struct template *t, const uint16_t *elements, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (has(t, elements[i]))
			return true;
	return false;
}
#define HAS_ANY(t, ...)                                                                            \
	has_any(t, (const uint16_t[]){ __VA_ARGS__ },                                              \
	        sizeof((const uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t))

static bool is_unmarked(const struct template *t)
{
	bool begin = HAS_ANY(t, IE_flowStartSeconds, IE_flowStartMilliseconds,
	                     IE_flowStartMicroseconds, IE_flowStartNanoseconds);
	bool end = HAS_ANY(t, IE_flowEndSeconds, IE_flowEndMilliseconds, IE_flowEndMicroseconds,
	                   IE_flowEndNanoseconds);
	return begin != end &&
	       HAS_ANY(t, IE_postNATSourceIPv4Address, IE_postNATSourceIPv6Address) &&
	       !HAS_ANY(t, IE_octetDeltaCount, IE_packetDeltaCount, IE_octetTotalCount,
	                IE_packetTotalCount, IE_postOctetDeltaCount, IE_postPacketDeltaCount,
	                IE_layer2OctetDeltaCount, IE_initiatorOctets);
}

bool nat_is_event(const struct template *t)
{
	if (has(t, IE_natEvent))
		return true;
	return HAS_ANY(t, IE_firewallEvent, ASA_OLD_EVENT)
	           ? !HAS_ANY(t, IE_octetDeltaCount, IE_packetDeltaCount)
	           : is_unmarked(t);
}

/* ---- compiling ---- */

static unsigned shape_of(const struct template *t)
{
	unsigned shape = 0;
	if (HAS_ANY(t, IE_portRangeStart, IE_portRangeEnd, IE_portRangeStepSize,
	            IE_portRangeNumPorts))
		shape |= NAT_SHAPE_BLOCK;
	if (has(t, IE_natQuotaExceededEvent))
		shape |= NAT_SHAPE_QUOTA;
	if (has(t, IE_natThresholdEvent))
		shape |= NAT_SHAPE_THRESHOLD;
	int name = field_of(t, 0, IE_natPoolName, 0);
	if (field_of(t, 0, IE_observationTimeMilliseconds, 1) >= 0 ||
	    (name >= 0 && t->fields[name].length == JUNOS_POOL_NAME))
		shape |= NAT_SHAPE_JUNOS;
	return shape;
}

static const struct plain_column *column_of(enum column_id id)
{
	const struct plain_table *type = &plain_tables[TABLE_NAT];
	size_t i = 0;
	while (type->columns[i].id != id)
		i++;
	return &type->columns[i];
}

static void add_step(struct nat_plan *plan, enum column_id id, nat_value_fn *read, int field,
                     bool if_set)
{
	const struct plain_column *column = column_of(id);
	if (plan->step_count == MOST_STEPS)
		return;
	plan->steps[plan->step_count++] = (struct nat_step){
		.read = read,
		.field = (uint16_t)field,
		.to = column->offset,
		.bit = UINT64_C(1) << column->bit,
		.if_set = if_set,
	};
}

/* One field fills a column; of addresses, which may come in both families, each that is set. */
static void add_fills(struct nat_plan *plan, const struct template *t)
{
	uint64_t filled = 0;
	for (size_t i = 0; i < ARRAY_LEN(fills); i++) {
		const struct fill *fill = &fills[i];
		if (fill->table != TABLE_NAT)
			continue;
		uint64_t bit = UINT64_C(1) << column_of(fill->column)->bit;
		bool again = filled & bit;
		if (again && columns[fill->column].store != STORE_IP)
			continue;
		int field = field_of(t, fill->pen, fill->element, 0);
		nat_value_fn *read =
		    field < 0 ? NULL
			      : nat_value_of(fill->element, fill->part, columns[fill->column].store,
		                             t->fields[field].length);
		if (!read)
			continue;
		add_step(plan, fill->column, read, field, again);
		filled |= bit;
	}
}

struct nat_plan *nat_plan_new(const struct template *t)
{
	struct nat_plan *plan = calloc(1, sizeof *plan + MOST_STEPS * sizeof plan->steps[0]);
	if (!plan)
		return NULL;
	plan->marked = has(t, IE_natEvent);
	plan->shape = shape_of(t);
	add_fills(plan, t);
	int second = field_of(t, 0, IE_observationTimeMilliseconds, 1);
	nat_value_fn *read = second < 0 ? NULL
	                                : nat_value_of(IE_observationTimeMilliseconds, PART_WHOLE,
	                                               STORE_TIME, t->fields[second].length);
	if (read)
		add_step(plan, COL_PortBlockTime, read, second, false);
	struct nat_plan *small =
	    realloc(plan, sizeof *small + plan->step_count * sizeof small->steps[0]);
	return small ? small : plan;
}

void nat_plan_free(struct nat_plan *plan)
{
	free(plan);
}

size_t nat_plan_memory(const struct nat_plan *plan)
{
	return plan ? sizeof *plan + plan->step_count * sizeof plan->steps[0] : 0;
}

/* ---- running ---- */

static bool present(const struct nat_event *row, uint64_t bit)
{
	return row->present & bit;
}

static unsigned source_shape(const struct nat_event *row)
{
	if (!present(row, PLAIN_BIT(NAT, SourceIp)))
		return 0;
	return ip_is_v4(&row->src_addr) ? NAT_SHAPE_V4 : NAT_SHAPE_V6;
}

static void name_marked(const struct nat_plan *plan, const struct nat_input *in,
                        struct nat_event *row)
{
	enum nat_dialect dialect = in->stated;
	if (dialect == NAT_DIALECT_NONE)
		dialect = nat_dialect_of(row->event_code, plan->shape | source_shape(row));
	row->dialect = (uint8_t)dialect;
	row->event = nat_event_find(dialect, row->event_code);
}

/* A time of begin tells that something was made, one of end that it went: numbers of RFC 8158. */
static uint8_t unmarked_event(const struct nat_plan *plan, const struct nat_event *row)
{
	uint64_t code = plan->shape & NAT_SHAPE_BLOCK       ? 16
	                : source_shape(row) == NAT_SHAPE_V6 ? 6
	                                                    : 4;
	bool begins = present(row, PLAIN_BIT(NAT, FlowStartTime));
	return nat_event_find(NAT_DIALECT_IANA, begins ? code : code + 1);
}

/* What the event is called, and by whose words. */
static void name_event(const struct nat_plan *plan, const struct nat_input *in,
                       struct nat_event *row)
{
	if (plan->marked) {
		name_marked(plan, in, row);
	} else if (present(row, PLAIN_BIT(NAT, FirewallEvent))) {
		row->dialect = NAT_DIALECT_NSEL;
		row->event = nat_event_of_firewall(row->firewall_event);
	} else {
		row->dialect = NAT_DIALECT_NOKIA;
		row->event = unmarked_event(plan, row);
	}
	row->present |= PLAIN_BIT(NAT, Dialect) | PLAIN_BIT(NAT, NatEvent);
}

/* Where the event's own time was not told, the session's begin or end is it. */
static void add_time(struct nat_event *row)
{
	enum nat_act act = nat_event_kinds[row->event].act;
	bool begins = act == NAT_ACT_BEGIN && present(row, PLAIN_BIT(NAT, FlowStartTime));
	bool ends = act == NAT_ACT_END && present(row, PLAIN_BIT(NAT, FlowEndTime));
	if (present(row, PLAIN_BIT(NAT, EventTime)) || (!begins && !ends))
		return;
	row->event_time = begins ? row->start_time : row->end_time;
	row->present |= PLAIN_BIT(NAT, EventTime);
}

/* Start, step and count tell the last port as well. */
static void add_block_end(struct nat_event *row)
{
	const uint64_t needed = PLAIN_BIT(NAT, PortBlockStart) | PLAIN_BIT(NAT, PortBlockSize);
	if ((row->present & needed) != needed || present(row, PLAIN_BIT(NAT, PortBlockEnd)) ||
	    row->block_size == 0)
		return;
	uint32_t step = present(row, PLAIN_BIT(NAT, PortBlockStep)) ? row->block_step : 1;
	uint32_t end = row->block_start + (row->block_size - 1) * step;
	if (end > UINT16_MAX)
		return;
	row->block_end = (uint16_t)end;
	row->present |= PLAIN_BIT(NAT, PortBlockEnd);
}

static bool is_zero(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i])
			return false;
	return true;
}

void nat_plan_run(const struct nat_plan *plan, const struct nat_input *in, const uint8_t *record,
                  const struct place *places, uint64_t sequence, struct nat_event *ret)
{
	struct nat_value_clock clock = { in->prototype.record_time, in->uptime_ms, in->has_uptime };
	*ret = in->prototype;
	ret->sequence = sequence;
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct nat_step *step = &plan->steps[i];
		const struct place *place = &places[step->field];
		const uint8_t *from = record + place->offset;
		if (step->if_set && is_zero(from, place->length))
			continue;
		if (step->read(from, place->length, &clock, (uint8_t *)ret + step->to))
			ret->present |= step->bit;
	}
	name_event(plan, in, ret);
	add_time(ret);
	add_block_end(ret);
}
