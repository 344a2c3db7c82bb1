#include "collector/decode/sequence.h"

#include "core/base/ticks.h"
#include "support/unit.h"

/* A sequence and what it has found out so far. */
struct story {
	struct sequence s;
	struct sequence_found found;
	int64_t now; /* ticks since the story began */
	int64_t boot;
};

static const int64_t began = TICKS_UNIX_EPOCH + 1000000 * TICKS_PER_SECOND;

/* The next datagram, a tenth of a second after the last. */
static struct numbered next(struct story *t, uint32_t number, uint32_t records)
{
	t->now += TICKS_PER_SECOND / 10;
	return (struct numbered){
		.number = number,
		.records = records,
		.time = began + t->now - t->now % TICKS_PER_SECOND,
		.arrival = began + t->now,
		.uptime_ms = (uint32_t)((t->now - t->boot) / TICKS_PER_MS),
	};
}

static void v5(struct story *t, uint32_t number, uint32_t records)
{
	struct numbered n = next(t, number, records);
	n.unit = SEQUENCE_RECORDS;
	n.has_uptime = true;
	sequence_take(&t->s, &n, &t->found);
}

static void v9(struct story *t, uint32_t number, uint32_t records)
{
	struct numbered n = next(t, number, records);
	n.either = n.has_uptime = true;
	sequence_take(&t->s, &n, &t->found);
}

static void ipfix(struct story *t, uint32_t number, uint32_t records)
{
	struct numbered n = next(t, number, records);
	n.unit = SEQUENCE_RECORDS;
	sequence_take(&t->s, &n, &t->found);
}

/* With a set whose template is not known. */
static void ipfix_open(struct story *t, uint32_t number)
{
	struct numbered n = next(t, number, 0);
	n.unit = SEQUENCE_RECORDS;
	n.records_unknown = true;
	sequence_take(&t->s, &n, &t->found);
}

static void sflow(struct story *t, uint32_t number)
{
	struct numbered n = next(t, number, 3);
	n.has_uptime = true;
	sequence_take(&t->s, &n, &t->found);
}

static void expect(struct story *t, uint64_t lost, unsigned reordered, unsigned duplicates,
                   unsigned restarts)
{
	sequence_settle(&t->s, INT64_MAX, &t->found);
	assert_int_equal(t->found.lost, lost);
	assert_int_equal(t->found.reordered, reordered);
	assert_int_equal(t->found.duplicates, duplicates);
	assert_int_equal(t->found.restarts, restarts);
}

/* ---- what is numbered ---- */

static void netflow5_counts_flows(void **state)
{
	(void)state;
	struct story t = { 0 };
	v5(&t, 100, 30);
	v5(&t, 130, 2);
	v5(&t, 162, 30); /* 132 … 161 are missing: one datagram of 30 */
	expect(&t, 30, 0, 0, 0);
}

static void netflow9_counts_datagrams(void **state)
{
	(void)state;
	struct story t = { 0 };
	for (uint32_t i = 0; i < 40; i++)
		v9(&t, i, 25);
	v9(&t, 43, 25); /* 40, 41, 42 */
	expect(&t, 3, 0, 0, 0);
}

static void ipfix_counts_data_records_and_templates_not(void **state)
{
	(void)state;
	struct story t = { 0 };
	ipfix(&t, 10, 5);
	ipfix(&t, 15, 0); /* templates alone */
	ipfix(&t, 15, 0);
	ipfix(&t, 15, 1);
	ipfix(&t, 20, 1);
	expect(&t, 4, 0, 0, 0);
}

static void sflow_counts_datagrams(void **state)
{
	(void)state;
	struct story t = { 0 };
	sflow(&t, 7);
	sflow(&t, 8);
	sflow(&t, 11);
	expect(&t, 2, 0, 0, 0);
}

static void what_a_set_without_template_held_is_not_lost(void **state)
{
	(void)state;
	struct story t = { 0 };
	ipfix(&t, 10, 5);
	ipfix_open(&t, 15);
	ipfix(&t, 95, 5); /* the one before had 80, or some were lost: nobody knows */
	ipfix(&t, 101, 5);
	expect(&t, 1, 0, 0, 0);
}

