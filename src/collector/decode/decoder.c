#include "collector/decode/decode.h"

#include <stdlib.h>

#include "collector/decode/loss.h"
#include "collector/decode/naming.h"
#include "collector/decode/parking.h"
#include "collector/decode/replay.h"
#include "collector/decode/rows.h"
#include "collector/decode/sflow.h"
#include "core/base/ticks.h"
#include "core/wire/element.h"

enum {
	MAX_STREAMS = 65536,
	TEMPLATE_MEMORY = 64 << 20,
	TEMPLATE_LIFETIME = 5400, /* s: three times the longest refresh that Junos can be given */
	PARKING_MEMORY = 8 << 20,
};

static int64_t lifetime_of(const struct decoder_config *config)
{
	uint32_t seconds = config->template_lifetime;
	return (seconds ? seconds : TEMPLATE_LIFETIME) * TICKS_PER_SECOND;
}

static int64_t parking_ticks(const struct decoder_config *config)
{
	return config->parking_time * TICKS_PER_SECOND;
}

static size_t or_usual(size_t size, size_t usual)
{
	return size ? size : usual;
}

static bool make_fixed(struct decoder *d)
{
	for (size_t i = 0; i < WIRE_PROTOCOL_COUNT; i++)
		if (template_is_fixed((enum wire_protocol)i) &&
		    !(d->fixed[i] = template_new_fixed((enum wire_protocol)i)))
			return false;
	return true;
}

struct decoder *decoder_new(const struct decoder_config *config, const struct decode_sink *sink,
                            struct err *e)
{
	struct decoder *d = calloc(1, sizeof *d);
	if (!d) {
		err_set(e, ERR_NOMEM, "no memory for a decoder");
		return NULL;
	}
	d->config = *config;
	d->sink = *sink;
	struct stream_limits limits = {
		.max_streams = or_usual(config->max_streams, MAX_STREAMS),
		.template_memory = or_usual(config->template_memory, TEMPLATE_MEMORY),
		.template_lifetime = lifetime_of(config),
		.keep_unrepeated = config->keep_unrepeated,
	};
	struct parking_limits parking = {
		.octets = or_usual(config->parking_memory, PARKING_MEMORY),
		.ticks = parking_ticks(config),
	};
	d->streams = streams_new(limits, e);
	d->parking = d->streams ? parking_new(parking, e) : NULL;
	if (!d->parking || !make_fixed(d)) {
		decoder_free(d);
		return NULL;
	}
	return d;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	streams_free(d->streams);
	for (size_t i = 0; i < WIRE_PROTOCOL_COUNT; i++)
		template_free(d->fixed[i]);
	parking_free(d->parking);
	free(d);
}

void decoder_configure(struct decoder *d, const struct decoder_config *config)
{
	d->config.overrides = config->overrides;
	d->config.default_sampling = config->default_sampling;
	streams_set_lifetime(d->streams, lifetime_of(config));
	parking_set_ticks(d->parking, parking_ticks(config));
}

const struct decode_counts *decoder_counts(const struct decoder *d)
{
	return &d->counts;
}

bool decoder_flush(struct decoder *d, struct err *e)
{
	if (d->batch.count == 0)
		return true;
	bool ok = d->sink.rows(d->sink.context, &d->batch, e);
	d->batch.count = 0;
	return ok;
}

void walk_count(struct walk *w, enum wire_rc rc)
{
	static const bool hides_records[WIRE_RC_COUNT] = {
		[WIRE_SHORT_SET_HEADER] = true, [WIRE_BAD_SET_LENGTH] = true,
		[WIRE_TRUNCATED_SET] = true,    [WIRE_NO_TEMPLATE] = true,
		[WIRE_TRUNCATED_RECORD] = true,
	};
	if (rc == WIRE_OK || rc == WIRE_END)
		return;
	struct decode_counts *counts = &w->decoder->counts;
	counts->outcomes[rc]++;
	w->uncertain |= hides_records[rc];
	if (rc == WIRE_NO_TEMPLATE)
		return;
	counts->causes[rc] += !w->malformed;
	w->malformed = true;
}

