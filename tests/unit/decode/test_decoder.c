#include "core/base/ticks.h"

#include <string.h>

#include "support/decoding.h"

static void a_v9_record_fills_its_columns(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0,
	         "0100 000e 00080004 000c0004 00070002 000b0002 00040001 00010004 00020004"
	         "00160004 00150004 000a0002 00100002 00090001 00060001 00340001");
	wire_set(&m, 256,
	         "c0000201 c6336407 c000 01bb 06 000005dc 00000003"
	         "000f3e40 000f4240 0007 fde8 18 1b 40");
	decoding_send(d, &m);
	assert_int_equal(d->count, 1);
	const struct flow_row *r = &d->rows[0];
	expect_ip(&r->key.src_addr, "192.0.2.1");
	expect_ip(&r->key.dst_addr, "198.51.100.7");
	expect_ip(&r->key.exporter, "192.0.2.1");
	assert_int_equal(r->key.src_port, 49152);
	assert_int_equal(r->key.dst_port, 443);
	assert_int_equal(r->key.protocol, 6);
	assert_int_equal(r->key.input_if, 7);
	assert_int_equal(r->key.src_asn, 65000);
	assert_int_equal(r->key.src_mask, 24);
	assert_int_equal(r->key.ip_version, 4);
	assert_int_equal(r->key.domain, 100);
	assert_int_equal(r->bytes, 1500);
	assert_int_equal(r->packets, 3);
	assert_int_equal(r->tcp_flags, 0x1b);
	assert_int_equal(r->min_ttl, 64);
	/* 0xf3e40 is 998,976 ms of uptime: 1.024 s before the export time */
	assert_int_equal(r->start_time, MIDNIGHT - 1024 * TICKS_PER_MS);
	assert_int_equal(r->end_time, MIDNIGHT);
	assert_int_equal(r->record_time, MIDNIGHT);
	assert_int_equal(r->sequence, 5 << 16);
	/* arrival was 90 s after midnight of that day */
	assert_int_equal(r->key.minute, (MIDNIGHT - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE + 1);
	assert_false(row_has(r, COL_MaxTtl));
	assert_false(row_has(r, COL_DstAsn));
	assert_false(row_has(r, COL_SamplingInterval));
	assert_true(row_has(r, COL_TotalCounters));
	assert_int_equal(r->key.total_counters, 0);
	decoding_free(d);
}

static void v5_needs_no_template(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = { 0 };
	hex_add(&m, "0005 0001 000f4240 6b023080 00000000 0000002a 0102 5000" /* 1:4096, mode 1 */
	            "0a000001 0a000002 0a0000fe 0003 0004 00000002 00000078 000f3e40 000f4240"
	            "1234 0050 00 12 06 08 fde8 fde9 18 10 0000");
	decoding_send(d, &m);
	assert_int_equal(d->count, 1);
	const struct flow_row *r = &d->rows[0];
	expect_ip(&r->key.next_hop, "10.0.0.254");
	assert_int_equal(r->key.sampling, 4096);
	assert_int_equal(r->key.domain, 0x102);
	assert_int_equal(r->key.output_if, 4);
	assert_int_equal(r->packets, 2);
	assert_int_equal(r->bytes, 120);
	assert_int_equal(r->tcp_flags, 0x12);
	assert_int_equal(r->key.tos, 8);
	assert_int_equal(r->key.dst_asn, 65001);
	assert_int_equal(r->key.dst_mask, 16);
	assert_int_equal(r->sequence, 42 << 16);
	decoding_free(d);
}

/* The sequence of a record tells its place in the message, whatever set it stood in. */
static void records_are_numbered_through_the_message(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0001 00080004 0101 0001 000c0004");
	wire_set(&m, 256, "01010101 02020202");
	wire_set(&m, 257, "03030303");
	decoding_send(d, &m);
	assert_int_equal(d->count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(d->rows[i].sequence, (5 << 16) + i);
	decoding_free(d);
}

static void icmp_has_no_ports(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0,
	         "0100 0003 00040001 00070002 000b0002"            /* type hides in the port */
	         "0101 0004 00040001 00070002 000b0002 00200002"); /* type has its own field */
	wire_set(&m, 256, "01 0000 0303 06 0303 0303");
	wire_set(&m, 257, "01 0000 0000 0b01 00");
	decoding_send(d, &m);
	assert_int_equal(d->count, 3);
	assert_int_equal(d->rows[0].key.icmp_type, 3);
	assert_int_equal(d->rows[0].key.icmp_code, 3);
	assert_false(row_has(&d->rows[0], COL_SourcePort));
	assert_false(row_has(&d->rows[0], COL_DestinationPort));
	assert_int_equal(d->rows[1].key.dst_port, 0x303);
	assert_false(row_has(&d->rows[1], COL_IcmpType));
	assert_int_equal(d->rows[2].key.icmp_type, 11);
	assert_int_equal(d->rows[2].key.icmp_code, 1);
	assert_false(row_has(&d->rows[2], COL_DestinationPort));
	decoding_free(d);
}

