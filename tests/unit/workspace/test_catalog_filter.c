/* Which segments the catalog's filters spare a reader, and that damage to them hides none. */
#include "workspace/catalog_filter.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ip.h"
#include "scratch.h"
#include "support/unit.h"
#include "workspace/compact.h"

static struct flow_row flow(uint32_t minute, const char *source, const char *exporter)
{
	struct flow_row row = scratch_row(minute);
	struct ip ip;
	assert_true(ip_parse(source, &ip));
	ROW_SET_KEY(&row, SourceIp, src_addr, ip);
	assert_true(ip_parse(exporter, &ip));
	ROW_SET_KEY(&row, Exporter, exporter, ip);
	return row;
}

static struct sought_value value_of(enum column_id column, const char *text)
{
	return (struct sought_value){ column, address_hash(text, strlen(text)) };
}

/* How many segments are left for someone who looks for these. */
static size_t left(struct workspace *ws, const struct sought *sought, size_t count)
{
	struct segment_filter filter = { .table = TABLE_FLOWS,
		                         .time = TIME_RANGE_ALL,
		                         .recorded = TIME_RANGE_ALL,
		                         .sought = sought,
		                         .sought_count = count };
	struct segment_list list;
	struct err e = { 0 };
	if (!workspace_segments(ws, &filter, &list, &e))
		fail_msg("%s", e.text);
	size_t segments = list.count;
	segment_list_done(&list);
	return segments;
}

static size_t left_for(struct workspace *ws, enum column_id column, const char *text)
{
	struct sought_value value = value_of(column, text);
	return left(ws, &(struct sought){ &value, 1 }, 1);
}

/* Three segments: of 10.0.0.1, of 10.0.0.2, of both, by two exporters. */
static struct workspace *three(const char *dir)
{
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	struct flow_row first = flow(100, "10.0.0.1", "192.0.2.1");
	struct flow_row second = flow(101, "10.0.0.2", "192.0.2.2");
	struct flow_row both[] = { first, second };
	scratch_store(ws, &first, 1, NULL);
	scratch_store(ws, &second, 1, NULL);
	scratch_store(ws, both, 2, NULL);
	return ws;
}

static void only_segments_that_may_hold_what_is_sought_are_left(void **state)
{
	struct workspace *ws = three(*state);
	struct sought_value values[] = { value_of(COL_SourceIp, "10.0.0.1"),
		                         value_of(COL_Exporter, "192.0.2.2"),
		                         value_of(COL_SourceIp, "10.0.0.9") };
	const struct sought either = { values, 2 }, nothing = { NULL, 0 };
	const struct sought both[] = { { values, 1 }, { values + 1, 1 } };
	assert_int_equal(left(ws, NULL, 0), 3);
	assert_int_equal(left_for(ws, COL_SourceIp, "10.0.0.1"), 2);
	assert_int_equal(left_for(ws, COL_SourceIp, "10.0.0.3"), 0);
	assert_int_equal(left_for(ws, COL_Exporter, "192.0.2.1"), 2);
	assert_int_equal(left_for(ws, COL_Exporter, "10.0.0.1"), 0);
	assert_int_equal(left(ws, &either, 1), 3);
	assert_int_equal(left(ws, &(struct sought){ values + 2, 1 }, 1), 0);
	assert_int_equal(left(ws, both, 2), 1);
	assert_int_equal(left(ws, &nothing, 1), 0);
	/* a column without filters says nothing */
	assert_int_equal(left_for(ws, COL_Application, "dns"), 3);
	workspace_close(ws);
}

/* Without write permission, too; what has gone takes its filters along. */
static void filters_go_with_their_segments(void **state)
{
	struct workspace *ws = three(*state);
	struct err e;
	struct commit *c = commit_begin(ws, &e);
	assert_true(commit_retire(c, 3, &e));
	assert_true(commit_end(c, &e));
	workspace_close(ws);
	assert_int_equal(
	    scratch_catalog_number(*state, "SELECT count(DISTINCT segment) FROM address_filters"),
	    2);
	ws = scratch_open(*state, WORKSPACE_READ);
	assert_int_equal(left_for(ws, COL_SourceIp, "10.0.0.1"), 1);
	workspace_close(ws);
}

