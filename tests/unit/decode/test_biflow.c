/* Biflows (RFC 5103): a record of two directions is two rows. */
#include "collector/decode/biflow.h"

#include "collector/decode/stream.h"
#include "support/decoding.h"

/* Addresses, ports, protocol, octets and packets of both directions, in 29 octets. */
#define ENDS   "00080004 000c0004 00070002 000b0002 00040001"
#define BIFLOW "0009 " ENDS " 00010004 00020004 80010004 00007279 80020004 00007279"

/* 192.0.2.2:32770 to 192.0.2.3:80 over TCP */
#define FLOW "c0000202 c0000203 8002 0050 06"

static struct decoding *decoded(const char *templates, const char *records)
{
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, templates);
	wire_set(&m, 256, records);
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(decoder_counts(d->decoder)->malformed, 0);
	return d;
}

static void a_biflow_is_two_rows_with_their_ends_exchanged(void **state)
{
	(void)state;
	struct decoding *d = decoded("0100 " BIFLOW, FLOW "00004650 00000041 0001f400 0000006e");
	assert_int_equal(d->count, 2);
	const struct flow_row *there = &d->rows[0], *back = &d->rows[1];
	expect_ip(&there->key.src_addr, "192.0.2.2");
	assert_int_equal(there->key.src_port, 32770);
	assert_int_equal(there->bytes, 18000);
	assert_int_equal(there->packets, 65);
	expect_ip(&back->key.src_addr, "192.0.2.3");
	expect_ip(&back->key.dst_addr, "192.0.2.2");
	assert_int_equal(back->key.src_port, 80);
	assert_int_equal(back->key.dst_port, 32770);
	assert_int_equal(back->key.protocol, 6);
	assert_int_equal(back->bytes, 128000);
	assert_int_equal(back->packets, 110);
	assert_false(back->key.total_counters);
	assert_true(row_has(back, COL_TotalCounters));
	decoding_free(d);
}

static void a_record_counts_once_and_every_row_has_its_number(void **state)
{
	(void)state;
	struct decoding *d = decoded("0100 " BIFLOW, FLOW "00000001 00000001 00000002 00000001" FLOW
	                                                  "00000003 00000001 00000004 00000001");
	assert_int_equal(counts(d)->records, 2);
	assert_int_equal(counts(d)->reverse_rows, 2);
	assert_int_equal(d->count, 4);
	unsigned seen = 0, records = 0;
	for (size_t i = 0; i < d->count; i++) {
		const struct flow_row *r = &d->rows[i];
		/* octets 1 to 4 are, in this order, the numbers of the message's rows */
		assert_int_equal(r->sequence, (UINT64_C(5) << 16) + r->bytes - 1);
		seen |= 1u << r->bytes;
		records += r->records;
	}
	assert_int_equal(seen, 0x1e);
	assert_int_equal(records, 2);
	/* two data records were sent, so that the next message begins with number 7 */
	struct bytes m = wire_ipfix((struct wire_header){ .sequence = 7, .domain = 100 });
	wire_set(&m, 256, FLOW "00000001 00000001 00000002 00000001");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(counts(d)->lost_records + counts(d)->duplicates, 0);
	decoding_free(d);
}

static void where_nothing_went_back_is_one_row(void **state)
{
	(void)state;
	struct decoding *d = decoded("0100 " BIFLOW, FLOW "00000001 00000001 00000000 00000000" FLOW
	                                                  "00000002 00000001 00000000 00000001");
	assert_int_equal(counts(d)->records, 2);
	assert_int_equal(counts(d)->reverse_rows, 1);
	assert_int_equal(d->count, 3);
	assert_int_equal(d->rows[2].packets, 1);
	expect_ip(&d->rows[2].key.src_addr, "192.0.2.3");
	decoding_free(d);
}

