#include "collector/decode/rows.h"

#include <string.h>

#include "core/base/ticks.h"

/* The rate that holds for a whole set; records may still tell better ones (step.c).  0: not known.
 */
static uint32_t set_sampling(const struct walk *w, const struct template *t)
{
	const struct sampler_set *samplers = &w->stream->source->samplers;
	if (w->override)
		return w->override;
	if (w->message.protocol == WIRE_NETFLOW5) {
		/* 2 bits of mode, 14 of interval; exporters that do sample may leave the mode zero
		 */
		uint32_t interval = w->message.v5_sampling & 0x3fff;
		return interval ? interval : 1;
	}
	uint32_t interval = sampler_find(samplers, SAMPLER_TEMPLATE, t->id);
	if (!interval)
		interval = sampler_find(samplers, SAMPLER_DOMAIN, 0);
	return interval ? interval : w->decoder->config.default_sampling;
}

uint64_t walk_sequence(const struct walk *w)
{
	return (uint64_t)w->message.sequence << 16 | (w->record_index & 0xffff);
}

/* IPFIX has no uptime in its header; options may have told when the exporter started. */
static void set_uptime(const struct walk *w, struct plan_input *in)
{
	int64_t start = w->stream->source->init_time;
	in->has_uptime = w->message.has_uptime || start > 0;
	in->uptime_ms = w->message.uptime_ms;
	if (!w->message.has_uptime && start > 0)
		in->uptime_ms = (uint32_t)((w->message.export_time - start) / TICKS_PER_MS);
}

