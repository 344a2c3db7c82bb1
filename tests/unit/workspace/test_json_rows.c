/* Rows that are imported from JSON lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "scratch.h"
#include "support/unit.h"
#include "workspace/cell_batch.h"

static const char *put_lines(const char *dir, const char *lines, size_t len)
{
	const char *path = scratch_path(dir, "rows.jsonl");
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(lines, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	return path;
}

/* Imports lines into a new workspace "DIR/ws". */
static bool import(const char *dir, enum table_id table, const char *lines, size_t len,
                   size_t *ret_rows, struct err *e)
{
	const char *path = put_lines(dir, lines, len);
	struct workspace *ws = scratch_open(scratch_path(dir, "ws"), WORKSPACE_WRITE);
	struct commit *c = commit_begin(ws, e);
	assert_non_null(c);
	bool ok = commit_json_lines(c, table, path, ret_rows, e);
	if (ok)
		assert_true(commit_end(c, e));
	else
		assert_false(commit_end(c, NULL)); /* refuses what is not whole */
	workspace_close(ws);
	return ok;
}

static void assert_imported(const char *dir, enum table_id table, const char *lines,
                            size_t want_rows)
{
	struct err e = { 0 };
	size_t rows = 0;
	if (!import(dir, table, lines, strlen(lines), &rows, &e))
		fail_msg("%s", e.text);
	assert_int_equal(rows, want_rows);
}

static void assert_answer(const char *dir, enum table_id table, const char *select,
                          const char *tail, const char *want)
{
	struct workspace *ws = scratch_open(scratch_path(dir, "ws"), WORKSPACE_READ);
	ASSERT_ANSWER(ws, table, select, tail, want);
	workspace_close(ws);
}

static void values_of_every_type_are_stored_as_they_are(void **state)
{
	assert_imported(*state, TABLE_FLOWS,
	                "{\"TimeGenerated\": \"2025-11-17T01:02:03.5Z\", \"SourceIp\": \"not an "
	                "address \\u00e9\","
	                " \"SourcePort\": -2147483648, \"NumberOfBytes\": 9223372036854775807,"
	                " \"TotalCounters\": true, \"FlowStartTime\": \"0001-01-01\"}\r\n",
	                1);
	/* 2025-11-17 is 638989344000000000; 3723.5 s later */
	assert_answer(*state, TABLE_FLOWS,
	              "TimeGenerated, SourceIp, SourcePort, NumberOfBytes, TotalCounters, "
	              "FlowStartTime, FlowEndTime, DestinationIp",
	              "",
	              "638989381235000000|not an address \xc3\xa9|-2147483648|9223372036854775807|"
	              "true|0|null|\n");
}

static void reals_and_nulls_are_read(void **state)
{
	assert_imported(*state, TABLE_ATC,
	                "{\"_BilledSize\": 0.5, \"Protocol\": null, \"SourceIp\": null}\n"
	                "\n"
	                "{\"_BilledSize\": 3, \"Protocol\": 0, \"SourceIp\": \"\"}",
	                2);
	assert_answer(*state, TABLE_ATC, "_BilledSize, Protocol, SourceIp", "",
	              "0.5|null|\n3|0|\n");
}

static void rows_are_filed_by_day_and_ordered_by_time(void **state)
{
	assert_imported(*state, TABLE_ATC,
	                "{\"TimeGenerated\": \"2025-11-18T00:00:00Z\", \"Flowsequence\": 1}\n"
	                "{\"TimeGenerated\": \"2025-11-17T23:59:59Z\", \"Flowsequence\": 2}\n"
	                "{\"Flowsequence\": 3, \"FlowRecordTime\": \"2025-11-17T00:00:00Z\"}\n"
	                "{\"TimeGenerated\": \"2025-11-18T00:00:00Z\", \"Flowsequence\": 4}\n"
	                "{\"TimeGenerated\": \"2025-11-17T00:00:00Z\", \"Flowsequence\": 5}\n",
	                5);
	assert_answer(*state, TABLE_ATC, "Flowsequence", "", "3\n5\n2\n1\n4\n");
	struct workspace *ws = scratch_open(scratch_path(*state, "ws"), WORKSPACE_READ);
	struct segment_list list;
	struct err e;
	struct segment_filter all = SEGMENTS_OF(TABLE_ATC);
	assert_true(workspace_segments(ws, &all, &list, &e));
	static const char *const days[] = { "0001-01-01", "2025-11-17", "2025-11-18" };
	assert_int_equal(list.count, ARRAY_LEN(days));
	for (size_t i = 0; i < list.count; i++) {
		assert_non_null(strstr(list.items[i].path, days[i]));
		assert_int_equal(list.items[i].table, TABLE_ATC);
		assert_int_equal(list.items[i].commit, 1);
	}
	assert_true(list.items[0].time.from > list.items[0].time.to);
	assert_int_equal(list.items[0].recorded.from, INT64_C(638989344000000000));
	assert_int_equal(list.items[1].time.to - list.items[1].time.from,
	                 TICKS_PER_DAY - TICKS_PER_SECOND);
	segment_list_done(&list);
	workspace_close(ws);
}

