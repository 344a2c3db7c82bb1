#include "core/packet/frame.h"

#include <stdlib.h>
#include <string.h>

#include "support/hex.h"
#include "support/unit.h"

/* Layouts: Ethernet II is two addresses and the ethertype; 802.1Q puts TPID and TCI in between;
 * RFC 791, RFC 8200, RFC 768, RFC 9293, RFC 792, RFC 3032.  Cooked headers as on
 * tcpdump.org/linktypes: v1 ends in the protocol, v2 starts with it. */
#define MACS "020000000001 020000000002 "
#define UDP4 "45b8 0020 1234 4000 40 11 0000 c0000201 c6336407 " /* 32 octets in all */
#define UDP  "9c40 0807 000c 0000 "                              /* 40000 to 2055, 12 octets */
#define UDP6                                                                                       \
	"6a b12345 000c 11 3f 20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define DATA  "deadbeef"
#define SLL   "0000 0001 0006 0200000000010000 "
#define ETHER 1
#define SLL1  113
#define SLL2  276
#define RAW   101

static enum frame_rc parse(int link, const struct bytes *bytes, struct frame *ret)
{
	memset(ret, 0xa5, sizeof *ret);
	return frame_parse(link, hex_cur(bytes), bytes->len, ret);
}

static void assert_ip(const struct ip *ip, const char *text)
{
	struct ip want;
	assert_true(ip_parse(text, &want));
	assert_memory_equal(ip, &want, sizeof want);
}

static void assert_is_udp4(const struct frame *f)
{
	assert_int_equal(f->ip_version, 4);
	assert_ip(&f->src, "192.0.2.1");
	assert_ip(&f->dst, "198.51.100.7");
	assert_int_equal(f->ip_len, 32);
	assert_int_equal(f->tos, 0xb8);
	assert_int_equal(f->ttl, 64);
	assert_int_equal(f->protocol, 17);
	assert_true(f->transport);
	assert_int_equal(f->src_port, 40000);
	assert_int_equal(f->dst_port, 2055);
	assert_false(f->fragment.is);
	assert_false(f->cut);
	assert_int_equal(cur_left(&f->payload), 4);
	assert_memory_equal(f->payload.at, "\xde\xad\xbe\xef", 4);
}

static void assert_is_udp6(const struct frame *f)
{
	assert_int_equal(f->ip_version, 6);
	assert_ip(&f->src, "2001:db8::1");
	assert_ip(&f->dst, "2001:db8::2");
	assert_int_equal(f->protocol, 17);
	assert_true(f->transport);
	assert_int_equal(f->src_port, 40000);
	assert_int_equal(f->dst_port, 2055);
	assert_int_equal(cur_left(&f->payload), 4);
	assert_memory_equal(f->payload.at, "\xde\xad\xbe\xef", 4);
}

static void every_link_type_leads_to_the_ip_header(void **state)
{
	(void)state;
	static const struct {
		int link;
		const char *v4, *v6; /* what stands in front of the packet */
	} known[] = {
		{ ETHER, MACS "0800", MACS "86dd" },
		{ SLL1, SLL "0800", SLL "86dd" },
		{ SLL2, "0800 0000 00000002 0001 00 06 0200000000010000",
		  "86dd 0000 00000002 0001 00 06 0200000000010000" },
		{ RAW, "", "" },
		{ 12, "", "" },
		{ 14, "", "" },
		{ 228, "", "" },
		{ 229, "", "" },
		{ 0, "02000000", "1e000000" },
		{ 0, "00000002", "0000001c" },
		{ 108, "00000002", "00000018" },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct frame f;
		struct bytes v4 = hex(known[i].v4), v6 = hex(known[i].v6);
		hex_add(&v4, UDP4 UDP DATA);
		hex_add(&v6, UDP6 UDP DATA);
		assert_int_equal(parse(known[i].link, &v4, &f), FRAME_OK);
		assert_is_udp4(&f);
		assert_int_equal(parse(known[i].link, &v6, &f), FRAME_OK);
		assert_is_udp6(&f);
		assert_int_equal(f.tos, 0xab);
		assert_int_equal(f.flow_label, 0x12345);
		assert_int_equal(f.ttl, 63);
		assert_int_equal(f.ip_len, 52);
	}
}

