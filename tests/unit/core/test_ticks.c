#include "core/base/ticks.h"

#include "support/unit.h"

/* Known pairs: .NET's DateTime.Ticks of the dates, days since 0001-01-01 by another calendar
 * (proleptic ordinals). */
static void dates_are_ticks_since_year_one(void **state)
{
	(void)state;
	static const struct {
		struct date date;
		int64_t days;
	} known[] = {
		{ { 1, 1, 1 }, 0 },          { { 1, 12, 31 }, 364 },
		{ { 1970, 1, 1 }, 719162 },  { { 2000, 2, 29 }, 730178 },
		{ { 2000, 3, 1 }, 730179 },  { { 1900, 3, 1 }, 693654 },
		{ { 2026, 11, 5 }, 739924 }, { { 9999, 12, 31 }, 3652058 },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		assert_int_equal(ticks_from_date(known[i].date), known[i].days * TICKS_PER_DAY);
		struct date back = ticks_to_date(known[i].days * TICKS_PER_DAY + TICKS_PER_DAY - 1);
		assert_memory_equal(&back, &known[i].date, sizeof back);
	}
}

static void text_is_written_and_read_back(void **state)
{
	(void)state;
	static const char *const same[] = {
		"0001-01-01T00:00:00Z",         "2026-11-05T06:07:08.25Z",
		"1969-12-31T23:59:59.9999999Z", "2024-02-29T00:00:00Z",
		"9999-12-31T23:59:59.9999999Z",
	};
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		int64_t ticks;
		char text[TICKS_TEXT_MAX];
		assert_true(ticks_parse(same[i], &ticks));
		ticks_format(ticks, text);
		assert_string_equal(text, same[i]);
	}
}

static void zones_and_short_forms_are_read(void **state)
{
	(void)state;
	int64_t want, got;
	assert_true(ticks_parse("2026-11-05T05:07:00Z", &want));
	assert_true(ticks_parse("2026-11-05 06:07+01:00", &got));
	assert_int_equal(got, want);
	assert_true(ticks_parse("2026-11-05", &got));
	assert_int_equal(got, ticks_from_date((struct date){ 2026, 11, 5 }));
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"2026",
		"2026-13-01",
		"2025-02-29",
		"2026-11-05T24:00:00Z",
		"2026-11-05T06",
		"x",
		"0000-01-01",
		"0001-01-01T00:00:00+01:00",
		"2026-11-05T06:07:08Zjunk",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int64_t ticks = 42;
		assert_false(ticks_parse(bad[i], &ticks));
		assert_int_equal(ticks, 42);
	}
}

static void timespans_follow_the_api(void **state)
{
	(void)state;
	static const struct {
		int64_t ticks;
		const char *text;
	} known[] = {
		{ 0, "00:00:00" },
		{ TICKS_PER_DAY + 2 * TICKS_PER_HOUR, "1.02:00:00" },
		{ -(TICKS_PER_MINUTE + 1), "-00:01:00.0000001" },
		{ INT64_MIN, "-10675199.02:48:05.4775808" },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		char text[TICKS_TEXT_MAX];
		timespan_format(known[i].ticks, text);
		assert_string_equal(text, known[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_ticks_since_year_one),
		cmocka_unit_test(text_is_written_and_read_back),
		cmocka_unit_test(zones_and_short_forms_are_read),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(timespans_follow_the_api),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
