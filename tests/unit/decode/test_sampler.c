#include "collector/decode/sampler.h"

#include <string.h>

#include "support/decoding.h"

static uint32_t last_sampling(const struct decoding *d)
{
	assert_true(d->count > 0);
	const struct flow_row *r = &d->rows[d->count - 1];
	return row_has(r, COL_SamplingInterval) ? r->key.sampling : 0;
}

/* IOS XR: options tell a rate per samplerId, records name their sampler. */
static void a_rate_per_sampler_id(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 1, "0101 0004 000c 00010004 00300002 00320004 00310001");
	wire_set(&m, 257, "00000001 0001 000007d0 02 00000001 0002 00000fa0 02");
	wire_set(&m, 0, "0100 0002 00080004 00300002");
	wire_set(&m, 256, "01010101 0001");
	decoding_send(d, &m);
	assert_int_equal(last_sampling(d), 2000);
	m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 256, "01010101 0002");
	decoding_send(d, &m);
	assert_int_equal(last_sampling(d), 4000);
	m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 256, "01010101 0003");
	decoding_send(d, &m);
	assert_int_equal(last_sampling(d), 0); /* said, not guessed */
	decoding_free(d);
}

/* Nokia: scope is a template, 305 and 306 are 1 and 999. */
static void a_rate_per_template(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 3, "0101 0005 0002 00950004 00910002 01300002 01310004 01320004");
	wire_set(&m, 257, "00000064 0100 0001 00000001 000003e7");
	wire_set(&m, 2, "0100 0001 00080004 0102 0001 00080004");
	wire_set(&m, 256, "01010101");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(last_sampling(d), 1000);
	m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 258, "01010101");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(last_sampling(d), 0);
	decoding_free(d);
}

/* Huawei: 34 in every record, which goes before what options tell. */
static void a_rate_in_the_record(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 1, "0101 0004 0004 00010004 00220004");
	wire_set(&m, 257, "00000001 00000064");
	wire_set(&m, 0, "0100 0002 00080004 00220004");
	wire_set(&m, 256, "01010101 00000800");
	decoding_send(d, &m);
	assert_int_equal(last_sampling(d), 2048);
	m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 256, "01010101 00000000"); /* not sampled */
	decoding_send(d, &m);
	assert_int_equal(last_sampling(d), 1);
	decoding_free(d);
}

/* Junos: 34 for the whole domain; SRX has a scope of no octets; options may come from another port.
 */
static void a_rate_for_the_domain(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 1, "0101 0004 0008 00010000 00230001 00220004");
	wire_set(&m, 257, "02 000003e8");
	decoding_send_from(d, &m, "192.0.2.1", 999);
	m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0001 00080004");
	wire_set(&m, 256, "01010101");
	decoding_send_from(d, &m, "192.0.2.1", 1000);
	assert_int_equal(last_sampling(d), 1000);
	decoding_send_from(d, &m, "192.0.2.2", 1000);
	assert_int_equal(last_sampling(d), 0);
	decoding_free(d);
}

/* PSAMP: n out of N, per selectorId. */
static void a_rate_of_n_out_of_n(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 3, "0101 0004 0001 012e0008 01300002 01350004 01360004");
	wire_set(&m, 257, "0000000000000007 0003 00000002 00000064");
	wire_set(&m, 2, "0100 0002 00080004 012e0008");
	wire_set(&m, 256, "01010101 0000000000000007");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(last_sampling(d), 50);
	decoding_free(d);
}

static void selector_0_with_interval_0_is_not_a_rate(void **state)
{
	(void)state;
	struct sampler_set set = { 0 };
	sampler_learn(&set, (struct sampler){ SAMPLER_ID, 0, 0 });
	assert_int_equal(sampler_find(&set, SAMPLER_ID, 0), 0);
	sampler_learn(&set, (struct sampler){ SAMPLER_ID, 1, 0 });
	assert_int_equal(sampler_find(&set, SAMPLER_ID, 1), 1);
	sampler_set_done(&set);
}

/* What options of these elements and values make of the domain's rate. */
static uint32_t rate_of(const char *elements, const char *values)
{
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	char text[128];
	snprintf(text, sizeof text, "0101 %04x 0001 00950004 %s",
	         1 + (unsigned)(strlen(elements) + 1) / 9, elements);
	wire_set(&m, 3, text);
	snprintf(text, sizeof text, "00000064 %s", values);
	wire_set(&m, 257, text);
	wire_set(&m, 2, "0100 0001 00080004");
	wire_set(&m, 256, "01010101");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(decoder_counts(d->decoder)->malformed, 0);
	uint32_t rate = last_sampling(d);
	decoding_free(d);
	return rate;
}

/* nfdump 410: 305 is how many packets are taken, and says nothing without how many are not. */
static void a_packet_interval_alone_is_not_a_rate(void **state)
{
	(void)state;
	assert_int_equal(rate_of("01310004", "00000001"), 0);
	assert_int_equal(rate_of("01320004", "000003e7"), 0);
	assert_int_equal(rate_of("01310004 01320004", "00000001 000003e7"), 1000);
	assert_int_equal(rate_of("01310004 01320004", "0000000a 0000000a"), 2);
	assert_int_equal(rate_of("01350004 01360004", "00000000 00000064"), 1);
}