static void what_is_not_ip_is_told(void **state)
{
	(void)state;
	static const struct {
		int link;
		const char *bytes;
		enum frame_rc rc;
	} known[] = {
		{ ETHER, MACS "0806 0001080006040001", FRAME_NOT_IP },
		{ ETHER, MACS "0027 424203", FRAME_NOT_IP }, /* a length: 802.3 */
		{ ETHER, MACS "8847 00010140 00000000", FRAME_NOT_IP },
		{ RAW, "55", FRAME_NOT_IP },
		{ 0, "07000000 4500", FRAME_NOT_IP },
		{ 0, "02000100 4500", FRAME_NOT_IP },
		{ 9, "ff030021 4500", FRAME_UNKNOWN_LINK },
		{ -1, "4500", FRAME_UNKNOWN_LINK },
		{ RAW, "", FRAME_SHORT },
		{ ETHER, MACS "8100 0064", FRAME_SHORT },
		{ ETHER, MACS "8847 00010040", FRAME_SHORT }, /* no bottom of stack */
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct frame f;
		struct bytes bytes = hex(known[i].bytes);
		assert_int_equal(parse(known[i].link, &bytes, &f), known[i].rc);
	}
}

static void vlan_tags_of_every_kind_stack(void **state)
{
	(void)state;
	struct frame f;
	struct bytes one = hex(MACS "8100 e064 0800" UDP4 UDP DATA);
	assert_int_equal(parse(ETHER, &one, &f), FRAME_OK);
	assert_is_udp4(&f);
	assert_int_equal(f.vlan_tags, 1);
	assert_int_equal(f.vlan[0], 100);
	assert_int_equal(f.vlan[1], 0);

	struct bytes four = hex(MACS "88a8 0fff 8100 0001 9100 0002 9200 0003 0800" UDP4 UDP DATA);
	assert_int_equal(parse(ETHER, &four, &f), FRAME_OK);
	assert_is_udp4(&f);
	assert_int_equal(f.vlan_tags, 4);
	assert_int_equal(f.vlan[0], 4095);
	assert_int_equal(f.vlan[1], 1);

	struct bytes cooked = hex(SLL "8100 0007 0800" UDP4 UDP DATA);
	assert_int_equal(parse(SLL1, &cooked, &f), FRAME_OK);
	assert_is_udp4(&f);
	assert_int_equal(f.vlan[0], 7);

	struct bytes many = hex(MACS "8100");
	for (int i = 0; i < 300; i++)
		hex_add(&many, "0001 8100");
	hex_add(&many, "0001 0800" UDP4 UDP DATA);
	assert_int_equal(parse(ETHER, &many, &f), FRAME_OK);
	assert_is_udp4(&f);
	assert_int_equal(f.vlan_tags, 255);
}

static void mpls_labels_are_passed_behind_vlan_tags_too(void **state)
{
	(void)state;
	struct frame f;
	/* label 16 is 00010, label 0x12345, then bottom of stack with TTL 64 */
	struct bytes v4 = hex(MACS "8100 0005 8847 12345040 00010140" UDP4 UDP DATA);
	assert_int_equal(parse(ETHER, &v4, &f), FRAME_OK);
	assert_is_udp4(&f);
	assert_int_equal(f.mpls_labels, 2);
	assert_int_equal(f.mpls_label, 0x12345);
	struct bytes v6 = hex(MACS "8848 00002140" UDP6 UDP DATA);
	assert_int_equal(parse(ETHER, &v6, &f), FRAME_OK);
	assert_is_udp6(&f);
	assert_int_equal(f.mpls_label, 2);
}

static void ipv4_options_are_stepped_over(void **state)
{
	(void)state;
	struct frame f;
	struct bytes bytes =
	    hex("46b8 0024 1234 4000 40 11 0000 c0000201 c6336407 94040000" UDP DATA);
	assert_int_equal(parse(RAW, &bytes, &f), FRAME_OK);
	assert_int_equal(f.ip_len, 36);
	f.ip_len = 32;
	assert_is_udp4(&f);
}

