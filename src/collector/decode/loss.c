#include "collector/decode/loss.h"

#include "collector/decode/walk.h"

static uint64_t records_of(const struct stream *s, uint64_t datagrams)
{
	if (s->sequence.unit == SEQUENCE_RECORDS)
		return datagrams;
	return s->datagrams ? (datagrams * s->records + s->datagrams / 2) / s->datagrams : 0;
}

static void count_found(struct stream *s, const struct sequence_found *found,
                        struct decode_counts *counts)
{
	uint64_t records = records_of(s, found->lost);
	if (s->sequence.unit == SEQUENCE_DATAGRAMS)
		counts->lost_datagrams += found->lost;
	counts->lost_records += records;
	counts->duplicates += found->duplicates;
	counts->reordered += found->reordered;
	counts->restarts += found->restarts;
	s->lost += records;
	s->restarts += found->restarts;
}

/* What the header of v5 or v7 counts was numbered, whether it came or not.  Junos' v9 counts flows,
 * if it counts records: so options are not among them. */
static uint32_t numbered_records(const struct message *m, const struct carried *c)
{
	if (m->fixed_count)
		return m->fixed_count;
	return m->protocol == WIRE_NETFLOW9 ? c->records - c->options : c->records;
}

bool loss_restarts(const struct stream *s, const struct message *m, int64_t arrival)
{
	struct numbered n = {
		.number = m->sequence,
		.has_uptime = m->has_uptime,
		.uptime_ms = m->uptime_ms,
		.time = m->export_time,
		.arrival = arrival,
	};
	bool back = (int32_t)(m->sequence - s->sequence.last_number) < 0;
	return s->sequence.begun && back && sequence_has_restarted(&s->sequence, &n);
}

void loss_take(struct stream *s, const struct message *m, const struct carried *c, int64_t arrival,
               struct decode_counts *counts)
{
	static const enum sequence_unit units[WIRE_PROTOCOL_COUNT] = {
		[WIRE_NETFLOW5] = SEQUENCE_RECORDS,
		[WIRE_NETFLOW7] = SEQUENCE_RECORDS,
		[WIRE_IPFIX] = SEQUENCE_RECORDS,
	};
	if (m->protocol == WIRE_NETFLOW1)
		return; /* it has no numbers */
	struct numbered n = {
		.number = m->sequence,
		.unit = units[m->protocol],
		.either = m->protocol == WIRE_NETFLOW9,
		.records_unknown = c->uncertain && !m->fixed_count,
		.records = numbered_records(m, c),
		.has_uptime = m->has_uptime,
		.uptime_ms = m->uptime_ms,
		.time = m->export_time ? m->export_time : arrival, /* sFlow tells none */
		.arrival = arrival,
	};
	struct sequence_found found = { 0 };
	sequence_take(&s->sequence, &n, &found);
	count_found(s, &found, counts);
}

void loss_settle(struct stream *s, int64_t now, struct decode_counts *counts)
{
	struct sequence_found found = { 0 };
	sequence_settle(&s->sequence, now, &found);
	count_found(s, &found, counts);
}

struct settling {
	struct decoder *decoder;
	int64_t now;
	void (*see)(void *context, const struct stream *stream);
	void *context;
};

static void settle_stream(void *context, struct stream *s)
{
	struct settling *settling = context;
	struct decode_counts *counts = &settling->decoder->counts;
	uint64_t before = counts->lost_datagrams + counts->lost_records;
	if (!s->sequence.gap_count && !s->sequence.doubted)
		return;
	loss_settle(s, settling->now, counts);
	if (counts->lost_datagrams + counts->lost_records != before)
		settling->see(settling->context, s);
}

void decoder_settle(struct decoder *d, int64_t now,
                    void (*see)(void *context, const struct stream *stream), void *context)
{
	struct settling settling = { d, now, see, context };
	streams_visit(d->streams, settle_stream, &settling);
}