static void what_a_late_set_without_template_held_is_not_lost(void **state)
{
	(void)state;
	struct story t = { 0 };
	ipfix(&t, 10, 5);
	ipfix(&t, 40, 5);
	ipfix_open(&t, 20); /* 15 … 19 are missing for sure */
	expect(&t, 5, 1, 0, 0);
}

static void junos_counts_flows_in_netflow9(void **state)
{
	(void)state;
	struct story t = { 0 };
	uint32_t number = 0;
	for (uint32_t i = 0; i < 40; i++) {
		v9(&t, number, 1 + i % 20);
		number += 1 + i % 20;
	}
	assert_int_equal(t.s.unit, SEQUENCE_RECORDS);
	v9(&t, number, 0); /* templates alone: the number stays */
	v9(&t, number, 10);
	v9(&t, number + 17, 10);
	expect(&t, 7, 0, 0, 0);
}

static void while_the_numbers_speak_for_flows_no_datagram_is_lost(void **state)
{
	(void)state;
	struct story t = { 0 };
	v9(&t, 1000, 20);
	v9(&t, 1020, 18);
	v9(&t, 1038, 20);
	expect(&t, 0, 0, 0, 0);
}

static void half_of_the_datagrams_lost_does_not_look_like_flows(void **state)
{
	(void)state;
	struct story t = { 0 };
	uint32_t number = 0;
	for (uint32_t i = 0; i < 300; i++) {
		v9(&t, number, 2);
		number += i % 3 == 2 ? 1 : 2; /* two of three steps are of two, as of two flows */
	}
	assert_int_equal(t.s.unit, SEQUENCE_DATAGRAMS);
	expect(&t, 200, 0, 0, 0); /* 299 steps, 99 of them of one */
}

/* ---- order ---- */

static void numbers_wrap(void **state)
{
	(void)state;
	struct story t = { 0 };
	v5(&t, UINT32_MAX - 9, 5);
	v5(&t, UINT32_MAX - 4, 5);
	v5(&t, 0, 5);
	v5(&t, 8, 5); /* 5, 6, 7 */
	expect(&t, 3, 0, 0, 0);
}

static void a_gap_may_lie_across_the_wrap(void **state)
{
	(void)state;
	struct story t = { 0 };
	sflow(&t, UINT32_MAX - 1);
	sflow(&t, 2);
	sflow(&t, 0);
	expect(&t, 2, 1, 0, 0); /* UINT32_MAX and 1 */
}

static void late_within_the_window_is_not_lost(void **state)
{
	(void)state;
	struct story t = { 0 };
	sflow(&t, 0);
	for (uint32_t i = 0; i < SEQUENCE_WINDOW; i++) {
		t.now -= TICKS_PER_SECOND / 10; /* all at one moment */
		sflow(&t, 2 + i);
	}
	sflow(&t, 1);
	expect(&t, 0, 1, 0, 0);
}

static void later_than_the_window_is_lost_and_then_a_duplicate(void **state)
{
	(void)state;
	struct story t = { 0 };
	sflow(&t, 0);
	for (uint32_t i = 0; i < SEQUENCE_WINDOW + 1; i++) {
		t.now -= TICKS_PER_SECOND / 10;
		sflow(&t, 2 + i);
	}
	assert_int_equal(t.found.lost, 1);
	sflow(&t, 1);
	expect(&t, 1, 0, 1, 0);
}

static void after_some_seconds_it_is_lost_however_little_comes(void **state)
{
	(void)state;
	struct story t = { 0 };
	sflow(&t, 0);
	sflow(&t, 2);
	sequence_settle(&t.s, began + t.now + 4 * TICKS_PER_SECOND, &t.found);
	assert_int_equal(t.found.lost, 0);
	sequence_settle(&t.s, began + t.now + 6 * TICKS_PER_SECOND, &t.found);
	assert_int_equal(t.found.lost, 1);
	sflow(&t, 5);
	t.now += 6 * TICKS_PER_SECOND;
	sflow(&t, 6);
	assert_int_equal(t.found.lost, 3);
	expect(&t, 3, 0, 0, 0);
}

