/* Law: whatever a datagram holds, decoding it yields as many rows as it counts records, and no more
 * records than octets; the same for events.  The input is a row of datagrams, each behind two
 * octets of length, so that templates and data meet. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "collector/decode/decode.h"
#include "core/base/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
	uint64_t rows, events;
};

static bool count_rows(void *context, struct batch *batch, struct err *e)
{
	(void)e;
	((struct tally *)context)->rows += batch->count;
	return true;
}

static bool count_plain(void *context, enum table_id table, const void *rows, size_t count,
                        struct err *e)
{
	(void)table;
	(void)rows;
	(void)e;
	((struct tally *)context)->events += count;
	return true;
}

/* Decodes from memory of exactly the datagram's size, so that reading past it is seen. */
static void decode_exact(struct decoder *decoder, struct cur octets)
{
	struct err e = { 0 };
	size_t len = cur_left(&octets);
	uint8_t *exact = malloc(len ? len : 1);
	assert(exact);
	memcpy(exact, octets.at, len);
	struct datagram datagram = { .payload = exact, .len = len };
	bool ok = decoder_read(decoder, &datagram, &e);
	assert(ok);
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct tally tally = { 0 };
	struct decoder_config config = { .max_streams = 8, .template_memory = 1 << 20 };
	struct decode_sink sink = { .rows = count_rows, .plain = count_plain, .context = &tally };
	struct decoder *decoder = decoder_new(&config, &sink, &e);
	assert(decoder);
	struct cur input = cur_of(data, size), octets;
	const uint8_t *length;
	while ((length = cur_take(&input, 2)) && cur_split(&input, be16(length), &octets))
		decode_exact(decoder, octets);
	bool ok = decoder_flush(decoder, &e);
	const struct decode_counts *counts = decoder_counts(decoder);
	assert(ok && tally.rows == counts->records && tally.events == counts->nat_events);
	assert(counts->records + counts->options_records + counts->nat_events <= size);
	decoder_free(decoder);
	return 0;
}
