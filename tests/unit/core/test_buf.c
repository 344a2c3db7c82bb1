#include "core/base/buf.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "support/unit.h"

static void json_strings_are_always_json(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} known[] = {
		{ "", 0, "\"\"" },
		{ "a\"b\\c", 5, "\"a\\\"b\\\\c\"" },
		{ "\n\t\x01", 3, "\"\\n\\t\\u0001\"" },
		{ "a\0b", 3, "\"a\\u0000b\"" },
		{ "\xc3\xa9", 2, "\"\xc3\xa9\"" },
		{ "\xff"
		  "x",
		  2, "\"\xef\xbf\xbdx\"" },
		{ "\xc3", 1, "\"\xef\xbf\xbd\"" },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct buf b = { 0 };
		buf_json_string(&b, known[i].in, known[i].len);
		assert_string_equal(buf_text(&b), known[i].out);
		buf_done(&b);
	}
}

static void doubles_read_back_as_they_were(void **state)
{
	(void)state;
	static const double values[] = { 0, 0.1, 1.0 / 3, 1e300, -2.5e-7, 123456789012345680.0 };
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct buf b = { 0 };
		buf_double(&b, values[i]);
		assert_true(strtod(buf_text(&b), NULL) == values[i]);
		buf_done(&b);
	}
	struct buf b = { 0 };
	buf_double(&b, 0.1);
	assert_string_equal(buf_text(&b), "0.1");
	buf_done(&b);
}

static void integers_reach_their_ends(void **state)
{
	(void)state;
	struct buf b = { 0 };
	buf_i64(&b, INT64_MIN);
	buf_putc(&b, ' ');
	buf_u64(&b, UINT64_MAX);
	buf_printf(&b, " %s", "end");
	assert_string_equal(buf_text(&b), "-9223372036854775808 18446744073709551615 end");
	buf_done(&b);
}

/* RFC 3629 section 4 */
static void invalid_utf8_has_no_length(void **state)
{
	(void)state;
	assert_int_equal(utf8_length("\xf0\x9f\x98\x80", 4), 4);
	assert_int_equal(utf8_length("\xf0\x9f\x98\x80", 3), 0);
	assert_int_equal(utf8_length("\xc0\x80", 2), 0);         /* overlong */
	assert_int_equal(utf8_length("\xed\xa0\x80", 3), 0);     /* surrogate */
	assert_int_equal(utf8_length("\xf4\x90\x80\x80", 4), 0); /* beyond U+10FFFF */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_strings_are_always_json),
		cmocka_unit_test(doubles_read_back_as_they_were),
		cmocka_unit_test(integers_reach_their_ends),
		cmocka_unit_test(invalid_utf8_has_no_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