static void integers_of_odd_sizes_fill_columns_or_are_null(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0003 00010003 00020005 00070004");
	wire_set(&m, 256,
	         "010000 0100000000 00000050"
	         "000001 0000000001 00010000");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(d->count, 2);
	assert_int_equal(d->rows[0].bytes, 65536);
	assert_true(d->rows[0].packets == UINT64_C(0x100000000));
	assert_int_equal(d->rows[0].key.src_port, 80);
	assert_false(row_has(&d->rows[1], COL_SourcePort)); /* 65,536 is no port */
	assert_int_equal(d->rows[1].key.src_port, 0);
	decoding_free(d);
}

static void every_time_encoding_is_understood(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2,
	         "0100 0001 00960004 0101 0001 00980008 0102 0001 009a0008 0103 0001 009c0008"
	         "0104 0001 009e0004 0105 0002 00980008 009c0008");
	wire_set(&m, 256, "6b02307f");
	wire_set(&m, 257, "000001a200a58018");
	wire_set(&m, 258, "eeacaeff 80000000"); /* 1795305599 + 2208988800 = 0xeeacaeff */
	wire_set(&m, 259, "eeacaeff 40000000");
	wire_set(&m, 260, "000f4240");
	wire_set(&m, 261, "0000000000000000 eeacaeff 40000000"); /* the finer one counts */
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(d->count, 6);
	assert_int_equal(d->rows[0].start_time, MIDNIGHT - TICKS_PER_SECOND);
	assert_int_equal(d->rows[1].start_time, ticks_from_unix_ms(INT64_C(0x1a200a58018)));
	assert_int_equal(d->rows[2].start_time, MIDNIGHT - TICKS_PER_SECOND / 2);
	assert_int_equal(d->rows[3].start_time, MIDNIGHT - TICKS_PER_SECOND * 3 / 4);
	assert_int_equal(d->rows[4].start_time, MIDNIGHT - TICKS_PER_SECOND);
	assert_int_equal(d->rows[5].start_time, MIDNIGHT - TICKS_PER_SECOND * 3 / 4);
	decoding_free(d);
}

/* The uptime wraps every 49.7 days: a flow may begin before and be exported after. */
static void uptime_wraps(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header){ .uptime_ms = 1000, .seconds = 0x6b023080 });
	wire_set(&m, 0, "0100 0002 00160004 00150004");
	wire_set(&m, 256,
	         "fffffc18 000003e8"   /* 2^32 - 1000 ms */
	         "000003e8 000005dc"); /* an end half a second behind the export */
	decoding_send(d, &m);
	assert_int_equal(d->rows[0].start_time, MIDNIGHT - 2 * TICKS_PER_SECOND);
	assert_int_equal(d->rows[0].end_time, MIDNIGHT);
	assert_int_equal(d->rows[1].end_time, MIDNIGHT + TICKS_PER_SECOND / 2);
	decoding_free(d);
}

static void ipfix_uptimes_need_a_start_from_options(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0001 00160004");
	wire_set(&m, 256, "000f4240");
	wire_set(&m, 3, "0101 0002 0001 00900004 00a00008");
	wire_set(&m, 257, "00000001 0000000000000000"); /* not known yet */
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_false(row_has(&d->rows[0], COL_FlowStartTime));
	m = wire_ipfix((struct wire_header)HEADER);
	/* started 1,000 s before midnight */
	uint64_t start_ms = UINT64_C(1795305600000) - 1000000;
	char record[40];
	snprintf(record, sizeof record, "00000001 %016llx", (unsigned long long)start_ms);
	wire_set(&m, 257, record);
	wire_set(&m, 256, "000f3e40");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(d->count, 2);
	assert_int_equal(d->rows[1].start_time, MIDNIGHT - 1024 * TICKS_PER_MS);
	decoding_free(d);
}

static void variable_length_records_are_walked(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0003 00080004 0052ffff 00010004"); /* interfaceName in the middle */
	wire_set(&m, 256,
	         "01010101 03 616263 00000007"
	         "02020202 ff0002 6465 00000008"
	         "03030303 00 00000009 0000");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(d->count, 3);
	assert_int_equal(d->rows[0].bytes, 7);
	assert_int_equal(d->rows[1].bytes, 8);
	assert_int_equal(d->rows[2].bytes, 9);
	expect_ip(&d->rows[2].key.src_addr, "3.3.3.3");
	assert_int_equal(counts(d)->malformed, 0);
	m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 256, "01010101 ff ffff 000000070000");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(counts(d)->outcomes[WIRE_TRUNCATED_RECORD], 1);
	decoding_free(d);
}

