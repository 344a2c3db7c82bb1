/* Tables as SQL over their segments. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "scratch.h"
#include "support/unit.h"
#include "workspace/segment_columns.h"

enum { MINUTE = 29388960 }; /* 2025-11-17T00:00Z */
#define MIDNIGHT INT64_C(638989344000000000)

static struct buf relation(struct workspace *ws, struct segment_filter filter,
                           struct relation_size *ret)
{
	struct buf sql = { 0 };
	struct err e;
	if (!workspace_relation(ws, &filter, &sql, ret, &e))
		fail_msg("%s", e.text);
	return sql;
}

/* The columns of a relation as "name TYPE\n" in order. */
static char *described(struct workspace *ws, enum table_id table)
{
	struct buf inner = relation(ws, SEGMENTS_OF(table), NULL);
	struct buf sql = { 0 };
	buf_printf(&sql, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM %s AS t)",
	           buf_text(&inner));
	char *answer = scratch_sql(buf_text(&sql));
	buf_done(&sql);
	buf_done(&inner);
	return answer;
}

static void assert_columns(struct workspace *ws, enum table_id table)
{
	static const char *const types[KQL_TYPE_COUNT] = {
		[KQL_BOOL] = "BOOLEAN",    [KQL_INT] = "INTEGER",     [KQL_LONG] = "BIGINT",
		[KQL_REAL] = "DOUBLE",     [KQL_STRING] = "VARCHAR",  [KQL_DATETIME] = "BIGINT",
		[KQL_TIMESPAN] = "BIGINT", [KQL_DYNAMIC] = "VARCHAR",
	};
	struct buf want = { 0 };
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		if (column_in(id, table))
			buf_printf(&want, "%s|%s\n", columns[id].name,
			           types[column_type(id, table)]);
	char *got = described(ws, table);
	assert_string_equal(got, buf_text(&want));
	free(got);
	buf_done(&want);
}

static void a_table_has_its_columns_whatever_there_is_to_read(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	for (enum table_id table = 0; table < TABLE_COUNT; table++)
		assert_columns(ws, table);
	ASSERT_ANSWER(ws, TABLE_ATC, "count(*)", "", "0\n");
	scratch_import(ws, dir, TABLE_ATC, "{}"); /* imported rows only */
	for (enum table_id table = 0; table < TABLE_COUNT; table++)
		assert_columns(ws, table);
	struct flow_row row = scratch_row(MINUTE);
	scratch_store(ws, &row, 1, NULL); /* both kinds */
	for (enum table_id table = 0; table < TABLE_COUNT; table++)
		assert_columns(ws, table);
	workspace_close(ws);
}

static void columns_that_are_views_are_worked_out(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct flow_row rows[] = { scratch_row(MINUTE), scratch_row(MINUTE), scratch_row(MINUTE) };
	ROW_SET_KEY(&rows[0], Protocol, protocol, 17);
	ROW_SET(&rows[0], NumberOfBytes, bytes, 1500);
	ROW_SET_KEY(&rows[0], SamplingInterval, sampling, 4096);
	ROW_SET(&rows[1], NumberOfBytes, bytes, 1500); /* of an unknown rate */
	ROW_SET(&rows[2], NumberOfBytes, bytes, UINT64_C(1) << 62);
	ROW_SET_KEY(&rows[2], SamplingInterval, sampling, 4096); /* 2^74 */
	scratch_store(ws, rows, 3, NULL);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "Type, IpProtocolIdentifier, EstimatedBytes", "",
	              "Flows|17|6144000\nFlows|null|null\nFlows|null|null\n");
	ASSERT_ANSWER(ws, TABLE_ATC, "Type, IpProtocolIdentifier, _BilledSize, _IsBillable",
	              "LIMIT 1", "ATCExpressRouteCircuitIpfix|17|0|false\n");
	workspace_close(ws);
}

/* Azure's SrcAsn is an int: RFC 6793's numbers of four octets do not all fit. */
static void a_type_that_differs_is_tried(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct flow_row rows[] = { scratch_row(MINUTE), scratch_row(MINUTE) };
	ROW_SET_KEY(&rows[0], SrcAsn, src_asn, 2147483647);
	ROW_SET_KEY(&rows[1], SrcAsn, src_asn, 2147483648);
	scratch_store(ws, rows, 2, NULL);
	ASSERT_ANSWER(ws, TABLE_ATC, "SrcAsn", "", "2147483647\nnull\n");
	ASSERT_ANSWER(ws, TABLE_FLOWS, "SrcAsn", "", "2147483647\n2147483648\n");
	workspace_close(ws);
}

