#include "core/base/buf.h"

#include "support/decoding.h"
#include "support/sflow.h"

/* Ethernet, frame_length 118 = 14 + 100 + 4 of check sequence, 4 stripped */
#define ETHERNET "00000001 00000076 00000004"

/* A datagram of one flow sample; its records are added, then it is sent. */
struct flow {
	struct decoding *d;
	struct bytes m;
	size_t at;
};

static struct flow flow_begin(const char *head, uint32_t records)
{
	struct flow f = { .d = decoding_new(NULL), .m = sflow_begin(1) };
	f.at = sflow_sample(&f.m, 1, head);
	wire_u32(&f.m, records);
	return f;
}

static const struct flow_row *flow_row(struct flow *f)
{
	sflow_end(&f->m, f->at);
	decoding_send(f->d, &f->m);
	assert_int_equal(f->d->count, 1);
	return &f->d->rows[0];
}

/* The row of one sampled header. */
static struct flow_row row_of_header(const char *lengths, const char *octets)
{
	struct flow f = flow_begin(SFLOW_FLOW_HEAD, 1);
	sflow_header(&f.m, lengths, octets);
	struct flow_row row = *flow_row(&f);
	assert_int_equal(decoder_counts(f.d->decoder)->malformed, 0);
	decoding_free(f.d);
	return row;
}

/* The row of one record beside a sampled header. */
static struct flow_row row_with(uint32_t format, const char *body)
{
	struct flow f = flow_begin(SFLOW_FLOW_HEAD, 2);
	sflow_record(&f.m, format, body);
	sflow_header(&f.m, ETHERNET, SFLOW_MACS "0800" SFLOW_IPV4);
	struct flow_row row = *flow_row(&f);
	decoding_free(f.d);
	return row;
}

