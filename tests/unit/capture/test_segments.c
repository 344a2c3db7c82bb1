#include "exporter/capture/segments.h"

#include "support/hex.h"
#include "support/unit.h"

/* Layouts: RFC 791, RFC 8200, RFC 9293 (data offset in the upper half of octet 12), RFC 768, RFC
 * 2675 (jumbo payload: option c2 of 4 octets), RFC 7348 (VXLAN: Ethernet in UDP, header of 8). */
#define ETHER4   "020000000001 020000000002 0800 "
#define ETHER6   "020000000001 020000000002 86dd "
#define IP4(len) "4500 " len " 1234 4000 40 06 0000 c0000201 c6336407 "
#define UDP4(len, frag)                                                                            \
	"4500 " len " 1234 " frag " 40 11 0000 c0000201 c6336407 9c40 0807 0000 0000 "
#define IP6(len, next)                                                                             \
	"60000000 " len " " next " 40 20010db8000000000000000000000001 "                           \
	"20010db8000000000000000000000002 "
#define TCP20 "9c40 01bb 00000001 00000002 5010 ffff 0000 0000 "
#define TCP32 "9c40 01bb 00000001 00000002 8010 ffff 0000 0000 0101080a 00000001 00000002 "
#define UDP   "9c40 0807 0000 0000 "

enum {
	TCPV4 = 1,
	UDP_FRAGMENTS = 3,
	TCPV6 = 4,
	UDP_L4 = 5,
	ECN = 0x80,
	NEEDS_CSUM = 1,
};

struct glued {
	const char *name, *bytes;
	uint32_t wire_len;
	struct virtio_net_hdr glue;
	struct segments segments;
};

static struct segments segments_in(const struct glued *g)
{
	struct frame f;
	struct bytes bytes = hex(g->bytes);
	/* just so many octets, so that a sanitizer sees whoever reads on */
	uint8_t *exact = malloc(bytes.len);
	memcpy(exact, bytes.b, bytes.len);
	struct cur captured = cur_of(exact, bytes.len);
	assert_int_equal(frame_parse(1, captured, g->wire_len, &f), FRAME_OK);
	struct segments s = segments_of(&f, captured, &g->glue);
	free(exact);
	return s;
}

static void assert_segments(const struct glued *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct segments s = segments_in(&all[i]);
		const struct segments *want = &all[i].segments;
		bool same = s.count == want->count && s.last == want->last &&
		            (s.count == 1 || s.size == want->size);
		if (!same)
			fail_msg("%s: %u packets, of %u and %u octets", all[i].name, s.count,
			         s.size, s.last);
	}
}

/* With a header of h octets and p of payload in pieces of g: p / g rounded up; h + g; h + rest. */
static void a_glued_frame_is_as_many_packets_as_the_wire_will_see(void **state)
{
	(void)state;
	static const struct glued known[] = {
		/* 20 + 32; 4444 of payload: 3 x 1448 + 100 */
		{ "TCP over IPv4 with timestamps",
		  ETHER4 IP4("1190") TCP32,
		  14 + 4496,
		  { .gso_type = TCPV4, .gso_size = 1448 },
		  { 4, 1500, 152 } },
		/* 2 x 1448 */
		{ "no rest",
		  ETHER4 IP4("0b84") TCP32,
		  14 + 2948,
		  { .gso_type = TCPV4 | ECN, .gso_size = 1448 },
		  { 2, 1500, 1500 } },
		/* 1 octet in the last */
		{ "hardly a rest",
		  ETHER4 IP4("05dd") TCP32,
		  14 + 1501,
		  { .gso_type = TCPV4, .gso_size = 1448 },
		  { 2, 1500, 53 } },
		/* a payload length of 20 + 2 x 1440 + 5; 40 + 20 */
		{ "TCP over IPv6",
		  ETHER6 IP6("0b59", "06") TCP20,
		  14 + 2945,
		  { .gso_type = TCPV6, .gso_size = 1440 },
		  { 3, 1500, 65 } },
		/* 20 + 8; 4 x 1200 + 700 */
		{ "UDP datagrams",
		  ETHER4 UDP4("1598", "0000"),
		  14 + 5528,
		  { .gso_type = UDP_L4, .gso_size = 1200 },
		  { 5, 1228, 728 } },
		{ "UDP datagrams over IPv6",
		  ETHER6 IP6("157c" /* 8 + 5492 */, "11") UDP,
		  14 + 5540,
		  { .gso_type = UDP_L4, .gso_size = 1200 },
		  { 5, 1248, 48 + 692 } },
		/* fragments repeat the IP header only: 8 + 3000 = 2 x 1480 + 48 */
		{ "fragments of one datagram",
		  ETHER4 UDP4("0bd4", "0000"),
		  14 + 3028,
		  { .gso_type = UDP_FRAGMENTS, .gso_size = 1480 },
		  { 3, 1500, 68 } },
		/* … and a fragment header: 8 + 3000 = 2 x 1448 + 112 */
		{ "fragments over IPv6",
		  ETHER6 IP6("0bc0", "11") UDP,
		  14 + 3048,
		  { .gso_type = UDP_FRAGMENTS, .gso_size = 1448 },
		  { 3, 1496, 160 } },
		/* behind a tag: 4 more octets of link */
		{ "with a VLAN tag",
		  "020000000001 020000000002 8100 0064 0800 " IP4("1190") TCP32,
		  18 + 4496,
		  { .gso_type = TCPV4, .gso_size = 1448 },
		  { 4, 1500, 152 } },
	};
	assert_segments(known, ARRAY_LEN(known));
}