static void imported_rows_stand_beside_flow_rows_in_their_table_alone(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	struct flow_row row = scratch_row(MINUTE);
	ROW_SET_KEY(&row, Protocol, protocol, 17);
	ROW_SET(&row, NumberOfBytes, bytes, 1);
	scratch_store(ws, &row, 1, NULL);
	scratch_import(
	    ws, dir, TABLE_ATC,
	    "{\"TimeGenerated\":\"2025-11-17T00:01:00Z\",\"NumberOfBytes\":2,"
	    "\"IpProtocolIdentifier\":6,\"_IsBillable\":\"true\",\"_BilledSize\":648.5}");
	ASSERT_ANSWER(ws, TABLE_ATC,
	              "NumberOfBytes, IpProtocolIdentifier, Protocol, _IsBillable, _BilledSize, "
	              "SourceIp, Type",
	              "ORDER BY 1",
	              "1|17|17|false|0||ATCExpressRouteCircuitIpfix\n"
	              "2|6|null|true|648.5||\n");
	ASSERT_ANSWER(ws, TABLE_FLOWS, "NumberOfBytes", "", "1\n");
	workspace_close(ws);
}

static void rows_imported_into_a_stored_table_have_its_views_worked_out(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	scratch_import(ws, dir, TABLE_FLOWS,
	               "{\"TimeGenerated\":\"2025-11-17\",\"Type\":\"other\",\"Protocol\":6}");
	ASSERT_ANSWER(ws, TABLE_FLOWS, "Type, IpProtocolIdentifier", "", "Flows|6\n");
	ASSERT_ANSWER(ws, TABLE_ATC, "Type", "", "ATCExpressRouteCircuitIpfix\n");
	workspace_close(ws);
}

/* Four segments: TimeGenerated 00:00–00:01, 00:02, 00:02, and imported rows without a time;
 * FlowRecordTime none, 23:00 of the day before, 00:02, none. */
static void ranges_of_both_times_prune_segments(void **state)
{
	const char *dir = *state;
	const int64_t hour = TICKS_PER_HOUR, minute = TICKS_PER_MINUTE;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	struct flow_row rows[] = { scratch_row(MINUTE), scratch_row(MINUTE + 1) };
	scratch_store(ws, rows, 2, NULL);
	rows[0] = scratch_row(MINUTE + 2);
	ROW_SET(&rows[0], FlowRecordTime, record_time, MIDNIGHT - hour);
	scratch_store(ws, rows, 1, NULL);
	ROW_SET(&rows[0], FlowRecordTime, record_time, MIDNIGHT + 2 * minute);
	scratch_store(ws, rows, 1, NULL);
	scratch_import(ws, dir, TABLE_ATC, "{}");
	const struct time_range all = TIME_RANGE_ALL;
	const struct {
		struct time_range time, recorded;
		size_t want;
	} known[] = {
		{ all, all, 4 },
		{ { MIDNIGHT, MIDNIGHT + minute }, all, 1 },
		{ { MIDNIGHT + 1, MIDNIGHT + minute - 1 }, all, 1 }, /* between two rows */
		{ { MIDNIGHT + minute, MIDNIGHT + 2 * minute }, all, 3 },
		{ { MIDNIGHT + minute + 1, INT64_MAX }, all, 2 },
		{ { INT64_MIN, MIDNIGHT - 1 }, all, 0 },
		{ all, { MIDNIGHT, INT64_MAX }, 1 },
		{ all, { INT64_MIN, MIDNIGHT }, 1 },
		{ { MIDNIGHT, MIDNIGHT + minute }, { INT64_MIN, MIDNIGHT }, 0 },
		{ { MIDNIGHT, INT64_MAX }, { MIDNIGHT - hour, MIDNIGHT + hour }, 2 },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct relation_size size;
		struct buf sql = relation(ws,
		                          (struct segment_filter){ .table = TABLE_ATC,
		                                                   .time = known[i].time,
		                                                   .recorded = known[i].recorded },
		                          &size);
		assert_int_equal(size.segments, known[i].want);
		buf_done(&sql);
	}
	struct relation_size size;
	struct buf sql = relation(
	    ws, (struct segment_filter){ .table = TABLE_FLOWS, .time = all, .recorded = all },
	    &size);
	assert_int_equal(size.rows, 4);
	assert_true(size.bytes > 0);
	buf_done(&sql);
	workspace_close(ws);
}

/* Puts a segment that holds two columns only, one of them unknown today, into the catalog as an
 * older program's. */