static void one_record_may_have_both_families(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0002 001b0010 00080004");
	wire_set(&m, 256,
	         "00000000000000000000000000000000 01020304"
	         "20010db8000000000000000000000001 00000000");
	decoding_send(d, &m);
	expect_ip(&d->rows[0].key.src_addr, "1.2.3.4");
	assert_int_equal(d->rows[0].key.ip_version, 4);
	expect_ip(&d->rows[1].key.src_addr, "2001:db8::1");
	assert_int_equal(d->rows[1].key.ip_version, 6);
	decoding_free(d);
}

/* octetTotalCount is a running total, not what was added since the last record. */
static void totals_are_marked(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0002 00550004 00560004 0101 0002 00550004 00010004");
	wire_set(&m, 256, "00000064 00000002");
	wire_set(&m, 257, "00000064 00000002");
	decoding_send(d, &m);
	assert_int_equal(d->rows[0].bytes, 100);
	assert_int_equal(d->rows[0].key.total_counters, 1);
	assert_int_equal(d->rows[1].bytes, 2);
	assert_int_equal(d->rows[1].key.total_counters, 0);
	decoding_free(d);
}

/* RFC 3954 section 9: a template redefined is a new one at once, and one that was redefined by
 * something unreadable is gone. */
static void templates_yield_at_once(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0001 00070002");
	wire_set(&m, 256, "0050 0051");
	wire_set(&m, 0, "0100 0001 00070004");
	wire_set(&m, 256, "00000052");
	wire_set(&m, 0, "0100 0005 00070004");
	wire_set(&m, 256, "00000053");
	decoding_send(d, &m);
	assert_int_equal(d->count, 3);
	assert_int_equal(d->rows[2].key.src_port, 0x52);
	assert_int_equal(counts(d)->sets_without_template, 1);
	assert_int_equal(counts(d)->outcomes[WIRE_TRUNCATED_TEMPLATE], 1);
	assert_int_equal(counts(d)->malformed, 1);
	decoding_free(d);
}

static void data_and_options_templates_share_their_ids(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0001 00070002");
	wire_set(&m, 1, "0100 0004 0004 00010004 00220004");
	wire_set(&m, 256, "00000001 00000064");
	decoding_send(d, &m);
	assert_int_equal(d->count, 0);
	assert_int_equal(counts(d)->options_records, 1);
	decoding_free(d);
}

/* A stream that tells templates itself borrows none (test_borrowing.c). */
static void templates_belong_to_one_socket_and_domain(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0101 0001 00070002");
	decoding_send_from(d, &m, "192.0.2.1", 1001);
	m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0001 00070002");
	decoding_send_from(d, &m, "192.0.2.1", 1000);
	m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 256, "0050");
	decoding_send_from(d, &m, "192.0.2.1", 1001);
	decoding_send_from(d, &m, "192.0.2.2", 1000);
	struct bytes other = wire_v9((struct wire_header){ .domain = 101 });
	wire_set(&other, 256, "0050");
	decoding_send_from(d, &other, "192.0.2.1", 1000);
	assert_int_equal(counts(d)->sets_without_template, 3);
	decoding_send_from(d, &m, "192.0.2.1", 1000);
	assert_int_equal(d->count, 1);
	decoding_free(d);
}

/* RFC 7011 section 8.4: over UDP a withdrawal MUST be ignored. */
static void withdrawals_over_udp_are_ignored(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0001 00070002");
	wire_set(&m, 2, "0100 0000");
	wire_set(&m, 2, "0002 0000");
	wire_set(&m, 256, "0050");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(d->count, 1);
	assert_int_equal(counts(d)->malformed, 0);
	decoding_free(d);
}

/* RFC 7011 section 9.1. */
static void a_malformed_ipfix_message_is_discarded_whole(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0001 00070002");
	wire_set(&m, 256, "0050");
	hex_add(&m, "0100 0100 00");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(d->count, 0);
	assert_int_equal(counts(d)->outcomes[WIRE_TRUNCATED_SET], 1);
	decoding_free(d);
}

static void padding_is_not_a_record(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0002 00080004 00040001 0000");
	wire_set(&m, 256, "01010101 06 000000");
	hex_add(&m, "0000 0000"); /* zeros behind the last set */
	decoding_send(d, &m);
	assert_int_equal(d->count, 1);
	assert_int_equal(counts(d)->malformed, 0);
	decoding_free(d);
}

/* Zero-length fields are legal in v9; a record without any octet is not, it would never end. */
static void empty_records_are_refused(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0002 00080000 00070002 0101 0001 00080000 0102 0000");
	wire_set(&m, 256, "0050");
	wire_set(&m, 257, "0050");
	decoding_send(d, &m);
	assert_int_equal(d->count, 1);
	assert_false(row_has(&d->rows[0], COL_SourceIp));
	assert_int_equal(counts(d)->outcomes[WIRE_EMPTY_TEMPLATE], 2);
	decoding_free(d);
}