/* Both ends' interfaces, masks, ASNs and VRFs; next hop, TTL, flags and FlowDirection of one. */
static void what_belongs_to_one_direction_stays_there(void **state)
{
	(void)state;
	struct decoding *d = decoded(
	    "0100 0012 00080004 000c0004 000a0002 000e0002 00090001 000d0001 00100004 00110004"
	    "00ea0004 00eb0004 000f0004 00340001 00060001 003d0001 00050001 003a0002 00010004"
	    "80010004 00007279",
	    "c0000202 c0000203 0005 0006 18 19 0000fbf4 0000fbf5 00000007 00000008 c0000201 40 1b "
	    "01"
	    "b8 0064 00000001 00000002");
	assert_int_equal(d->count, 2);
	const struct flow_row *r = &d->rows[1];
	assert_int_equal(r->key.input_if, 6);
	assert_int_equal(r->key.output_if, 5);
	assert_int_equal(r->key.src_mask, 25);
	assert_int_equal(r->key.dst_mask, 24);
	assert_int_equal(r->key.src_asn, 64501);
	assert_int_equal(r->key.dst_asn, 64500);
	assert_int_equal(r->key.ingress_vrf, 8);
	assert_int_equal(r->key.egress_vrf, 7);
	assert_int_equal(r->key.tos, 0xb8);
	assert_int_equal(r->key.vlan, 100);
	static const enum column_id one_way[] = { COL_NextHop,       COL_MinTtl,
		                                  COL_MaxTtl,        COL_TcpFlag,
		                                  COL_FlowDirection, COL_NumberOfPackets };
	for (size_t i = 0; i < ARRAY_LEN(one_way); i++)
		assert_false(row_has(r, one_way[i]));
	assert_int_equal(r->tcp_flags, 0);
	assert_int_equal(r->key.direction, 0);
	decoding_free(d);
}

/* An interface that only one end tells moves to the other, and leaves a null. */
static void null_changes_places_too(void **state)
{
	(void)state;
	struct decoding *d = decoded("0100 0004 00080004 000a0002 00010004 80010004 00007279",
	                             "c0000202 0005 00000001 00000002");
	const struct flow_row *r = &d->rows[1];
	assert_int_equal(d->count, 2);
	assert_false(row_has(r, COL_SourceIp));
	expect_ip(&r->key.dst_addr, "192.0.2.2");
	assert_false(row_has(r, COL_InputInterface));
	assert_int_equal(r->key.input_if, 0);
	assert_int_equal(r->key.output_if, 5);
	decoding_free(d);
}

/* As YAF sends them: totals, and the first packet back so many milliseconds later. */
static void totals_stay_totals_and_times_are_each_directions(void **state)
{
	(void)state;
	struct decoding *d =
	    decoded("0100 0006 00080004 00980008 00990008 00550004 80550004 00007279 80150004"
	            "00001ad7",
	            "c0000202 000001a200a58000 000001a200a58064 00000034 00000028 00000009"
	            "c0000202 000001a200a58000 000001a200a58064 00000034 00000028 00000065");
	assert_int_equal(d->count, 4);
	for (size_t i = 0; i < d->count; i++)
		assert_true(d->rows[i].key.total_counters);
	assert_int_equal(d->rows[2].bytes, 40);
	assert_int_equal(d->rows[2].start_time - d->rows[0].start_time, 9 * TICKS_PER_MS);
	assert_int_equal(d->rows[2].end_time, d->rows[0].end_time);
	/* 101 ms into a flow of 100 is not believed */
	assert_int_equal(d->rows[3].start_time, d->rows[1].start_time);
	decoding_free(d);
}

/* Flags of CERT's, each side its own; reverse times go before those of the whole. */
static void reverse_elements_fill_the_other_row(void **state)
{
	(void)state;
	struct decoding *d = decoded(
	    "0100 0009 00080004 00010004 80010004 00007279 800e0001 00001ad7 800f0001 00001ad7"
	    "c00e0001 00001ad7 c00f0001 00001ad7 00980008 80980008 00007279",
	    "c0000202 00000001 00000002 02 10 12 01 000001a200a58000 000001a200a58005");
	assert_int_equal(d->count, 2);
	assert_int_equal(d->rows[0].tcp_flags, 0x12);
	assert_int_equal(d->rows[1].tcp_flags, 0x13);
	assert_int_equal(d->rows[1].start_time - d->rows[0].start_time, 5 * TICKS_PER_MS);
	decoding_free(d);
}

