/* Laws that hold for whatever a stranger sends: decoding ends, reads nothing behind the datagram
 * (the sanitizers watch), yields as many rows as it counts records and their second rows, as many
 * events as it counts events, and no more records than octets, and no more rows. */
#include "core/base/buf.h"

#include <string.h>

#include "core/flow/nat_event.h"
#include "core/flow/plain_rows.h"
#include "support/decoding.h"
#include "support/sflow.h"

enum { ROUNDS = 30000, SEED = 20261122, SEEDS = 9 };

static uint64_t state_ = SEED;

static uint32_t draw(uint32_t below)
{
	state_ ^= state_ << 13;
	state_ ^= state_ >> 7;
	state_ ^= state_ << 17;
	return (uint32_t)(state_ >> 33) % below;
}

/* sFlow: a sample of each kind, and a record of each that fills columns. */
static struct bytes sflow_samples(void)
{
	struct bytes m = sflow_begin(3);
	size_t at = sflow_sample(&m, 1, SFLOW_FLOW_HEAD "00000007");
	sflow_header(&m, "00000001 00000076 00000004", SFLOW_MACS "8100 0064 0800" SFLOW_IPV4);
	sflow_record(&m, 1001, "00000064 00000000 00000065 00000000");
	sflow_record(&m, 1002, "00000001 c0000201 00000018 00000010");
	sflow_record(&m, 1003,
	             "00000001 c0000201 0000fde8 0000fde9 0000fdea 00000001 00000002 00000002"
	             "00000002 00000003 00000001 00000064 00000064");
	sflow_record(&m, 1012, "00000001 88a80064");
	sflow_record(&m, 1005, "00000001 00000003 2f6122 00 00000001 62000000");
	sflow_record(&m, 3,
	             "00000064 00000006 0a000001 0a000002 00001234 000001bb 00000012 000000b8");
	sflow_end(&m, at);
	at = sflow_sample(&m, 2, "00000006 00000003 00000001");
	sflow_record(&m, 5, "00000064 0000000000000001 00000002 00000003 00000004 00000005");
	sflow_end(&m, at);
	at = sflow_sample(&m, 5,
	                  "00000006 00000000 00000064 00000100 00000001 00000002 00000102"
	                  "00000001");
	sflow_record(&m, 1038, "00000006 666f6f626172");
	sflow_end(&m, at);
	return m;
}

static struct bytes sflow_expanded(void)
{
	struct bytes m = sflow_begin(2);
	size_t at = sflow_sample(&m, 3,
	                         "00000005 00000000 00000003 00000200 00001000 00000000"
	                         "00000000 00000003 00000002 00000007 00000001");
	sflow_header(
	    &m, "0000000c 00000062 00000012",
	    "6e012345 00140040 20010db8000000000000000000000001"
	    "20010db8000000000000000000000002 11000104 00000000 00351234 000c0000 00000000");
	sflow_end(&m, at);
	at = sflow_sample(&m, 4, "00000006 00000000 00000003 00000001");
	sflow_record(&m, 1001, "ffffffff 00000064 00000065 0000000000000400 0000000000000200");
	sflow_end(&m, at);
	return m;
}

/* Lists of all kinds, in each other, and what an exporter tells of its own element. */
static struct bytes nested_lists(struct wire_header h)
{
	struct bytes m = wire_ipfix(h);
	wire_set(&m, 2,
	         "0110 0004 00080004 00010004 0123ffff 0125ffff"
	         "0111 0003 00070002 000b0002 0124ffff"
	         "0112 0003 00060001 80010004 00007ed9 80060001 00007279");
	wire_set(&m, 3, "0113 0004 0002 015a0004 012f0002 01530001 0155ffff");
	wire_set(&m, 275, "00007ed9 0001 03 03 616263");
	wire_set(&m, 272,
	         "01010101 00000064 0d 03 000e 0004 00000001 00000002"
	         "1d 03 0111 0012 04010050 09 03 0112 02 00000007 10"
	         "    0112 000a 12 00000009 01"
	         "01010102 00000064 09 04 8001 0004 00007ed9 01 03");
	wire_ipfix_end(&m);
	return m;
}

static struct bytes biflows(struct wire_header h)
{
	struct bytes m = wire_ipfix(h);
	wire_set(&m, 2,
	         "0114 0007 00080004 000c0004 00070002 000b0002 00010004 80010004 00007279"
	         "80060001 00007279"
	         "0115 0004 00080004 00010001 80010001 00007279 0124ffff"
	         "0116 0001 00070002");
	wire_set(&m, 276,
	         "01010101 02020202 0050 0051 00000001 00000002 12"
	         "01010101 02020203 0050 0051 00000001 00000000 00");
	wire_set(&m, 277, "01010101 01 02 05 03 0116 0050 01010101 01 01 05 03 0116 0051");
	wire_ipfix_end(&m);
	return m;
}

