/* Datagrams with gaps, from their octets to the decoder's counts. */
#include "collector/decode/loss.h"

#include "support/decoding.h"

#define UPTIME  1000000
#define SECONDS 0x6b023080

static struct bytes v9(uint32_t sequence, uint32_t source_id)
{
	return wire_v9((struct wire_header){ UPTIME, SECONDS, sequence, source_id });
}

static struct bytes ipfix(uint32_t sequence, uint32_t domain)
{
	return wire_ipfix((struct wire_header){ 0, SECONDS, sequence, domain });
}

static void send_v9(struct decoding *d, uint32_t sequence, uint32_t source_id, size_t records)
{
	struct bytes m = v9(sequence, source_id);
	wire_set(&m, 0, "0100 0001 00070002");
	wire_set(&m, 256, records == 4 ? "0001 0002 0003 0004" : "0001 0002");
	decoding_send(d, &m);
}

/* NetFlow v5 of `count` records, of which `came` are there. */
static void send_v5(struct decoding *d, uint32_t sequence, unsigned engine, unsigned count,
                    size_t came)
{
	struct bytes m = { 0 };
	wire_u16(&m, 5);
	wire_u16(&m, count);
	wire_u32(&m, UPTIME);
	wire_u32(&m, SECONDS);
	wire_u32(&m, 0);
	wire_u32(&m, sequence);
	wire_u16(&m, engine);
	wire_u16(&m, 0);
	m.len += came * NF5_RECORD;
	decoding_send(d, &m);
}

static void see_nothing(void *context, const struct stream *stream)
{
	(void)context, (void)stream;
}

static struct decode_counts settled(struct decoding *d)
{
	decoder_settle(d->decoder, INT64_MAX, see_nothing, NULL);
	return *decoder_counts(d->decoder);
}

static void source_ids_are_apart(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	for (uint32_t i = 0; i < 3; i++)
		for (uint32_t source_id = 8; source_id < 16; source_id++)
			send_v9(d, source_id * 1000 + i, source_id, 2);
	struct decode_counts c = settled(d);
	assert_int_equal(c.lost_datagrams, 0);
	assert_int_equal(c.duplicates + c.reordered + c.restarts, 0);
	decoding_free(d);
}

static void engines_of_netflow5_are_apart(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	for (uint32_t i = 0; i < 3; i++)
		for (unsigned engine = 0x0100; engine < 0x0103; engine++)
			send_v5(d, engine * 5000 + i * 2, engine, 2, 2);
	struct decode_counts c = settled(d);
	assert_int_equal(c.lost_records, 0);
	assert_int_equal(c.duplicates + c.reordered + c.restarts, 0);
	decoding_free(d);
}

static void a_lost_datagram_held_as_many_records_as_others_do(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	for (uint32_t i = 0; i < 20; i++)
		send_v9(d, i, 7, i % 2 ? 4 : 2);
	send_v9(d, 30, 7, 2);
	send_v9(d, 31, 7, 4); /* 66 records in 22 datagrams */
	struct decode_counts c = settled(d);
	assert_int_equal(c.lost_datagrams, 10);
	assert_int_equal(c.lost_records, 30);
	decoding_free(d);
}

/* Given up while it was still open what v9 counts; known at the end. */
static void a_gap_among_few_datagrams_far_apart_is_told_at_the_end(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	static const uint32_t numbers[] = { 1, 2, 5, 6, 7, 8 };
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		send_v9(d, numbers[i], 7, 2);
		d->later += 7 * TICKS_PER_SECOND;
	}
	struct decode_counts c = settled(d);
	assert_int_equal(c.lost_datagrams, 2);
	assert_int_equal(c.lost_records, 4);
	assert_int_equal(settled(d).lost_datagrams, 2); /* and not twice */
	decoding_free(d);
}

static void records_of_options_are_numbered_by_ipfix(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = ipfix(100, 1);
	wire_set(&m, 2, "0100 0001 00070002");
	wire_set(&m, 3, "0101 0002 0001 00950004 00220004");
	wire_set(&m, 257, "00000001 00000064");
	wire_set(&m, 256, "0050 0051");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	m = ipfix(103, 1);
	wire_set(&m, 256, "0050");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	m = ipfix(109, 1);
	wire_set(&m, 256, "0050");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	struct decode_counts c = settled(d);
	assert_int_equal(c.lost_records, 5);
	assert_int_equal(c.lost_datagrams, 0); /* ipfix does not number them */
	decoding_free(d);
}

