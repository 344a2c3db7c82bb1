#include "weir/accounting.h"

#include "collector/decode/stream.h"
#include "core/base/ticks.h"

/* clang-format off */
static const struct {
	enum wire_rc rc;
	enum ledger_count count;
} causes[] = {
	{ WIRE_UNKNOWN_VERSION,    LEDGER_MalformedUnknownVersion },
	{ WIRE_SHORT_HEADER,       LEDGER_MalformedShortHeader },
	{ WIRE_BAD_LENGTH,         LEDGER_MalformedBadLength },
	{ WIRE_BAD_COUNT,          LEDGER_MalformedBadCount },
	{ WIRE_TRUNCATED_RECORDS,  LEDGER_MalformedTruncatedRecords },
	{ WIRE_SHORT_SET_HEADER,   LEDGER_MalformedShortSetHeader },
	{ WIRE_BAD_SET_LENGTH,     LEDGER_MalformedBadSetLength },
	{ WIRE_TRUNCATED_SET,      LEDGER_MalformedTruncatedSet },
	{ WIRE_RESERVED_SET,       LEDGER_MalformedReservedSet },
	{ WIRE_BAD_TEMPLATE_ID,    LEDGER_MalformedBadTemplateId },
	{ WIRE_EMPTY_TEMPLATE,     LEDGER_MalformedEmptyTemplate },
	{ WIRE_TRUNCATED_TEMPLATE, LEDGER_MalformedTruncatedTemplate },
	{ WIRE_BAD_SCOPE,          LEDGER_MalformedBadScope },
	{ WIRE_TEMPLATE_LIMIT,     LEDGER_MalformedTemplateLimit },
	{ WIRE_TRUNCATED_RECORD,   LEDGER_MalformedTruncatedRecord },
	{ WIRE_SHORT_SET,          LEDGER_MalformedShortSet },
	{ WIRE_BAD_LIST,           LEDGER_MalformedBadList },
	{ WIRE_LIST_LIMIT,         LEDGER_MalformedListLimit },
	{ WIRE_LIST_TEMPLATE,      LEDGER_MalformedListTemplate },
	{ WIRE_BAD_AGENT,          LEDGER_MalformedBadAgent },
	{ WIRE_TRUNCATED_SAMPLE,   LEDGER_MalformedTruncatedSample },
	{ WIRE_SHORT_SAMPLE,       LEDGER_MalformedShortSample },
	{ WIRE_TRUNCATED_SAMPLE_RECORD, LEDGER_MalformedTruncatedSampleRecord },
	{ WIRE_SHORT_SAMPLE_RECORD, LEDGER_MalformedShortSampleRecord },
};
/* clang-format on */

enum ledger_count accounting_cause(enum wire_rc rc)
{
	for (size_t i = 0; i < ARRAY_LEN(causes); i++)
		if (causes[i].rc == rc)
			return causes[i].count;
	return LEDGER_COUNT;
}