/* Of the first segment's filter of SourceIp. */
static void set_octets(const char *dir, const uint8_t *octets, size_t len)
{
	char sql[4096];
	int at = snprintf(sql, sizeof sql, "UPDATE address_filters SET octets = x'");
	for (size_t i = 0; i < len; i++)
		at += snprintf(sql + at, sizeof sql - (size_t)at, "%02x", octets[i]);
	snprintf(sql + at, sizeof sql - (size_t)at, "' WHERE segment = 1 AND name = 'SourceIp'");
	scratch_catalog(dir, sql);
}

static size_t get_octets(const char *dir, uint8_t *ret, size_t room)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	assert_int_equal(sqlite3_open(scratch_path(dir, "catalog.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
	                                    "SELECT octets FROM address_filters"
	                                    " WHERE segment = 1 AND name = 'SourceIp'",
	                                    -1, &s, NULL),
	                 SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	size_t len = (size_t)sqlite3_column_bytes(s, 0);
	assert_true(len <= room);
	memcpy(ret, sqlite3_column_blob(s, 0), len);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return len;
}

static void a_damaged_filter_says_nothing(void **state)
{
	const char *dir = *state;
	uint8_t octets[1024];
	struct workspace *ws = three(dir);
	size_t len = get_octets(dir, octets, sizeof octets);
	for (size_t bit = 0; bit < len * 8; bit++) {
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		set_octets(dir, octets, len);
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* the first two segments and, by chance, no other */
		assert_int_equal(left_for(ws, COL_SourceIp, "10.0.0.1"), 2);
		assert_int_equal(left_for(ws, COL_SourceIp, "10.9.9.9"), 1);
	}
	for (size_t shorter = 0; shorter < len; shorter++) {
		set_octets(dir, octets, shorter);
		assert_int_equal(left_for(ws, COL_SourceIp, "10.9.9.9"), 1);
	}
	set_octets(dir, octets, len);
	assert_int_equal(left_for(ws, COL_SourceIp, "10.9.9.9"), 0);
	workspace_close(ws);
}

static void another_segments_filter_says_nothing(void **state)
{
	const char *dir = *state;
	struct workspace *ws = three(dir);
	scratch_catalog(
	    dir,
	    "UPDATE address_filters SET octets = (SELECT octets FROM address_filters"
	    " WHERE segment = 2 AND name = 'SourceIp') WHERE segment = 1 AND name = 'SourceIp'");
	assert_int_equal(left_for(ws, COL_SourceIp, "10.0.0.1"), 2);
	scratch_catalog(
	    dir,
	    "UPDATE address_filters SET octets = (SELECT octets FROM address_filters"
	    " WHERE segment = 1 AND name = 'Exporter') WHERE segment = 1 AND name = 'SourceIp'");
	assert_int_equal(left_for(ws, COL_SourceIp, "10.0.0.1"), 2);
	scratch_catalog(dir, "UPDATE address_filters SET octets = 7 WHERE segment = 1");
	assert_int_equal(left_for(ws, COL_SourceIp, "10.0.0.1"), 2);
	scratch_catalog(dir, "UPDATE address_filters SET part = 127 WHERE segment = 1");
	assert_int_equal(left_for(ws, COL_SourceIp, "10.0.0.1"), 2);
	scratch_catalog(dir, "DELETE FROM address_filters");
	assert_int_equal(left_for(ws, COL_SourceIp, "10.9.9.9"), 3);
	workspace_close(ws);
}

/* So many addresses that the filter has parts, some of which are lost. */
static void a_filter_in_parts_is_read_part_by_part(void **state)
{
	enum { ADDRESSES = 6000, ROWS = 20 * ADDRESSES };
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	struct flow_row *rows = calloc(ROWS, sizeof *rows);
	char text[32];
	for (unsigned i = 0; i < ROWS; i++) {
		unsigned n = i / 20;
		snprintf(text, sizeof text, "10.1.%u.%u", n >> 8, n & 255);
		rows[i] = flow(100, text, "192.0.2.1");
		ROW_SET(&rows[i], NumberOfBytes, bytes, i * UINT64_C(0x9e3779b97f4a7c15) >> 1);
	}
	scratch_store(ws, rows, ROWS, NULL);
	free(rows);
	int64_t parts = scratch_catalog_number(
	    dir, "SELECT count(*) FROM address_filters WHERE name = 'SourceIp'");
	assert_true(parts >= 4);
	unsigned passed = 0;
	for (int lost = 0; lost < 2; lost++) {
		for (unsigned i = 0; i < ADDRESSES; i += 97) {
			snprintf(text, sizeof text, "10.1.%u.%u", i >> 8, i & 255);
			if (!left_for(ws, COL_SourceIp, text))
				fail_msg("%s is not found", text);
			snprintf(text, sizeof text, "10.2.%u.%u", i >> 8, i & 255);
			passed += !lost && left_for(ws, COL_SourceIp, text);
		}
		scratch_catalog(
		    dir,
		    "DELETE FROM address_filters WHERE name = 'SourceIp' AND part IN (16, 64)");
	}
	assert_true(passed < ADDRESSES / 97 / 2);
	workspace_close(ws);
}

static void compaction_makes_filters_anew(void **state)
{
	const char *dir = *state;
	struct workspace *ws = three(dir);
	struct compaction c;
	struct segment_list made;
	struct err e = { 0 };
	assert_true(compact_plan(ws, INT64_MAX / 2, (struct compact_held){ 0 }, &c, &e));
	assert_non_null(c.segments);
	assert_true(compact_write(ws, &c, &made, &e));
	assert_true(compact_adopt(ws, &c, &made, &e));
	segment_list_done(&made);
	compaction_done(&c);
	assert_int_equal(left_for(ws, COL_SourceIp, "10.0.0.1"), 1);
	assert_int_equal(left_for(ws, COL_Exporter, "192.0.2.2"), 1);
	assert_int_equal(left_for(ws, COL_SourceIp, "10.0.0.3"), 0);
	workspace_close(ws);
}

/* A commit stays on the list as long as it is the last or segments came from it. */
static void commits_without_segments_are_forgotten(void **state)
{
	const char *dir = *state;
	struct workspace *ws = three(dir);
	struct err e;
	for (int i = 0; i < 3; i++) {
		struct commit *c = commit_begin(ws, &e);
		assert_true(commit_set_state(c, "key", "value", 5, &e));
		assert_true(commit_end(c, &e));
	}
	assert_int_equal(scratch_catalog_number(dir, "SELECT count(*) FROM commits"), 4);
	struct commit *c = commit_begin(ws, &e);
	assert_true(commit_retire(c, 2, &e));
	assert_true(commit_end(c, &e));
	assert_int_equal(scratch_catalog_number(dir, "SELECT sum(number * number) FROM commits"),
	                 1 + 9 + 49);
	int64_t last;
	assert_true(workspace_last_commit(ws, &last, &e));
	assert_true(last > 0);
	assert_int_equal(left(ws, NULL, 0), 2);
	workspace_close(ws);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		CASE(only_segments_that_may_hold_what_is_sought_are_left),
		CASE(filters_go_with_their_segments),
		CASE(a_damaged_filter_says_nothing),
		CASE(another_segments_filter_says_nothing),
		CASE(a_filter_in_parts_is_read_part_by_part),
		CASE(compaction_makes_filters_anew),
		CASE(commits_without_segments_are_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