static void set_prototype(const struct walk *w, const struct template *t, struct flow_row *row)
{
	int64_t minute = (w->datagram->arrival - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE;
	memset(row, 0, sizeof *row);
	row->key.minute = minute < 0 ? 0 : (uint32_t)minute;
	row->key.exporter = w->datagram->src;
	row->key.domain = w->message.domain;
	row->key.sampling = set_sampling(w, t);
	row->key.present = COLUMN_BIT(TimeGenerated) | COLUMN_BIT(Exporter) |
	                   COLUMN_BIT(ObservationDomain) |
	                   (row->key.sampling ? COLUMN_BIT(SamplingInterval) : 0);
	row->record_time = w->message.export_time;
	row->records = 1;
	row->present =
	    COLUMN_BIT(FlowRecordTime) | COLUMN_BIT(RecordCount) | COLUMN_BIT(Flowsequence);
}

/* The decoder's plan input, filled for a data set of this message. */
static struct plan_input *plan_input(const struct walk *w, const struct template *t)
{
	struct plan_input *in = &w->decoder->input;
	set_prototype(w, t, &in->prototype);
	set_uptime(w, in);
	in->export_time = w->message.export_time;
	in->sampling_is_fixed = w->override != 0;
	in->samplers = &w->stream->source->samplers;
	plan_prepare(t->plan, in);
	return in;
}

void walk_records(struct walk *w, const struct template *t, size_t count)
{
	size_t numbers = plan_rows(t->plan);
	w->record_index += (uint32_t)(count * numbers);
	w->skipped += (uint32_t)(count * (numbers - 1));
}

bool walk_lists(struct walk *w, const struct template *t, const uint8_t *record)
{
	if (!t->lists)
		return true;
	enum wire_rc rc = nested_check(&w->nested, t, record, w->decoder->places);
	walk_count(w, rc);
	return rc == WIRE_OK || rc == WIRE_LIST_TEMPLATE;
}

static bool make_room(struct decoder *d, size_t rows, struct err *e)
{
	return batch_room(&d->batch) >= rows || decoder_flush(d, e);
}

static struct flow_row *next_row(struct decoder *d)
{
	return &d->batch.rows[d->batch.count];
}

/* Records of one length, many at a time. */
static bool rows_of_fixed(struct walk *w, const struct template *t, struct cur *body, struct err *e)
{
	struct decoder *d = w->decoder;
	struct plan_input *in = plan_input(w, t);
	size_t left = cur_left(body) / t->record_len, rows = plan_rows(t->plan);
	while (left > 0) {
		if (!make_room(d, rows, e))
			return false;
		size_t room = batch_room(&d->batch) / rows, n = left < room ? left : room;
		const uint8_t *records = cur_take(body, n * t->record_len);
		struct flow_row *first = next_row(d);
		in->sequence = walk_sequence(w);
		plan_run(t->plan, in, records, t->record_len, first, n);
		d->batch.count += n;
		d->counts.records += n;
		if (rows > 1) {
			size_t more = plan_run_reverse(t->plan, in, records, t->record_len, first,
			                               n, first + n);
			d->batch.count += more;
			d->counts.reverse_rows += more;
		}
		walk_records(w, t, n);
		left -= n;
	}
	return true;
}

/* One record, whose fields are at the decoder's places. */
static void rows_of_record(struct walk *w, const struct template *t, const struct plan_input *in,
                           const uint8_t *record)
{
	struct decoder *d = w->decoder;
	struct flow_row *row = next_row(d);
	struct nested_told told;
	plan_run_places(t->plan, in, record, d->places, row);
	d->batch.count++;
	d->counts.records++;
	bool lists = t->lists && walk_lists(w, t, record);
	if (lists) {
		nested_gather(&w->nested, t, in, record, d->places, d->nested_places, &told);
		nested_fill(&told, PLAN_FORWARD, row);
	}
	if (plan_rows(t->plan) == 1 ||
	    !plan_run_reverse_places(t->plan, in, record, d->places, row, next_row(d)))
		return;
	if (lists)
		nested_fill(&told, PLAN_REVERSE, next_row(d));
	d->batch.count++;
	d->counts.reverse_rows++;
}

static bool rows_one_by_one(struct walk *w, const struct template *t, struct cur *body,
                            struct err *e)
{
	struct decoder *d = w->decoder;
	struct plan_input *in = plan_input(w, t);
	while (cur_left(body) >= t->record_len) {
		const uint8_t *record = body->at;
		if (!template_places(t, body, d->places)) {
			walk_count(w, WIRE_TRUNCATED_RECORD);
			d->counts.records_cut++;
			break;
		}
		if (!make_room(d, plan_rows(t->plan), e))
			return false;
		in->sequence = walk_sequence(w);
		rows_of_record(w, t, in, record);
		walk_records(w, t, 1);
	}
	return true;
}

bool rows_of_flows(struct walk *w, const struct template *t, struct cur *body, struct err *e)
{
	return t->variable || t->lists ? rows_one_by_one(w, t, body, e)
	                               : rows_of_fixed(w, t, body, e);
}

/* What all events of a set have in common. */
static struct nat_input nat_input(const struct walk *w)
{
	struct plan_input clock;
	set_uptime(w, &clock);
	int64_t minute = (w->datagram->arrival - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE;
	struct nat_input in = {
		.prototype = {
			.present = PLAIN_BIT(NAT, TimeGenerated) | PLAIN_BIT(NAT, Exporter) |
			           PLAIN_BIT(NAT, ObservationDomain) | PLAIN_BIT(NAT, FlowRecordTime) |
			           PLAIN_BIT(NAT, Flowsequence),
			.minute = minute < 0 ? 0 : (uint32_t)minute,
			.exporter = w->datagram->src,
			.domain = w->message.domain,
			.record_time = w->message.export_time,
		},
		.stated = nat_dialect_stated(&w->decoder->config.overrides, &w->datagram->src),
		.has_uptime = clock.has_uptime,
		.uptime_ms = clock.uptime_ms,
	};
	if (clock.has_uptime) {
		in.prototype.present |= PLAIN_BIT(NAT, ExporterStartTime);
		in.prototype.exporter_start =
		    w->message.export_time - clock.uptime_ms * TICKS_PER_MS;
	}
	return in;
}

bool rows_of_events(struct walk *w, const struct template *t, struct cur *body, struct err *e)
{
	struct decoder *d = w->decoder;
	struct nat_input in = nat_input(w);
	size_t n = 0;
	bool ok = true;
	while (ok && cur_left(body) >= t->record_len) {
		const uint8_t *record = body->at;
		if (!template_places(t, body, d->places)) {
			walk_count(w, WIRE_TRUNCATED_RECORD);
			break;
		}
		nat_plan_run(t->nat, &in, record, d->places, walk_sequence(w), &d->events[n++]);
		d->counts.nat_events++;
		walk_lists(w, t, record);
		walk_records(w, t, 1);
		if (n == NAT_ROWS) {
			ok = d->sink.plain(d->sink.context, TABLE_NAT, d->events, n, e);
			n = 0;
		}
	}
	return ok && (n == 0 || d->sink.plain(d->sink.context, TABLE_NAT, d->events, n, e));
}
