#include "core/wire/value.h"

#include "support/hex.h"
#include "support/unit.h"

static void expect(uint16_t id, const char *hex, const char *json)
{
	struct bytes b = { 0 };
	struct buf out = { 0 };
	hex_add(&b, hex);
	value_json(&out, element_find(0, id), b.b, b.len);
	if (strcmp(buf_text(&out), json) != 0)
		fail_msg("element %u of %s: %s, not %s", id, hex, buf_text(&out), json);
	buf_done(&out);
}

static void integers_come_in_any_reduced_size(void **state)
{
	(void)state;
	expect(IE_octetDeltaCount, "05", "5");
	expect(IE_octetDeltaCount, "010203", "66051");
	expect(IE_octetDeltaCount, "0102030405", "4328719365");
	expect(IE_octetDeltaCount, "ffffffffffffffff", "18446744073709551615");
	expect(IE_octetDeltaCount, "000000000000000001", "\"000000000000000001\"");
	expect(IE_octetDeltaCount, "", "\"\"");
}

static void signed_values_keep_their_sign(void **state)
{
	(void)state;
	expect(IE_mibObjectValueInteger, "fffffffe", "-2");
	expect(IE_mibObjectValueInteger, "fe", "-2");
	expect(IE_mibObjectValueInteger, "7f", "127");
}

/* NTP counts from 1900, 2208988800 s earlier */
static void times_have_four_encodings(void **state)
{
	(void)state;
	expect(IE_flowStartSeconds, "6b023e80", "\"2026-11-22T00:59:44Z\"");
	expect(IE_flowStartMilliseconds, "0000019bcd7a5dc8", "\"2026-01-17T19:41:47.336Z\"");
	expect(IE_flowStartMicroseconds, "83aa7e8080000000", "\"1970-01-01T00:00:00.5Z\"");
	expect(IE_flowStartNanoseconds, "83aa7e8100000000", "\"1970-01-01T00:00:01Z\"");
	expect(IE_flowStartMilliseconds, "ffffffffffffffff", "\"ffffffffffffffff\"");
}

static void addresses_and_text_have_their_usual_forms(void **state)
{
	(void)state;
	expect(IE_sourceIPv4Address, "c0000201", "\"192.0.2.1\"");
	expect(IE_sourceIPv6Address, "20010db8000000000000000000000001", "\"2001:db8::1\"");
	expect(IE_sourceIPv6Address, "00000000000000000000ffffcb007117", "\"::ffff:203.0.113.23\"");
	expect(IE_sourceIPv4Address, "c00002", "\"c00002\"");
	expect(IE_sourceMacAddress, "0011223344ff", "\"00:11:22:33:44:ff\"");
	expect(IE_interfaceName, "6765302f30000000", "\"ge0/0\"");
	expect(IE_interfaceName, "ff22", "\"\xef\xbf\xbd\\\"\"");
	expect(IE_dataRecordsReliability, "01", "true");
	expect(IE_dataRecordsReliability, "02", "false");
	expect(IE_dataRecordsReliability, "00", "\"00\"");
	expect(IE_samplingProbability, "3fe0000000000000", "0.5");
	expect(IE_samplingProbability, "3f000000", "0.5");
	expect(IE_samplingProbability, "7ff0000000000000", "\"Infinity\"");
}

static void names_are_ianas_or_tell_the_number(void **state)
{
	(void)state;
	static const struct {
		struct field_spec field;
		const char *name;
	} cases[] = {
		{ { .id = 8 }, "sourceIPv4Address" },
		{ { .id = 33000 }, "e0id33000" },
		{ { .pen = 2636, .id = 137 }, "e2636id137" },
		{ { .pen = 29305, .id = 1 }, "reverseOctetDeltaCount" },
		{ { .pen = 29305, .id = 40000 }, "e29305id40000" },
		{ { .id = 1, .is_scope = true, .is_v9_scope = true }, "scopeSystem" },
		{ { .id = 9, .is_scope = true, .is_v9_scope = true }, "scope0id9" },
		{ { .id = 149, .is_scope = true }, "observationDomainId" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = { 0 };
		value_name(&out, &cases[i].field);
		assert_string_equal(buf_text(&out), cases[i].name);
		buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_come_in_any_reduced_size),
		cmocka_unit_test(signed_values_keep_their_sign),
		cmocka_unit_test(times_have_four_encodings),
		cmocka_unit_test(addresses_and_text_have_their_usual_forms),
		cmocka_unit_test(names_are_ianas_or_tell_the_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
