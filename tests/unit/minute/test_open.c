#include "collector/minute/open.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "scratch.h"
#include "support/unit.h"

static struct err e;
static const struct constants constants;

static struct open_minutes *open_of(size_t fold_max)
{
	struct open_minutes *o = open_new(fold_max, &constants, &e);
	assert_non_null(o);
	return o;
}

/* A record of that flow and minute, one packet of 100 octets. */
static struct flow_row record(uint32_t minute, uint16_t port)
{
	struct flow_row row = scratch_row(minute);
	ROW_SET_KEY(&row, SourcePort, src_port, port);
	ROW_SET(&row, NumberOfBytes, bytes, 100);
	ROW_SET(&row, RecordCount, records, 1);
	return row;
}

/* One worker's table with these records, committed as parts. */
static void add(struct open_minutes *o, struct workspace *ws, const struct flow_row *rows,
                size_t count, bool ends_well)
{
	struct flow_table *table = flow_table_new(100, &e);
	assert_non_null(table);
	assert_int_equal(flow_table_merge(table, rows, count), count);
	struct commit *c = commit_begin(ws, &e);
	assert_non_null(c);
	assert_true(open_add(o, c, table, &e));
	assert_true(open_seal(o, c, &e));
	if (ends_well)
		assert_true(commit_end(c, &e));
	else
		commit_abandon(c);
	open_committed(o, ends_well);
	flow_table_free(table);
}

static void close_before(struct open_minutes *o, struct workspace *ws, uint64_t minute)
{
	struct commit *c = commit_begin(ws, &e);
	assert_non_null(c);
	assert_true(open_close(o, c, minute, &e));
	assert_true(open_seal(o, c, &e));
	assert_true(commit_end(c, &e));
	open_committed(o, true);
}

static struct open_minutes *resumed(size_t fold_max, struct workspace *ws)
{
	struct open_minutes *o = open_of(fold_max);
	assert_true(open_recall(o, ws, &e));
	assert_true(open_resume(o, ws, &e));
	return o;
}

static uint32_t minute_now(void)
{
	return (uint32_t)((ticks_now() - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
}

#define TOTALS "count(*), sum(\"RecordCount\"), sum(\"NumberOfBytes\")"

static void parts_are_visible_at_once_and_become_one_row_per_flow(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct open_minutes *o = open_of(100);
	struct flow_row first[] = { record(7, 1), record(7, 2), record(7, 1) };
	struct flow_row second[] = { record(7, 1), record(8, 1) };
	add(o, ws, first, 3, true);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "2|3|300\n");
	add(o, ws, second, 2, true);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "4|5|500\n");
	assert_int_equal(open_rows(o), 3);
	assert_int_equal(open_oldest(o), 7);
	close_before(o, ws, 8);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "3|5|500\n");
	assert_int_equal(open_rows(o), 1);
	assert_int_equal(open_oldest(o), 8);
	close_before(o, ws, UINT64_MAX);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "3|5|500\n");
	assert_int_equal(open_oldest(o), UINT64_MAX);
	open_free(o);
	workspace_close(ws);
}

static void late_rows_stay_parts_of_their_minute(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct open_minutes *o = open_of(100);
	struct flow_row rows[] = { record(7, 1), record(8, 1) };
	add(o, ws, rows, 1, true);
	close_before(o, ws, 8);
	add(o, ws, rows, 2, true); /* one of them late */
	close_before(o, ws, 9);
	close_before(o, ws, UINT64_MAX);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "3|3|300\n");
	open_free(o);
	workspace_close(ws);
}

static void a_failed_commit_changes_nothing(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct open_minutes *o = open_of(100);
	struct flow_row rows[] = { record(7, 1), record(7, 2) };
	add(o, ws, rows, 2, false);
	assert_int_equal(open_rows(o), 0);
	add(o, ws, rows, 2, true);
	struct commit *c = commit_begin(ws, &e);
	assert_true(open_close(o, c, 8, &e));
	commit_abandon(c);
	open_committed(o, false);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "2|2|200\n");
	close_before(o, ws, 8);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "2|2|200\n");
	open_free(o);
	workspace_close(ws);
}

static void a_minute_closed_early_goes_on_in_parts(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct open_minutes *o = open_of(3);
	struct flow_row rows[] = { record(7, 1), record(7, 2) };
	add(o, ws, rows, 2, true);
	assert_true(open_has_room(o, 1));
	assert_false(open_has_room(o, 2));
	close_before(o, ws, UINT64_MAX);
	add(o, ws, rows, 2, true);
	assert_int_equal(open_rows(o), 0);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "4|4|400\n");
	open_free(o);
	workspace_close(ws);
}

