#include "collector/decode/sflow.h"

#include <string.h>

#include "collector/decode/counters.h"
#include "collector/decode/sample.h"
#include "core/base/ticks.h"
#include "core/wire/sflow.h"

/* An address by which nobody but the agent itself can be reached, or nobody at all. */
static bool is_nowhere(const struct ip *ip)
{
	static const struct ip unspecified, loopback = { .b = { [15] = 1 } };
	if (ip_is_v4(ip))
		return ip->b[12] == 0 || ip->b[12] == 127;
	return ip_equal(ip, &unspecified) || ip_equal(ip, &loopback);
}

struct ip sflow_exporter(const struct datagram *datagram, const struct message *message)
{
	bool told = message->has_agent && !is_nowhere(&message->agent);
	return told ? message->agent : datagram->src;
}

static void note(struct sflow_walk *w, enum wire_rc rc)
{
	if (rc == WIRE_OK || rc == WIRE_END)
		return;
	w->counts->outcomes[rc]++;
	if (rc == WIRE_OTHER_SAMPLE)
		return;
	w->counts->causes[rc] += !w->malformed;
	w->malformed = true;
}

static void make_prototype(const struct sflow_walk *w, struct flow_row *row)
{
	int64_t minute = (w->datagram->arrival - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE;
	memset(row, 0, sizeof *row);
	row->key.minute = minute < 0 ? 0 : (uint32_t)minute;
	row->key.exporter = w->exporter;
	row->key.domain = w->message->domain;
	row->key.present =
	    COLUMN_BIT(TimeGenerated) | COLUMN_BIT(Exporter) | COLUMN_BIT(ObservationDomain);
	row->record_time = w->datagram->arrival;
	row->records = 1;
	row->present =
	    COLUMN_BIT(FlowRecordTime) | COLUMN_BIT(RecordCount) | COLUMN_BIT(Flowsequence);
}

/* The sample's own rate is newer than all that is known of its data source. */
static void set_rate(const struct sflow_walk *w, const struct sflow_sample *sample,
                     struct flow_row *row)
{
	uint32_t rate = w->fixed_rate  ? w->fixed_rate
	                : sample->rate ? sample->rate
	                               : w->default_rate;
	row->key.sampling = rate;
	if (rate)
		row->key.present |= COLUMN_BIT(SamplingInterval);
}

static void note_data_source(const struct sflow_walk *w, const struct sflow_sample *sample)
{
	struct data_source *source =
	    stream_data_source(w->streams, w->stream, sample->source_type, sample->source_index);
	if (source && data_source_note(source, sample))
		source_changed(w->streams);
}

static bool make_room(struct sflow_walk *w, struct err *e)
{
	if (batch_room(w->batch) > 0)
		return true;
	bool ok = w->sink->rows(w->sink->context, w->batch, e);
	w->batch->count = 0;
	return ok;
}

/* Where records are wanted and no rows, the sample is read all the same, for its faults. */
WIDE_MOVES static bool flow_sample(struct sflow_walk *w, const struct flow_row *prototype,
                                   struct sflow_sample *sample, uint64_t sequence, struct err *e)
{
	struct flow_row unwanted;
	struct flow_row *row = &unwanted;
	note_data_source(w, sample);
	if (w->sink->rows) {
		if (!make_room(w, e))
			return false;
		row = &w->batch->rows[w->batch->count++];
	}
	*row = *prototype;
	row->sequence = sequence;
	set_rate(w, sample, row);
	note(w, sample_fill(row, sample));
	w->counts->records++;
	return true;
}

/* A row only where there is a structure that has columns. */
static bool counter_sample(struct sflow_walk *w, const struct flow_row *prototype,
                           struct sflow_sample *sample, uint64_t sequence, struct err *e)
{
	struct sflow_counters row = {
		.present =
		    PLAIN_BIT(COUNTERS, TimeGenerated) | PLAIN_BIT(COUNTERS, FlowRecordTime) |
		    PLAIN_BIT(COUNTERS, Flowsequence) | PLAIN_BIT(COUNTERS, Exporter) |
		    PLAIN_BIT(COUNTERS, ObservationDomain) | PLAIN_BIT(COUNTERS, DataSourceType) |
		    PLAIN_BIT(COUNTERS, DataSourceIndex) | PLAIN_BIT(COUNTERS, CounterSequence),
		.minute = prototype->key.minute,
		.record_time = prototype->record_time,
		.sequence = sequence,
		.exporter = prototype->key.exporter,
		.domain = prototype->key.domain,
		.source_type = sample->source_type,
		.source_index = sample->source_index,
		.sample_sequence = sample->sequence,
	};
	bool any;
	w->counts->counter_samples++;
	note(w, counters_fill(&row, sample, &any));
	return !any || !w->sink->plain ||
	       w->sink->plain(w->sink->context, TABLE_COUNTERS, &row, 1, e);
}

static bool show(const struct sflow_walk *w, const struct sflow_sample *sample, uint64_t sequence,
                 struct err *e)
{
	struct record record = { .datagram = w->datagram,
		                 .message = w->message,
		                 .sample = sample,
		                 .sequence = sequence };
	return w->sink->record(w->sink->context, &record, e);
}

static bool one_sample(struct sflow_walk *w, const struct flow_row *prototype,
                       struct sflow_sample *sample, uint64_t sequence, struct err *e)
{
	if (w->sink->record && !show(w, sample, sequence, e))
		return false;
	if (sample->kind != SFLOW_OTHER) {
		stream_prove(w->streams, w->stream);
		w->samples++;
	}
	if (sample->kind == SFLOW_FLOW)
		return flow_sample(w, prototype, sample, sequence, e);
	if (sample->kind == SFLOW_COUNTERS)
		return counter_sample(w, prototype, sample, sequence, e);
	if (sample->kind == SFLOW_DISCARD)
		w->counts->discarded_packets++;
	else
		note(w, WIRE_OTHER_SAMPLE);
	return true;
}

bool sflow_walk(struct sflow_walk *w, struct err *e)
{
	struct message reading = *w->message;
	struct flow_row prototype;
	make_prototype(w, &prototype);
	for (uint32_t number = 0;; number++) {
		struct sflow_sample sample;
		enum wire_rc rc = sflow_next_sample(&reading, &sample);
		note(w, rc);
		if (rc == WIRE_END || rc == WIRE_TRUNCATED_SAMPLE)
			return true;
		if (rc != WIRE_OK)
			continue;
		uint64_t sequence = (uint64_t)w->message->sequence << 16 | (number & 0xffff);
		if (!one_sample(w, &prototype, &sample, sequence, e))
			return false;
	}
}