static void what_comes_twice_is_a_duplicate(void **state)
{
	(void)state;
	struct story t = { 0 };
	v5(&t, 100, 30);
	v5(&t, 130, 30);
	v5(&t, 130, 30);
	v5(&t, 100, 30);
	v5(&t, 160, 30);
	expect(&t, 0, 0, 2, 0);
}

static void before_the_first_one_nothing_is_lost_or_doubled(void **state)
{
	(void)state;
	struct story t = { 0 };
	v9(&t, 5, 10);
	v9(&t, 3, 10);
	v9(&t, 6, 10);
	expect(&t, 0, 1, 0, 0);
}

/* ---- starting anew ---- */

static void a_restart_is_told_by_the_uptime(void **state)
{
	(void)state;
	struct story t = { .now = 100 * TICKS_PER_SECOND };
	v9(&t, 3, 10);
	v9(&t, 4, 10);
	t.now += 60 * TICKS_PER_SECOND;
	t.boot = t.now - TICKS_PER_SECOND;
	v9(&t, 0, 10); /* near enough to be a duplicate, were it not for the uptime */
	v9(&t, 1, 10);
	expect(&t, 0, 0, 0, 1);
}

static void a_restart_from_beyond_half_of_all_numbers_is_no_loss(void **state)
{
	(void)state;
	struct story t = { .now = 100 * TICKS_PER_SECOND };
	v5(&t, 3000000000, 10);
	t.boot = t.now;
	v5(&t, 0, 10);
	v5(&t, 10, 10);
	expect(&t, 0, 0, 0, 1);
}

static void an_uptime_that_wraps_is_no_restart(void **state)
{
	(void)state;
	/* 2^32 ms after the boot: 49.7 days */
	struct story t = { .now = 4294967296 * TICKS_PER_MS - TICKS_PER_SECOND };
	for (uint32_t i = 0; i < 40; i++)
		v9(&t, i, 10);
	v9(&t, 42, 10);
	expect(&t, 2, 0, 0, 0);
}

static void a_late_datagram_is_no_restart(void **state)
{
	(void)state;
	struct story t = { .now = 100 * TICKS_PER_SECOND };
	v9(&t, 1, 10);
	v9(&t, 3, 10);
	t.now -= 3 * TICKS_PER_SECOND; /* it was sent before */
	v9(&t, 2, 10);
	expect(&t, 0, 1, 0, 0);
}

static void an_exporter_that_lost_its_clock_has_restarted(void **state)
{
	(void)state;
	struct story t = { .now = 500000 * TICKS_PER_SECOND };
	v9(&t, 900, 10);
	t.now = 10 * TICKS_PER_SECOND;
	v9(&t, 0, 10);
	v9(&t, 1, 10);
	expect(&t, 0, 0, 0, 1);
}

/* Seen of a router: 44 days of uptime, 113 seconds less with the next datagram, numbers going on.
 */
static void an_uptime_that_is_set_back_by_little_is_no_restart(void **state)
{
	(void)state;
	struct story t = { .now = 3872245 * TICKS_PER_SECOND };
	for (uint32_t i = 0; i < 40; i++)
		v9(&t, 2034 + i, 1);
	t.boot += 129 * TICKS_PER_SECOND;
	t.now += 16 * TICKS_PER_SECOND;
	v9(&t, 2089, 6); /* 2074 … 2088 never came */
	v9(&t, 2090, 6);
	expect(&t, 15, 0, 0, 0);
}

static void a_restart_long_ago_is_told_by_its_time(void **state)
{
	(void)state;
	struct story t = { .now = 20 * TICKS_PER_DAY };
	v9(&t, 500, 10);
	t.boot = t.now + TICKS_PER_MINUTE;
	t.now = t.boot + TICKS_PER_DAY;
	v9(&t, 86400, 10);
	expect(&t, 0, 0, 0, 1);
}

