/* What a commit can do beside adding rows: take segments out, and remember state. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/unit.h"
#include "scratch.h"

static struct err e;

/* A commit of one row in that minute, taking `gone` (0: nothing) out; returns the new segment's id.
 */
static int64_t store(struct workspace *ws, uint32_t minute, int64_t gone)
{
	struct constants constants = { 0 };
	struct flow_row row = scratch_row(minute);
	const struct flow_row *rows[] = { &row };
	struct commit *c = commit_begin(ws, &e);
	assert_non_null(c);
	assert_true(commit_flow_rows(c, rows, 1, &constants, &e));
	int64_t id = commit_last_segment(c);
	if (gone)
		assert_true(commit_retire(c, gone, &e));
	assert_true(commit_end(c, &e));
	return id;
}

static void a_retired_segment_counts_no_more_but_its_file_stays(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	int64_t part = store(ws, 100, 0);
	store(ws, 100, part);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "1\n");
	assert_int_equal(scratch_count_files(*state), 2);
	assert_true(workspace_sweep(ws, false, &e));
	assert_int_equal(scratch_count_files(*state), 2);
	workspace_close(ws);
	/* a retired file is no orphan: readers may have it on their lists */
	ws = scratch_open(*state, WORKSPACE_WRITE);
	assert_int_equal(scratch_count_files(*state), 2);
	workspace_close(ws);
}

static void retired_files_go_after_their_time(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	store(ws, 100, store(ws, 100, 0));
	sqlite3 *db;
	assert_int_equal(sqlite3_open(scratch_path(*state, "catalog.db"), &db), SQLITE_OK);
	char sql[128];
	snprintf(sql, sizeof sql, "UPDATE retired SET at = at - %d * 600000001", RETIRED_MINUTES);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_true(workspace_sweep(ws, false, &e));
	assert_int_equal(scratch_count_files(*state), 1);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "1\n");
	workspace_close(ws);
}

static void assert_state(struct workspace *ws, const char *key, const char *want)
{
	struct buf got = { 0 };
	assert_true(workspace_state(ws, key, &got, &e));
	assert_string_equal(buf_text(&got), want);
	buf_done(&got);
}

static void state_is_kept_with_its_commit(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	assert_state(ws, "ring/0", "");
	struct commit *c = commit_begin(ws, &e);
	assert_true(commit_set_state(c, "ring/0", "one", 3, &e));
	assert_true(commit_set_state(c, "ring/1", "two", 3, &e));
	assert_state(ws, "ring/0", "");
	assert_true(commit_end(c, &e));
	c = commit_begin(ws, &e);
	assert_true(commit_set_state(c, "ring/0", "three", 5, &e));
	commit_abandon(c);
	workspace_close(ws);
	ws = scratch_open(*state, WORKSPACE_WRITE);
	assert_state(ws, "ring/0", "one");
	assert_state(ws, "ring/1", "two");
	workspace_close(ws);
}

static void days_that_are_empty_leave_no_folder(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	const char *first = scratch_path(*state, "segments/Flows/1970-01-01");
	store(ws, 2000, store(ws, 100, 0));
	assert_int_equal(access(first, F_OK), 0);
	assert_true(workspace_sweep(ws, true, &e));
	assert_int_not_equal(access(first, F_OK), 0);
	assert_int_equal(access(scratch_path(*state, "segments/Flows/1970-01-02"), F_OK), 0);
	store(ws, 100, 0);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "2\n");
	workspace_close(ws);
	/* of a writer that died when it had made one */
	assert_int_equal(mkdir(scratch_path(*state, "segments/Flows/1970-01-03"), 0777), 0);
	workspace_close(scratch_open(*state, WORKSPACE_WRITE));
	assert_int_not_equal(access(scratch_path(*state, "segments/Flows/1970-01-03"), F_OK), 0);
	assert_int_equal(access(first, F_OK), 0);
}

static size_t count_segments(struct workspace *ws)
{
	struct segment_filter all = { .table = TABLE_FLOWS,
		                      .time = TIME_RANGE_ALL,
		                      .recorded = TIME_RANGE_ALL };
	struct segment_list list;
	assert_true(workspace_segments(ws, &all, &list, &e));
	size_t count = list.count;
	segment_list_done(&list);
	return count;
}

static void a_reader_that_is_held_sees_no_later_commit(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	store(ws, 100, 0);
	struct workspace *reader = scratch_open(*state, WORKSPACE_READ);
	assert_true(workspace_hold(reader, &e));
	assert_int_equal(count_segments(reader), 1);
	store(ws, 101, 0);
	assert_int_equal(count_segments(reader), 1);
	workspace_let_go(reader);
	assert_int_equal(count_segments(reader), 2);
	workspace_close(reader);
	workspace_close(ws);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_retired_segment_counts_no_more_but_its_file_stays,
		                                scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(a_reader_that_is_held_sees_no_later_commit,
		                                scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(days_that_are_empty_leave_no_folder, scratch_make,
		                                scratch_remove),
		cmocka_unit_test_setup_teardown(retired_files_go_after_their_time, scratch_make,
		                                scratch_remove),
		cmocka_unit_test_setup_teardown(state_is_kept_with_its_commit, scratch_make,
		                                scratch_remove),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
