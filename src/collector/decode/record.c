#include "collector/decode/decode.h"

#include "collector/decode/fields.h"
#include "collector/decode/sflow.h"
#include "core/base/buf.h"
#include "core/base/ticks.h"
#include "core/wire/sflow.h"
#include "core/wire/sflow_structure.h"

static void put_fields(struct buf *out, const struct record *r)
{
	struct nested nested = { .stream = r->stream, .now = r->datagram->arrival };
	fields_json(out, &(struct fields){ .nested = &nested,
	                                   .template = r->template,
	                                   .at = r->at,
	                                   .places = r->places });
}

/* ---- samples of sFlow ---- */

static void put_interface(struct buf *out, const char *name, struct sflow_interface i)
{
	buf_printf(out, ",\"%s\":{\"format\":%u,\"value\":%u}", name, i.format, i.value);
}

/* What stands in front of the records, in the order of the specification. */
static void put_sample_head(struct buf *out, const struct sflow_sample *s)
{
	buf_printf(out,
	           "\"sequence_number\":%u,\"source_id\":{\"source_id_type\":%u,"
	           "\"source_id_index\":%u}",
	           s->sequence, s->source_type, s->source_index);
	if (s->kind == SFLOW_FLOW) {
		buf_printf(out, ",\"sampling_rate\":%u,\"sample_pool\":%u,\"drops\":%u", s->rate,
		           s->pool, s->drops);
		put_interface(out, "input", s->input);
		put_interface(out, "output", s->output);
	} else if (s->kind == SFLOW_DISCARD) {
		buf_printf(out,
		           ",\"drops\":%u,\"inputifindex\":%u,\"outputifindex\":%u,"
		           "\"reason\":%u",
		           s->drops, s->input.value, s->output.value, s->reason);
	}
}

/* Finds the next record of this format; false where none is left. */
static bool next_of_format(struct sflow_sample *rest, uint32_t format, struct sflow_record *ret)
{
	while (sflow_next_record(rest, ret) == WIRE_OK)
		if (ret->format == format)
			return true;
	return false;
}

static bool is_first_of_format(const struct sflow_sample *s, const struct sflow_record *record)
{
	struct sflow_sample all = *s;
	struct sflow_record first;
	return next_of_format(&all, record->format, &first) && first.body.at == record->body.at;
}

/* Structures by their names; one that comes more than once becomes an array, at its first place. */
static void put_structures(struct buf *out, const struct sflow_sample *s)
{
	struct sflow_sample rest = *s;
	struct sflow_record record, next;
	while (sflow_next_record(&rest, &record) == WIRE_OK) {
		if (!is_first_of_format(s, &record))
			continue;
		struct sflow_sample later = rest;
		bool several = next_of_format(&later, record.format, &next);
		buf_puts(out, ",\"");
		sflow_structure_name(out, s->kind, record.format);
		buf_puts(out, several ? "\":[" : "\":");
		sflow_structure_json(out, s->kind, &record);
		for (bool more = several; more;
		     more = next_of_format(&later, record.format, &next)) {
			buf_putc(out, ',');
			sflow_structure_json(out, s->kind, &next);
		}
		buf_puts(out, several ? "]" : "");
	}
}

static void put_whole(struct buf *out, const struct sflow_sample *s)
{
	struct sflow_record whole = { s->format, s->body };
	buf_putc(out, '"');
	sflow_structure_name(out, s->kind, s->format);
	buf_puts(out, "\":");
	sflow_structure_json(out, s->kind, &whole);
}

static void put_sample(struct buf *out, const struct sflow_sample *s)
{
	buf_putc(out, '{');
	if (s->kind == SFLOW_OTHER) {
		put_whole(out, s);
	} else {
		put_sample_head(out, s);
		put_structures(out, s);
	}
	buf_putc(out, '}');
}

/* ---- lines ---- */

static const char *kind_of(const struct record *r)
{
	if (!r->sample)
		return record_kind_name(r->template->kind);
	return r->sample->kind == SFLOW_COUNTERS ? "counter" : "sample";
}

void record_json(struct buf *out, const struct record *r)
{
	struct ip from = r->sample ? sflow_exporter(r->datagram, r->message) : r->datagram->src;
	char exporter[IP_TEXT_MAX], time[TICKS_TEXT_MAX];
	ip_format(&from, exporter);
	ticks_format(r->sample ? r->datagram->arrival : r->message->export_time, time);
	buf_printf(out, "{\"protocol\":\"%s\",\"exporter\":\"%s\",\"port\":%u,\"domain\":%u,",
	           wire_protocol_name(r->message->protocol), exporter, r->datagram->src_port,
	           r->message->domain);
	buf_printf(
	    out,
	    "\"template\":%u,\"kind\":\"%s\",\"exportTime\":\"%s\",\"sequence\":%u,\"fields\":",
	    r->sample ? r->sample->format : r->template->id, kind_of(r), time,
	    r->message->sequence);
	if (r->sample)
		put_sample(out, r->sample);
	else
		put_fields(out, r);
	buf_puts(out, "}\n");
}
