#include "core/wire/message.h"

#include "core/base/ticks.h"
#include "support/unit.h"
#include "support/wire.h"

static enum wire_rc read_hex(const char *hex, struct message *ret)
{
	static struct bytes b;
	b = (struct bytes){ 0 };
	hex_add(&b, hex);
	return message_read(cur_of(b.b, b.len), ret);
}

/* 2026-11-22T00:00:00Z is 1795305600 = 0x6b023080 */
#define SECONDS "6b023080"

static void versions_are_told_by_the_first_octets(void **state)
{
	(void)state;
	struct message m;
	assert_int_equal(read_hex("0009 0000 00000064 " SECONDS " 00000007 00000100", &m), WIRE_OK);
	assert_int_equal(m.protocol, WIRE_NETFLOW9);
	assert_int_equal(m.uptime_ms, 100);
	assert_int_equal(m.sequence, 7);
	assert_int_equal(m.domain, 256);
	assert_int_equal(m.export_time, ticks_from_date((struct date){ 2026, 11, 22 }));
	assert_int_equal(read_hex("000a 0010 " SECONDS " 00000007 00000100", &m), WIRE_OK);
	assert_int_equal(m.protocol, WIRE_IPFIX);
	assert_false(m.has_uptime);
	assert_int_equal(read_hex("0008 0010", &m), WIRE_UNKNOWN_VERSION);
	assert_int_equal(read_hex("00", &m), WIRE_SHORT_HEADER);
	assert_int_equal(read_hex("", &m), WIRE_SHORT_HEADER);
}

static void headers_cut_anywhere_are_too_short(void **state)
{
	(void)state;
	static const char *const whole[] = {
		"0005 0001 00000064 " SECONDS " 00000000 00000007 0102 4400",
		"0009 0000 00000064 " SECONDS " 00000007 00000100",
		"000a 0010 " SECONDS " 00000007 00000100",
	};
	for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
		struct bytes b = { 0 };
		hex_add(&b, whole[i]);
		for (size_t len = 2; len < b.len; len++) {
			struct message m;
			assert_int_equal(message_read(cur_of(b.b, len), &m), WIRE_SHORT_HEADER);
		}
	}
}

static void a_v5_header_has_engine_and_sampling(void **state)
{
	(void)state;
	struct bytes b = { 0 };
	hex_add(&b, "0005 0002 00000064 " SECONDS " 1dcd6500 00000007 0103 5000");
	b.len += NF5_RECORD + 10; /* one record and a piece of the next */
	struct message m;
	assert_int_equal(message_read(cur_of(b.b, b.len), &m), WIRE_TRUNCATED_RECORDS);
	assert_int_equal(m.domain, 0x103);
	assert_int_equal(m.v5_sampling, 0x5000);
	assert_int_equal(cur_left(&m.body), NF5_RECORD);
	/* 500,000,000 ns behind the second */
	assert_int_equal(m.export_time,
	                 ticks_from_date((struct date){ 2026, 11, 22 }) + TICKS_PER_SECOND / 2);
}

static void a_fixed_count_is_1_to_30(void **state)
{
	(void)state;
	struct message m;
	assert_int_equal(read_hex("0005 0000 00000064 " SECONDS " 00000000 00000007 0102 4400", &m),
	                 WIRE_BAD_COUNT);
	assert_int_equal(read_hex("0005 001f 00000064 " SECONDS " 00000000 00000007 0102 4400", &m),
	                 WIRE_BAD_COUNT);
	assert_int_equal(read_hex("0005 001e 00000064 " SECONDS " 00000000 00000007 0102 4400", &m),
	                 WIRE_TRUNCATED_RECORDS);
}

static void an_ipfix_length_beyond_the_datagram_is_refused(void **state)
{
	(void)state;
	struct message m;
	assert_int_equal(read_hex("000a 0011 " SECONDS " 00000007 00000100", &m), WIRE_BAD_LENGTH);
	assert_int_equal(read_hex("000a 000f " SECONDS " 00000007 00000100", &m), WIRE_BAD_LENGTH);
	assert_int_equal(read_hex("000a 0010 " SECONDS " 00000007 00000100 0000", &m), WIRE_OK);
	assert_int_equal(cur_left(&m.body), 0);
	assert_int_equal(m.slack, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_told_by_the_first_octets),
		cmocka_unit_test(headers_cut_anywhere_are_too_short),
		cmocka_unit_test(a_v5_header_has_engine_and_sampling),
		cmocka_unit_test(a_fixed_count_is_1_to_30),
		cmocka_unit_test(an_ipfix_length_beyond_the_datagram_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
