/* Workspaces of earlier formats: read as they are, and brought up by the first writer. */
#include <stdlib.h>

#include "scratch.h"
#include "support/unit.h"

static void store_one(struct workspace *ws)
{
	struct flow_row row = scratch_row(29365440);
	scratch_store(ws, &row, 1, NULL);
}

/* The table as weir made it in format 1. */
static void make_format_1(const char *dir)
{
	scratch_catalog(
	    dir,
	    "BEGIN; ALTER TABLE segments RENAME TO later; DROP INDEX segments_by_time;"
	    "DROP INDEX segments_by_commit; DROP TABLE address_filters;"
	    "CREATE TABLE segments (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	    " path TEXT NOT NULL UNIQUE, name TEXT NOT NULL, schema INTEGER NOT NULL,"
	    " number INTEGER NOT NULL REFERENCES commits, rows INTEGER NOT NULL,"
	    " bytes INTEGER NOT NULL, time_from INTEGER NOT NULL, time_to INTEGER NOT NULL,"
	    " recorded_from INTEGER NOT NULL, recorded_to INTEGER NOT NULL);"
	    "INSERT INTO segments SELECT id, path, name, schema, number, rows, bytes, time_from,"
	    " time_to, recorded_from, recorded_to FROM later;"
	    "DROP TABLE later; CREATE INDEX segments_by_time ON segments (name, time_to);"
	    "UPDATE meta SET value = 1 WHERE key = 'format'; COMMIT");
}

static void a_workspace_of_format_1_is_read_as_it_is_and_brought_up_by_a_writer(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	store_one(ws);
	workspace_close(ws);
	make_format_1(dir);
	ws = scratch_open(dir, WORKSPACE_READ);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "1\n");
	assert_int_equal(scratch_catalog_number(dir, "SELECT value FROM meta WHERE key = 'format'"),
	                 1);
	struct workspace *writer = scratch_open(dir, WORKSPACE_WRITE);
	assert_int_equal(scratch_catalog_number(dir, "SELECT value FROM meta WHERE key = 'format'"),
	                 3);
	assert_int_equal(scratch_catalog_number(dir, "SELECT max(level) FROM segments"), 0);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "1\n"); /* and the reader goes on */
	store_one(writer);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "2\n");
	workspace_close(writer);
	workspace_close(ws);
}

/* What format 2 did not have: its segments are left unpruned, and its commits are put in order. */
static void a_workspace_of_format_2_is_read_as_it_is_and_brought_up_by_a_writer(void **state)
{
	const char *dir = *state;
	struct sought_value nobody = { COL_SourceIp, 1 };
	struct sought sought = { &nobody, 1 };
	struct segment_filter filter = { .table = TABLE_FLOWS,
		                         .time = TIME_RANGE_ALL,
		                         .recorded = TIME_RANGE_ALL,
		                         .sought = &sought,
		                         .sought_count = 1 };
	struct segment_list list;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	store_one(ws);
	store_one(ws);
	workspace_close(ws);
	scratch_catalog(dir, "DROP INDEX segments_by_commit; DROP TABLE address_filters;"
	                     "INSERT INTO commits VALUES (7, 1), (9, 1);"
	                     "UPDATE meta SET value = 2 WHERE key = 'format'");
	ws = scratch_open(dir, WORKSPACE_READ);
	for (size_t want = 2; want < 4; want++) {
		assert_true(workspace_segments(ws, &filter, &list, NULL));
		assert_int_equal(list.count, 2);
		segment_list_done(&list);
		ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", want == 2 ? "2\n" : "3\n");
		struct workspace *writer = scratch_open(dir, WORKSPACE_WRITE);
		if (want == 2) {
			assert_int_equal(
			    scratch_catalog_number(dir, "SELECT sum(number) FROM commits"), 12);
			store_one(writer);
		}
		workspace_close(writer);
	}
	assert_int_equal(scratch_catalog_number(dir, "SELECT value FROM meta WHERE key = 'format'"),
	                 3);
	assert_int_equal(scratch_catalog_number(dir, "SELECT sum(number) FROM commits"), 13);
	workspace_close(ws);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		CASE(a_workspace_of_format_1_is_read_as_it_is_and_brought_up_by_a_writer),
		CASE(a_workspace_of_format_2_is_read_as_it_is_and_brought_up_by_a_writer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