static void errors_name_the_line(void **state)
{
	static const struct {
		const char *line, *want;
	} known[] = {
		{ "{\"SourceIP\": \"192.0.2.1\"}",
		  "ATCExpressRouteCircuitIpfix has no column SourceIP; did you mean SourceIp?" },
		{ "{\"Exporter\": \"192.0.2.1\"}", /* a column, but of Flows */
		  "ATCExpressRouteCircuitIpfix has no column Exporter" },
		{ "{\"SourcePort\": \"443\"}", "SourcePort is of type int, \"443\" is not" },
		{ "{\"SourcePort\": 443.5}", "SourcePort is of type int, 443.5 is not" },
		{ "{\"SourcePort\": 2147483648}",
		  "SourcePort is of type int, 2147483648 is out of its range" },
		{ "{\"NumberOfBytes\": [1]}", "NumberOfBytes is of type long, [1] is not" },
		{ "{\"SourceIp\": 7}", "SourceIp is of type string, 7 is not" },
		{ "{\"_BilledSize\": true}", "_BilledSize is of type real, true is not" },
		{ "{\"TimeGenerated\": \"yesterday\"}",
		  "TimeGenerated is of type datetime, \"yesterday\" is not" },
		{ "{\"TimeGenerated\": \"2025-11-17\\u0000\"}",
		  "TimeGenerated is of type datetime, \"2025-11-17\\u0000\" is not" },
		{ "[1]", "not a JSON object" },
		{ "{\"Protocol\": 6", "not JSON: '}' expected" },
		{ "{\"Protocol\": 6, \"Protocol\": 7}", "not JSON: duplicate object key" },
		{ "{\"NumberOfBytes\": 9223372036854775808}", "not JSON: too big integer" },
		{ "{\"SourceIp\": \"\xff\"}", "not JSON: unable to decode byte 0xff" },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		char lines[256], want[512];
		int len = snprintf(lines, sizeof lines, "{\"Protocol\": 6}\n\n%s\n", known[i].line);
		struct err e = { 0 };
		size_t rows = 42;
		assert_false(import(*state, TABLE_ATC, lines, (size_t)len, &rows, &e));
		snprintf(want, sizeof want, "%s line 3: %s", scratch_path(*state, "rows.jsonl"),
		         known[i].want);
		if (strncmp(e.text, want, strlen(want)) != 0)
			fail_msg("%s, not %s", e.text, want);
		assert_int_equal(e.code, ERR_DATA);
		assert_int_equal(rows, 42);
		assert_answer(*state, TABLE_ATC, "count(*)", "", "0\n");
		assert_int_equal(scratch_count_files(scratch_path(*state, "ws")), 0);
	}
}

static void a_line_is_bounded(void **state)
{
	enum { MIB = 1 << 20 };
	static const char head[] = "{\"SourceIp\": \"", tail[] = "\"}";
	const size_t around = strlen(head) + strlen(tail);
	char *line = malloc(MIB + 1);
	assert_non_null(line);
	memset(line, 'x', MIB + 1);
	memcpy(line, head, strlen(head));
	memcpy(line + MIB - strlen(tail), tail, strlen(tail));
	struct err e = { 0 };
	size_t rows;
	assert_true(import(*state, TABLE_ATC, line, MIB, &rows, &e));
	char want[32];
	snprintf(want, sizeof want, "%zu\n", MIB - around);
	assert_answer(*state, TABLE_ATC, "length(SourceIp)", "", want);
	line[MIB] = ' ';
	assert_false(import(*state, TABLE_ATC, line, MIB + 1, &rows, &e));
	assert_non_null(strstr(e.text, "rows.jsonl line 1: longer than 1048576 bytes"));
	free(line);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	struct workspace *ws = scratch_open(scratch_path(*state, "ws"), WORKSPACE_WRITE);
	const char *path = scratch_path(*state, "none.jsonl");
	char want[512];
	struct err e;
	size_t rows;
	struct commit *c = commit_begin(ws, &e);
	assert_false(commit_json_lines(c, TABLE_ATC, path, &rows, &e));
	snprintf(want, sizeof want, "cannot read '%s': No such file or directory", path);
	assert_string_equal(e.text, want);
	commit_abandon(c);
	c = commit_begin(ws, &e);
	assert_false(commit_json_lines(c, TABLE_ATC, *state, &rows, &e));
	assert_non_null(strstr(e.text, "Is a directory"));
	commit_abandon(c);
	workspace_close(ws);
}

/* More rows than a batch holds: several segments, one commit. */
static void a_large_file_is_read_in_batches(void **state)
{
	enum { ROWS = 300 };
	char *value = malloc(CELL_BATCH_BYTES / 100);
	assert_non_null(value);
	memset(value, 'v', CELL_BATCH_BYTES / 100);
	FILE *f = fopen(scratch_path(*state, "rows.jsonl"), "w");
	assert_non_null(f);
	for (int i = 0; i < ROWS; i++)
		fprintf(f,
		        "{\"TimeGenerated\":\"2025-11-17\",\"Flowsequence\":%d,\"SourceIp\":\"%.*"
		        "s\"}\n",
		        i, (int)(CELL_BATCH_BYTES / 100), value);
	assert_int_equal(fclose(f), 0);
	free(value);
	struct workspace *ws = scratch_open(scratch_path(*state, "ws"), WORKSPACE_WRITE);
	struct err e = { 0 };
	size_t rows;
	struct commit *c = commit_begin(ws, &e);
	if (!commit_json_lines(c, TABLE_ATC, scratch_path(*state, "rows.jsonl"), &rows, &e) ||
	    !commit_end(c, &e))
		fail_msg("%s", e.text);
	assert_int_equal(rows, ROWS);
	assert_int_equal(scratch_count_files(scratch_path(*state, "ws")), 3);
	ASSERT_ANSWER(ws, TABLE_ATC, "count(DISTINCT Flowsequence), min(length(SourceIp))", "",
	              "300|1006632\n");
	workspace_close(ws);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		CASE(values_of_every_type_are_stored_as_they_are),
		CASE(reals_and_nulls_are_read),
		CASE(rows_are_filed_by_day_and_ordered_by_time),
		CASE(errors_name_the_line),
		CASE(a_line_is_bounded),
		CASE(a_file_that_cannot_be_read_is_named),
		CASE(a_large_file_is_read_in_batches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