static void what_was_sent_before_a_restart_may_come_after_it(void **state)
{
	(void)state;
	struct story t = { .now = 100 * TICKS_PER_SECOND };
	v9(&t, 500, 10);
	struct numbered old = next(&t, 501, 10);
	old.either = old.has_uptime = true;
	t.now += 20 * TICKS_PER_SECOND;
	t.boot = t.now;
	v9(&t, 0, 10);
	old.arrival = began + t.now;
	sequence_take(&t.s, &old, &t.found);
	v9(&t, 1, 10);
	expect(&t, 0, 1, 0, 1);
}

static void without_an_uptime_two_in_a_row_tell_a_restart(void **state)
{
	(void)state;
	struct story t = { 0 };
	for (uint32_t i = 0; i < 400; i++)
		ipfix(&t, 100000 + i * 10, 10);
	ipfix(&t, 0, 10);
	ipfix(&t, 10, 10);
	ipfix(&t, 25, 10);
	expect(&t, 5, 0, 0, 1);
}

static void without_an_uptime_one_alone_is_a_straggler(void **state)
{
	(void)state;
	struct story t = { 0 };
	for (uint32_t i = 0; i < 400; i++)
		ipfix(&t, 100000 + i * 10, 10);
	ipfix(&t, 0, 10);
	ipfix(&t, 104000, 10);
	ipfix(&t, 50, 10);
	ipfix(&t, 104010, 10);
	expect(&t, 0, 0, 2, 0);
}

static void a_leap_of_more_than_a_sixteenth_of_all_numbers_is_a_restart(void **state)
{
	(void)state;
	struct story t = { 0 };
	ipfix(&t, 3000000000, 10);
	ipfix(&t, 0, 10);
	ipfix(&t, 10, 10);
	expect(&t, 0, 0, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netflow5_counts_flows),
		cmocka_unit_test(netflow9_counts_datagrams),
		cmocka_unit_test(ipfix_counts_data_records_and_templates_not),
		cmocka_unit_test(sflow_counts_datagrams),
		cmocka_unit_test(what_a_set_without_template_held_is_not_lost),
		cmocka_unit_test(what_a_late_set_without_template_held_is_not_lost),
		cmocka_unit_test(junos_counts_flows_in_netflow9),
		cmocka_unit_test(while_the_numbers_speak_for_flows_no_datagram_is_lost),
		cmocka_unit_test(half_of_the_datagrams_lost_does_not_look_like_flows),
		cmocka_unit_test(numbers_wrap),
		cmocka_unit_test(a_gap_may_lie_across_the_wrap),
		cmocka_unit_test(late_within_the_window_is_not_lost),
		cmocka_unit_test(later_than_the_window_is_lost_and_then_a_duplicate),
		cmocka_unit_test(after_some_seconds_it_is_lost_however_little_comes),
		cmocka_unit_test(what_comes_twice_is_a_duplicate),
		cmocka_unit_test(before_the_first_one_nothing_is_lost_or_doubled),
		cmocka_unit_test(a_restart_is_told_by_the_uptime),
		cmocka_unit_test(a_restart_from_beyond_half_of_all_numbers_is_no_loss),
		cmocka_unit_test(an_uptime_that_wraps_is_no_restart),
		cmocka_unit_test(a_late_datagram_is_no_restart),
		cmocka_unit_test(an_exporter_that_lost_its_clock_has_restarted),
		cmocka_unit_test(an_uptime_that_is_set_back_by_little_is_no_restart),
		cmocka_unit_test(a_restart_long_ago_is_told_by_its_time),
		cmocka_unit_test(what_was_sent_before_a_restart_may_come_after_it),
		cmocka_unit_test(without_an_uptime_two_in_a_row_tell_a_restart),
		cmocka_unit_test(without_an_uptime_one_alone_is_a_straggler),
		cmocka_unit_test(a_leap_of_more_than_a_sixteenth_of_all_numbers_is_a_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
