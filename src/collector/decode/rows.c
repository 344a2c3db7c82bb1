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

static bool make_room(struct decoder *d, struct err *e)
{
	return batch_room(&d->batch) > 0 || decoder_flush(d, e);
}

/* Records of one length, many at a time. */
static bool rows_of_fixed(struct walk *w, const struct template *t, struct cur *body, struct err *e)
{
	struct decoder *d = w->decoder;
	struct plan_input *in = plan_input(w, t);
	size_t left = cur_left(body) / t->record_len;
	while (left > 0) {
		if (!make_room(d, e))
			return false;
		size_t n = left < batch_room(&d->batch) ? left : batch_room(&d->batch);
		const uint8_t *records = cur_take(body, n * t->record_len);
		in->sequence = walk_sequence(w);
		plan_run(t->plan, in, records, t->record_len, d->batch.rows + d->batch.count, n);
		d->batch.count += n;
		d->counts.records += n;
		w->record_index += (uint32_t)n;
		left -= n;
	}
	return true;
}

static bool rows_of_variable(struct walk *w, const struct template *t, struct cur *body,
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
		if (!make_room(d, e))
			return false;
		in->sequence = walk_sequence(w);
		plan_run_places(t->plan, in, record, d->places, &d->batch.rows[d->batch.count++]);
		d->counts.records++;
		w->record_index++;
	}
	return true;
}

bool rows_of_flows(struct walk *w, const struct template *t, struct cur *body, struct err *e)
{
	return t->variable ? rows_of_variable(w, t, body, e) : rows_of_fixed(w, t, body, e);
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
		w->record_index++;
		if (n == NAT_ROWS) {
			ok = d->sink.plain(d->sink.context, TABLE_NAT, d->events, n, e);
			n = 0;
		}
	}
	return ok && (n == 0 || d->sink.plain(d->sink.context, TABLE_NAT, d->events, n, e));
}
