#include "exporter/nat/rate_limit.h"

#include "support/unit.h"

static unsigned passed(struct rate_limit *limit, unsigned asked, int64_t now)
{
	unsigned count = 0;
	while (asked--)
		count += rate_limit_pass(limit, now);
	return count;
}

static void so_many_a_second_pass_and_the_others_are_counted(void **state)
{
	(void)state;
	struct rate_limit limit = { .per_second = 3 };
	int64_t noon = ticks_from_date((struct date){ 2026, 11, 27 });
	assert_int_equal(passed(&limit, 5, noon), 3);
	assert_int_equal(passed(&limit, 1, noon + TICKS_PER_SECOND - 1), 0);
	assert_int_equal(passed(&limit, 5, noon + TICKS_PER_SECOND), 3);
	assert_int_equal(limit.suppressed, 2 + 1 + 2);
}

static void a_clock_that_was_set_back_does_not_hold_anything_up(void **state)
{
	(void)state;
	struct rate_limit limit = { .per_second = 1 };
	int64_t noon = ticks_from_date((struct date){ 2026, 11, 27 });
	assert_int_equal(passed(&limit, 1, noon), 1);
	assert_int_equal(passed(&limit, 1, noon - TICKS_PER_HOUR), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_a_second_pass_and_the_others_are_counted),
		cmocka_unit_test(a_clock_that_was_set_back_does_not_hold_anything_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
