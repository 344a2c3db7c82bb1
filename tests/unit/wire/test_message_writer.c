#include "core/wire/message_writer.h"

#include "core/base/ip.h"
#include "core/base/ticks.h"
#include "core/wire/element.h"
#include "support/unit.h"
#include "support/wire.h"

/* The records of RFC 7011 appendix A.3.3 and A.4. */
struct traffic {
	uint8_t src[4], dst[4], next_hop[4];
	uint64_t packets, octets;
};
struct line_card {
	uint32_t id;
	uint32_t messages, records;
};

static const struct traffic traffic[] = {
	{ { 192, 0, 2, 12 }, { 192, 0, 2, 254 }, { 192, 0, 2, 1 }, 5009, 5344385 },
	{ { 192, 0, 2, 27 }, { 192, 0, 2, 23 }, { 192, 0, 2, 2 }, 748, 388934 },
	{ { 192, 0, 2, 56 }, { 192, 0, 2, 65 }, { 192, 0, 2, 3 }, 5, 6534 },
};
static const struct line_card cards[] = { { 1, 345, 10201 }, { 2, 690, 20402 } };

static struct layout traffic_layout(void)
{
	struct layout l = {
		.id = 256,
		.field_count = 5,
		.fields = {
			LAYOUT_FIELD(8, 4, OCTETS, struct traffic, src),
			LAYOUT_FIELD(12, 4, OCTETS, struct traffic, dst),
			LAYOUT_FIELD(15, 4, OCTETS, struct traffic, next_hop),
			LAYOUT_FIELD(2, 4, UINT, struct traffic, packets),
			LAYOUT_FIELD(1, 4, UINT, struct traffic, octets),
		},
	};
	layout_finish(&l);
	return l;
}

static struct layout card_layout(uint16_t scope)
{
	struct layout l = {
		.id = 258,
		.options = true,
		.scope_count = 1,
		.field_count = 3,
		.fields = {
			LAYOUT_FIELD(scope, 4, UINT, struct line_card, id),
			LAYOUT_FIELD(41, 2, UINT, struct line_card, messages),
			LAYOUT_FIELD(42, 2, UINT, struct line_card, records),
		},
	};
	layout_finish(&l);
	return l;
}

#define TRAFFIC_HEX                                                                                \
	"c000020c c00002fe c0000201 00001391 00518c81"                                             \
	"c000021b c0000217 c0000202 000002ec 0005ef46"                                             \
	"c0000238 c0000241 c0000203 00000005 00001986"

static void write_all(struct message_writer *w)
{
	struct layout flows = traffic_layout();
	struct layout options = card_layout(w->protocol == WIRE_IPFIX ? IE_lineCardId : 3);
	assert_true(message_add_template(w, &flows));
	for (size_t i = 0; i < ARRAY_LEN(traffic); i++)
		assert_true(message_add_record(w, &flows, &traffic[i]));
	assert_true(message_add_template(w, &options));
	for (size_t i = 0; i < ARRAY_LEN(cards); i++)
		assert_true(message_add_record(w, &options, &cards[i]));
}

static const struct message_head ipfix_head = {
	.protocol = WIRE_IPFIX,
	.export_time = TICKS_UNIX_EPOCH + 0x5a000000 * TICKS_PER_SECOND + 7 * TICKS_PER_MS,
	.sequence = 0xfffffffe,
	.domain = 7,
};

static void the_example_of_rfc_7011_is_written(void **state)
{
	(void)state;
	uint8_t octets[512];
	struct message_writer w;
	message_begin(&w, &ipfix_head, octets, sizeof octets);
	write_all(&w);
	struct bytes want =
	    hex("000a 0098 5a000000 fffffffe 00000007"
	        /* A.2.1 */
	        "0002 001c 0100 0005 0008 0004 000c 0004 000f 0004 0002 0004 0001 0004"
	        /* A.3.3 */
	        "0100 0040" TRAFFIC_HEX
	        /* A.4.1, padded to a multiple of four */
	        "0003 0018 0102 0003 0001 008d 0004 0029 0002 002a 0002 0000"
	        /* A.4.3 */
	        "0102 0014 00000001 0159 27d9 00000002 02b2 4fb2");
	assert_int_equal(message_finish(&w), want.len);
	assert_memory_equal(octets, want.b, want.len);
	assert_int_equal(w.records, 5);
}

