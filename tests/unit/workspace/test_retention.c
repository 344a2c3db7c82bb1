/* Which segments go, and when: hand calculations on days of the calendar. */
#include <stdlib.h>

#include "core/base/ticks.h"
#include "support/unit.h"
#include "scratch.h"
#include "workspace/retention.h"

#define DAY(n) (TICKS_UNIX_EPOCH + (n)*TICKS_PER_DAY)
#define HOUR   (60 * TICKS_PER_MINUTE)
#define GIB    ((uint64_t)1 << 30)

/* Segments 1 to 4 of 100 octets each, whose newest rows are of days 1 to 4. */
static struct segment days[] = {
	{ .id = 1, .bytes = 100, .time = { DAY(1), DAY(1) } },
	{ .id = 2, .bytes = 100, .time = { DAY(2), DAY(2) } },
	{ .id = 3, .bytes = 100, .time = { DAY(3), DAY(3) } },
	{ .id = 4, .bytes = 100, .time = { DAY(4), DAY(4) } },
};
static const struct segment_list four = { days, 4 };

#define ASSERT_CHOSEN(wish_, ...)                                                                  \
	do {                                                                                       \
		const size_t want_[] = { __VA_ARGS__ };                                            \
		size_t got_[8];                                                                    \
		struct retention_wish it_ = wish_;                                                 \
		assert_int_equal(retention_choose(&four, &it_, got_), ARRAY_LEN(want_));           \
		assert_memory_equal(got_, want_, sizeof want_);                                    \
	} while (0)

static void what_is_older_than_its_time_goes_and_what_is_as_old_stays(void **state)
{
	(void)state;
	struct retention_wish wish = { .before = DAY(3), .most = 64 };
	ASSERT_CHOSEN(wish, 0, 1);
}

static void nothing_goes_where_nothing_is_wished(void **state)
{
	(void)state;
	struct retention_wish wish = { .before = INT64_MIN, .most = 64 };
	size_t got[8];
	assert_int_equal(retention_choose(&four, &wish, got), 0);
}

static void as_many_go_as_make_the_octets(void **state)
{
	(void)state;
	struct retention_wish wish = { .before = INT64_MIN, .octets = 101, .most = 64 };
	ASSERT_CHOSEN(wish, 0, 1);
	wish.octets = 200;
	ASSERT_CHOSEN(wish, 0, 1);
}

static void one_commit_drops_no_more_than_its_bound(void **state)
{
	(void)state;
	struct retention_wish wish = { .before = DAY(9), .octets = 1000, .most = 3 };
	ASSERT_CHOSEN(wish, 0, 1, 2);
}

static void what_is_kept_stays_and_the_next_goes_in_its_place(void **state)
{
	(void)state;
	const int64_t kept[] = { 1, 3 };
	struct retention_wish wish = { .before = INT64_MIN,
		                       .octets = 200,
		                       .kept = kept,
		                       .kept_count = ARRAY_LEN(kept),
		                       .most = 64 };
	ASSERT_CHOSEN(wish, 1, 3);
}

static void age_begins_with_the_newest_row_or_the_commit(void **state)
{
	(void)state;
	struct segment s = { .time = { DAY(1), DAY(2) }, .committed_at = DAY(2) + 5 };
	assert_int_equal(retention_since(&s), DAY(2) + 5);
	s.committed_at = DAY(1);
	assert_int_equal(retention_since(&s), DAY(2));
	s.time = (struct time_range){ INT64_MAX, INT64_MIN }; /* no row has a time */
	assert_int_equal(retention_since(&s), DAY(1));
}

static void a_clock_that_jumps_a_year_ahead_is_followed_by_a_day_an_hour(void **state)
{
	(void)state;
	int64_t reached = DAY(100);
	reached = retention_clock(reached, DAY(465), HOUR);
	assert_int_equal(reached, DAY(101));
	reached = retention_clock(reached, DAY(465), HOUR);
	assert_int_equal(reached, DAY(102));
	/* it is set right: rows are kept by the right time again */
	reached = retention_clock(reached, DAY(100) + 3 * HOUR, HOUR);
	assert_int_equal(retention_before(TICKS_PER_DAY, reached, DAY(100) + 3 * HOUR),
	                 DAY(99) + 3 * HOUR);
}

static void a_clock_that_is_behind_drops_nothing_and_holds_nothing_up_later(void **state)
{
	(void)state;
	int64_t reached = retention_clock(DAY(100), DAY(-3000), HOUR);
	assert_int_equal(retention_before(TICKS_PER_DAY, reached, DAY(-3000)), DAY(-3001));
	reached = retention_clock(reached, DAY(100) + 2 * HOUR, HOUR);
	assert_int_equal(reached, DAY(100) + 2 * HOUR);
}