static void what_is_not_glued_is_one_packet(void **state)
{
	(void)state;
	static const struct glued known[] = {
		{ "no offload", ETHER4 IP4("05dc") TCP32, 1514, { .gso_type = 0 }, { 1, 0, 1500 } },
		{ "a checksum alone is left to do",
		  ETHER4 IP4("05dc") TCP32,
		  1514,
		  { .flags = NEEDS_CSUM, .csum_start = 34, .csum_offset = 16 },
		  { 1, 0, 1500 } },
		{ "no size",
		  ETHER4 IP4("1190") TCP32,
		  14 + 4496,
		  { .gso_type = TCPV4 },
		  { 1, 0, 4496 } },
		{ "an unknown kind",
		  ETHER4 IP4("1190") TCP32,
		  14 + 4496,
		  { .gso_type = 7, .gso_size = 1448 },
		  { 1, 0, 4496 } },
		{ "all fits in one",
		  ETHER4 IP4("0098") TCP32,
		  14 + 152,
		  { .gso_type = TCPV4, .gso_size = 1448 },
		  { 1, 0, 152 } },
		{ "headers alone",
		  ETHER4 IP4("0034") TCP32,
		  14 + 52,
		  { .gso_type = TCPV4, .gso_size = 1448 },
		  { 1, 0, 52 } },
	};
	assert_segments(known, ARRAY_LEN(known));
}

/* The IP header of more than 65535 octets says 0; in IPv6 of older Linux a jumbo option says it. */
static void frames_beyond_64_KiB_are_packets_too(void **state)
{
	(void)state;
	static const struct glued known[] = {
		/* 52 + 100 x 1448 */
		{ "IPv4",
		  ETHER4 IP4("0000") TCP32,
		  14 + 144852,
		  { .gso_type = TCPV4, .gso_size = 1448 },
		  { 100, 1500, 1500 } },
		/* 40 + 32 + 100 x 1428 + 3 */
		{ "IPv6",
		  ETHER6 IP6("0000", "06") TCP32,
		  14 + 142875,
		  { .gso_type = TCPV6, .gso_size = 1428 },
		  { 101, 1500, 75 } },
		/* 40 + 8 + 32 + 100 x 1428 + 3, of which the 8 are on no wire */
		{ "IPv6 with the option",
		  ETHER6 IP6("0000", "00") "0600 c204 00022de3 " TCP32,
		  14 + 142883,
		  { .gso_type = TCPV6, .gso_size = 1428 },
		  { 101, 1500, 75 } },
	};
	assert_segments(known, ARRAY_LEN(known));
}

/* Outer 20 + 8 + 8, inner 14 + 20 + 32 = 102; 2 x 1398 + 10 of payload. */
static void in_a_tunnel_the_inner_payload_is_cut(void **state)
{
	(void)state;
	static const struct glued known[] = {
		{ "VXLAN",
		  ETHER4 UDP4("0b5c", "0000") "0800000000000100 " ETHER4 IP4("0b2a") TCP32,
		  14 + 2908,
		  { .flags = NEEDS_CSUM, .gso_type = TCPV4, .gso_size = 1398, .csum_start = 84 },
		  { 3, 1500, 112 } },
	};
	assert_segments(known, ARRAY_LEN(known));
}