static void a_missing_template_is_no_loss(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = ipfix(0, 1);
	wire_set(&m, 256, "0050 0051");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	m = ipfix(2, 1);
	wire_set(&m, 2, "0100 0001 00070002");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	struct decode_counts c = settled(d);
	assert_int_equal(c.lost_records, 0);
	assert_int_equal(c.sets_without_template, 1);
	decoding_free(d);
}

static void what_netflow5_announces_and_does_not_send_is_cut_and_not_lost(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	send_v5(d, 0, 1, 10, 7);
	send_v5(d, 10, 1, 2, 2);
	struct decode_counts c = settled(d);
	assert_int_equal(c.lost_records, 0);
	assert_int_equal(c.records, 9);
	assert_int_equal(c.records_cut, 3);
	decoding_free(d);
}

static void a_malformed_datagram_has_one_cause(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = v9(0, 7);
	wire_set(&m, 0, "0005 0001 00070002"); /* an id below 256 */
	wire_set(&m, 9, "");                   /* a reserved set */
	wire_set(&m, 9, "");
	decoding_send(d, &m);
	struct decode_counts c = settled(d);
	assert_int_equal(c.malformed, 1);
	assert_int_equal(c.outcomes[WIRE_RESERVED_SET], 2);
	assert_int_equal(c.causes[WIRE_BAD_TEMPLATE_ID], 1);
	assert_int_equal(c.causes[WIRE_RESERVED_SET], 0);
	decoding_free(d);
}

/* An sFlow datagram without samples, of agent 10.0.0.9 and sub-agent 3. */
static void send_sflow(struct decoding *d, uint32_t sequence, uint32_t uptime_ms)
{
	const uint32_t words[] = { 5, 1, 0x0a000009, 3, sequence, uptime_ms, 0 };
	struct bytes m = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		wire_u32(&m, words[i]);
	decoding_send(d, &m);
}

static void sflow_is_told_by_agents(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct ip exporter, agent;
	uint32_t domain;
	send_sflow(d, 100, 900000);
	send_sflow(d, 104, 901000);
	send_sflow(d, 102, 900500);
	send_sflow(d, 0, 1000); /* it has started anew */
	send_sflow(d, 2, 3000);
	struct decode_counts c = settled(d);
	assert_int_equal(c.lost_datagrams, 3); /* 101, 103, 1 */
	assert_int_equal(c.reordered, 1);
	assert_int_equal(c.restarts, 1);
	assert_true(ip_parse("10.0.0.9", &agent));
	assert_true(decoder_origin(d->decoder, &exporter, &domain));
	assert_true(ip_equal(&exporter, &agent));
	assert_int_equal(domain, 3);
	decoding_free(d);
}

static void the_domain_is_known_where_a_header_could_be_read(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct ip exporter;
	uint32_t domain = 0;
	send_v9(d, 0, 77, 2);
	assert_true(decoder_origin(d->decoder, &exporter, &domain));
	assert_int_equal(domain, 77);
	struct bytes m = { .b = { 0, 9, 0 }, .len = 3 };
	decoding_send(d, &m);
	assert_false(decoder_origin(d->decoder, &exporter, &domain));
	decoding_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(source_ids_are_apart),
		cmocka_unit_test(engines_of_netflow5_are_apart),
		cmocka_unit_test(a_lost_datagram_held_as_many_records_as_others_do),
		cmocka_unit_test(a_gap_among_few_datagrams_far_apart_is_told_at_the_end),
		cmocka_unit_test(records_of_options_are_numbered_by_ipfix),
		cmocka_unit_test(a_missing_template_is_no_loss),
		cmocka_unit_test(what_netflow5_announces_and_does_not_send_is_cut_and_not_lost),
		cmocka_unit_test(a_malformed_datagram_has_one_cause),
		cmocka_unit_test(sflow_is_told_by_agents),
		cmocka_unit_test(the_domain_is_known_where_a_header_could_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