static void a_sample_is_one_packet_at_its_own_rate(void **state)
{
	(void)state;
	struct flow f = flow_begin(SFLOW_FLOW_HEAD, 1);
	sflow_header(&f.m, ETHERNET, SFLOW_MACS "0800" SFLOW_IPV4);
	const struct flow_row *r = flow_row(&f);
	expect_ip(&r->key.src_addr, "10.0.0.1");
	expect_ip(&r->key.dst_addr, "10.0.0.2");
	expect_ip(&r->key.exporter, "192.0.2.9");
	assert_int_equal(r->key.domain, 7);
	assert_int_equal(r->key.src_port, 4660);
	assert_int_equal(r->key.dst_port, 443);
	assert_int_equal(r->key.protocol, 6);
	assert_int_equal(r->key.tos, 0xb8);
	assert_int_equal(r->key.ip_version, 4);
	assert_int_equal(r->tcp_flags, 0x12);
	assert_int_equal(r->min_ttl, 64);
	assert_int_equal(r->max_ttl, 64);
	assert_int_equal(r->key.input_if, 3);
	assert_int_equal(r->key.output_if, 4);
	assert_int_equal(r->key.sampling, 512);
	assert_int_equal(r->packets, 1);
	assert_int_equal(r->bytes, 114); /* the frame without its check sequence */
	assert_int_equal(r->records, 1);
	assert_int_equal(r->sequence, 1000 << 16);
	/* it arrived 90 s after midnight, and says no time of its own */
	assert_int_equal(r->record_time, MIDNIGHT + 90 * TICKS_PER_SECOND);
	assert_int_equal(r->key.minute, (MIDNIGHT - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE + 1);
	assert_false(row_has(r, COL_FlowStartTime));
	assert_false(row_has(r, COL_Dot1qVlanId));
	assert_false(row_has(r, COL_SrcAsn));
	assert_true(row_has(r, COL_NumberOfBytes));
	decoding_free(f.d);
}

static void the_exporter_is_the_agent_unless_it_is_nowhere(void **state)
{
	(void)state;
	static const struct {
		const char *agent, *exporter;
	} cases[] = {
		{ "00000001 c0000209", "192.0.2.9" },
		{ "00000002 20010db8000000000000000000000009", "2001:db8::9" },
		{ "00000001 7f000001", "192.0.2.1" }, /* seen: hosts that were never configured */
		{ "00000001 00000000", "192.0.2.1" },
		{ "00000002 00000000000000000000000000000001", "192.0.2.1" },
		{ "00000000", "192.0.2.1" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct decoding *d = decoding_new(NULL);
		struct bytes m = hex("00000005");
		hex_add(&m, cases[i].agent);
		hex_add(&m, "00000007 000003e8 0000ea60 00000001");
		sflow_end(&m, sflow_sample(&m, 1, SFLOW_FLOW_HEAD "00000000"));
		decoding_send(d, &m);
		assert_int_equal(d->count, 1);
		expect_ip(&d->rows[0].key.exporter, cases[i].exporter);
		decoding_free(d);
	}
}

/* Every length in turn: what frame_length and stripped say, and the packet's own headers. */
static void bytes_are_the_frame_without_what_was_stripped(void **state)
{
	(void)state;
	static const struct {
		const char *lengths, *octets;
		uint64_t bytes;
	} cases[] = {
		/* the check sequence alone; the frame was padded to 64 octets */
		{ "00000001 00000076 00000004", SFLOW_MACS "0800" SFLOW_IPV4, 114 },
		{ "00000001 00000080 00000004", SFLOW_MACS "0800" SFLOW_IPV4, 124 },
		/* check sequence and tag */
		{ "00000001 0000007a 00000008", SFLOW_MACS "0800" SFLOW_IPV4, 114 },
		/* sampled as IP: all of Ethernet was stripped */
		{ "0000000b 00000076 00000012", SFLOW_IPV4, 100 },
		/* trap: stripped counts the payload that was not sent (1262 of 1518 was seen) */
		{ "00000001 00000076 0000003c", SFLOW_MACS "0800" SFLOW_IPV4, 114 },
		/* trap: more than the frame had */
		{ "00000001 00000076 00000077", SFLOW_MACS "0800" SFLOW_IPV4, 118 },
		/* trap: the header is cut, so that its own length is not the packet's */
		{ "00000001 000005ee 00000004", SFLOW_MACS "0806 0001", 1514 },
		/* frame_length unknown */
		{ "00000001 00000000 00000000", SFLOW_MACS "0800" SFLOW_IPV4, 114 },
		/* a length that is less than what the header says is the one that was measured */
		{ "00000001 00000040 00000004", SFLOW_MACS "0800" SFLOW_IPV4, 64 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flow_row r = row_of_header(cases[i].lengths, cases[i].octets);
		assert_int_equal(r.bytes, cases[i].bytes);
		assert_int_equal(r.packets, 1);
	}
}

static void tags_in_the_header_are_the_vlans(void **state)
{
	(void)state;
	/* trap: QinQ with 0x8100 outside */
	struct flow_row r =
	    row_of_header(ETHERNET, SFLOW_MACS "8100 6064 8100 00c8 0800" SFLOW_IPV4);
	assert_int_equal(r.key.vlan, 100);
	assert_int_equal(r.key.customer_vlan, 200);
	expect_ip(&r.key.src_addr, "10.0.0.1");
	r = row_of_header(ETHERNET, SFLOW_MACS "88a8 0064 0806 0001");
	assert_int_equal(r.key.vlan, 100);
	assert_false(row_has(&r, COL_Dot1qCustomerVlanId));
	assert_false(row_has(&r, COL_SourceIp));
	assert_true(row_has(&r, COL_NumberOfBytes));
}

static void the_port_s_vlan_counts_where_there_is_no_tag(void **state)
{
	(void)state;
	struct flow_row r = row_with(1001, "00000064 00000005 000000c8 00000000");
	assert_int_equal(r.key.vlan, 100);
	assert_false(row_has(&r, COL_Dot1qCustomerVlanId));
	/* not known */
	r = row_with(1001, "ffffffff 00000000 000000c8 00000000");
	assert_false(row_has(&r, COL_Dot1qVlanId));
	r = row_with(1001, "00000000 00000000 000000c8 00000000");
	assert_false(row_has(&r, COL_Dot1qVlanId));

	struct flow f = flow_begin(SFLOW_FLOW_HEAD, 2);
	sflow_record(&f.m, 1001, "00000064 00000005 000000c8 00000000");
	sflow_header(&f.m, ETHERNET, SFLOW_MACS "8100 012c 0800" SFLOW_IPV4);
	assert_int_equal(flow_row(&f)->key.vlan, 300);
	decoding_free(f.d);
}

static void tags_that_were_removed_stand_outside_those_that_were_not(void **state)
{
	(void)state;
	struct flow f = flow_begin(SFLOW_FLOW_HEAD, 2);
	sflow_header(&f.m, ETHERNET, SFLOW_MACS "8100 012c 0800" SFLOW_IPV4);
	sflow_record(&f.m, 1012, "00000001 88a86064");
	const struct flow_row *r = flow_row(&f);
	assert_int_equal(r->key.vlan, 100);
	assert_int_equal(r->key.customer_vlan, 300);
	decoding_free(f.d);
	struct flow_row both = row_with(1012, "00000002 88a80064 810000c8");
	assert_int_equal(both.key.vlan, 100);
	assert_int_equal(both.key.customer_vlan, 200);
}

static void a_router_tells_next_hop_and_masks(void **state)
{
	(void)state;
	struct flow_row r = row_with(1002, "00000001 c0000201 00000018 00000000");
	expect_ip(&r.key.next_hop, "192.0.2.1");
	assert_int_equal(r.key.src_mask, 24);
	assert_int_equal(r.key.dst_mask, 0); /* the default route */
	assert_true(row_has(&r, COL_DstMask));
	r = row_with(1002, "00000000 00000018 00000081");
	assert_false(row_has(&r, COL_NextHop));
	assert_int_equal(r.key.src_mask, 24);
	assert_false(row_has(&r, COL_DstMask));
}

#define GATEWAY "00000002 20010db8000000000000000000000001 0000fde8 fffffe01 0000fdea "

static void a_gateway_tells_the_path_s_last_sequence(void **state)
{
	(void)state;
	struct flow_row r = row_with(1003, GATEWAY "00000002"
	                                           "00000002 00000002 0000fde9 00000007"
	                                           "00000001 00000002 00000001 00000002"
	                                           "00000000 00000064");
	expect_ip(&r.key.bgp_next_hop, "2001:db8::1");
	assert_int_equal(r.key.src_asn, 0xfffffe01);
	assert_int_equal(r.key.dst_asn, 7);
	/* an empty path: the destination is in the agent's own AS */
	r = row_with(1003, GATEWAY "00000000 00000000 00000064");
	assert_int_equal(r.key.dst_asn, 65000);
	/* a set alone names no one */
	r = row_with(1003, GATEWAY "00000001 00000001 00000001 00000005 00000000 00000064");
	assert_false(row_has(&r, COL_DstAsn));
	r = row_with(1003, "00000000 00000000 00000000 00000000 00000000 00000000 00000000");
	assert_false(row_has(&r, COL_SrcAsn)); /* 0 is "not known" */
	assert_false(row_has(&r, COL_DstAsn));
	assert_false(row_has(&r, COL_BgpNextHop));
}

/* trap: counts of lists are an attacker's; what stood before them is kept, and the packet too */
static void a_record_that_is_not_whole_costs_itself_alone(void **state)
{
	(void)state;
	struct flow f = flow_begin(SFLOW_FLOW_HEAD, 4);
	sflow_record(&f.m, 1003, GATEWAY "00000001 00000002 40000001 00000001");
	sflow_record(&f.m, 1012, "ffffffff 88a80064");
	sflow_record(&f.m, 1002, "00000001");
	sflow_header(&f.m, ETHERNET, SFLOW_MACS "0800" SFLOW_IPV4);
	const struct flow_row *r = flow_row(&f);
	assert_int_equal(r->key.src_asn, 0xfffffe01);
	assert_false(row_has(r, COL_DstAsn));
	assert_int_equal(r->key.vlan, 100);
	expect_ip(&r->key.src_addr, "10.0.0.1");
	const struct decode_counts *counts = decoder_counts(f.d->decoder);
	assert_int_equal(counts->outcomes[WIRE_SHORT_SAMPLE_RECORD], 1);
	assert_int_equal(counts->malformed, 1);
	decoding_free(f.d);
}

/* trap: vendors whose inner lengths are wrong (Brocade, Huawei, VNI records): the outer one counts
 */
static void the_next_sample_is_found_behind_a_broken_one(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = sflow_begin(2);
	size_t at = sflow_sample(&m, 1, SFLOW_FLOW_HEAD "00000002");
	sflow_header(&m, ETHERNET, SFLOW_MACS "0800" SFLOW_IPV4);
	hex_add(&m, "000003e9 00000100 00000064"); /* says 256 octets */
	sflow_end(&m, at);
	at = sflow_sample(&m, 1, SFLOW_FLOW_HEAD "00000001");
	sflow_header(&m, ETHERNET, SFLOW_MACS "0800" SFLOW_IPV4);
	sflow_end(&m, at);
	decoding_send(d, &m);
	assert_int_equal(d->count, 2);
	expect_ip(&d->rows[0].key.dst_addr, "10.0.0.2");
	expect_ip(&d->rows[1].key.dst_addr, "10.0.0.2");
	assert_int_equal(d->rows[1].sequence, (1000 << 16) + 1);
	const struct decode_counts *counts = decoder_counts(d->decoder);
	assert_int_equal(counts->outcomes[WIRE_TRUNCATED_SAMPLE_RECORD], 1);
	assert_int_equal(counts->records, 2);
	decoding_free(d);
}

/* trap: the sampled header's length is larger than its record */
static void a_header_is_read_as_far_as_it_is_there(void **state)
{
	(void)state;
	struct flow f = flow_begin(SFLOW_FLOW_HEAD, 1);
	sflow_record(&f.m, 1, ETHERNET "ffffffff" SFLOW_MACS "0800" SFLOW_IPV4);
	const struct flow_row *r = flow_row(&f);
	assert_int_equal(r->key.dst_port, 443);
	assert_int_equal(decoder_counts(f.d->decoder)->malformed, 1);
	decoding_free(f.d);
}

static void headers_of_ip_and_mpls_have_no_link(void **state)
{
	(void)state;
	/* UDP from 2001:db8::1:53 to ::2:4660 behind a hop-by-hop header */
	struct flow_row r = row_of_header("0000000c 00000062 00000012",
	                                  "6e012345 00140040 20010db8000000000000000000000001"
	                                  "20010db8000000000000000000000002"
	                                  "11000104 00000000 00351234 000c0000 00000000");
	expect_ip(&r.key.dst_addr, "2001:db8::2");
	assert_int_equal(r.key.protocol, 17);
	assert_int_equal(r.key.dst_port, 4660);
	assert_int_equal(r.key.tos, 0xe0);
	assert_int_equal(r.bytes, 80);
	assert_false(row_has(&r, COL_TcpFlag));
	r = row_of_header("0000000d 0000007a 00000012", "00064040 00065140" SFLOW_IPV4);
	expect_ip(&r.key.src_addr, "10.0.0.1");
	assert_int_equal(r.bytes, 108); /* IP 100, two labels 8; that is more than 122 - 18 */
	/* frame relay cannot be read; the packet counts all the same */
	r = row_of_header("00000005 0000006e 00000004", "18410308" SFLOW_IPV4);
	assert_false(row_has(&r, COL_SourceIp));
	assert_int_equal(r.bytes, 106);
}

static void the_outer_header_of_a_tunnel_counts(void **state)
{
	(void)state;
	/* GRE: IPv4 in IPv4 */
	struct flow_row r =
	    row_of_header("00000001 00000096 00000004", SFLOW_MACS
	                  "0800 45000080 00010000 402f0000 c0000201 c0000202 00000800" SFLOW_IPV4);
	expect_ip(&r.key.src_addr, "192.0.2.1");
	assert_int_equal(r.key.protocol, 47);
	assert_false(row_has(&r, COL_SourcePort));
	/* VXLAN: its UDP ports */
	r = row_of_header("00000001 000000a8 00000004", SFLOW_MACS
	                  "0800 45000096 00010000 40110000 c0000201 c0000202"
	                  "d431 12b5 0082 0000 08000000 00002a00" SFLOW_MACS "0800" SFLOW_IPV4);
	expect_ip(&r.key.dst_addr, "192.0.2.2");
	assert_int_equal(r.key.dst_port, 4789);
}

static void fragments_but_the_first_have_no_ports(void **state)
{
	(void)state;
	struct flow_row r =
	    row_of_header(ETHERNET, SFLOW_MACS "0800 45000064 00012001 40060000 0a000001 0a000002"
	                                       "123401bb 00000001 00000002 50120400 00000000");
	assert_int_equal(r.key.protocol, 6);
	assert_false(row_has(&r, COL_SourcePort));
	assert_false(row_has(&r, COL_TcpFlag));
}

static void icmp_has_type_and_code_and_no_ports(void **state)
{
	(void)state;
	struct flow_row r =
	    row_of_header(ETHERNET, SFLOW_MACS "0800 45000064 00010000 40010000 0a000001 0a000002"
	                                       "030d0000 00000000");
	assert_int_equal(r.key.icmp_type, 3);
	assert_int_equal(r.key.icmp_code, 13);
	assert_false(row_has(&r, COL_DestinationPort));
}

static void fields_count_where_there_is_no_header(void **state)
{
	(void)state;
	struct flow f = flow_begin(SFLOW_FLOW_HEAD, 2);
	sflow_record(&f.m, 2, "00000076 0200000000010000 0200000000020000 00000800");
	sflow_record(&f.m, 3,
	             "00000064 00000006 0a000001 0a000002 00001234 000001bb 00000012 000000b8");
	const struct flow_row *r = flow_row(&f);
	expect_ip(&r->key.src_addr, "10.0.0.1");
	assert_int_equal(r->key.src_port, 4660);
	assert_int_equal(r->key.dst_port, 443);
	assert_int_equal(r->tcp_flags, 0x12);
	assert_int_equal(r->key.tos, 0xb8);
	assert_int_equal(r->bytes, 100);
	assert_false(row_has(r, COL_MinTtl));
	decoding_free(f.d);

	f = flow_begin(SFLOW_FLOW_HEAD, 1);
	sflow_record(&f.m, 4,
	             "00000064 0000003a 20010db8000000000000000000000001"
	             "20010db8000000000000000000000002 00000087 00000000 00000000 00000001");
	r = flow_row(&f);
	expect_ip(&r->key.dst_addr, "2001:db8::2");
	assert_int_equal(r->key.ip_version, 6);
	assert_false(row_has(r, COL_SourcePort));
	decoding_free(f.d);

	f = flow_begin(SFLOW_FLOW_HEAD, 1);
	sflow_record(&f.m, 2, "00000076 0200000000010000 0200000000020000 00000806");
	r = flow_row(&f);
	assert_int_equal(r->bytes, 118);
	assert_false(row_has(r, COL_SourceIp));
	decoding_free(f.d);
}

static void a_header_goes_before_fields(void **state)
{
	(void)state;
	struct flow_row r =
	    row_with(3, "00000032 00000011 0a000003 0a000004 00000001 00000002 00000000 00000000");
	expect_ip(&r.key.src_addr, "10.0.0.1");
	assert_int_equal(r.bytes, 114);
}

static struct flow_row row_between(const char *input, const char *output)
{
	struct flow f = { .d = decoding_new(NULL), .m = sflow_begin(1) };
	f.at = sflow_sample(&f.m, 1, "00000005 00000003 00000200 00001000 00000000");
	hex_add(&f.m, input);
	hex_add(&f.m, output);
	wire_u32(&f.m, 0);
	struct flow_row row = *flow_row(&f);
	decoding_free(f.d);
	return row;
}

static void interfaces_are_indexes_or_null(void **state)
{
	(void)state;
	struct flow_row r = row_between("3fffffff", "00000004");
	assert_true(row_has(&r, COL_InputInterface)); /* the device itself */
	assert_int_equal(r.key.input_if, 0);
	assert_int_equal(r.key.output_if, 4);
	r = row_between("00000000", "3fffffff");
	assert_false(row_has(&r, COL_InputInterface)); /* not known */
	assert_true(row_has(&r, COL_OutputInterface));
	assert_int_equal(r.key.output_if, 0);
	r = row_between("00000003", "40000102"); /* discarded by an ACL */
	assert_int_equal(r.key.input_if, 3);
	assert_false(row_has(&r, COL_OutputInterface));
	r = row_between("00000003", "80000007"); /* to seven */
	assert_false(row_has(&r, COL_OutputInterface));
}

static uint32_t rate_of(const struct decoder_config *config, const char *rate)
{
	struct flow f = { .d = decoding_new(config), .m = sflow_begin(1) };
	f.at = sflow_sample(&f.m, 1, "00000005 00000003");
	hex_add(&f.m, rate);
	hex_add(&f.m, "00001000 00000000 00000003 00000004 00000000");
	const struct flow_row *r = flow_row(&f);
	uint32_t told = row_has(r, COL_SamplingInterval) ? r->key.sampling : 0;
	decoding_free(f.d);
	return told;
}

/* trap: rates change from sample to sample (adaptive), so each sample's own counts */
static void the_rate_is_the_sample_s_own(void **state)
{
	(void)state;
	struct sampling_override stated = { .interval = 77 };
	assert_true(ip_prefix_parse("192.0.2.9/32", &stated.prefix)); /* the agent's address */
	struct decoder_config overridden = { .overrides = { &stated, 1 }, .default_sampling = 9 };
	struct decoder_config by_default = { .default_sampling = 9 };
	assert_int_equal(rate_of(NULL, "00000200"), 512);
	assert_int_equal(rate_of(NULL, "00000000"), 0); /* none: null */
	assert_int_equal(rate_of(&by_default, "00000000"), 9);
	assert_int_equal(rate_of(&by_default, "00000200"), 512);
	assert_int_equal(rate_of(&overridden, "00000200"), 77);
}

static void counters_and_discards_are_counted_and_make_no_rows(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = sflow_begin(4);
	sflow_end(&m, sflow_sample(&m, 2, "00000006 00000003 00000000"));
	sflow_end(&m, sflow_sample(&m, 5,
	                           "00000006 00000000 00000064 00000100 00000001 00000002"
	                           "00000102 00000000"));
	sflow_end(&m, sflow_sample(&m, 0x9001, "00000006"));
	sflow_end(&m, sflow_sample(&m, 1, SFLOW_FLOW_HEAD "00000000"));
	decoding_send(d, &m);
	const struct decode_counts *counts = decoder_counts(d->decoder);
	assert_int_equal(d->count, 1);
	assert_int_equal(d->rows[0].sequence, (1000 << 16) + 3);
	assert_int_equal(counts->records, 1);
	assert_int_equal(counts->counter_samples, 1);
	assert_int_equal(counts->discarded_packets, 1);
	assert_int_equal(counts->outcomes[WIRE_OTHER_SAMPLE], 1);
	assert_int_equal(counts->malformed, 0);
	decoding_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_is_one_packet_at_its_own_rate),
		cmocka_unit_test(the_exporter_is_the_agent_unless_it_is_nowhere),
		cmocka_unit_test(bytes_are_the_frame_without_what_was_stripped),
		cmocka_unit_test(tags_in_the_header_are_the_vlans),
		cmocka_unit_test(the_port_s_vlan_counts_where_there_is_no_tag),
		cmocka_unit_test(tags_that_were_removed_stand_outside_those_that_were_not),
		cmocka_unit_test(a_router_tells_next_hop_and_masks),
		cmocka_unit_test(a_gateway_tells_the_path_s_last_sequence),
		cmocka_unit_test(a_record_that_is_not_whole_costs_itself_alone),
		cmocka_unit_test(the_next_sample_is_found_behind_a_broken_one),
		cmocka_unit_test(a_header_is_read_as_far_as_it_is_there),
		cmocka_unit_test(headers_of_ip_and_mpls_have_no_link),
		cmocka_unit_test(the_outer_header_of_a_tunnel_counts),
		cmocka_unit_test(fragments_but_the_first_have_no_ports),
		cmocka_unit_test(icmp_has_type_and_code_and_no_ports),
		cmocka_unit_test(fields_count_where_there_is_no_header),
		cmocka_unit_test(a_header_goes_before_fields),
		cmocka_unit_test(interfaces_are_indexes_or_null),
		cmocka_unit_test(the_rate_is_the_sample_s_own),
		cmocka_unit_test(counters_and_discards_are_counted_and_make_no_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
