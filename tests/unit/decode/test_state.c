#include "core/base/buf.h"

#include <string.h>

#include "collector/decode/stream.h"
#include "core/wire/element.h"
#include "support/decoding.h"
#include "support/sflow.h"

/* A decoder that has learnt a v9 template, an IPFIX one with an enterprise field, two rates, an
 * element of the exporter's own, and two data sources of sFlow. */
static struct decoding *learned(void)
{
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0002 00080004 80e80002 0101 0001 00070002");
	wire_set(&m, 1, "0102 0004 0008 00010004 00300001 00220004");
	wire_set(&m, 258, "00000001 01 00000064");
	wire_set(&m, 257, "0050");
	decoding_send(d, &m);
	m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0003 00080004 80890002 00000a4c 0052ffff");
	wire_set(&m, 3,
	         "0101 0003 0001 00900004 00a00008 00220004"
	         "0102 0004 0002 015a0004 012f0002 01530001 0155ffff");
	wire_set(&m, 257, "00000001 000001a200a58018 000003e8");
	wire_set(&m, 258, "00000a4c 0089 03 03 616263");
	wire_ipfix_end(&m);
	decoding_send_from(d, &m, "2001:db8::7", 4739);
	m = sflow_begin(3);
	sflow_end(&m, sflow_sample(&m, 1,
	                           "00000001 00000003 00000200 00001000 00000000 00000003 "
	                           "00000004 00000000"));
	sflow_end(&m, sflow_sample(&m, 1,
	                           "00000005 00000003 00000200 00002000 00000001 00000003 "
	                           "00000004 00000000"));
	sflow_end(&m, sflow_sample(&m, 1,
	                           "00000001 01000064 00000400 00001000 00000000 00000003 "
	                           "00000004 00000000"));
	decoding_send(d, &m);
	d->count = 0;
	return d;
}

static struct buf saved(struct decoding *d)
{
	struct buf octets = { 0 };
	decoder_save(d->decoder, &octets);
	return octets;
}

static void templates_and_rates_survive(void **state)
{
	(void)state;
	struct decoding *before = learned(), *after = decoding_new(NULL);
	struct buf octets = saved(before);
	struct err e = { 0 };
	assert_true(decoder_load(after->decoder, octets.text, octets.len, &e));
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0103 0002 00070002 00300001");
	wire_set(&m, 256, "01010101 abcd");
	wire_set(&m, 259, "0051 01");
	decoding_send(after, &m);
	m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 256, "02020202 0001 03 616263");
	wire_ipfix_end(&m);
	decoding_send_from(after, &m, "2001:db8::7", 4739);
	assert_int_equal(after->count, 3);
	assert_int_equal(after->rows[0].key.src_addr.b[12], 1);
	assert_int_equal(after->rows[1].key.sampling, 100);
	assert_int_equal(after->rows[2].key.sampling, 1000);
	buf_done(&octets);
	decoding_free(before);
	decoding_free(after);
}

static void see_types(void *context, const struct stream *stream)
{
	const struct type_record *told = type_records_find(&stream->source->types, 2636, 137);
	if (!told)
		return;
	assert_string_equal(told->name, "abc");
	assert_int_equal(told->type, TYPE_UNSIGNED32);
	++*(size_t *)context;
}

static void elements_that_were_told_survive(void **state)
{
	(void)state;
	struct decoding *before = learned(), *after = decoding_new(NULL);
	struct buf octets = saved(before);
	struct err e = { 0 };
	size_t seen = 0;
	assert_true(decoder_load(after->decoder, octets.text, octets.len, &e));
	decoder_streams(after->decoder, see_types, &seen);
	assert_int_equal(seen, 1);
	buf_done(&octets);
	decoding_free(before);
	decoding_free(after);
}

static void send_numbered(struct decoding *d, uint32_t number)
{
	struct bytes m = wire_v9((struct wire_header){
	    .uptime_ms = 1000000, .seconds = 0x6b023080, .sequence = number, .domain = 100 });
	wire_set(&m, 257, "0050 0051");
	decoding_send(d, &m);
}

/* After each datagram of a story with every kind of turn, another decoder goes on from octets. */
static void sequences_survive_in_every_part(void **state)
{
	(void)state;
	static const uint32_t story[] = { 6, 9, 8, 8, 30, 12, 900000, 31, 900000, 900001, 900003 };
	struct decoding *alone = learned(), *relay = learned();
	uint64_t told = 0;
	for (uint32_t i = 0; i < 40 + ARRAY_LEN(story); i++) {
		uint32_t number = i < 40 ? 4294967261 + i : story[i - 40];
		send_numbered(alone, number);
		send_numbered(relay, number);
		told += decoder_counts(relay->decoder)->lost_datagrams;
		struct buf octets = saved(relay);
		struct err e = { 0 };
		decoding_free(relay);
		relay = decoding_new(NULL);
		assert_true(decoder_load(relay->decoder, octets.text, octets.len, &e));
		buf_done(&octets);
	}
	struct buf one = saved(alone), two = saved(relay);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.text, two.text, one.len);
	assert_int_equal(told, decoder_counts(alone->decoder)->lost_datagrams);
	buf_done(&one);
	buf_done(&two);
	decoding_free(alone);
	decoding_free(relay);
}

static void what_is_loaded_is_saved_alike(void **state)
{
	(void)state;
	struct decoding *before = learned(), *after = decoding_new(NULL);
	struct buf one = saved(before);
	struct err e = { 0 };
	assert_true(decoder_load(after->decoder, one.text, one.len, &e));
	struct buf two = saved(after);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.text, two.text, one.len);
	buf_done(&one);
	buf_done(&two);
	decoding_free(before);
	decoding_free(after);
}

static void every_datagram_changes_what_is_remembered(void **state)
{
	(void)state;
	struct decoding *d = learned();
	assert_true(decoder_state_changed(d->decoder));
	assert_false(decoder_state_changed(d->decoder));
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 257, "0050"); /* nothing new but its number */
	decoding_send(d, &m);
	assert_true(decoder_state_changed(d->decoder));
	assert_false(decoder_state_changed(d->decoder));
	decoding_free(d);
}

/* Cut or changed anywhere: an error or other knowledge, never a crash. */
static void damage_is_an_error_at_most(void **state)
{
	(void)state;
	struct decoding *d = learned();
	struct buf octets = saved(d);
	size_t refused = 0;
	for (size_t i = 0; i < octets.len; i++) {
		struct err e = { 0 };
		struct decoding *cut = decoding_new(NULL), *changed = decoding_new(NULL);
		refused += !decoder_load(cut->decoder, octets.text, i, &e);
		octets.text[i] ^= 0x55;
		refused += !decoder_load(changed->decoder, octets.text, octets.len, &e);
		octets.text[i] ^= 0x55;
		decoding_free(cut);
		decoding_free(changed);
	}
	assert_true(refused > octets.len / 2);
	buf_done(&octets);
	decoding_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_and_rates_survive),
		cmocka_unit_test(elements_that_were_told_survive),
		cmocka_unit_test(what_is_loaded_is_saved_alike),
		cmocka_unit_test(sequences_survive_in_every_part),
		cmocka_unit_test(every_datagram_changes_what_is_remembered),
		cmocka_unit_test(damage_is_an_error_at_most),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