/* ---- data ---- */

/* systemInitTimeMilliseconds gives the base of times relative to the exporter's start (RFC 7012).
 */
static bool learn_init_time(struct source *source, const struct template *t, const uint8_t *record,
                            const struct place *places)
{
	int64_t before = source->init_time;
	for (size_t i = 0; i < t->field_count; i++) {
		const struct field_spec *f = &t->fields[i];
		if (f->is_v9_scope || f->pen != 0 || f->id != IE_systemInitTimeMilliseconds ||
		    places[i].length != 8)
			continue;
		uint64_t ms = be64(record + places[i].offset);
		if (ms > 0 && ms < (uint64_t)(TICKS_MAX - TICKS_UNIX_EPOCH) / TICKS_PER_MS)
			source->init_time = ticks_from_unix_ms((int64_t)ms);
	}
	return source->init_time != before;
}

static void tell_names(const struct walk *w, const struct template *t, const uint8_t *record)
{
	const struct decode_sink *sink = &w->decoder->sink;
	struct name name = {
		.exporter = w->datagram->src,
		.domain = w->message.domain,
		.told = w->datagram->arrival,
	};
	for (enum name_kind kind = 0; kind < NAME_KINDS; kind++)
		if (naming_read(kind, t, record, w->decoder->places, &name))
			sink->named(sink->context, &name);
}

static void learn_options(struct walk *w, const struct template *t, const uint8_t *record)
{
	if (w->decoder->sink.named)
		tell_names(w, t, record);
	struct source *source = w->stream->source;
	const struct place *places = w->decoder->places;
	size_t before = source_memory(source);
	bool told = sampler_learn_options(&source->samplers, t, record, places);
	told |= type_records_learn_options(&source->types, t, record, places);
	if (told)
		stream_told(w->decoder->streams, w->stream, before);
	if (learn_init_time(source, t, record, places))
		source_changed(w->decoder->streams);
}

/* Records one by one: options, events, and everything where the sink wants records. */
static bool each_record(struct walk *w, const struct template *t, struct cur *body, struct err *e)
{
	struct decoder *d = w->decoder;
	uint64_t *const counters[RECORD_KIND_COUNT] = {
		[RECORD_FLOW] = &d->counts.records,
		[RECORD_OPTIONS] = &d->counts.options_records,
		[RECORD_NAT] = &d->counts.nat_events,
	};
	while (cur_left(body) >= t->record_len) {
		const uint8_t *at = body->at;
		if (!template_places(t, body, d->places)) {
			walk_count(w, WIRE_TRUNCATED_RECORD);
			d->counts.records_cut += t->kind == RECORD_FLOW;
			break;
		}
		if (t->kind == RECORD_OPTIONS)
			learn_options(w, t, at);
		walk_lists(w, t, at);
		struct record record = { .datagram = w->datagram,
			                 .message = &w->message,
			                 .template = t,
			                 .stream = w->stream,
			                 .at = at,
			                 .places = d->places,
			                 .sequence = walk_sequence(w) };
		if (d->sink.record && !d->sink.record(d->sink.context, &record, e))
			return false;
		++*counters[t->kind];
		walk_records(w, t, 1);
		w->options += t->kind == RECORD_OPTIONS;
	}
	return true;
}

bool walk_data_records(struct walk *w, const struct template *t, struct cur body, struct err *e)
{
	if (cur_left(&body) < t->record_len) {
		walk_count(w, cur_left(&body) ? WIRE_SHORT_SET : WIRE_OK);
		return true;
	}
	stream_prove(w->decoder->streams, w->stream);
	w->nested.stream = w->stream;
	w->nested.now = w->datagram->arrival;
	if (t->kind == RECORD_NAT && w->decoder->sink.plain)
		return rows_of_events(w, t, &body, e);
	if (w->decoder->sink.record || t->kind != RECORD_FLOW)
		return each_record(w, t, &body, e);
	return rows_of_flows(w, t, &body, e);
}