/* Messages with everything that the formats offer, as seeds for mangling. */
static size_t make_seeds(struct bytes seeds[SEEDS])
{
	struct wire_header h = {
		.uptime_ms = 1000000, .seconds = 0x6b023080, .sequence = 5, .domain = 100
	};
	seeds[0] = (struct bytes){ 0 };
	hex_add(&seeds[0],
	        "0005 0001 000f4240 6b023080 00000000 0000002a 0102 5000"
	        "0a000001 0a000002 0a0000fe 0003 0004 00000002 00000078 000f3e40 000f4240"
	        "1234 0050 00 12 06 08 fde8 fde9 18 10 0000");
	seeds[1] = wire_v9(h);
	wire_set(&seeds[1], 0,
	         "0100 0006 00080004 000c0004 00070002 000b0002 00040001 00160004"
	         "0101 0002 001b0010 00010008");
	wire_set(&seeds[1], 1, "0102 0004 0008 00010004 00300001 00220004");
	wire_set(&seeds[1], 258, "00000001 01 00000064");
	wire_set(&seeds[1], 256,
	         "01010101 02020202 0050 0051 06 000f3e40 03030303 04040404 0000 0303 01 000f3e40");
	wire_set(&seeds[1], 257, "20010db8000000000000000000000001 0000000000000007 0000");
	seeds[2] = wire_ipfix(h);
	wire_set(&seeds[2], 2, "0100 0004 00080004 0052ffff 80890004 00000a4c 00010003");
	wire_set(&seeds[2], 3, "0101 0004 0001 00950004 01310004 01320004 00a00008");
	wire_set(&seeds[2], 257, "00000064 00000001 000003e7 000001a200a58018");
	wire_set(&seeds[2], 256,
	         "01010101 03 616263 00000007 000001 02020202 ff0002 6465 00000008 000002");
	wire_ipfix_end(&seeds[2]);
	seeds[3] = wire_ipfix(h);
	wire_set(&seeds[3], 2, "0100 0003 01430008 00e60001 01430008 0101 0000");
	wire_set(&seeds[3], 256, "0000000000000001 04 0000000000000002");
	wire_ipfix_end(&seeds[3]);
	seeds[4] = sflow_samples();
	seeds[5] = sflow_expanded();
	seeds[6] = wire_ipfix(h);
	wire_set(&seeds[6], 2,
	         "0100 0006 00080004 001b0010 011cffff 016b0002 00e90001 009a0008"
	         "0101 0003 00e60001 01690002 016c0002");
	wire_set(&seeds[6], 256,
	         "0a000001 20010db8000000000000000000000001 03 636e67 0001 02 e000000000000000");
	wire_set(&seeds[6], 257, "0e 0400 0040 0f 0400 0040 0000");
	wire_ipfix_end(&seeds[6]);
	seeds[7] = nested_lists(h);
	seeds[8] = biflows(h);
	return SEEDS;
}

static void seeds_are_right(void **state)
{
	(void)state;
	struct bytes seeds[SEEDS];
	size_t count = make_seeds(seeds);
	struct decoding *d = decoding_new(NULL);
	for (size_t i = 0; i < count; i++)
		decoding_send(d, &seeds[i]);
	assert_int_equal(decoder_counts(d->decoder)->malformed, 0);
	decoding_free(d);
}

/* Flips, overwrites, cuts, doubles: the usual damage, and lengths that lie. */
static void mangle(struct bytes *m)
{
	for (uint32_t n = draw(6); n > 0 && m->len > 0; n--) {
		uint32_t at = draw((uint32_t)m->len);
		switch (draw(5)) {
		case 0: m->b[at] ^= (uint8_t)(1u << draw(8)); break;
		case 1: m->b[at] = (uint8_t)draw(256); break;
		case 2: m->len = at; break;
		case 3: m->b[at] = 0xff; break;
		default:
			if (m->len * 2 <= sizeof m->b) {
				memcpy(m->b + m->len, m->b + at, m->len - at);
				m->len += m->len - at;
			}
		}
	}
}

struct tally {
	uint64_t rows, events, counters;
	struct plain_rows *kept;
	struct buf text;
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
	(void)e;
	struct tally *tally = context;
	plain_rows_clear(tally->kept);
	assert_true(plain_rows_add(tally->kept, table, rows, count)); /* reads every text */
	if (table == TABLE_COUNTERS) {
		assert_int_equal(count, 1);
		tally->counters++;
		return true;
	}
	assert_int_equal(table, TABLE_NAT);
	for (size_t i = 0; i < count; i++)
		assert_true(((const struct nat_event *)rows)[i].event < NAT_EVENT_COUNT);
	tally->events += count;
	return true;
}

