#include <stdio.h>

#include "collector/decode/stream.h"
#include "core/base/ticks.h"
#include "core/wire/value.h"
#include "weir/command.h"
#include "weir/commands.h"
#include "weir/exporter_state.h"
#include "weir/listing.h"

/* What a command lists: a row or more for each stream. */
struct showing {
	const struct listing_column *columns;
	size_t column_count;
	void (*see)(void *listing, const struct stream *stream);
};

static int show(struct invocation *inv, const struct showing *showing)
{
	struct err e = { 0 };
	struct decoder *known = exporter_state_read(invocation_value(inv, "workspace"), &e);
	if (!known)
		return invocation_fail(inv, &e);
	struct listing listing;
	listing_init(&listing, showing->columns, showing->column_count);
	decoder_streams(known, showing->see, &listing);
	bool ok = listing_print(&listing, invocation_value(inv, "format"), inv->out, &e);
	listing_done(&listing);
	decoder_free(known);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}

static void add_exporter(struct listing *l, const struct ip *from)
{
	char text[IP_TEXT_MAX];
	ip_format(from, text);
	listing_text(l, text);
}

/* The four columns by which streams differ. */
#define NAME_OF_A_STREAM                                                                           \
	{ "exporter", false }, { "port", true }, { "protocol", false },                            \
	{                                                                                          \
		"domain", true                                                                     \
	}

static void add_name(struct listing *l, const struct stream *s)
{
	add_exporter(l, &s->name.from);
	listing_number(l, s->name.port);
	listing_text(l, wire_protocol_name(s->name.protocol));
	listing_number(l, s->name.domain);
}

/* ---- exporters ---- */

static void see_exporter(void *context, const struct stream *s)
{
	struct listing *l = context;
	char heard[TICKS_TEXT_MAX] = "";
	if (s->heard)
		ticks_format(s->heard, heard);
	add_name(l, s);
	listing_number(l, (int64_t)s->template_count);
	uint32_t rate = sampler_find(&s->source->samplers, SAMPLER_DOMAIN, 0);
	if (rate)
		listing_number(l, rate);
	else
		listing_text(l, "");
	listing_number(l, (int64_t)s->datagrams);
	listing_number(l, (int64_t)s->records);
	listing_number(l, (int64_t)s->lost);
	listing_number(l, (int64_t)s->restarts);
	listing_text(l, heard);
}

int cmd_show_exporters(struct invocation *inv)
{
	static const struct listing_column shown[] = {
		NAME_OF_A_STREAM,      { "templates", true }, { "sampling", true },
		{ "datagrams", true }, { "records", true },   { "lost", true },
		{ "restarts", true },  { "heard", false },
	};
	return show(inv, &(struct showing){ shown, ARRAY_LEN(shown), see_exporter });
}

/* ---- templates ---- */

/* "sourceIPv4Address(4) octetDeltaCount(8) e6871id40(2) …" */
static void add_fields(struct listing *l, const struct type_records *types,
                       const struct template *t)
{
	struct buf text = { 0 };
	for (size_t i = 0; i < t->field_count; i++) {
		const struct field_spec *f = &t->fields[i];
		buf_puts(&text, i ? " " : "");
		const struct type_record *told = type_records_find(types, f->pen, f->id);
		if (told)
			buf_puts(&text, told->name);
		else
			value_name(&text, f);
		if (f->length == FIELD_VARIABLE)
			buf_puts(&text, "(variable)");
		else
			buf_printf(&text, "(%u)", f->length);
	}
	listing_text(l, buf_text(&text));
	buf_done(&text);
}

static void see_templates(void *context, const struct stream *s)
{
	struct listing *l = context;
	for (size_t i = 0; i < s->template_room; i++) {
		const struct template *t = s->templates[i];
		if (!t)
			continue;
		add_name(l, s);
		listing_number(l, t->id);
		listing_text(l, record_kind_name(t->kind));
		listing_number(l, (int64_t)t->record_len);
		add_fields(l, &s->source->types, t);
	}
}

int cmd_show_templates(struct invocation *inv)
{
	static const struct listing_column shown[] = {
		NAME_OF_A_STREAM,   { "id", true },      { "kind", false },
		{ "octets", true }, { "fields", false },
	};
	return show(inv, &(struct showing){ shown, ARRAY_LEN(shown), see_templates });
}

/* ---- samplers ---- */

enum { ACHIEVED = 4 }; /* columns that only data sources fill */

/* sFlow's: what was told, and what the agent's own counters say has become of it. */
static void see_data_sources(struct listing *l, const struct stream *stream)
{
	static const char *const types[] = { "interface", "vlan", "entity" };
	const struct data_sources *all = &stream->source->data_sources;
	for (const struct data_source *s = NULL; (s = data_sources_after(all, s));) {
		add_name(l, stream);
		listing_text(l, s->type < ARRAY_LEN(types) ? types[s->type] : "source");
		listing_number(l, s->index);
		listing_number(l, s->rate);
		if (s->samples)
			listing_number(l, (int64_t)data_source_achieved(s));
		else
			listing_text(l, "");
		listing_number(l, (int64_t)s->packets);
		listing_number(l, (int64_t)s->samples);
		listing_number(l, (int64_t)s->dropped);
	}
}

static void see_samplers(void *context, const struct stream *s)
{
	static const char *const scopes[] = {
		[SAMPLER_DOMAIN] = "domain",
		[SAMPLER_TEMPLATE] = "template",
		[SAMPLER_ID] = "sampler",
	};
	struct listing *l = context;
	see_data_sources(l, s);
	for (size_t i = 0; i < s->source->samplers.count; i++) {
		const struct sampler *sampler = &s->source->samplers.items[i];
		add_name(l, s);
		listing_text(l, scopes[sampler->scope]);
		if (sampler->scope == SAMPLER_DOMAIN)
			listing_text(l, "");
		else
			listing_number(l, (int64_t)sampler->id);
		listing_number(l, sampler->interval);
		for (size_t k = 0; k < ACHIEVED; k++)
			listing_text(l, "");
	}
}

int cmd_show_samplers(struct invocation *inv)
{
	static const struct listing_column shown[] = {
		NAME_OF_A_STREAM,     { "scope", false }, { "id", true },      { "interval", true },
		{ "achieved", true }, { "pool", true },   { "samples", true }, { "dropped", true },
	};
	return show(inv, &(struct showing){ shown, ARRAY_LEN(shown), see_samplers });
}