static void a_clock_that_goes_as_it_should_is_followed_at_once(void **state)
{
	(void)state;
	assert_int_equal(retention_clock(DAY(1), DAY(1) + HOUR, HOUR), DAY(1) + HOUR);
	assert_int_equal(retention_clock(DAY(1), DAY(2), HOUR), DAY(2));
	assert_int_equal(retention_clock(DAY(1), DAY(1) + 1, 0), DAY(1));
}

static void what_stays_for_ever_is_never_too_old(void **state)
{
	(void)state;
	assert_int_equal(retention_before(0, DAY(1), DAY(1)), INT64_MIN);
}

static void a_gibibyte_or_a_twentieth_stays_free_unless_it_is_said(void **state)
{
	(void)state;
	struct retention_policy policy = { 0 };
	struct disk_space small = { .total = 2 * GIB }, large = { .total = 4000 * GIB };
	assert_int_equal(retention_floor(&policy, &small), 2 * GIB / 20);
	assert_int_equal(retention_floor(&policy, &large), GIB);
	policy.free = 5 * GIB;
	assert_int_equal(retention_floor(&policy, &large), 5 * GIB);
	assert_int_equal(retention_floor(&policy, &small), GIB); /* at most half of it */
}

/* ---- of a workspace ---- */

static struct err e;

static void the_oldest_segments_of_a_table_come_first(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	uint32_t now = (uint32_t)((ticks_now() - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
	const uint32_t minutes[] = { now + 9002, now + 9001, now - 10, 5 };
	for (size_t i = 0; i < ARRAY_LEN(minutes); i++) {
		struct flow_row row = scratch_row(minutes[i]);
		scratch_store(ws, &row, 1, NULL);
	}
	scratch_import(ws, *state, TABLE_ATC, "{}");
	struct segment_list list;
	/* the last two were committed now, one after the other, whatever their minutes */
	const int64_t want[] = { 3, 4, 2 };
	assert_true(workspace_oldest(ws, TABLE_FLOWS, 3, &list, &e));
	assert_int_equal(list.count, 3);
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_int_equal(list.items[i].id, want[i]);
	segment_list_done(&list);
	workspace_close(ws);
}

static void a_workspace_knows_its_octets_and_its_disk(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	int64_t last;
	assert_true(workspace_last_commit(ws, &last, &e));
	assert_int_equal(last, 0);
	int64_t before = ticks_now();
	struct flow_row row = scratch_row(5);
	scratch_store(ws, &row, 1, NULL);
	scratch_store(ws, &row, 1, NULL);
	assert_true(workspace_last_commit(ws, &last, &e));
	assert_true(last >= before && last <= ticks_now());
	struct segment_list list;
	uint64_t octets;
	assert_true(workspace_octets(ws, &octets, &e));
	assert_true(workspace_oldest(ws, TABLE_FLOWS, 9, &list, &e));
	assert_int_equal(list.count, 2);
	assert_int_equal(octets, list.items[0].bytes + list.items[1].bytes);
	segment_list_done(&list);
	struct disk_space space;
	assert_true(workspace_space(ws, &space, &e));
	assert_true(space.total > 0 && space.free <= space.total);
	workspace_close(ws);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_older_than_its_time_goes_and_what_is_as_old_stays),
		cmocka_unit_test(nothing_goes_where_nothing_is_wished),
		cmocka_unit_test(as_many_go_as_make_the_octets),
		cmocka_unit_test(one_commit_drops_no_more_than_its_bound),
		cmocka_unit_test(what_is_kept_stays_and_the_next_goes_in_its_place),
		cmocka_unit_test(age_begins_with_the_newest_row_or_the_commit),
		cmocka_unit_test(a_clock_that_jumps_a_year_ahead_is_followed_by_a_day_an_hour),
		cmocka_unit_test(a_clock_that_is_behind_drops_nothing_and_holds_nothing_up_later),
		cmocka_unit_test(a_clock_that_goes_as_it_should_is_followed_at_once),
		cmocka_unit_test(what_stays_for_ever_is_never_too_old),
		cmocka_unit_test(a_gibibyte_or_a_twentieth_stays_free_unless_it_is_said),
		cmocka_unit_test_setup_teardown(the_oldest_segments_of_a_table_come_first,
		                                scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(a_workspace_knows_its_octets_and_its_disk,
		                                scratch_make, scratch_remove),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
