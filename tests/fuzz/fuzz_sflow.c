/* Law: whatever an sFlow datagram holds, its flow samples are as many as its rows, and each of its
 * samples, of a known format or not, is a line of JSON.  The input is what stands behind the
 * datagram's header, whose count of samples is as large as can be. */
#include "fuzz.h"

#include "collector/decode/decode.h"
#include "core/base/buf.h"

struct tally {
	uint64_t rows, lines;
	struct buf line;
};

static bool count_rows(void *context, struct batch *batch, struct err *e)
{
	(void)e;
	((struct tally *)context)->rows += batch->count;
	return true;
}

static bool print_record(void *context, const struct record *record, struct err *e)
{
	(void)e;
	struct tally *tally = context;
	buf_clear(&tally->line);
	record_json(&tally->line, record);
	assert(!tally->line.failed && tally->line.text[tally->line.len - 1] == '\n');
	tally->lines++;
	return true;
}

static struct decode_counts decode(const struct decode_sink *sink, const uint8_t *octets,
                                   size_t len)
{
	struct err e = { 0 };
	struct decoder_config config = { .max_streams = 8, .template_memory = 1 << 20 };
	struct decoder *decoder = decoder_new(&config, sink, &e);
	assert(decoder);
	struct datagram datagram = { .payload = octets, .len = len };
	bool ok =
	    decoder_read(decoder, &datagram, &e) && (!sink->rows || decoder_flush(decoder, &e));
	assert(ok);
	struct decode_counts counts = *decoder_counts(decoder);
	decoder_free(decoder);
	return counts;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t header[] = { 0, 0, 0,    5,    0,    0,    0,    1,   192, 0,
		                          2, 9, 0,    0,    0,    7,    0,    0,   3,   0xe8,
		                          0, 0, 0xea, 0x60, 0xff, 0xff, 0xff, 0xff };
	uint8_t *octets = malloc(sizeof header + size);
	assert(octets);
	memcpy(octets, header, sizeof header);
	memcpy(octets + sizeof header, data, size);
	struct tally tally = { 0 };
	struct decode_sink rows = { .rows = count_rows, .context = &tally };
	struct decode_sink lines = { .record = print_record, .context = &tally };
	struct decode_counts a = decode(&rows, octets, sizeof header + size);
	struct decode_counts b = decode(&lines, octets, sizeof header + size);
	assert(tally.rows == a.records);
	assert(tally.lines ==
	       b.records + b.counter_samples + b.discarded_packets + b.outcomes[WIRE_OTHER_SAMPLE]);
	assert(memcmp(&a, &b, sizeof a) == 0);
	buf_done(&tally.line);
	free(octets);
	return 0;
}
