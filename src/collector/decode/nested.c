#include "collector/decode/nested.h"

#include <string.h>

#include "collector/decode/replay.h"
#include "collector/decode/step.h"
#include "core/wire/element.h"

enum element_type nested_type(const struct field_spec *field)
{
	const struct element *element =
	    field->is_v9_scope ? NULL : element_find(field->pen, field->id);
	return element && type_is_list(element->type) ? element->type : TYPE_COUNT;
}

const struct template *nested_template(const struct nested *n, const struct record_group *group)
{
	return replay_template(n->stream, group->template_id, cur_left(&group->records), n->now);
}

/* ---- checking ---- */

struct check {
	struct nested *nested;
	bool shallow;       /* lists in the list are not looked into */
	enum wire_rc fault; /* the one that ended it, else the first one, or WIRE_OK */
};

/* False: nothing more is to be looked at. */
static bool fault(struct check *c, enum wire_rc rc)
{
	if (c->fault == WIRE_OK || rc != WIRE_LIST_TEMPLATE)
		c->fault = rc;
	return rc == WIRE_LIST_TEMPLATE;
}

static bool check_list(struct check *c, enum element_type type, struct cur octets, unsigned depth);

static bool check_value(struct check *c, const struct field_spec *field, struct cur octets,
                        unsigned depth)
{
	enum element_type type = nested_type(field);
	if (++c->nested->values > LIST_VALUES)
		return fault(c, WIRE_LIST_LIMIT);
	return c->shallow || type == TYPE_COUNT || check_list(c, type, octets, depth + 1);
}

static bool check_basic(struct check *c, struct cur octets, unsigned depth)
{
	struct basic_list list;
	struct cur value;
	if (!basic_list_read(octets, &list))
		return fault(c, WIRE_BAD_LIST);
	enum wire_rc rc;
	while ((rc = basic_list_next(&list, &value)) == WIRE_OK)
		if (!check_value(c, &list.field, value, depth))
			return false;
	return rc == WIRE_END || fault(c, rc);
}

static bool check_record(struct check *c, const struct template *t, struct cur *records,
                         unsigned depth)
{
	for (size_t i = 0; i < t->field_count; i++) {
		uint16_t len = t->fields[i].length;
		struct cur value;
		if ((len == FIELD_VARIABLE && !field_variable_length(records, &len)) ||
		    !cur_split(records, len, &value))
			return fault(c, WIRE_BAD_LIST);
		if (!check_value(c, &t->fields[i], value, depth))
			return false;
	}
	return true;
}

static bool check_records(struct check *c, enum element_type type, struct cur octets,
                          unsigned depth)
{
	struct record_list list = record_list_of(octets, type);
	struct record_group group;
	enum wire_rc rc;
	while ((rc = record_list_next(&list, &group)) == WIRE_OK) {
		const struct template *t = nested_template(c->nested, &group);
		if (!t && !fault(c, WIRE_LIST_TEMPLATE))
			return false;
		while (t && cur_left(&group.records) > 0)
			if (!check_record(c, t, &group.records, depth))
				return false;
	}
	return rc == WIRE_END || fault(c, rc);
}

static bool check_list(struct check *c, enum element_type type, struct cur octets, unsigned depth)
{
	if (depth > LIST_DEPTH)
		return fault(c, WIRE_LIST_LIMIT);
	return type == TYPE_BASICLIST ? check_basic(c, octets, depth)
	                              : check_records(c, type, octets, depth);
}

enum wire_rc nested_check(struct nested *n, const struct template *t, const uint8_t *record,
                          const struct place *places)
{
	struct check c = { .nested = n, .fault = WIRE_OK };
	for (size_t i = 0; i < t->field_count; i++) {
		enum element_type type = nested_type(&t->fields[i]);
		struct cur octets = cur_of(record + places[i].offset, places[i].length);
		if (type != TYPE_COUNT && !check_list(&c, type, octets, 1))
			break;
	}
	return c.fault;
}

bool nested_fits(struct nested *n, enum element_type type, struct cur octets, unsigned depth)
{
	struct check c = { .nested = n, .shallow = true, .fault = WIRE_OK };
	return check_list(&c, type, octets, depth);
}

/* ---- columns ---- */

static bool is_same(const struct flow_row *a, const struct flow_row *b, enum column_id id)
{
	size_t at = columns[id].offset;
	return memcmp((const uint8_t *)a + at, (const uint8_t *)b + at, row_width(id)) == 0;
}

static uint64_t *torn_of(struct told_side *told, enum column_id id)
{
	return columns[id].role == ROLE_KEY ? &told->torn_key : &told->torn;
}

static void add_row(struct told_side *told, const struct flow_row *row)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		enum column_id id = (enum column_id)i;
		if (!row_has(row, id))
			continue;
		if (!row_has(&told->row, id))
			row_copy(&told->row, id, row, id);
		else if (!is_same(&told->row, row, id))
			*torn_of(told, id) |= UINT64_C(1) << columns[id].bit;
	}
}

static void gather_records(const struct template *t, const struct plan_input *in,
                           struct cur records, struct place *places, struct nested_told *told)
{
	while (cur_left(&records) > 0) {
		const uint8_t *record = records.at;
		struct flow_row row;
		if (!template_places(t, &records, places))
			return;
		for (size_t side = 0; side < PLAN_SIDES; side++) {
			if (!plan_tells(t->plan, (enum plan_side)side))
				continue;
			plan_read_places(t->plan, (enum plan_side)side, in, record, places, &row);
			add_row(&told->sides[side], &row);
		}
	}
}

void nested_gather(const struct nested *n, const struct template *t, const struct plan_input *in,
                   const uint8_t *record, const struct place *of_record, struct place *places,
                   struct nested_told *ret)
{
	memset(ret, 0, sizeof *ret);
	for (size_t i = 0; i < t->field_count; i++) {
		enum element_type type = nested_type(&t->fields[i]);
		if (type == TYPE_COUNT || type == TYPE_BASICLIST)
			continue;
		struct record_list list =
		    record_list_of(cur_of(record + of_record[i].offset, of_record[i].length), type);
		struct record_group group;
		while (record_list_next(&list, &group) == WIRE_OK) {
			const struct template *sub = nested_template(n, &group);
			if (sub && sub->plan)
				gather_records(sub, in, group.records, places, ret);
		}
	}
}

void nested_fill(const struct nested_told *told, enum plan_side side, struct flow_row *row)
{
	struct told_side from = told->sides[side];
	if (!from.row.present && !from.row.key.present)
		return;
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		enum column_id id = (enum column_id)i;
		if (row_has(&from.row, id) && !row_has(row, id) &&
		    !(*torn_of(&from, id) >> columns[id].bit & 1))
			row_copy(row, id, &from.row, id);
	}
	/* what is told of another column, and so may have come without it */
	if (!row_has(row, COL_NumberOfBytes))
		row_set_null(row, COL_TotalCounters);
	struct step_run one = { .rows = row, .count = 1 };
	if (row_has(row, COL_IcmpType))
		step_icmp_ports(NULL, &one);
	else
		step_icmp_from_port(NULL, &one);
}
