#include "query/time_window.h"

#include <string.h>

#include "core/base/ticks.h"
#include "support/unit.h"

#define DAY(d) ticks_from_date((struct date){ 2026, 11, (d) })
#define NOW    DAY(22)

/* The window as "from..to", each as a text; "-" where it is refused. */
static const char *window(const char *text)
{
	static char out[2 * TICKS_TEXT_MAX + 2];
	struct time_range range;
	if (!time_window_parse(text, strlen(text), NOW, &range))
		return "-";
	size_t len = ticks_format(range.from, out);
	memcpy(out + len, "..", 2);
	ticks_format(range.to, out + len + 2);
	return out;
}

static void all_four_forms_are_read(void **state)
{
	(void)state;
	assert_string_equal(window("P1D"), "2026-11-21T00:00:00Z..2026-11-22T00:00:00Z");
	assert_string_equal(window("PT12H"), "2026-11-21T12:00:00Z..2026-11-22T00:00:00Z");
	assert_string_equal(window("2026-11-01T06:00:00Z/2026-11-02"),
	                    "2026-11-01T06:00:00Z..2026-11-02T00:00:00Z");
	assert_string_equal(window("2026-11-01/P1DT2H"),
	                    "2026-11-01T00:00:00Z..2026-11-02T02:00:00Z");
	assert_string_equal(window("PT90M/2026-11-02T01:30:00+01:00"),
	                    "2026-11-01T23:00:00Z..2026-11-02T00:30:00Z");
}

static void what_is_no_window_is_refused(void **state)
{
	(void)state;
	static const char *const none[] = {
		"",           "P",
		"PT",         "1D",
		"P1",         "PD",
		"P1H",        "PT1D",
		"P1DT",       "P1M1Y",
		"P1D/P1D",    "/",
		"2026-11-01", "2026-11-02/2026-11-01",
		"P9999Y",     "PT1H1H",
		"P1,5D",      "P-1D",
		"P1D/",       "now/P1D",
		"PT1e9H",
	};
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		if (strcmp(window(none[i]), "-") != 0)
			fail_msg("\"%s\" is read as %s", none[i], window(none[i]));
}

static void durations_add_up(void **state)
{
	(void)state;
	int64_t ticks;
	assert_true(iso_duration_parse("P1W2DT3H4M5.5S", 14, &ticks));
	assert_int_equal(ticks, 9 * TICKS_PER_DAY + 3 * TICKS_PER_HOUR + 4 * TICKS_PER_MINUTE +
	                            5 * TICKS_PER_SECOND + TICKS_PER_SECOND / 2);
	assert_true(iso_duration_parse("P1Y1M", 5, &ticks));
	assert_int_equal(ticks, 395 * TICKS_PER_DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_four_forms_are_read),
		cmocka_unit_test(what_is_no_window_is_refused),
		cmocka_unit_test(durations_add_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