static void what_follows_the_packet_is_not_payload(void **state)
{
	(void)state;
	struct frame f;
	struct bytes padded = hex(MACS "0800" UDP4 UDP DATA "000000000000 01020304");
	assert_int_equal(parse(ETHER, &padded, &f), FRAME_OK);
	assert_is_udp4(&f);
	/* UDP may be shorter than what the IP header leaves it, RFC 768 "Length" */
	struct bytes udp = hex("4500 0022 0000 0000 40 11 0000 c0000201 c6336407" UDP DATA "ffff");
	assert_int_equal(parse(RAW, &udp, &f), FRAME_OK);
	assert_int_equal(cur_left(&f.payload), 4);
	assert_int_equal(cur_left(&f.body), 14);
	assert_false(f.cut);
}

static void contradictions_in_headers_are_bad(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"4400 0020 0000 0000 40 11 0000 c0000201 c6336407" UDP DATA, /* header of 16 */
		"4500 0013 0000 0000 40 11 0000 c0000201 c6336407" UDP DATA, /* 19 in all */
		"4f00 0020 0000 0000 40 11 0000 c0000201 c6336407" UDP DATA, /* 60 > 32 */
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct frame f;
		struct bytes bytes = hex(bad[i]);
		assert_int_equal(parse(RAW, &bytes, &f), FRAME_BAD);
	}
	struct frame f;
	struct bytes v5 = hex(MACS "0800 55");
	hex_add(&v5, "00 0020 0000 0000 40 11 0000 c0000201 c6336407" UDP DATA);
	assert_int_equal(parse(ETHER, &v5, &f), FRAME_BAD);
	struct bytes v4_as_v6 = hex(MACS "86dd" UDP4 UDP4);
	assert_int_equal(parse(ETHER, &v4_as_v6, &f), FRAME_BAD);
}

static void udp_lengths_that_cannot_be_give_no_payload_or_a_cut_one(void **state)
{
	(void)state;
	struct frame f;
	struct bytes seven = hex(UDP4 "9c40 0807 0007 0000" DATA);
	assert_int_equal(parse(RAW, &seven, &f), FRAME_OK);
	assert_true(f.transport);
	assert_null(f.payload.at);
	struct bytes zero = hex(UDP4 "9c40 0807 0000 0000" DATA);
	assert_int_equal(parse(RAW, &zero, &f), FRAME_OK);
	assert_int_equal(cur_left(&f.payload), 4);
	struct bytes more = hex(UDP4 "9c40 0807 000d 0000" DATA);
	assert_int_equal(parse(RAW, &more, &f), FRAME_OK);
	assert_int_equal(cur_left(&f.payload), 4);
	assert_true(f.cut);
	struct bytes empty =
	    hex("4500 001c 0000 0000 40 11 0000 c0000201 c6336407 0001 0002 0008 0000");
	assert_int_equal(parse(RAW, &empty, &f), FRAME_OK);
	assert_non_null(f.payload.at);
	assert_int_equal(cur_left(&f.payload), 0);
}

static void a_length_of_zero_means_what_was_on_the_wire(void **state)
{
	(void)state;
	struct frame f;
	struct bytes v4 = hex(MACS "0800 4500 0000 0000 0000 40 11 0000 c0000201 c6336407"
	                           "9c40 0807 0000 0000" DATA);
	assert_int_equal(frame_parse(ETHER, hex_cur(&v4), 14 + 63000, &f), FRAME_OK);
	assert_int_equal(f.ip_len, 63000);
	assert_true(f.cut);
	assert_int_equal(cur_left(&f.payload), 4);
	struct bytes v6 = hex("60000000 0000 11 3f"
	                      "20010db8000000000000000000000001"
	                      "20010db8000000000000000000000002 9c40 0807 0000 0000" DATA);
	assert_int_equal(parse(RAW, &v6, &f), FRAME_OK);
	assert_is_udp6(&f);
	assert_int_equal(f.ip_len, 52);
}