static void v9_counts_records_and_octets_of_specifiers(void **state)
{
	(void)state;
	uint8_t octets[512];
	struct message_writer w;
	struct message_head head = ipfix_head;
	head.protocol = WIRE_NETFLOW9;
	head.boot = head.export_time - 5000 * TICKS_PER_MS;
	message_begin(&w, &head, octets, sizeof octets);
	write_all(&w);
	struct bytes want = hex(
	    "0009 0007 00001388 5a000000 fffffffe 00000007"
	    "0000 001c 0100 0005 0008 0004 000c 0004 000f 0004 0002 0004 0001 0004"
	    "0100 0040" TRAFFIC_HEX "0001 0018 0102 0004 0008 0003 0004 0029 0002 002a 0002 0000"
	    "0102 0014 00000001 0159 27d9 00000002 02b2 4fb2");
	assert_int_equal(message_finish(&w), want.len);
	assert_memory_equal(octets, want.b, want.len);
}

/* Field counts and scope counts of RFC 7011 section 3.4.2.2. */
static void an_options_template_has_a_set_of_its_own(void **state)
{
	(void)state;
	uint8_t octets[128];
	struct layout first = card_layout(IE_lineCardId), second = first;
	second.id = 259;
	struct message_writer w;
	message_begin(&w, &ipfix_head, octets, sizeof octets);
	assert_true(message_add_template(&w, &first));
	assert_true(message_add_template(&w, &second));
	struct bytes want = hex("0003 0018 0102 0003 0001 008d 0004 0029 0002 002a 0002 0000"
	                        "0003 0018 0103 0003 0001 008d 0004 0029 0002 002a 0002 0000");
	assert_int_equal(message_finish(&w), 16 + want.len);
	assert_memory_equal(octets + 16, want.b, want.len);
}

static void what_does_not_fit_leaves_the_message_as_it_was(void **state)
{
	(void)state;
	uint8_t octets[16 + 28 + 4 + 20 + 3];
	struct layout flows = traffic_layout();
	struct message_writer w;
	message_begin(&w, &ipfix_head, octets, sizeof octets);
	assert_true(message_add_template(&w, &flows));
	assert_true(message_add_record(&w, &flows, &traffic[0]));
	assert_false(message_add_record(&w, &flows, &traffic[1]));
	assert_false(message_add_template(&w, &flows));
	assert_int_equal(message_finish(&w), 68);
}

/* The header's time has no fraction, so that a collector's boot time is (time - uptime); RFC 3954
 * section 8 types 21 and 22 count from there, round 2^32. */
static void a_collector_finds_the_exact_time_from_uptimes(void **state)
{
	(void)state;
	struct moment {
		int64_t at;
	};
	struct layout l = { .id = 256,
		            .field_count = 1,
		            .fields = { LAYOUT_FIELD(22, 4, UPTIME, struct moment, at) } };
	layout_finish(&l);
	int64_t days = 100; /* uptime has gone round twice */
	struct message_head head = ipfix_head;
	head.protocol = WIRE_NETFLOW9;
	head.boot = head.export_time - days * TICKS_PER_DAY;
	struct moment moment = { head.export_time - 1234 * TICKS_PER_MS };
	uint8_t octets[128];
	struct message_writer w;
	message_begin(&w, &head, octets, sizeof octets);
	assert_true(message_add_record(&w, &l, &moment));
	message_finish(&w);
	uint32_t uptime = be32(octets + 4), seconds = be32(octets + 8), first = be32(octets + 24);
	assert_int_equal(uptime, (uint32_t)(days * 86400000));
	int64_t ms = (int64_t)seconds * 1000 - (uint32_t)(uptime - first);
	assert_int_equal(ms, (moment.at - TICKS_UNIX_EPOCH) / TICKS_PER_MS);
}

static void numbers_stop_at_the_largest_and_flags_are_cut(void **state)
{
	(void)state;
	struct numbers {
		uint64_t big;
		uint16_t flags;
		char text[4];
	};
	struct layout l = { .id = 256,
		            .field_count = 3,
		            .fields = { LAYOUT_FIELD(1, 4, UINT, struct numbers, big),
		                        LAYOUT_FIELD(6, 1, FLAGS, struct numbers, flags),
		                        LAYOUT_FIELD(82, 6, TEXT, struct numbers, text) } };
	layout_finish(&l);
	struct numbers n = { .big = UINT64_C(1) << 40, .flags = 0x112, .text = "eth0" };
	uint8_t out[11];
	layout_encode(&l, &n, 0, out);
	struct bytes want = hex("ffffffff 12 65746830 0000");
	assert_int_equal(l.record_size, want.len);
	assert_memory_equal(out, want.b, want.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_rfc_7011_is_written),
		cmocka_unit_test(v9_counts_records_and_octets_of_specifiers),
		cmocka_unit_test(an_options_template_has_a_set_of_its_own),
		cmocka_unit_test(what_does_not_fit_leaves_the_message_as_it_was),
		cmocka_unit_test(a_collector_finds_the_exact_time_from_uptimes),
		cmocka_unit_test(numbers_stop_at_the_largest_and_flags_are_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