/* ---- templates ---- */

/* RFC 7011 section 8.1; over UDP withdrawals MUST be ignored (section 8.4). */
static void withdraw(struct walk *w, const struct template_record *record)
{
	if (!w->datagram->session)
		return;
	if (record->id >= SET_FIRST_DATA)
		stream_drop_template(w->decoder->streams, w->stream, record->id);
	else
		stream_drop_templates(w->decoder->streams, w->stream, record->options);
}

/* Templates of a connection live as long as it does (RFC 7011 section 8). */
static void refresh(struct walk *w, struct template *t)
{
	stream_refresh_template(w->decoder->streams, t, w->datagram->arrival);
	if (w->datagram->session)
		t->life.expires = INT64_MAX;
}

static enum wire_rc learn_template(struct walk *w, const struct template_record *record)
{
	struct stream_table *streams = w->decoder->streams;
	struct template *known = stream_template(w->stream, record->id);
	if (known && template_is_same(known, record, w->message.protocol)) {
		bool alive = template_is_alive(known, w->datagram->arrival);
		refresh(w, known);
		if (!alive)
			replay_call(w, known);
		return WIRE_OK;
	}
	enum wire_rc rc;
	struct template *t = template_new(record, w->message.protocol, &rc);
	if (!t)
		return rc;
	refresh(w, t);
	if (!stream_put_template(streams, w->stream, t))
		return WIRE_TEMPLATE_LIMIT;
	replay_call(w, t);
	return WIRE_OK;
}

/* What redefines a template but cannot be read leaves none under its id. */
static bool template_set(struct walk *w, struct set *set, struct err *e)
{
	w->stream->tells |= set->kind == SET_TEMPLATE ? TELLS_DATA : TELLS_OPTIONS;
	for (;;) {
		struct template_record record;
		enum wire_rc rc =
		    template_next(&set->body, w->message.protocol, set->kind, &record);
		if (rc == WIRE_END)
			return true;
		bool readable = rc == WIRE_OK;
		if (readable && record.withdrawal) {
			withdraw(w, &record);
			continue;
		}
		if (readable)
			rc = learn_template(w, &record);
		walk_count(w, rc);
		if (rc != WIRE_OK && record.id >= SET_FIRST_DATA)
			stream_drop_template(w->decoder->streams, w->stream, record.id);
		if (!readable)
			return true;
		if (!replay_called(w->decoder, e))
			return false;
	}
}

/* ---- messages ---- */

static bool data_set(struct walk *w, const struct set *set, struct err *e)
{
	const struct template *t =
	    replay_template(w->stream, set->id, cur_left(&set->body), w->datagram->arrival);
	if (t)
		return walk_data_records(w, t, set->body, e);
	w->decoder->counts.sets_without_template++;
	walk_count(w, WIRE_NO_TEMPLATE);
	replay_park(w, set);
	return true;
}

/* RFC 7011 section 9.1: a malformed IPFIX message is discarded whole. */
static enum wire_rc check_framing(struct message message)
{
	struct set set;
	enum wire_rc rc;
	do
		rc = set_next(&message, &set);
	while (rc == WIRE_OK);
	return rc;
}

static bool walk_sets(struct walk *w, struct err *e)
{
	if (w->message.protocol == WIRE_IPFIX) {
		enum wire_rc rc = check_framing(w->message);
		if (rc != WIRE_END) {
			walk_count(w, rc);
			return true;
		}
	}
	for (;;) {
		struct set set;
		enum wire_rc rc = set_next(&w->message, &set);
		if (rc != WIRE_OK) {
			walk_count(w, rc);
			return true;
		}
		if (set.kind == SET_RESERVED)
			walk_count(w, WIRE_RESERVED_SET);
		else if (!(set.kind == SET_DATA ? data_set(w, &set, e) : template_set(w, &set, e)))
			return false;
	}
}