static void endless_templates_are_refused(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	for (unsigned fields = TEMPLATE_FIELDS; fields <= TEMPLATE_FIELDS + 1; fields++) {
		static uint8_t octets[16384];
		struct bytes head = wire_v9((struct wire_header)HEADER);
		wire_u16(&head, 0);
		wire_u16(&head, 8 + 4 * fields);
		wire_u16(&head, 256);
		wire_u16(&head, fields);
		memset(octets, 1, sizeof octets);
		memcpy(octets, head.b, head.len);
		struct datagram datagram = { .payload = octets,
			                     .len = head.len + 4 * (size_t)fields };
		struct err e = { 0 };
		assert_true(decoder_read(d->decoder, &datagram, &e));
		assert_int_equal(counts(d)->outcomes[WIRE_TEMPLATE_LIMIT],
		                 fields > TEMPLATE_FIELDS);
	}
	decoding_free(d);
}

/* natEvent makes an event; firewallEvent does unless the record counts traffic, as PAN-OS's do. */
static void events_are_counted_apart(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0,
	         "0100 0002 00080004 00e60001 0101 0002 00080004 00e90001"
	         "0102 0003 00080004 00e90001 00010004");
	wire_set(&m, 256, "01010101 04");
	wire_set(&m, 257, "01010101 01");
	wire_set(&m, 258, "01010101 01 00000040");
	decoding_send(d, &m);
	assert_int_equal(counts(d)->nat_events, 2);
	assert_int_equal(counts(d)->records, 1);
	assert_int_equal(d->count, 1);
	decoding_free(d);
}

static void more_records_than_a_batch_arrive_in_order(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0001 00070002");
	size_t start = m.len;
	wire_u16(&m, 256);
	wire_u16(&m, 4 + 2 * 300);
	for (unsigned i = 0; i < 300; i++)
		wire_u16(&m, i);
	assert_int_equal(m.len - start, 604);
	decoding_send(d, &m);
	assert_int_equal(d->count, 300);
	for (unsigned i = 0; i < 300; i++) {
		assert_int_equal(d->rows[i].key.src_port, i);
		assert_int_equal(d->rows[i].sequence, (5 << 16) + i);
	}
	decoding_free(d);
}

/* Cutting a datagram anywhere never crashes, and never yields more records than the whole one. */
static void a_cut_datagram_yields_no_more_than_the_whole(void **state)
{
	(void)state;
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0003 00080004 000c0004 00010004");
	wire_set(&m, 1, "0101 0004 0004 00010004 00220004");
	wire_set(&m, 257, "00000001 00000064");
	wire_set(&m, 256, "01010101 02020202 00000001 03030303 04040404 00000002");
	for (size_t len = 0; len <= m.len; len++) {
		struct decoding *d = decoding_new(NULL);
		uint8_t *exact = malloc(len ? len : 1); /* so that reading past it is seen */
		assert_non_null(exact);
		memcpy(exact, m.b, len);
		struct datagram datagram = { .payload = exact, .len = len };
		struct err e = { 0 };
		assert_true(decoder_read(d->decoder, &datagram, &e));
		assert_true(decoder_flush(d->decoder, &e));
		assert_int_equal(d->count, len == m.len ? 2 : 0);
		free(exact);
		decoding_free(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_v9_record_fills_its_columns),
		cmocka_unit_test(v5_needs_no_template),
		cmocka_unit_test(records_are_numbered_through_the_message),
		cmocka_unit_test(icmp_has_no_ports),
		cmocka_unit_test(integers_of_odd_sizes_fill_columns_or_are_null),
		cmocka_unit_test(every_time_encoding_is_understood),
		cmocka_unit_test(uptime_wraps),
		cmocka_unit_test(ipfix_uptimes_need_a_start_from_options),
		cmocka_unit_test(variable_length_records_are_walked),
		cmocka_unit_test(one_record_may_have_both_families),
		cmocka_unit_test(totals_are_marked),
		cmocka_unit_test(templates_yield_at_once),
		cmocka_unit_test(data_and_options_templates_share_their_ids),
		cmocka_unit_test(templates_belong_to_one_socket_and_domain),
		cmocka_unit_test(withdrawals_over_udp_are_ignored),
		cmocka_unit_test(a_malformed_ipfix_message_is_discarded_whole),
		cmocka_unit_test(padding_is_not_a_record),
		cmocka_unit_test(empty_records_are_refused),
		cmocka_unit_test(endless_templates_are_refused),
		cmocka_unit_test(events_are_counted_apart),
		cmocka_unit_test(more_records_than_a_batch_arrive_in_order),
		cmocka_unit_test(a_cut_datagram_yields_no_more_than_the_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
