/* Laws, whatever a row of datagrams holds: decoding it yields as many rows and events as it counts
 * (with the second rows of biflows, and rows of counter samples at most), and no more than octets;
 * malformed datagrams have one cause each; what is parked is replayed or expires; memory stays
 * within its bound.  And a decoder that makes room between datagrams for another one, which loads
 * what it has saved, yields the same rows.
 *
 * The input is a row of datagrams: 12 bits of length, two of the port it comes from, one that says
 * whether it is a message of a transport session, and one that says whether the decoder is
 * exchanged after it.  FUZZ_VERSION gives them all a header of that version (5: of 1, 5 or 7),
 * which chance would seldom keep; 0 leaves them as they are. */
#include "fuzz.h"

#include "collector/decode/decode.h"
#include "core/base/buf.h"
#include "core/base/ticks.h"

/* A decoder, and what came out of it and of those before it. */
struct run {
	bool may_exchange;
	unsigned exchanges; /* the input asks for, whether they may be or not */
	struct decoder *decoder;
	struct buf rows;             /* the structs themselves */
	uint64_t plain[TABLE_COUNT]; /* rows of each table */
	uint64_t records, events, samples;
};

static bool take_rows(void *context, struct batch *batch, struct err *e)
{
	(void)e;
	struct run *run = context;
	buf_add(&run->rows, (const char *)batch->rows, batch->count * sizeof batch->rows[0]);
	return true;
}

static bool take_plain(void *context, enum table_id table, const void *rows, size_t count,
                       struct err *e)
{
	(void)rows, (void)e;
	((struct run *)context)->plain[table] += count;
	return true;
}

static struct decoder *decoder_for(struct run *run)
{
	struct err e = { 0 };
	struct decoder_config config = { .max_streams = 8,
		                         .template_memory = 1 << 20,
		                         .parking_memory = 1 << 16,
		                         .parking_time = 60 };
	struct decode_sink sink = { .rows = take_rows, .plain = take_plain, .context = run };
	struct decoder *decoder = decoder_new(&config, &sink, &e);
	assert(decoder);
	return decoder;
}

static void counts_balance(const struct decode_counts *c)
{
	uint64_t caused = 0;
	for (size_t i = 0; i < WIRE_RC_COUNT; i++)
		caused += c->causes[i];
	assert(caused == c->malformed && c->malformed <= c->datagrams);
	assert(c->sets_parked <= c->sets_without_template);
}

static void retire(struct run *run)
{
	const struct decode_counts *counts = decoder_counts(run->decoder);
	counts_balance(counts);
	run->records += counts->records + counts->reverse_rows;
	run->events += counts->nat_events;
	run->samples += counts->counter_samples;
	decoder_free(run->decoder);
}

static void exchange(struct run *run)
{
	struct err e = { 0 };
	struct buf state = { 0 };
	decoder_save(run->decoder, &state);
	retire(run);
	run->decoder = decoder_for(run);
	bool ok = decoder_load(run->decoder, buf_text(&state), state.len, &e);
	assert(ok);
	buf_done(&state);
}

static void set_version(uint8_t *octets, size_t len)
{
	static const uint8_t fixed[] = { 1, 5, 7 };
	if (FUZZ_VERSION == 0 || len < 4)
		return;
	octets[0] = 0;
	octets[1] = FUZZ_VERSION == 5 ? fixed[octets[1] % 3] : FUZZ_VERSION;
	if (FUZZ_VERSION == 10) {
		octets[2] = (uint8_t)(len >> 8);
		octets[3] = (uint8_t)len;
	}
}

static void read_one(struct run *run, struct cur octets, unsigned where, unsigned number)
{
	struct err e = { 0 };
	uint8_t *exact = exact_copy(octets);
	set_version(exact, cur_left(&octets));
	struct datagram datagram = {
		.arrival = TICKS_UNIX_EPOCH + number * TICKS_PER_SECOND,
		.src_port = (uint16_t)(1 + (where & 3)),
		.session = where & 4,
		.payload = exact,
		.len = cur_left(&octets),
	};
	bool ok = decoder_read(run->decoder, &datagram, &e) && decoder_flush(run->decoder, &e);
	assert(ok && decoder_memory(run->decoder) <= decoder_bound(run->decoder));
	free(exact);
	run->exchanges += where >> 3;
	if (run->may_exchange && where >> 3)
		exchange(run);
}

static void run_all(struct run *run, struct cur input)
{
	struct err e = { 0 };
	struct cur octets;
	unsigned where;
	run->decoder = decoder_for(run);
	for (unsigned n = 0; part_next(&input, 12, &octets, &where); n++)
		read_one(run, octets, where, n);
	bool ok = decoder_end(run->decoder, &e);
	assert(ok);
	const struct decode_counts *counts = decoder_counts(run->decoder);
	assert(run->may_exchange ||
	       counts->sets_parked == counts->sets_replayed + counts->sets_expired);
	retire(run);
}

static void same_rows(const struct run *a, const struct run *b)
{
	assert(a->records == b->records && a->events == b->events && a->samples == b->samples);
	assert(memcmp(a->plain, b->plain, sizeof a->plain) == 0);
	assert(a->rows.len == b->rows.len);
	assert(!a->rows.len || memcmp(a->rows.text, b->rows.text, a->rows.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = { 0 }, other = { .may_exchange = true };
	run_all(&run, cur_of(data, size));
	assert(run.rows.len == run.records * sizeof(struct flow_row));
	assert(run.plain[TABLE_NAT] == run.events && run.plain[TABLE_COUNTERS] <= run.samples);
	assert(run.records + run.events + run.samples <= size);
	if (run.exchanges > 0) {
		run_all(&other, cur_of(data, size));
		same_rows(&run, &other);
	}
	buf_done(&run.rows);
	buf_done(&other.rows);
	return 0;
}
