#include "core/flow/application.h"

#include <string.h>

#include "core/base/attr.h"
#include "support/unit.h"

/* What octets mean, and back; expected by hand from RFC 6759 section 4.1. */
static void an_identifier_is_its_engine_and_its_selector(void **state)
{
	(void)state;
	static const struct {
		const char *octets;
		size_t len;
		const char *text;
	} cases[] = {
		{ "\x01\x06", 2, "1:6" },            /* IANA-L3 */
		{ "\x03\x00\x50", 3, "3:80" },       /* IANA-L4 */
		{ "\x0d\x00\x01\xc5", 4, "13:453" }, /* PANA-L7 */
		{ "\x0d\x00\x00\x01\xc5", 5, "13:453" },
		{ "\x00\x00\x00\x00", 4, "0:0" },
		{ "\xff\x01", 2, "255:1" },
		{ "\x0d\xff\xff\xff\xff\xff\xff\xff", 8, "13:72057594037927935" },
		{ "\x14\x00\x00\x30\x44\x00\x00\xa2\x03", 9, "20:12356:41475" },
		{ "\x14\x00\x00\x00\x09\x01\x02\x03", 8, "20:9:66051" },
		{ "\x14\x00\xff\xff\xff\xff\xff\xff\xff", 9, "20:16777215:4294967295" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t read = 0, parsed = 0;
		char text[APPLICATION_TEXT_MAX];
		assert_true(
		    application_read((const uint8_t *)cases[i].octets, cases[i].len, &read));
		assert_int_equal(application_format(read, text), strlen(cases[i].text));
		assert_string_equal(text, cases[i].text);
		assert_true(application_parse(text, strlen(text), &parsed));
		assert_true(parsed == read);
	}
}

static void padding_in_front_of_a_selector_is_passed_over(void **state)
{
	(void)state;
	uint8_t octets[40] = { 13, [39] = 67 };
	uint64_t read;
	char text[APPLICATION_TEXT_MAX];
	assert_true(application_read(octets, sizeof octets, &read));
	application_format(read, text);
	assert_string_equal(text, "13:67");
	octets[1] = 1;
	assert_false(application_read(octets, sizeof octets, &read));
}

static void what_has_no_selector_or_too_large_a_part_is_none(void **state)
{
	(void)state;
	uint64_t read;
	const uint8_t pen[] = { 20, 0, 0, 0, 9, 1 }, large[] = { 20, 1, 0, 0, 9, 1 };
	const uint8_t wide[] = { 13, 1, 0, 0, 0, 0, 0, 0, 0 };
	assert_false(application_read(pen, 0, &read));
	assert_false(application_read(wide, 1, &read));
	assert_false(application_read(pen, 5, &read));
	assert_true(application_read(pen, 6, &read));
	assert_false(application_read(large, 6, &read));
	assert_true(application_read(wide, 8, &read));
	assert_false(application_read(wide, 9, &read));
}

static void other_texts_are_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		":",
		"13",
		"13:",
		":1",
		"13:1:2",
		"256:1",
		"013:1",
		"13:01",
		"13:+1",
		"13: 1",
		"20:1",
		"20:1:",
		"13:x",
		"13:1 ",
		"20::1",
		"20:16777216:1",
		"20:1:4294967296",
		"13:72057594037927936",
		"13:99999999999999999999999",
	};
	uint64_t parsed;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (application_parse(texts[i], strlen(texts[i]), &parsed))
			fail_msg("\"%s\" is taken", texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_identifier_is_its_engine_and_its_selector),
		cmocka_unit_test(padding_in_front_of_a_selector_is_passed_over),
		cmocka_unit_test(what_has_no_selector_or_too_large_a_part_is_none),
		cmocka_unit_test(other_texts_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
