/* What is found too old in a workspace, or too much, and the commit that drops it. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "scratch.h"
#include "support/unit.h"
#include "weir/expiry.h"

#define MINUTE(n) (TICKS_UNIX_EPOCH + (n)*TICKS_PER_MINUTE)
enum { SEGMENTS = 4 };

static struct err e;

/* Segments 1 to SEGMENTS of Flows, of a row each, of the first minutes of 1970, committed then. */
static struct workspace *make(const char *dir)
{
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	for (uint32_t n = 1; n <= SEGMENTS; n++) {
		struct flow_row row = scratch_row(n);
		scratch_store(ws, &row, 1, NULL);
	}
	sqlite3 *db;
	char sql[128];
	snprintf(sql, sizeof sql, "UPDATE commits SET at = %lld + number * %lld",
	         (long long)TICKS_UNIX_EPOCH, (long long)TICKS_PER_MINUTE);
	assert_int_equal(sqlite3_open(scratch_path(dir, "catalog.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	return ws;
}

static void set_state(struct workspace *ws, const char *key, const char *text)
{
	struct commit *c = commit_begin(ws, &e);
	assert_non_null(c);
	assert_true(commit_set_state(c, key, text, strlen(text), &e));
	assert_true(commit_end(c, &e));
}

/* Drops what of Flows is a minute old at the begin of that minute. */
static void drop_at(struct workspace *ws, int64_t minute, size_t want)
{
	struct retention_policy policy = { .age = { [TABLE_FLOWS] = TICKS_PER_MINUTE } };
	struct expiry x = { .most = RETENTION_SEGMENTS };
	assert_true(expiry_add_old(&x, ws, &policy, MINUTE(minute), MINUTE(minute), &e));
	assert_int_equal(x.count, want);
	assert_int_equal(x.counts.of[TABLE_FLOWS][RETENTION_AGE].rows, want);
	assert_true(expiry_commit(&x, ws, MINUTE(minute), &e));
	expiry_done(&x);
}

static uint64_t octets_of(struct workspace *ws, size_t first, size_t count)
{
	struct segment_list list;
	uint64_t octets = 0;
	assert_true(workspace_oldest(ws, TABLE_FLOWS, SEGMENTS, &list, &e));
	for (size_t i = first; i < first + count; i++)
		octets += (uint64_t)list.items[i].bytes;
	segment_list_done(&list);
	return octets;
}

static void what_is_too_old_goes_and_the_ledger_says_so(void **state)
{
	struct workspace *ws = make(*state);
	char want[64];
	snprintf(want, sizeof want, "2|2|0|2|%llu\n", (unsigned long long)octets_of(ws, 0, 2));
	drop_at(ws, 4, 2);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "2\n");
	ASSERT_ANSWER(ws, TABLE_LEDGER,
	              "\"RowsDropped\", \"RowsDroppedByAge\", \"RowsDroppedForDisk\", "
	              "\"FlowsDropped\", \"BytesDropped\"",
	              "", want);
	workspace_close(ws);
}

static void audited_queries_go_by_a_time_of_their_own(void **state)
{
	struct workspace *ws = make(*state);
	struct plain_rows *rows = plain_rows_new(&e);
	const struct query_audit row = { .minute = 1 };
	struct commit *c = commit_begin(ws, &e);
	assert_true(plain_rows_add(rows, TABLE_AUDIT, &row, 1));
	assert_true(commit_plain_rows(c, rows, &e) && commit_end(c, &e));
	plain_rows_free(rows);
	struct retention_policy policy = { .age = { [TABLE_AUDIT] = TICKS_PER_MINUTE } };
	int64_t later = ticks_now() + 2 * TICKS_PER_MINUTE;
	struct expiry x = { .most = RETENTION_SEGMENTS };
	assert_true(expiry_add_old(&x, ws, &policy, later, later, &e));
	assert_true(expiry_commit(&x, ws, later, &e));
	expiry_done(&x);
	ASSERT_ANSWER(ws, TABLE_AUDIT, "count(*)", "", "0\n");
	ASSERT_ANSWER(ws, TABLE_LEDGER, "\"RowsDropped\", \"QueryAuditDropped\"", "", "1|1\n");
	workspace_close(ws);
}

static void parts_and_what_open_bindings_are_made_of_stay(void **state)
{
	struct workspace *ws = make(*state);
	set_state(ws, "minute/parts", "1 1\n");
	set_state(ws, "nat/bindings", "open 2\nsince 4\n");
	drop_at(ws, 100, 1);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "(\"TimeGenerated\" - 621355968000000000) // 600000000",
	              "ORDER BY 1", "1\n2\n4\n");
	workspace_close(ws);
}

static void the_clock_that_is_behind_counts(void **state)
{
	struct workspace *ws = make(*state);
	struct retention_policy policy = { .age = { [TABLE_FLOWS] = TICKS_PER_MINUTE } };
	struct expiry x = { .most = RETENTION_SEGMENTS };
	assert_true(expiry_add_old(&x, ws, &policy, MINUTE(3), MINUTE(500000), &e));
	assert_int_equal(x.count, 1);
	assert_true(expiry_add_old(&x, ws, &policy, MINUTE(500000), MINUTE(4), &e));
	assert_int_equal(x.count, 2); /* the first one is not chosen again */
	expiry_done(&x);
	workspace_close(ws);
}

static void one_commit_leaves_the_rest_to_the_next(void **state)
{
	struct workspace *ws = make(*state);
	struct retention_policy policy = { .age = { [TABLE_FLOWS] = TICKS_PER_MINUTE } };
	for (size_t left = SEGMENTS; left > 0; left -= 2) {
		struct expiry x = { .most = 2 };
		assert_true(expiry_add_old(&x, ws, &policy, MINUTE(100), MINUTE(100), &e));
		assert_int_equal(x.count, 2);
		assert_true(expiry_commit(&x, ws, MINUTE(100), &e));
		expiry_done(&x);
	}
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "0\n");
	workspace_close(ws);
}