/* Several workers' tables in one commit, minutes in no order. */
static void tables_of_several_workers_are_one_commit(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct open_minutes *o = open_of(100);
	struct flow_row one[] = { record(9, 1), record(7, 1), record(9, 2) },
			two[] = { record(8, 5) };
	struct flow_table *a = flow_table_new(10, &e), *b = flow_table_new(10, &e);
	flow_table_merge(a, one, 3);
	flow_table_merge(b, two, 1);
	struct commit *c = commit_begin(ws, &e);
	assert_true(open_add(o, c, a, &e));
	assert_true(open_add(o, c, b, &e));
	assert_true(commit_end(c, &e));
	open_committed(o, true);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "4|4|400\n");
	close_before(o, ws, 9);
	assert_int_equal(open_rows(o), 2);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "4|4|400\n");
	flow_table_free(a);
	flow_table_free(b);
	open_free(o);
	workspace_close(ws);
}

/* As after kill -9: the next run finds the parts of minutes that were not closed. */
static void parts_of_an_earlier_run_become_one_row_per_flow(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct open_minutes *o = resumed(100, ws); /* nothing there yet */
	assert_int_equal(open_oldest(o), UINT64_MAX);
	struct flow_row first[] = { record(7, 1), record(8, 1) }, second[] = { record(8, 1) };
	add(o, ws, first, 2, true);
	close_before(o, ws, 8);
	add(o, ws, second, 1, true);
	open_free(o);
	o = resumed(100, ws);
	assert_int_equal(open_rows(o), 1);
	assert_int_equal(open_oldest(o), 8);
	add(o, ws, second, 1, true);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "4|4|400\n");
	close_before(o, ws, 9);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "2|4|400\n");
	open_free(o);
	workspace_close(ws);
}

/* As between SIGTERM and the next start in the same minute. */
static void a_minute_goes_on_after_a_pause(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct open_minutes *o = open_of(100);
	struct flow_row old = record(7, 1), now = record(minute_now() + 1, 1);
	add(o, ws, &old, 1, true);
	add(o, ws, &now, 1, true);
	add(o, ws, &now, 1, true);
	struct commit *c = commit_begin(ws, &e);
	assert_true(open_pause(o, c, &e));
	assert_true(open_seal(o, c, &e));
	assert_true(commit_end(c, &e));
	open_committed(o, true);
	open_free(o);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "2|3|300\n");
	o = resumed(100, ws);
	assert_int_equal(open_oldest(o),
	                 minute_now() + 1); /* minute 7 is over and has one segment */
	add(o, ws, &now, 1, true);
	close_before(o, ws, UINT64_MAX);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "2|4|400\n");
	open_free(o);
	workspace_close(ws);
}

static void parts_that_find_no_room_stay_parts(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct open_minutes *o = open_of(100);
	struct flow_row rows[] = { record(7, 1), record(7, 2), record(7, 3) };
	add(o, ws, rows, 3, true);
	add(o, ws, rows, 3, true);
	open_free(o);
	o = open_of(2);
	assert_true(open_recall(o, ws, &e));
	assert_false(open_resume(o, ws, &e));
	assert_non_null(strstr(e.text, "flows.max"));
	assert_int_equal(open_rows(o), 0);
	assert_int_equal(open_oldest(o), UINT64_MAX);
	add(o, ws, rows, 2, true);
	close_before(o, ws, 8);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "8|8|800\n");
	open_free(o);
	workspace_close(ws);
}

/* Recovery commits before rows are read back; a second crash then must find the same parts. */
static void what_is_recalled_stays_noted_until_it_is_resumed(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct open_minutes *o = open_of(100);
	struct flow_row row = record(minute_now() + 1, 1);
	add(o, ws, &row, 1, true);
	open_free(o);
	o = open_of(100);
	assert_true(open_recall(o, ws, &e));
	add(o, ws, &row, 1, true);
	open_free(o);
	o = resumed(100, ws);
	close_before(o, ws, UINT64_MAX);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "1|2|200\n");
	open_free(o);
	workspace_close(ws);
}

static void after_a_step_of_the_clock_a_minute_may_come_again(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct open_minutes *o = open_of(100);
	struct flow_row row = record(7, 1);
	add(o, ws, &row, 1, true);
	close_before(o, ws, UINT64_MAX);
	open_start_anew(o);
	add(o, ws, &row, 1, true);
	add(o, ws, &row, 1, true);
	assert_int_equal(open_oldest(o), 7);
	close_before(o, ws, 8);
	ASSERT_ANSWER(ws, TABLE_FLOWS, TOTALS, "", "2|3|300\n");
	open_free(o);
	workspace_close(ws);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		CASE(parts_are_visible_at_once_and_become_one_row_per_flow),
		CASE(late_rows_stay_parts_of_their_minute),
		CASE(a_failed_commit_changes_nothing),
		CASE(a_minute_closed_early_goes_on_in_parts),
		CASE(tables_of_several_workers_are_one_commit),
		CASE(parts_of_an_earlier_run_become_one_row_per_flow),
		CASE(a_minute_goes_on_after_a_pause),
		CASE(parts_that_find_no_room_stay_parts),
		CASE(what_is_recalled_stays_noted_until_it_is_resumed),
		CASE(after_a_step_of_the_clock_a_minute_may_come_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