static bool walk_samples(struct walk *w, const struct ip *exporter, struct err *e)
{
	struct decoder *d = w->decoder;
	struct sflow_walk samples = {
		.datagram = w->datagram,
		.message = &w->message,
		.exporter = *exporter,
		.fixed_rate = w->override,
		.default_rate = d->config.default_sampling,
		.streams = d->streams,
		.stream = w->stream,
		.sink = &d->sink,
		.counts = &d->counts,
		.batch = &d->batch,
	};
	bool ok = sflow_walk(&samples, e);
	w->malformed |= samples.malformed;
	w->record_index = samples.samples;
	return ok;
}

static bool walk_body(struct walk *w, const struct ip *exporter, struct err *e)
{
	const struct template *fixed = w->decoder->fixed[w->message.protocol];
	if (fixed)
		return walk_data_records(w, fixed, w->message.body, e);
	return w->message.protocol == WIRE_SFLOW5 ? walk_samples(w, exporter, e) : walk_sets(w, e);
}

static void note_datagram(struct walk *w)
{
	struct stream *s = w->stream;
	s->listener = w->datagram->listener;
	s->datagrams++;
	s->records += w->record_index - w->skipped;
	struct carried carried = { w->record_index - w->skipped, w->options, w->uncertain };
	loss_take(s, &w->message, &carried, s->heard, &w->decoder->counts);
	source_changed(w->decoder->streams);
}

/* False where memory is short.  A session from the same port may have left sets before a new one.
 */
static bool find_stream(struct walk *w)
{
	const struct datagram *datagram = w->datagram;
	struct stream_name name = {
		.from = w->decoder->exporter,
		.port = datagram->src_port,
		.session = datagram->session,
		.protocol = w->message.protocol,
		.domain = w->message.domain,
	};
	struct stream *s = w->stream = streams_get(w->decoder->streams, &name);
	if (!s)
		return false;
	s->heard = datagram->arrival;
	if (s->datagrams == 0 && name.session)
		s->anew = s->heard;
	return true;
}

static bool walk_message(struct walk *w, struct err *e)
{
	struct decoder *d = w->decoder;
	enum wire_rc rc = message_read(cur_of(w->datagram->payload, w->datagram->len), &w->message);
	walk_count(w, rc);
	if (rc != WIRE_OK && rc != WIRE_TRUNCATED_RECORDS)
		return true;
	d->has_origin = true;
	d->domain = w->message.domain;
	d->exporter = w->message.protocol == WIRE_SFLOW5 ? sflow_exporter(w->datagram, &w->message)
	                                                 : w->datagram->src;
	if (!find_stream(w)) {
		walk_count(w, WIRE_TEMPLATE_LIMIT);
		return true;
	}
	if (w->message.protocol == WIRE_NETFLOW9 &&
	    loss_restarts(w->stream, &w->message, w->datagram->arrival))
		stream_restart(d->streams, w->stream);
	w->override = sampling_stated(&d->config.overrides, &d->exporter);
	bool ok = walk_body(w, &d->exporter, e);
	if (w->message.fixed_count)
		d->counts.records_cut += w->message.fixed_count - w->record_index;
	note_datagram(w);
	return ok;
}

bool decoder_read(struct decoder *d, const struct datagram *datagram, struct err *e)
{
	struct walk w = { .decoder = d, .datagram = datagram };
	d->counts.datagrams++;
	d->has_origin = false;
	d->now = datagram->arrival;
	d->replayed = 0;
	replay_give_up_expired(d, d->now);
	bool ok = replay_called(d, e) && walk_message(&w, e);
	d->counts.malformed += w.malformed;
	return ok;
}

bool decoder_origin(const struct decoder *d, struct ip *ret_exporter, uint32_t *ret_domain)
{
	if (!d->has_origin)
		return false;
	*ret_exporter = d->exporter;
	*ret_domain = d->domain;
	return true;
}