static void the_oldest_flows_go_until_the_workspace_is_small_enough(void **state)
{
	struct workspace *ws = make(*state);
	uint64_t octets;
	assert_true(workspace_octets(ws, &octets, &e));
	struct retention_policy policy = { .size = octets };
	struct expiry x = { .most = RETENTION_SEGMENTS };
	assert_true(expiry_add_size(&x, ws, &policy, &e));
	assert_int_equal(x.count, 0);
	policy.size = octets_of(ws, 3, 1);
	assert_true(expiry_add_size(&x, ws, &policy, &e));
	assert_int_equal(x.count, 3);
	assert_int_equal(x.counts.of[TABLE_FLOWS][RETENTION_SIZE].segments, 3);
	assert_true(expiry_commit(&x, ws, MINUTE(5), &e));
	ASSERT_ANSWER(ws, TABLE_LEDGER, "\"RowsDroppedBySize\", \"FlowsDropped\"", "", "3|3\n");
	expiry_done(&x);
	workspace_close(ws);
}

static void rows_that_were_imported_as_they_are_go_after_flows(void **state)
{
	struct workspace *ws = make(*state);
	scratch_import(ws, *state, TABLE_ATC, "{}");
	uint64_t flows = octets_of(ws, 0, SEGMENTS);
	struct expiry x = { .most = RETENTION_SEGMENTS };
	assert_true(expiry_add_octets(&x, ws, flows, RETENTION_DISK, &e));
	assert_int_equal(x.count, SEGMENTS);
	assert_true(expiry_add_octets(&x, ws, 1, RETENTION_DISK, &e));
	assert_int_equal(x.counts.of[TABLE_ATC][RETENTION_DISK].rows, 1);
	assert_true(expiry_add_octets(&x, ws, 1, RETENTION_DISK, &e)); /* nothing is left */
	assert_int_equal(x.count, SEGMENTS + 1);
	struct buf text = { 0 };
	expiry_describe(&text, &x.counts);
	assert_non_null(strstr(buf_text(&text),
	                       "1 rows of ATCExpressRouteCircuitIpfix by disk, 4 rows of Flows by "
	                       "disk: 5 segments, "));
	buf_done(&text);
	expiry_done(&x);
	workspace_close(ws);
}

static void the_clock_is_kept_and_begins_an_hour_after_the_last_commit(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	int64_t clock;
	assert_true(expiry_clock(ws, MINUTE(777), &clock, &e));
	assert_int_equal(clock, MINUTE(777));
	workspace_close(ws);
	ws = make(*state);
	assert_true(expiry_clock(ws, MINUTE(500000), &clock, &e));
	assert_int_equal(clock, MINUTE(SEGMENTS + 60));
	assert_true(expiry_clock(ws, MINUTE(7), &clock, &e));
	assert_int_equal(clock, MINUTE(7));
	drop_at(ws, 2, 0);
	assert_true(expiry_clock(ws, MINUTE(500000), &clock, &e));
	assert_int_equal(clock, MINUTE(2));
	workspace_close(ws);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
		CASE(what_is_too_old_goes_and_the_ledger_says_so),
		CASE(audited_queries_go_by_a_time_of_their_own),
		CASE(parts_and_what_open_bindings_are_made_of_stay),
		CASE(the_clock_that_is_behind_counts),
		CASE(one_commit_leaves_the_rest_to_the_next),
		CASE(the_oldest_flows_go_until_the_workspace_is_small_enough),
		CASE(rows_that_were_imported_as_they_are_go_after_flows),
		CASE(the_clock_is_kept_and_begins_an_hour_after_the_last_commit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
