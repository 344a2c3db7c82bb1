/* NetFlow of fixed layouts beside v5, and IPFIX that carries pieces of packets. */
#include "core/base/ticks.h"

#include "support/decoding.h"

#define OLD_FLOW                                                                                   \
	"0a000001 0a000101 0a000201 0003 0004 00000005 00000258 000f3e40 000f4240 04d2 01bb"

static void expect_old_flow(const struct flow_row *r)
{
	expect_ip(&r->key.src_addr, "10.0.0.1");
	expect_ip(&r->key.dst_addr, "10.0.1.1");
	expect_ip(&r->key.next_hop, "10.0.2.1");
	assert_int_equal(r->key.input_if, 3);
	assert_int_equal(r->key.output_if, 4);
	assert_int_equal(r->packets, 5);
	assert_int_equal(r->bytes, 600);
	assert_int_equal(r->key.src_port, 1234);
	assert_int_equal(r->key.dst_port, 443);
	assert_int_equal(r->key.protocol, 6);
	assert_int_equal(r->key.tos, 0xb8);
	assert_int_equal(r->tcp_flags, 0x12);
	assert_int_equal(r->start_time, MIDNIGHT - 1024 * TICKS_PER_MS);
	assert_int_equal(r->end_time, MIDNIGHT);
	assert_false(row_has(r, COL_SamplingInterval)); /* there is no field for it */
}

static void see_nothing(void *context, const struct stream *stream)
{
	(void)context, (void)stream;
}

static void versions_1_and_7_are_read_like_5(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = { 0 };
	hex_add(&m, "0001 0002 000f4240 6b023080 00000000" OLD_FLOW
	            "0000 06 b8 12 00000000000000" OLD_FLOW "0000 06 b8 12 00000000000000");
	decoding_send(d, &m);
	m = (struct bytes){ 0 };
	hex_add(&m, "0007 0002 000f4240 6b023080 00000000 0000002a 00000000" OLD_FLOW
	            "00 12 06 b8 fde9 fdea 18 10 0000 0a000009" OLD_FLOW
	            "00 12 06 b8 fde9 fdea 18 10 0000 0a000009");
	decoding_send(d, &m);
	assert_int_equal(d->count, 4);
	for (size_t i = 0; i < 4; i++)
		expect_old_flow(&d->rows[i]);
	assert_false(row_has(&d->rows[1], COL_SrcAsn));
	assert_int_equal(d->rows[3].key.src_asn, 65001);
	assert_int_equal(d->rows[3].key.dst_mask, 16);
	assert_int_equal(d->rows[3].sequence, (42 << 16) + 1);
	assert_int_equal(counts(d)->malformed, 0);
	/* version 1 has no numbers, so that nothing can be said of them */
	m = (struct bytes){ 0 };
	hex_add(&m, "0001 0001 000f4241 6b023080 00000000" OLD_FLOW "0000 06 b8 12 00000000000000");
	decoding_send(d, &m);
	assert_int_equal(counts(d)->duplicates, 0);
	/* version 7 numbers flows: two came, then one is missing */
	m = (struct bytes){ 0 };
	hex_add(&m, "0007 0001 000f4240 6b023080 00000000 0000002d 00000000" OLD_FLOW
	            "00 12 06 b8 fde9 fdea 18 10 0000 0a000009");
	decoding_send(d, &m);
	decoder_settle(d->decoder, INT64_MAX, see_nothing, NULL);
	assert_int_equal(counts(d)->lost_records, 1);
	decoding_free(d);
}

static void their_counts_are_bounded_too(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = { 0 };
	hex_add(&m, "0001 0019 000f4240 6b023080 00000000"); /* 25 */
	decoding_send(d, &m);
	m = (struct bytes){ 0 };
	hex_add(&m, "0007 001d 000f4240 6b023080 00000000 0000002a 00000000"); /* 29 */
	decoding_send(d, &m);
	assert_int_equal(counts(d)->outcomes[WIRE_BAD_COUNT], 2);
	decoding_free(d);
}

/* 192.0.2.7 to 198.51.100.1, TCP from 1000 to 443, of 1400 octets */
#define SECTION                                                                                    \
	"45b80578 00010000 40060000 c0000207 c6336401"                                             \
	"03e801bb 00000001 00000002 50120400 00000000"

/* As Junos' inline monitoring sends it: elements of its own, interfaces, length, the frame's head.
 */
static void a_section_of_a_frame_is_a_packet(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(
	    &m, 2,
	    "0180 0006 80890004 00000a4c 80890002 00000a4c 000a0004 000e0004 01380002 013bffff");
	wire_set(&m, 384,
	         "00000001 0002 00000003 00000004 058a 3a 020000000002 020000000001 8100 0064"
	         "0800" SECTION);
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(d->count, 1);
	const struct flow_row *r = &d->rows[0];
	expect_ip(&r->key.src_addr, "192.0.2.7");
	expect_ip(&r->key.dst_addr, "198.51.100.1");
	assert_int_equal(r->key.dst_port, 443);
	assert_int_equal(r->key.vlan, 100);
	assert_int_equal(r->key.input_if, 3);
	assert_int_equal(r->key.ip_version, 4);
	assert_int_equal(r->tcp_flags, 0x12);
	assert_int_equal(r->min_ttl, 64);
	assert_int_equal(r->packets, 1);
	assert_int_equal(r->bytes, 1418);
	assert_true(row_has(r, COL_TotalCounters));
	decoding_free(d);
}

static void a_section_without_a_length_tells_its_own(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0001 01390028 0101 0001 013b000e");
	wire_set(&m, 256, SECTION SECTION);
	wire_set(&m, 257, "020000000002 020000000001 0806");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(d->count, 3);
	expect_ip(&d->rows[1].key.dst_addr, "198.51.100.1");
	assert_int_equal(d->rows[1].bytes, 1400);
	assert_int_equal(d->rows[1].packets, 1);
	/* no IP in it: a packet of unknown length */
	assert_int_equal(d->rows[2].packets, 1);
	assert_false(row_has(&d->rows[2], COL_NumberOfBytes));
	assert_false(row_has(&d->rows[2], COL_SourceIp));
	decoding_free(d);
}

static void addresses_of_a_record_go_before_its_section(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0003 00080004 00010004 01390028");
	wire_set(&m, 256, "0a000001 00000064" SECTION);
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(d->count, 1);
	expect_ip(&d->rows[0].key.src_addr, "10.0.0.1");
	assert_int_equal(d->rows[0].bytes, 100);
	assert_false(row_has(&d->rows[0], COL_NumberOfPackets));
	decoding_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_1_and_7_are_read_like_5),
		cmocka_unit_test(their_counts_are_bounded_too),
		cmocka_unit_test(a_section_of_a_frame_is_a_packet),
		cmocka_unit_test(a_section_without_a_length_tells_its_own),
		cmocka_unit_test(addresses_of_a_record_go_before_its_section),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