#define V6(len, next)                                                                              \
	"60000000 " len next                                                                       \
	" 3f 20010db8000000000000000000000001 20010db8000000000000000000000002 "

static void ipv6_extension_headers_are_stepped_over(void **state)
{
	(void)state;
	struct frame f;
	/* hop-by-hop, destination options, routing of 24 octets, AH of 24 (4 + 2 words), then UDP
	 */
	struct bytes all =
	    hex(V6("004c", "00") "3c00 010400000000 2b00 010400000000 "
	                         "3302 040000000000 20010db8000000000000000000000009 "
	                         "1104 0000 00000001 00000002 000102030405060708090a0b" UDP DATA);
	assert_int_equal(parse(RAW, &all, &f), FRAME_OK);
	assert_is_udp6(&f);
	assert_int_equal(f.extensions, 4);
	assert_false(f.cut);

	struct bytes atomic = hex(V6("0014", "2c") "1100 0000 00000007" UDP DATA);
	assert_int_equal(parse(RAW, &atomic, &f), FRAME_OK);
	assert_is_udp6(&f);
	assert_false(f.fragment.is);

	struct bytes none = hex(V6("0000", "3b"));
	assert_int_equal(parse(RAW, &none, &f), FRAME_OK);
	assert_int_equal(f.protocol, 59);
	assert_false(f.transport);

	/* a header that claims more than there is: its own number stays the protocol */
	struct bytes beyond = hex(V6("0014", "3c") "1109 000000000000" UDP DATA);
	assert_int_equal(parse(RAW, &beyond, &f), FRAME_OK);
	assert_int_equal(f.protocol, 60);
	assert_false(f.transport);
	assert_null(f.payload.at);
}

static void extension_headers_are_bounded(void **state)
{
	(void)state;
	for (int n = FRAME_EXTENSIONS_MAX; n <= FRAME_EXTENSIONS_MAX + 1; n++) {
		struct frame f;
		struct bytes bytes = hex(V6("0000", "3c"));
		for (int i = 1; i < n; i++)
			hex_add(&bytes, "3c00 000000000000");
		hex_add(&bytes, "1100 000000000000" UDP DATA);
		assert_int_equal(parse(RAW, &bytes, &f), FRAME_OK);
		assert_int_equal(f.extensions, FRAME_EXTENSIONS_MAX);
		assert_int_equal(f.protocol, n == FRAME_EXTENSIONS_MAX ? 17 : 60);
		assert_int_equal(f.transport, n == FRAME_EXTENSIONS_MAX);
	}
}

static void fragments_are_reported(void **state)
{
	(void)state;
	struct frame f;
	struct bytes first = hex("4500 0020 abcd 2000 40 11 0000 c0000201 c6336407" UDP DATA);
	assert_int_equal(parse(RAW, &first, &f), FRAME_OK);
	assert_true(f.fragment.is && f.fragment.more);
	assert_int_equal(f.fragment.id, 0xabcd);
	assert_int_equal(f.fragment.offset, 0);
	assert_true(f.transport);
	assert_int_equal(f.dst_port, 2055);
	assert_null(f.payload.at);
	assert_int_equal(cur_left(&f.body), 12);

	struct bytes last = hex("4500 0020 abcd 00b9 40 11 0000 c0000201 c6336407" UDP DATA);
	assert_int_equal(parse(RAW, &last, &f), FRAME_OK);
	assert_true(f.fragment.is && !f.fragment.more);
	assert_int_equal(f.fragment.offset, 0xb9 * 8);
	assert_int_equal(f.protocol, 17);
	assert_false(f.transport);
	assert_int_equal(f.src_port, 0);

	struct bytes v6 = hex(V6("0014", "2c") "1100 05a9 deadbeef" UDP DATA);
	assert_int_equal(parse(RAW, &v6, &f), FRAME_OK);
	assert_true(f.fragment.is && f.fragment.more);
	assert_int_equal(f.fragment.id, 0xdeadbeef);
	assert_int_equal(f.fragment.offset, 0x5a8);
	assert_int_equal(f.body_protocol, 17);
	assert_int_equal(cur_left(&f.body), 12);
}