static void add_old_segment(const char *dir)
{
	char sql[1024];
	snprintf(sql, sizeof sql,
	         "COPY (SELECT 638989344000000000 AS \"TimeGenerated\", 'x' AS \"Gone\", 42 AS "
	         "\"Protocol\") TO '%s/segments/Flows/old.parquet' (FORMAT parquet)",
	         dir);
	free(scratch_sql(sql));
	sqlite3 *db;
	assert_int_equal(sqlite3_open(scratch_path(dir, "catalog.db"), &db), SQLITE_OK);
	snprintf(
	    sql, sizeof sql,
	    "INSERT INTO segments SELECT 99, 'segments/Flows/old.parquet', name, 7, number, 1, 1,"
	    " time_from, time_to, recorded_from, recorded_to, 0 FROM segments");
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void older_segments_lack_columns_and_read_all_the_same(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	struct flow_row row = scratch_row(MINUTE);
	ROW_SET_KEY(&row, SourceIp, src_addr, ip_from_v4((uint8_t[]){ 192, 0, 2, 1 }));
	ROW_SET_KEY(&row, SrcAsn, src_asn, 65000);
	scratch_store(ws, &row, 1, NULL);
	workspace_close(ws);
	add_old_segment(dir);
	ws = scratch_open(dir, WORKSPACE_READ);
	assert_columns(ws, TABLE_FLOWS);
	assert_columns(ws, TABLE_ATC);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "Protocol, IpProtocolIdentifier, SourceIp, SrcAsn, Exporter",
	              "ORDER BY 1", "42|42||null|\nnull|null|192.0.2.1|65000|\n");
	ASSERT_ANSWER(ws, TABLE_ATC, "SourceIp", "WHERE SourceIp = ''", "\n");
	/* alone, no file has the missing columns */
	workspace_close(ws);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(scratch_path(dir, "catalog.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DELETE FROM segments WHERE id <> 99", NULL, NULL, NULL),
	                 SQLITE_OK);
	sqlite3_close(db);
	ws = scratch_open(dir, WORKSPACE_READ);
	assert_columns(ws, TABLE_FLOWS);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "Protocol, SourceIp, SrcAsn, Type", "", "42||null|Flows\n");
	workspace_close(ws);
}

static char *explained(struct workspace *ws, enum table_id table, const char *rest)
{
	struct buf inner = relation(ws, SEGMENTS_OF(table), NULL);
	struct buf sql = { 0 };
	buf_printf(&sql, "EXPLAIN (FORMAT json) SELECT SourceIp, NumberOfBytes FROM %s AS t %s",
	           buf_text(&inner), rest);
	char *plan = scratch_sql(buf_text(&sql));
	buf_done(&sql);
	buf_done(&inner);
	return plan;
}

static size_t count_of(const char *text, const char *word)
{
	size_t count = 0;
	while ((text = strstr(text, word))) {
		text++;
		count++;
	}
	return count;
}

/* Two rows around every value that is asked for, so that statistics alone cannot answer. */
static void store_around(struct workspace *ws)
{
	struct flow_row rows[] = { scratch_row(MINUTE), scratch_row(MINUTE + 2) };
	for (uint8_t i = 0; i < 2; i++) {
		ROW_SET_KEY(&rows[i], SourceIp, src_addr,
		            ip_from_v4((uint8_t[]){ i * 2, 0, 0, 0 }));
		ROW_SET_KEY(&rows[i], Protocol, protocol, (uint8_t)(i * 12));
	}
	scratch_store(ws, rows, 2, NULL);
}

static const char asked[] =
    "WHERE TimeGenerated = 638989344600000000 AND SourceIp = '1.0.0.0' AND Protocol = 6";

static void filters_and_projections_reach_the_files(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	store_around(ws);
	scratch_import(
	    ws, dir, TABLE_ATC,
	    "{\"TimeGenerated\":\"2025-11-17\",\"SourceIp\":\"0.0.0.0\",\"Protocol\":0}\n"
	    "{\"TimeGenerated\":\"2025-11-17T23:00Z\",\"SourceIp\":\"2.0.0.0\",\"Protocol\":12}");
	static const struct {
		enum table_id table;
		size_t scans;
	} known[] = { { TABLE_FLOWS, 1 }, { TABLE_ATC, 2 } };
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		char *plan = explained(ws, known[i].table, asked);
		assert_int_equal(count_of(plan, "\"name\": \"READ_PARQUET\""), known[i].scans);
		assert_int_equal(count_of(plan, "TimeGenerated=638989344600000000"),
		                 known[i].scans);
		assert_int_equal(count_of(plan, "SourceIp='1.0.0.0'"), known[i].scans);
		assert_int_equal(count_of(plan, "Protocol=6"), known[i].scans);
		assert_null(strstr(plan, "\"FILTER\""));
		assert_null(strstr(plan, "DestinationIp"));
		free(plan);
	}
	workspace_close(ws);
}

/* All but those on texts, which may have to become "" first. */
static void filters_reach_older_files_too(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	store_around(ws);
	workspace_close(ws);
	add_old_segment(dir);
	ws = scratch_open(dir, WORKSPACE_READ);
	char *plan = explained(ws, TABLE_FLOWS, asked);
	assert_non_null(strstr(plan, "TimeGenerated=638989344600000000"));
	assert_non_null(strstr(plan, "Protocol=6"));
	assert_null(strstr(plan, "DestinationIp"));
	free(plan);
	workspace_close(ws);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		CASE(a_table_has_its_columns_whatever_there_is_to_read),
		CASE(columns_that_are_views_are_worked_out),
		CASE(a_type_that_differs_is_tried),
		CASE(imported_rows_stand_beside_flow_rows_in_their_table_alone),
		CASE(rows_imported_into_a_stored_table_have_its_views_worked_out),
		CASE(ranges_of_both_times_prune_segments),
		CASE(older_segments_lack_columns_and_read_all_the_same),
		CASE(filters_and_projections_reach_the_files),
		CASE(filters_reach_older_files_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