static void what_was_not_captured_is_not_read(void **state)
{
	(void)state;
	static const struct glued known[] = {
		/* without the TCP header: 20 + 20; 4456 = 3 x 1448 + 112 */
		{ "no TCP header",
		  ETHER4 IP4("1190"),
		  14 + 4496,
		  { .gso_type = TCPV4, .gso_size = 1448 },
		  { 4, 1488, 152 } },
		/* the inner header starts far behind what there is: 20 in front, 20 of it */
		{ "an inner header outside",
		  ETHER4 IP4("1190") TCP32,
		  14 + 4496,
		  { .flags = NEEDS_CSUM, .gso_type = TCPV4, .gso_size = 1448, .csum_start = 314 },
		  /* 300 + 20 */ { 3, 1768, 320 + 1280 } },
		{ "behind the frame's end",
		  ETHER4 IP4("1190") TCP32,
		  14 + 4496,
		  { .flags = NEEDS_CSUM, .gso_type = TCPV4, .gso_size = 1448, .csum_start = 65535 },
		  { 1, 0, 4496 } },
		/* 4444 pieces of one octet: a guest may say so */
		{ "absurdly small pieces",
		  ETHER4 IP4("1190") TCP32,
		  14 + 4496,
		  { .gso_type = TCPV4, .gso_size = 1 },
		  { 4444, 53, 53 } },
	};
	assert_segments(known, ARRAY_LEN(known));
}

/* A guest's kernel may claim what it likes, of frames of random octets: seeded, Knuth's MMIX
 * generator.  What is read outside a frame is the sanitizer's to see. */
static void whatever_is_claimed_packets_are_no_more_and_no_longer_than_the_frame(void **state)
{
	(void)state;
	uint64_t random = 1;
	for (unsigned round = 0; round < 200000; round++) {
		static const uint8_t kinds[] = { TCPV4, UDP_FRAGMENTS, TCPV6, UDP_L4, TCPV4 | ECN };
		struct bytes bytes = hex(round % 2 ? ETHER4 IP4("1190") TCP32 TCP32
		                                   : ETHER6 IP6("0000", "00") TCP32 TCP32);
		uint8_t draws[8][4];
		for (size_t i = 0; i < 8; i++) {
			random =
			    random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			uint32_t high = (uint32_t)(random >> 32);
			memcpy(draws[i], &high, sizeof high);
		}
		for (size_t i = 0; i < 4; i++)
			bytes.b[14 + be16(draws[i]) % (bytes.len - 14)] = draws[i][2];
		size_t len = 34 + be16(draws[4]) % (bytes.len - 33);
		struct virtio_net_hdr glue = {
			.flags = draws[5][0] & NEEDS_CSUM,
			.gso_type = kinds[draws[5][1] % ARRAY_LEN(kinds)],
			.gso_size = be16(draws[6]),
			.csum_start = be16(draws[7]) & (draws[5][2] % 2 ? 0x7f : 0xffff),
		};
		uint8_t *exact = malloc(len);
		struct frame f;
		memcpy(exact, bytes.b, len);
		if (frame_parse(1, cur_of(exact, len), 100000, &f) == FRAME_OK) {
			struct segments s = segments_of(&f, cur_of(exact, len), &glue);
			assert_true(s.count >= 1 && s.last >= 1 && s.last <= f.ip_len + 8);
			assert_true(s.count == 1 || (s.count <= f.ip_len && s.last <= s.size &&
			                             s.size <= f.ip_len + 8));
		}
		free(exact);
	}
}

static void only_picked_packets_are_observed(void **state)
{
	(void)state;
	static const struct {
		struct selector_pick pick;
		uint64_t bytes, squares;
	} known[] = {
		{ { 4, true }, 3 * 1500 + 152, 3 * 2250000 + 23104 },
		{ { 2, false }, 3000, 4500000 },
		{ { 2, true }, 1652, 2250000 + 23104 },
		{ { 1, true }, 152, 23104 },
	};
	struct segments s = { 4, 1500, 152 };
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct observed o = { 0 };
		segments_observe(&s, known[i].pick, &o);
		assert_int_equal(o.packets, known[i].pick.count);
		assert_int_equal(o.bytes, known[i].bytes);
		assert_int_equal(o.squares, known[i].squares);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_glued_frame_is_as_many_packets_as_the_wire_will_see),
		cmocka_unit_test(what_is_not_glued_is_one_packet),
		cmocka_unit_test(frames_beyond_64_KiB_are_packets_too),
		cmocka_unit_test(in_a_tunnel_the_inner_payload_is_cut),
		cmocka_unit_test(what_was_not_captured_is_not_read),
		cmocka_unit_test(
		    whatever_is_claimed_packets_are_no_more_and_no_longer_than_the_frame),
		cmocka_unit_test(only_picked_packets_are_observed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