static void tcp_flags_and_icmp_types_are_read(void **state)
{
	(void)state;
	struct frame f;
	/* SYN with ECE, CWR and NS: octet 13 is data offset 5 and NS, octet 14 is 0xc2 */
	struct bytes tcp = hex("4500 0028 0000 0000 40 06 0000 c0000201 c6336407"
	                       "01bb c000 00000001 00000000 51c2 ffff 0000 0000");
	assert_int_equal(parse(RAW, &tcp, &f), FRAME_OK);
	assert_int_equal(f.src_port, 443);
	assert_int_equal(f.dst_port, 49152);
	assert_int_equal(f.tcp_flags, 0x1c2);
	assert_null(f.payload.at);

	struct bytes icmp =
	    hex("4500 001c 0000 0000 40 01 0000 c0000201 c6336407 030a 0000 00000000");
	assert_int_equal(parse(RAW, &icmp, &f), FRAME_OK);
	assert_true(f.transport);
	assert_int_equal(f.icmp_type, 3);
	assert_int_equal(f.icmp_code, 10);
	assert_int_equal(f.src_port, 0);

	struct bytes icmp6 = hex(V6("0008", "3a") "8700 0000 00000000");
	assert_int_equal(parse(RAW, &icmp6, &f), FRAME_OK);
	assert_int_equal(f.icmp_type, 135);

	struct bytes gre = hex("4500 0018 0000 0000 40 2f 0000 c0000201 c6336407 00000800");
	assert_int_equal(parse(RAW, &gre, &f), FRAME_OK);
	assert_int_equal(f.protocol, 47);
	assert_false(f.transport);
}

/* The bytes are copied to memory of exactly their length, so that a read behind them is seen by the
 * sanitizer; what is borrowed must lie within. */
static void parse_cut(int link, const struct bytes *whole, size_t ip_header_end)
{
	for (size_t len = 0; len <= whole->len; len++) {
		struct frame f;
		uint8_t *copy = malloc(len ? len : 1);
		assert_non_null(copy);
		memcpy(copy, whole->b, len);
		enum frame_rc rc = frame_parse(link, cur_of(copy, len), whole->len, &f);
		assert_int_equal(rc, len < ip_header_end ? FRAME_SHORT : FRAME_OK);
		if (rc == FRAME_OK) {
			assert_int_equal(f.cut, len < whole->len);
			assert_true(f.body.at >= copy && f.body.end == copy + len);
			assert_true(!f.payload.at ||
			            (f.payload.at >= f.body.at && f.payload.end <= copy + len));
		}
		free(copy);
	}
}

static void a_frame_cut_anywhere_is_never_read_past(void **state)
{
	(void)state;
	struct bytes v4 = hex(MACS "88a8 0001 8100 0002 8847 00010040 00010140" UDP4 UDP DATA);
	parse_cut(ETHER, &v4, 14 + 8 + 8 + 20);
	struct bytes options =
	    hex("46b8 0024 1234 4000 40 11 0000 c0000201 c6336407 94040000" UDP DATA);
	parse_cut(RAW, &options, 24);
	struct bytes v6 = hex(
	    SLL "86dd" V6("0030", "00") "3c00 010400000000 2c00 010400000000 "
					"3300 0000 00000001 1101 000000000000 00000000" UDP DATA);
	parse_cut(SLL1, &v6, 16 + 40);
	struct bytes tcp = hex("4500 0028 0000 0000 40 06 0000 c0000201 c6336407"
	                       "01bb c000 00000001 00000000 51c2 ffff 0000 0000");
	parse_cut(RAW, &tcp, 20);
	struct bytes icmp = hex("00000002 4500 001c 0000 0000 40 01 0000 c0000201 c6336407"
	                        "030a 0000 00000000");
	parse_cut(108, &icmp, 24);
}