static bool print_record(void *context, const struct record *record, struct err *e)
{
	(void)e;
	struct tally *tally = context;
	buf_clear(&tally->text);
	record_json(&tally->text, record);
	assert_false(tally->text.failed);
	assert_int_equal(tally->text.text[tally->text.len - 1], '\n');
	return true;
}

static uint64_t records_of(const struct decode_counts *c)
{
	return c->records + c->options_records + c->nat_events + c->counter_samples +
	       c->discarded_packets;
}

/* Sends the octets from a buffer of exactly their length. */
static void send(struct decoder *decoder, const struct bytes *m)
{
	struct err e = { 0 };
	uint8_t *exact = malloc(m->len ? m->len : 1);
	assert_non_null(exact);
	memcpy(exact, m->b, m->len);
	uint64_t before =
	    records_of(decoder_counts(decoder)) + decoder_counts(decoder)->reverse_rows;
	struct datagram datagram = { .src_port = (uint16_t)draw(3),
		                     .payload = exact,
		                     .len = m->len };
	assert_true(decoder_read(decoder, &datagram, &e));
	const struct decode_counts *counts = decoder_counts(decoder);
	assert_true(records_of(counts) + counts->reverse_rows - before <= m->len);
	free(exact);
}

static void run(const struct decode_sink *sink, struct tally *tally)
{
	struct decoder_config config = { .max_streams = 16, .template_memory = 1 << 20 };
	struct err e = { 0 };
	struct decoder *decoder = decoder_new(&config, sink, &e);
	struct bytes seeds[SEEDS];
	size_t count = make_seeds(seeds);
	assert_non_null(decoder);
	for (int i = 0; i < ROUNDS; i++) {
		struct bytes m = seeds[draw((uint32_t)count)];
		mangle(&m);
		send(decoder, &m);
	}
	if (sink->rows) {
		assert_true(decoder_flush(decoder, &e));
		const struct decode_counts *counts = decoder_counts(decoder);
		assert_int_equal(tally->rows, counts->records + counts->reverse_rows);
		assert_true(counts->reverse_rows > ROUNDS / 40);
		assert_true(counts->outcomes[WIRE_BAD_LIST] > ROUNDS / 400);
		assert_int_equal(tally->events, decoder_counts(decoder)->nat_events);
		assert_true(tally->events > ROUNDS / 20);
		assert_true(tally->counters <= decoder_counts(decoder)->counter_samples);
		assert_true(tally->counters > ROUNDS / 20);
		assert_true(tally->rows > ROUNDS / 10); /* the damage leaves something to decode */
	}
	decoder_free(decoder);
	buf_done(&tally->text);
}

static void rows_keep_their_laws(void **state)
{
	(void)state;
	print_message("# seed %d\n", SEED);
	struct err e;
	struct tally tally = { .kept = plain_rows_new(&e) };
	assert_non_null(tally.kept);
	run(&(struct decode_sink){ .rows = count_rows, .plain = count_plain, .context = &tally },
	    &tally);
	plain_rows_free(tally.kept);
}

static void lines_keep_their_laws(void **state)
{
	(void)state;
	struct tally tally = { 0 };
	run(&(struct decode_sink){ .record = print_record, .context = &tally }, &tally);
}

/* Cut anywhere, a datagram yields the samples that are whole, and no more. */
static void a_cut_datagram_yields_its_whole_samples(void **state)
{
	(void)state;
	struct bytes whole = sflow_samples();
	struct decoding *d = decoding_new(NULL);
	/* where the samples begin: each says its own length */
	size_t ends[3], at = 28;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		at = ends[i] = at + 8 + be32(whole.b + at + 4);
	assert_true(ends[2] <= whole.len);
	for (size_t len = 0; len <= whole.len; len++) {
		struct decode_counts before = *decoder_counts(d->decoder);
		struct bytes cut = whole;
		cut.len = len;
		send(d->decoder, &cut);
		const struct decode_counts *after = decoder_counts(d->decoder);
		assert_int_equal(after->records - before.records, len >= ends[0]);
		assert_int_equal(after->counter_samples - before.counter_samples, len >= ends[1]);
		assert_int_equal(after->discarded_packets - before.discarded_packets,
		                 len >= ends[2]);
		assert_int_equal(after->malformed - before.malformed, len < ends[2]);
	}
	decoding_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seeds_are_right),
		cmocka_unit_test(rows_keep_their_laws),
		cmocka_unit_test(lines_keep_their_laws),
		cmocka_unit_test(a_cut_datagram_yields_its_whole_samples),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