uint32_t accounting_minute(int64_t ticks)
{
	int64_t minute = (ticks - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE;
	return minute < 0 ? 0 : (uint32_t)minute;
}

static void add_loss(uint64_t *counts, const struct decode_counts *before,
                     const struct decode_counts *after)
{
	counts[LEDGER_LostDatagrams] += after->lost_datagrams - before->lost_datagrams;
	counts[LEDGER_LostRecords] += after->lost_records - before->lost_records;
	counts[LEDGER_Duplicates] += after->duplicates - before->duplicates;
	counts[LEDGER_Reordered] += after->reordered - before->reordered;
	counts[LEDGER_Restarts] += after->restarts - before->restarts;
}

static void add_records(uint64_t *counts, const struct decode_counts *before,
                        const struct decode_counts *after)
{
	uint64_t records = after->records - before->records;
	uint64_t cut = after->records_cut - before->records_cut;
	counts[LEDGER_RecordsDecoded] += records + cut;
	counts[LEDGER_RecordsStored] += records;
	counts[LEDGER_RecordsRejected] += cut;
	counts[LEDGER_RejectedTruncated] += cut;
	counts[LEDGER_OptionsRecords] += after->options_records - before->options_records;
	counts[LEDGER_CounterSamples] += after->counter_samples - before->counter_samples;
	counts[LEDGER_DiscardedPackets] += after->discarded_packets - before->discarded_packets;
	counts[LEDGER_NatEvents] += after->nat_events - before->nat_events;
	counts[LEDGER_SetsWithoutTemplate] +=
	    after->sets_without_template - before->sets_without_template;
	counts[LEDGER_SetsParked] += after->sets_parked - before->sets_parked;
}

static void add_datagram(uint64_t *counts, const struct decode_counts *before,
                         const struct decode_counts *after)
{
	uint64_t malformed = after->malformed - before->malformed;
	counts[LEDGER_DatagramsOffered]++;
	counts[LEDGER_DatagramsMalformed] += malformed;
	counts[LEDGER_DatagramsDecoded] += 1 - malformed;
	for (size_t i = 0; malformed && i < ARRAY_LEN(causes); i++)
		counts[causes[i].count] +=
		    after->causes[causes[i].rc] - before->causes[causes[i].rc];
	add_records(counts, before, after);
	add_loss(counts, before, after);
}

bool accounted_read(const struct accounts *a, const struct datagram *datagram, struct err *e)
{
	struct decode_counts before = *decoder_counts(a->decoder);
	uint64_t events = *a->events_stored;
	if (!decoder_read(a->decoder, datagram, e))
		return false;
	struct ledger_key key = {
		.minute = accounting_minute(datagram->arrival),
		.listener = datagram->listener,
		.has_exporter = true,
		.exporter = datagram->src,
	};
	key.has_domain = decoder_origin(a->decoder, &key.exporter, &key.domain);
	uint64_t *counts = ledger_counts(a->ledger, &key);
	add_datagram(counts, &before, decoder_counts(a->decoder));
	counts[LEDGER_NatEventsStored] += *a->events_stored - events;
	return true;
}

void accounted_unparked(struct ledger *ledger, int64_t now, uint16_t listener,
                        const struct ip *exporter, uint32_t domain, bool replayed)
{
	struct ledger_key key = {
		.minute = accounting_minute(now),
		.listener = listener,
		.has_exporter = true,
		.exporter = *exporter,
		.has_domain = true,
		.domain = domain,
	};
	ledger_counts(ledger, &key)[replayed ? LEDGER_SetsReplayed : LEDGER_SetsExpired]++;
}

struct settling {
	const struct accounts *accounts;
	struct decode_counts before;
};

static void see_settled(void *context, const struct stream *s)
{
	struct settling *settling = context;
	struct ledger_key key = {
		.minute = accounting_minute(s->heard),
		.listener = s->listener,
		.has_exporter = true,
		.exporter = s->name.from,
		.has_domain = true,
		.domain = s->name.domain,
	};
	const struct decode_counts *after = decoder_counts(settling->accounts->decoder);
	add_loss(ledger_counts(settling->accounts->ledger, &key), &settling->before, after);
	settling->before = *after;
}

void accounted_settle(const struct accounts *a, int64_t now)
{
	struct settling settling = { a, *decoder_counts(a->decoder) };
	decoder_settle(a->decoder, now, see_settled, &settling);
}

bool accounted_end(const struct accounts *a, int64_t now, uint16_t listener, struct err *e)
{
	struct decode_counts before = *decoder_counts(a->decoder);
	uint64_t events = *a->events_stored;
	struct ledger_key key = { .minute = accounting_minute(now), .listener = listener };
	accounted_settle(a, INT64_MAX);
	if (!decoder_end(a->decoder, e))
		return false;
	const struct decode_counts *after = decoder_counts(a->decoder);
	if (after->sets_replayed == before.sets_replayed)
		return true;
	uint64_t *counts = ledger_counts(a->ledger, &key);
	add_records(counts, &before, after);
	counts[LEDGER_NatEventsStored] += *a->events_stored - events;
	return true;
}