/* Any byte of a header changed to anything leaves what is borrowed inside the frame. */
static void a_frame_with_any_byte_changed_stays_within_its_bytes(void **state)
{
	(void)state;
	struct bytes v6 = hex(MACS "8100 0001 86dd" V6(
	    "002c", "00") "3c00 010400000000 2c00 010400000000 "
	                  "3300 0000 00000001 1101 000000000000 00000000" UDP DATA);
	uint8_t *copy = malloc(v6.len);
	assert_non_null(copy);
	for (size_t at = 0; at < v6.len; at++) {
		for (unsigned value = 0; value < 256; value++) {
			struct frame f;
			memcpy(copy, v6.b, v6.len);
			copy[at] = (uint8_t)value;
			if (frame_parse(ETHER, cur_of(copy, v6.len), v6.len, &f) != FRAME_OK)
				continue;
			assert_true(f.body.at >= copy && f.body.end <= copy + v6.len &&
			            f.body.at <= f.body.end);
			assert_true(!f.payload.at ||
			            (f.payload.at >= f.body.at && f.payload.end <= f.body.end));
		}
	}
	free(copy);
}

static void tags_are_read_of_frames_that_are_not_ip_too(void **state)
{
	(void)state;
	struct frame f;
	struct bytes arp = hex(MACS "88a8 6064 8100 00c8 0806 0001");
	assert_int_equal(parse(ETHER, &arp, &f), FRAME_NOT_IP);
	assert_int_equal(f.ip_version, 0);
	assert_int_equal(f.vlan_tags, 2);
	assert_int_equal(f.vlan[0], 100);
	assert_int_equal(f.vlan[1], 200);
	struct bytes cut = hex(MACS "8100 6064 0800 4500");
	assert_int_equal(parse(ETHER, &cut, &f), FRAME_SHORT);
	assert_int_equal(f.ip_version, 0);
	assert_int_equal(f.vlan[0], 100);
}

static void what_stands_in_front_of_ip_is_measured(void **state)
{
	(void)state;
	struct frame f;
	struct bytes tagged = hex(MACS "8100 0064 8847 00064140 0800");
	struct bytes ether = hex(MACS "8100 0064 8847 00064140" UDP4 UDP DATA);
	assert_int_equal(parse(ETHER, &tagged, &f), FRAME_NOT_IP);
	assert_int_equal(parse(ETHER, &ether, &f), FRAME_OK);
	assert_int_equal(f.link_len, 22);
	struct bytes mpls = hex("00064040 00065140" UDP4 UDP DATA);
	assert_int_equal(parse(219, &mpls, &f), FRAME_OK);
	assert_is_udp4(&f);
	assert_int_equal(f.link_len, 8);
	assert_int_equal(f.mpls_labels, 2);
	assert_int_equal(f.mpls_label, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_link_type_leads_to_the_ip_header),
		cmocka_unit_test(what_is_not_ip_is_told),
		cmocka_unit_test(vlan_tags_of_every_kind_stack),
		cmocka_unit_test(mpls_labels_are_passed_behind_vlan_tags_too),
		cmocka_unit_test(ipv4_options_are_stepped_over),
		cmocka_unit_test(what_follows_the_packet_is_not_payload),
		cmocka_unit_test(contradictions_in_headers_are_bad),
		cmocka_unit_test(udp_lengths_that_cannot_be_give_no_payload_or_a_cut_one),
		cmocka_unit_test(a_length_of_zero_means_what_was_on_the_wire),
		cmocka_unit_test(ipv6_extension_headers_are_stepped_over),
		cmocka_unit_test(extension_headers_are_bounded),
		cmocka_unit_test(fragments_are_reported),
		cmocka_unit_test(tcp_flags_and_icmp_types_are_read),
		cmocka_unit_test(a_frame_cut_anywhere_is_never_read_past),
		cmocka_unit_test(a_frame_with_any_byte_changed_stays_within_its_bytes),
		cmocka_unit_test(tags_are_read_of_frames_that_are_not_ip_too),
		cmocka_unit_test(what_stands_in_front_of_ip_is_measured),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
