#include "collector/decode/decode.h"
#include "core/base/buf.h"
#include "core/base/ticks.h"
#include "core/wire/value.h"

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

static void put_value(struct buf *out, const struct record *r, size_t i)
{
	const struct field_spec *f = &r->template->fields[i];
	const struct element *element = f->is_v9_scope ? NULL : element_find(f->pen, f->id);
	const uint8_t *at = r->at + r->places[i].offset;
	size_t len = r->places[i].length;
	if (f->is_v9_scope && len >= 1 && len <= 8)
		buf_u64(out, be_uint(at, len));
	else
		value_json(out, element, at, len);
}

/* An element that stands in the template more than once becomes an array, at its first place. */
static void put_field(struct buf *out, const struct record *r, size_t i)
{
	int next = next_of_name(r->template, i);
	buf_putc(out, '"');
	value_name(out, &r->template->fields[i]);
	buf_puts(out, next < 0 ? "\":" : "\":[");
	put_value(out, r, i);
	if (next < 0)
		return;
	for (; next >= 0; next = next_of_name(r->template, (size_t)next)) {
		buf_putc(out, ',');
		put_value(out, r, (size_t)next);
	}
	buf_putc(out, ']');
}

void record_json(struct buf *out, const struct record *r)
{
	const struct template *t = r->template;
	char exporter[IP_TEXT_MAX], time[TICKS_TEXT_MAX];
	ip_format(&r->datagram->src, exporter);
	ticks_format(r->message->export_time, time);
	buf_printf(out, "{\"protocol\":\"%s\",\"exporter\":\"%s\",\"port\":%u,\"domain\":%u,",
	           wire_protocol_name(r->message->protocol), exporter, r->datagram->src_port,
	           r->message->domain);
	buf_printf(
	    out,
	    "\"template\":%u,\"kind\":\"%s\",\"exportTime\":\"%s\",\"sequence\":%u,\"fields\":{",
	    t->id, record_kind_name(t->kind), time, r->message->sequence);
	const char *separator = "";
	for (size_t i = 0; i < t->field_count; i++) {
		if (!is_first_of_name(t, i))
			continue;
		buf_puts(out, separator);
		put_field(out, r, i);
		separator = ",";
	}
	buf_puts(out, "}}\n");
}
