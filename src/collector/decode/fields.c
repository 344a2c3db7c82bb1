#include "collector/decode/fields.h"

#include "collector/decode/stream.h"
#include "core/base/cursor.h"
#include "core/wire/element.h"
#include "core/wire/list.h"
#include "core/wire/value.h"

/* What a list is printed with: the record's fields that it stands in, one list deeper. */
struct within {
	struct nested *nested;
	unsigned depth;
};

static bool same_name(const struct field_spec *a, const struct field_spec *b)
{
	return a->id == b->id && a->pen == b->pen && a->is_v9_scope == b->is_v9_scope;
}

/* The next field after i of the same name, or -1. */
static int next_of_name(const struct template *t, size_t i)
{
	for (size_t k = i + 1; k < t->field_count; k++)
		if (same_name(&t->fields[i], &t->fields[k]))
			return (int)k;
	return -1;
}

static bool is_first_of_name(const struct template *t, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_name(&t->fields[i], &t->fields[k]))
			return false;
	return true;
}

/* ---- what is known of elements ---- */

static const struct type_record *told_of(const struct nested *n, const struct field_spec *f)
{
	return f->is_v9_scope ? NULL : type_records_find(&n->stream->source->types, f->pen, f->id);
}

static void put_name(struct buf *out, const struct nested *n, const struct field_spec *f)
{
	const struct type_record *told = told_of(n, f);
	if (told) {
		buf_json_string(out, told->name, strlen(told->name));
		return;
	}
	buf_putc(out, '"');
	value_name(out, f);
	buf_putc(out, '"');
}

/* IANA's element, or one made of what was told, in *made; NULL where nothing is known. */
static const struct element *element_of(const struct nested *n, const struct field_spec *f,
                                        struct element *made)
{
	const struct type_record *told = told_of(n, f);
	if (!told)
		return f->is_v9_scope ? NULL : element_find(f->pen, f->id);
	*made = (struct element){ told->name, (enum element_type)told->type };
	return made;
}

/* ---- lists ---- */

static void put_value(struct buf *out, const struct within *in, const struct field_spec *f,
                      struct cur octets);

static void put_semantic(struct buf *out, uint8_t semantic)
{
	const char *name = list_semantic_name(semantic);
	if (name)
		buf_printf(out, "{\"semantic\":\"%s\"", name);
	else
		buf_printf(out, "{\"semantic\":%u", semantic);
}

static void put_basic_list(struct buf *out, const struct within *in, struct cur octets)
{
	struct basic_list list;
	struct cur value;
	const char *separator = "";
	if (!basic_list_read(octets, &list))
		return;
	put_semantic(out, list.semantic);
	buf_puts(out, ",\"field\":");
	put_name(out, in->nested, &list.field);
	buf_puts(out, ",\"values\":[");
	while (basic_list_next(&list, &value) == WIRE_OK) {
		buf_puts(out, separator);
		put_value(out, in, &list.field, value);
		separator = ",";
	}
	buf_puts(out, "]}");
}

static void put_records(struct buf *out, const struct within *in, const struct template *t,
                        struct cur records)
{
	struct place places[TEMPLATE_FIELDS];
	const char *separator = "";
	while (cur_left(&records) > 0) {
		struct fields fields = { in->nested, t, records.at, places, in->depth };
		if (!template_places(t, &records, places))
			return;
		buf_printf(out, "%s{\"template\":%u,\"fields\":", separator, t->id);
		fields_json(out, &fields);
		buf_putc(out, '}');
		separator = ",";
	}
}

static void put_record_list(struct buf *out, const struct within *in, enum element_type type,
                            struct cur octets)
{
	struct record_list list = record_list_of(octets, type);
	struct record_group group;
	bool first = true;
	put_semantic(out, list.semantic);
	buf_puts(out, ",\"records\":[");
	while (record_list_next(&list, &group) == WIRE_OK) {
		const struct template *t = nested_template(in->nested, &group);
		if (cur_left(&group.records) == 0)
			continue;
		buf_puts(out, first ? "" : ",");
		first = false;
		if (t) {
			put_records(out, in, t, group.records);
			continue;
		}
		buf_printf(out, "{\"template\":%u,\"octets\":", group.template_id);
		value_json(out, NULL, group.records.at, cur_left(&group.records));
		buf_putc(out, '}');
	}
	buf_puts(out, "]}");
}

/* ---- fields ---- */

static void put_value(struct buf *out, const struct within *in, const struct field_spec *f,
                      struct cur octets)
{
	struct element made;
	const struct element *element = element_of(in->nested, f, &made);
	size_t len = cur_left(&octets);
	struct within deeper = { in->nested, in->depth + 1 };
	if (f->is_v9_scope && len >= 1 && len <= 8)
		buf_u64(out, be_uint(octets.at, len));
	else if (!element || !type_is_list(element->type) ||
	         !nested_fits(in->nested, element->type, octets, deeper.depth))
		value_json(out, element, octets.at, len);
	else if (element->type == TYPE_BASICLIST)
		put_basic_list(out, &deeper, octets);
	else
		put_record_list(out, &deeper, element->type, octets);
}

static void put_place(struct buf *out, const struct fields *r, size_t i)
{
	struct within in = { r->nested, r->depth };
	put_value(out, &in, &r->template->fields[i],
	          cur_of(r->at + r->places[i].offset, r->places[i].length));
}

static void put_field(struct buf *out, const struct fields *r, size_t i)
{
	int next = next_of_name(r->template, i);
	put_name(out, r->nested, &r->template->fields[i]);
	buf_puts(out, next < 0 ? ":" : ":[");
	put_place(out, r, i);
	if (next < 0)
		return;
	for (; next >= 0; next = next_of_name(r->template, (size_t)next)) {
		buf_putc(out, ',');
		put_place(out, r, (size_t)next);
	}
	buf_putc(out, ']');
}

void fields_json(struct buf *out, const struct fields *fields)
{
	const char *separator = "";
	buf_putc(out, '{');
	for (size_t i = 0; i < fields->template->field_count; i++) {
		if (!is_first_of_name(fields->template, i))
			continue;
		buf_puts(out, separator);
		put_field(out, fields, i);
		separator = ",";
	}
	buf_putc(out, '}');
}