static void without_counters_or_addresses_there_is_one_row(void **state)
{
	(void)state;
	/* Ixia's: the other direction's ICMP type alone */
	struct decoding *d =
	    decoded("0100 0003 00080004 00010004 80200002 00007279", "c0000202 00000001 0800");
	assert_int_equal(d->count, 1);
	assert_int_equal(d->rows[0].sequence, UINT64_C(5) << 16);
	decoding_free(d);
	d = decoded("0100 0002 00010004 80010001 00007279", "00000001 02 00000001 02");
	assert_int_equal(d->count, 2);
	assert_int_equal(counts(d)->records, 2);
	decoding_free(d);
}

/* More records than a batch has room for, and an interface's name behind them: the same rows by
 * either way of decoding. */
static void many_biflows_fill_many_batches(void **state)
{
	(void)state;
	for (int variable = 0; variable < 2; variable++) {
		struct decoding *d = decoding_new(NULL);
		struct bytes m = wire_ipfix((struct wire_header)HEADER);
		wire_set(&m, 2,
		         variable ? "0100 0004 00080004 00010002 80010002 00007279 0052ffff"
		                  : "0100 0003 00080004 00010002 80010002 00007279");
		size_t at = m.len;
		wire_set(&m, 256, "");
		for (unsigned i = 0; i < 300; i++) {
			hex_add(&m, "c0000202");
			wire_u16(&m, i + 1);
			wire_u16(&m, i % 2);
			hex_add(&m, variable ? "01 61" : "");
		}
		wire_set_length(&m, at + 2, m.len - at);
		wire_ipfix_end(&m);
		decoding_send(d, &m);
		assert_int_equal(counts(d)->records, 300);
		assert_int_equal(counts(d)->reverse_rows, 150);
		assert_int_equal(d->count, 450);
		uint64_t bytes = 0;
		for (size_t i = 0; i < d->count; i++)
			bytes += d->rows[i].bytes;
		assert_int_equal(bytes, 300 * 301 / 2 + 150);
		decoding_free(d);
	}
}

static void see_records(void *context, const struct stream *stream)
{
	*(uint64_t *)context += stream->records;
}

/* Two biflows wait for their template, with a set behind them that does not. */
static void biflows_that_waited_have_numbers_of_their_own(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0101 0001 00010004");
	wire_set(&m, 256,
	         FLOW "00000001 00000001 00000002 00000001" FLOW
	              "00000003 00000001 00000004 00000001");
	wire_set(&m, 257, "00000007");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	m = wire_ipfix((struct wire_header){ .sequence = 8, .domain = 100 });
	wire_set(&m, 2, "0100 " BIFLOW);
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(d->count, 5);
	for (size_t i = 0; i < d->count; i++)
		for (size_t k = 0; k < i; k++)
			assert_true(d->rows[i].sequence != d->rows[k].sequence);
	uint64_t records = 0;
	decoder_streams(d->decoder, see_records, &records);
	assert_int_equal(records, 3);
	decoding_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_biflow_is_two_rows_with_their_ends_exchanged),
		cmocka_unit_test(a_record_counts_once_and_every_row_has_its_number),
		cmocka_unit_test(where_nothing_went_back_is_one_row),
		cmocka_unit_test(what_belongs_to_one_direction_stays_there),
		cmocka_unit_test(null_changes_places_too),
		cmocka_unit_test(totals_stay_totals_and_times_are_each_directions),
		cmocka_unit_test(reverse_elements_fill_the_other_row),
		cmocka_unit_test(without_counters_or_addresses_there_is_one_row),
		cmocka_unit_test(many_biflows_fill_many_batches),
		cmocka_unit_test(biflows_that_waited_have_numbers_of_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