static void a_probability_may_be_reduced_and_may_be_nonsense(void **state)
{
	(void)state;
	assert_int_equal(rate_of("01370008", "3f50000000000000"), 1024); /* 2^-10 */
	assert_int_equal(rate_of("01370004", "3a800000"), 1024);         /* as float32 */
	assert_int_equal(rate_of("01370008", "3ff0000000000000"), 1);
	assert_int_equal(rate_of("01370008", "4000000000000000"), 0); /* 2 */
	assert_int_equal(rate_of("01370008", "7ff8000000000000"), 0); /* not a number */
	assert_int_equal(rate_of("01370008", "0000000000000001"), 0); /* all but zero */
	assert_int_equal(rate_of("01370002", "3a80"), 0);
}

/* What came before is left as it was. */
static void options_that_arrive_after_data_apply_from_then_on(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0001 00080004");
	wire_set(&m, 256, "01010101");
	wire_set(&m, 1, "0101 0004 0004 00010004 00220004");
	wire_set(&m, 257, "00000001 00000064");
	wire_set(&m, 256, "01010101");
	decoding_send(d, &m);
	assert_false(row_has(&d->rows[0], COL_SamplingInterval));
	assert_int_equal(d->rows[1].key.sampling, 100);
	decoding_free(d);
}

/* goflow2 167: the upper two bits of v5's field are a mode. */
static void the_mode_of_v5_is_no_part_of_its_rate(void **state)
{
	(void)state;
	static const char *const fields[] = { "1000", "5000", "9000", "d000" };
	for (size_t i = 0; i < 4; i++) {
		struct decoding *d = decoding_new(NULL);
		struct bytes m = { 0 };
		hex_add(&m, "0005 0001 000f4240 6b023080 00000000 0000002a 0102");
		hex_add(&m, fields[i]);
		hex_add(&m, "0a000001 0a000002 0a0000fe 0003 0004 00000002 00000078 000f3e40"
		            "000f4240 1234 0050 00 12 06 08 fde8 fde9 18 10 0000");
		decoding_send(d, &m);
		assert_int_equal(last_sampling(d), 4096);
		assert_int_equal(d->rows[0].bytes, 120); /* raw */
		decoding_free(d);
	}
}

static void the_number_of_samplers_is_bounded(void **state)
{
	(void)state;
	struct sampler_set set = { 0 };
	for (uint32_t i = 1; i <= SAMPLER_MAX + 10; i++)
		sampler_learn(&set, (struct sampler){ SAMPLER_ID, i, i + 1 });
	assert_int_equal(set.count, SAMPLER_MAX);
	assert_int_equal(sampler_find(&set, SAMPLER_ID, SAMPLER_MAX), SAMPLER_MAX + 1);
	sampler_learn(&set, (struct sampler){ SAMPLER_ID, 5, 99 });
	assert_int_equal(sampler_find(&set, SAMPLER_ID, 5), 99);
	sampler_set_done(&set);
}

static void the_operators_word_goes_first(void **state)
{
	(void)state;
	struct sampling_override stated[2] = { { .interval = 10 }, { .interval = 20 } };
	assert_true(ip_prefix_parse("192.0.2.1", &stated[0].prefix));
	assert_true(ip_prefix_parse("192.0.2.0/24", &stated[1].prefix));
	struct decoder_config config = { .overrides = { stated, 2 }, .default_sampling = 30 };
	struct decoding *d = decoding_new(&config);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0002 00080004 00220004 0101 0001 00080004");
	wire_set(&m, 256, "01010101 00000800");
	decoding_send_from(d, &m, "192.0.2.1", 1);
	assert_int_equal(last_sampling(d), 10);
	decoding_send_from(d, &m, "192.0.2.9", 1);
	assert_int_equal(last_sampling(d), 20);
	decoding_send_from(d, &m, "198.51.100.1", 1);
	assert_int_equal(last_sampling(d), 2048);
	m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 257, "01010101");
	decoding_send_from(d, &m, "198.51.100.1", 1);
	assert_int_equal(last_sampling(d), 30);
	decoding_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_per_sampler_id),
		cmocka_unit_test(a_rate_per_template),
		cmocka_unit_test(a_rate_in_the_record),
		cmocka_unit_test(a_rate_for_the_domain),
		cmocka_unit_test(a_rate_of_n_out_of_n),
		cmocka_unit_test(selector_0_with_interval_0_is_not_a_rate),
		cmocka_unit_test(a_packet_interval_alone_is_not_a_rate),
		cmocka_unit_test(a_probability_may_be_reduced_and_may_be_nonsense),
		cmocka_unit_test(options_that_arrive_after_data_apply_from_then_on),
		cmocka_unit_test(the_mode_of_v5_is_no_part_of_its_rate),
		cmocka_unit_test(the_number_of_samplers_is_bounded),
		cmocka_unit_test(the_operators_word_goes_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
