#include "query/literal.h"

#include <math.h>
#include <string.h>

#include "core/base/ticks.h"
#include "support/unit.h"

#define TICKS(year, month, day, seconds)                                                           \
	(ticks_from_date((struct date){ year, month, day }) + (int64_t)((seconds)*1e7))

static void dates_are_read_in_all_their_forms(void **state)
{
	(void)state;
	const struct {
		const char *text;
		int64_t ticks;
	} known[] = {
		{ "2026-11-05", TICKS(2026, 11, 5, 0) },
		{ "2026-11", TICKS(2026, 11, 1, 0) },
		{ " 2026-11-05 6:07 ", TICKS(2026, 11, 5, 22020) },
		{ "2026-11-05T06:07:08.25Z", TICKS(2026, 11, 5, 22028.25) },
		{ "2026-11-05T06:07:08.123456789Z", TICKS(2026, 11, 5, 22028) + 1234567 },
		{ "2026-11-05T06:00:00+02:00", TICKS(2026, 11, 5, 4 * 3600) },
		{ "11/5/2026 1:02:03 PM", TICKS(2026, 11, 5, 46923) },
		{ "Thu, 05 Nov 2026 06:07:08 GMT", TICKS(2026, 11, 5, 22028) },
		{ "5 Nov 2026", TICKS(2026, 11, 5, 0) },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		int64_t ticks = -1;
		assert_true(datetime_parse(known[i].text, strlen(known[i].text), &ticks));
		assert_int_equal(ticks, known[i].ticks);
	}
}

static void what_is_no_date_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "",
		                           "x",
		                           "2026",
		                           "2025-02-29",
		                           "2026-13-01",
		                           "2026-11-31",
		                           "2026-11-05 24:00",
		                           "0000-01-01",
		                           "2026-11-05 06:07 x",
		                           "1.2.3" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int64_t ticks;
		assert_false(datetime_parse(bad[i], strlen(bad[i]), &ticks));
	}
}

static void timespans_are_read_in_all_their_forms(void **state)
{
	(void)state;
	const struct {
		const char *text;
		int64_t ticks;
	} known[] = {
		{ "00:00:10", 10 * TICKS_PER_SECOND },
		{ "1.02:03:04.5", TICKS_PER_DAY + 2 * TICKS_PER_HOUR + 3 * TICKS_PER_MINUTE +
		                      9 * TICKS_PER_SECOND / 2 },
		{ "-1.00:00:00", -TICKS_PER_DAY },
		{ "2", 2 * TICKS_PER_DAY },
		{ "0.5", TICKS_PER_DAY / 2 },
		{ "15 seconds", 15 * TICKS_PER_SECOND },
		{ "1.5h", 3 * TICKS_PER_HOUR / 2 },
		{ "10:00", 10 * TICKS_PER_HOUR },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		int64_t ticks = -1;
		assert_true(timespan_parse(known[i].text, strlen(known[i].text), &ticks));
		assert_int_equal(ticks, known[i].ticks);
	}
	int64_t ticks;
	assert_false(timespan_parse("25:00:00", 8, &ticks));
	assert_false(timespan_parse("1 fortnight", 11, &ticks));
	assert_false(timespan_parse("99999999d", 9, &ticks));
}

static void numbers_are_read_whole_or_not_at_all(void **state)
{
	(void)state;
	int64_t i;
	double f;
	bool b;
	assert_true(long_parse(" -42 ", 5, &i) && i == -42);
	assert_true(long_parse("0xff", 4, &i) && i == 255);
	assert_false(long_parse("4x", 2, &i));
	assert_false(long_parse("9223372036854775808", 19, &i));
	assert_true(real_parse("1.5e3", 5, &f) && f == 1500);
	assert_true(real_parse("-inf", 4, &f) && isinf(f));
	assert_false(real_parse("0x10", 4, &f));
	assert_true(bool_parse("TRUE", 4, &b) && b);
	assert_true(bool_parse("0", 1, &b) && !b);
	assert_false(bool_parse("yes", 3, &b));
}

static void guids_are_read_with_and_without_dashes(void **state)
{
	(void)state;
	char guid[GUID_TEXT_LEN + 1];
	static const char plain[] = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
	assert_true(guid_parse("0F1E2D3C4B5A69788796A5B4C3D2E1F0", 32, guid));
	assert_string_equal(guid, plain);
	assert_true(guid_parse("{0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0}", 38, guid));
	assert_string_equal(guid, plain);
	assert_false(guid_parse("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f", 35, guid));
	assert_false(guid_parse("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1fg", 36, guid));
	assert_false(guid_parse("0f1e2d3c4-b5a-6978-8796-a5b4c3d2e1f0", 36, guid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_read_in_all_their_forms),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(timespans_are_read_in_all_their_forms),
		cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
		cmocka_unit_test(guids_are_read_with_and_without_dashes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
