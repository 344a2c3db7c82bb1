/* Flow rows of segments as the rows that they were. */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/flow/batch.h"
#include "core/flow/table.h"
#include "scratch.h"
#include "support/unit.h"
#include "workspace/flow_fields.h"
#include "workspace/segment_columns.h"

enum { MINUTE = 29388960, ROWS_MAX = 20000 }; /* 2025-11-17T00:00Z */

/* ---- rows that come back ---- */

struct taken {
	size_t count;
	struct flow_row *rows; /* ROWS_MAX */
};

static bool take(void *context, const struct flow_row *rows, size_t count, struct err *e)
{
	struct taken *t = context;
	(void)e;
	assert_in_range(count, 1, ROWS_MAX - t->count);
	memcpy(t->rows + t->count, rows, count * sizeof *rows);
	t->count += count;
	return true;
}

static struct taken read_segments(struct workspace *ws, const int64_t *ids, size_t count)
{
	struct err e = { 0 };
	struct taken t = { .rows = calloc(ROWS_MAX, sizeof *t.rows) };
	assert_non_null(t.rows);
	if (!workspace_flow_rows(ws, ids, count, take, &t, &e))
		fail_msg("%s", e.text);
	return t;
}

static void assert_segments_hold(struct workspace *ws, const int64_t *ids, size_t count,
                                 const struct flow_row *want, size_t want_count)
{
	struct taken t = read_segments(ws, ids, count);
	assert_int_equal(t.count, want_count);
	for (size_t i = 0; i < want_count; i++)
		assert_memory_equal(&t.rows[i], &want[i], sizeof want[i]);
	free(t.rows);
}

/* Stored as the first segment and read, they are the same rows: through the writer's workspace and
 * through a reader's. */
static void assert_come_back(const char *dir, const struct flow_row *rows, size_t count)
{
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	scratch_store(ws, rows, count, NULL);
	assert_segments_hold(ws, (int64_t[]){ 1 }, 1, rows, count);
	workspace_close(ws);
	ws = scratch_open(dir, WORKSPACE_READ);
	assert_segments_hold(ws, (int64_t[]){ 1 }, 1, rows, count);
	workspace_close(ws);
}

/* What reading these segments says where it fails; nothing is taken. */
static struct err refusal(struct workspace *ws, const int64_t *ids, size_t count)
{
	struct err e = { 0 };
	struct taken t = { .rows = calloc(ROWS_MAX, sizeof *t.rows) };
	assert_non_null(t.rows);
	assert_false(workspace_flow_rows(ws, ids, count, take, &t, &e));
	assert_int_equal(t.count, 0);
	free(t.rows);
	return e;
}

/* ---- rows to store ---- */

static const size_t sizes[] = {
	[STORE_IP] = 16, [STORE_APPLICATION] = 8, [STORE_U64] = 8, [STORE_TIME] = 8,
	[STORE_U32] = 4, [STORE_MINUTE] = 4,      [STORE_U16] = 2, [STORE_U8] = 1,
};

static void set_column(struct flow_row *row, enum column_id id, const void *value)
{
	const struct column *c = &columns[id];
	memcpy((char *)row + c->offset, value, sizes[c->store]);
	*(c->role == ROLE_KEY ? &row->key.present : &row->present) |= UINT64_C(1) << c->bit;
}

/* Sets every column of a row that is there to what `value` says of it. */
static void set_columns(struct flow_row *row, void (*value)(enum column_id id, uint8_t ret[16]))
{
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		uint8_t octets[16];
		if (!column_in_flow_rows(id) || id == COL_TimeGenerated)
			continue;
		value(id, octets);
		set_column(row, id, octets);
	}
}

static bool is_flag(enum column_id id)
{
	return columns[id].type == KQL_BOOL;
}

static void value_distinct(enum column_id id, uint8_t ret[16])
{
	memset(ret, (int)id + 1, 16); /* counts stay positive: there are fewer than 127 columns */
	if (is_flag(id))
		ret[0] = 1;
}

static void value_zero(enum column_id id, uint8_t ret[16])
{
	(void)id;
	memset(ret, 0, 16);
}

/* The most that a segment can hold: counts are signed there. */
static void value_most(enum column_id id, uint8_t ret[16])
{
	const int64_t most = INT64_MAX;
	memset(ret, 0xff, 16);
	if (columns[id].store == STORE_U64 || columns[id].store == STORE_TIME)
		memcpy(ret, &most, sizeof most);
	if (is_flag(id))
		ret[0] = 1;
}

static void value_least(enum column_id id, uint8_t ret[16])
{
	const int64_t least = INT64_MIN;
	memset(ret, 0, 16);
	if (columns[id].store == STORE_TIME)
		memcpy(ret, &least, sizeof least);
}

static uint64_t seed;

static uint64_t next_random(void)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Small numbers as often as large ones; addresses of both families, many of them full of zeros. */
static void value_random(enum column_id id, uint8_t ret[16])
{
	uint64_t words[2] = { next_random() >> next_random() % 64,
		              next_random() >> next_random() % 64 };
	memcpy(ret, words, sizeof words);
	if (columns[id].store == STORE_IP && next_random() % 2) {
		struct ip v4 = ip_from_v4(ret);
		memcpy(ret, v4.b, 16);
	}
	if (columns[id].store == STORE_U64)
		ret[7] &= 0x7f;
	if (is_flag(id))
		ret[0] &= 1;
}

static struct flow_row random_row(uint32_t minute)
{
	struct flow_row whole = scratch_row(minute), row = whole;
	set_columns(&whole, value_random);
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		if (column_in_flow_rows(id) && next_random() % 4)
			set_column(&row, id, (const char *)&whole + columns[id].offset);
	return row;
}

static struct flow_row *random_rows(size_t count, uint32_t minutes)
{
	seed = (uint64_t)time(NULL);
	print_message("# seed %" PRIu64 "\n", seed);
	struct flow_row *rows = calloc(count, sizeof *rows);
	assert_non_null(rows);
	for (size_t i = 0; i < count; i++)
		rows[i] = random_row(MINUTE + (uint32_t)(i * minutes / count));
	return rows;
}

static struct ip ip_of(const char *text)
{
	struct ip ip;
	assert_true(ip_parse(text, &ip));
	return ip;
}

/* ---- values ---- */

static void every_column_that_rows_carry_is_read(void **state)
{
	(void)state;
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		bool carried = column_in_flow_rows(id);
		if (carried != (flow_fields_of(id) != NULL))
			fail_msg("%s", columns[id].name);
		if (carried)
			assert_true(segment_holds(TABLE_FLOWS, id));
	}
}

static void every_column_comes_back_as_itself(void **state)
{
	struct flow_row row = scratch_row(MINUTE);
	set_columns(&row, value_distinct);
	assert_come_back(*state, &row, 1);
}

static void what_is_absent_comes_back_absent(void **state)
{
	struct flow_row rows[] = { scratch_row(MINUTE), scratch_row(MINUTE), scratch_row(MINUTE) };
	set_columns(&rows[1], value_zero);
	assert_come_back(*state, rows, 3);
}

static void the_ends_of_every_type_come_back(void **state)
{
	struct flow_row rows[] = { scratch_row(MINUTE), scratch_row(MINUTE) };
	set_columns(&rows[0], value_most);
	set_columns(&rows[1], value_least);
	assert_come_back(*state, rows, 2);
}

static void the_first_and_the_last_minutes_come_back(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	/* 9999-12-31T23:59Z: 253402300740 s since 1970 (date -u) */
	struct flow_row rows[] = { scratch_row(0), scratch_row(253402300740 / 60) };
	scratch_store(ws, rows, 2, NULL);
	assert_segments_hold(ws, (int64_t[]){ 1, 2 }, 2, rows, 2);
	workspace_close(ws);
}

static void a_minute_is_there_whatever_its_bit_said(void **state)
{
	struct flow_row row = scratch_row(MINUTE), want = row;
	row.key.present = 0;
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	scratch_store(ws, &row, 1, NULL);
	assert_segments_hold(ws, (int64_t[]){ 1 }, 1, &want, 1);
	workspace_close(ws);
}

static void counts_that_were_cut_come_back_cut(void **state)
{
	struct flow_row row = scratch_row(MINUTE), want = row;
	ROW_SET(&row, NumberOfBytes, bytes, UINT64_MAX);
	ROW_SET(&row, NumberOfPackets, packets, UINT64_C(1) << 63);
	ROW_SET(&want, NumberOfBytes, bytes, INT64_MAX);
	ROW_SET(&want, NumberOfPackets, packets, INT64_MAX);
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	scratch_store(ws, &row, 1, NULL);
	assert_segments_hold(ws, (int64_t[]){ 1 }, 1, &want, 1);
	workspace_close(ws);
}

static void addresses_of_both_families_come_back(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0",
		"::",
		"192.0.2.1",
		"192.0.2.1",
		"::1",
		"2001:db8::1",
		"::ffff:0:192.0.2.1",
		"64:ff9b::192.0.2.1",
		"::192.0.2.1",
		"1:2:3:4:5:6:7:8",
		"255.255.255.255",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	struct flow_row rows[2 * ARRAY_LEN(texts)];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rows[i] = scratch_row(MINUTE);
		ROW_SET_KEY(&rows[i], SourceIp, src_addr, ip_of(texts[i / 2]));
		if (i % 2)
			ROW_SET_KEY(&rows[i], Exporter, exporter, ip_of(texts[i / 2]));
	}
	assert_come_back(*state, rows, ARRAY_LEN(rows));
}

/* ---- segments ---- */

static void segments_are_read_in_the_order_asked_for(void **state)
{
	enum { SEGMENTS = 3, EACH = 5000 }; /* more than two chunks of the database each */
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct flow_row *rows = random_rows(SEGMENTS * EACH, 4 * SEGMENTS);
	for (size_t i = 0; i < SEGMENTS; i++)
		scratch_store(ws, rows + i * EACH, EACH, NULL);
	assert_segments_hold(ws, (int64_t[]){ 1, 2, 3 }, 3, rows, (size_t)SEGMENTS * EACH);
	assert_segments_hold(ws, (int64_t[]){ 2 }, 1, rows + EACH, EACH);
	struct taken t = read_segments(ws, (int64_t[]){ 3, 1 }, 2);
	assert_int_equal(t.count, 2 * EACH);
	assert_memory_equal(t.rows, rows + 2 * EACH, EACH * sizeof *rows);
	assert_memory_equal(t.rows + EACH, rows, EACH * sizeof *rows);
	free(t.rows);
	assert_segments_hold(ws, NULL, 0, rows, 0);
	workspace_close(ws);
	free(rows);
}

static char *segment_text(const char *dir, const char *name)
{
	char sql[512];
	snprintf(sql, sizeof sql, "SELECT * FROM read_parquet('%s/segments/Flows/%s')", dir, name);
	return scratch_sql(sql);
}

static void rows_written_again_make_an_equal_segment(void **state)
{
	enum { ROWS = 6000 };
	const char *dir = *state;
	struct constants constants = { 0 };
	constants.text[COL_ATCRegion] = "westeurope";
	struct flow_row *rows = random_rows(ROWS, 5);
	for (size_t i = 0; i < ROWS; i += 7)
		rows[i].bytes = UINT64_MAX - i; /* cut when written, so not law by bytes */
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	scratch_store(ws, rows, ROWS, &constants);
	struct taken t = read_segments(ws, (int64_t[]){ 1 }, 1);
	scratch_store(ws, t.rows, t.count, &constants);
	workspace_close(ws);
	char *first = segment_text(dir, "2025-11-17/0000000001.parquet");
	char *second = segment_text(dir, "2025-11-17/0000000002.parquet");
	assert_true(strlen(first) > ROWS);
	assert_true(strcmp(first, second) == 0);
	free(first);
	free(second);
	free(t.rows);
	free(rows);
}

/* Few flows and many records of each: most of them merge. */
static struct flow_row *records_of_few_flows(size_t count)
{
	struct flow_row *rows = random_rows(count, 1);
	for (size_t i = 0; i < count; i++) {
		struct flow_row *row = &rows[i];
		memset(&row->key, 0, sizeof row->key);
		ROW_SET_KEY(row, TimeGenerated, minute, MINUTE);
		ROW_SET_KEY(row, SourcePort, src_port, (uint16_t)(next_random() % 50));
		row->bytes >>= 16; /* so that no sum is cut */
		row->packets >>= 16;
		row->sum_of_squares >>= 16;
	}
	return rows;
}

static struct flow_table *table_of(const struct flow_row *rows, size_t count)
{
	struct err e;
	struct flow_table *table = flow_table_new(ROWS_MAX, &e);
	assert_non_null(table);
	assert_int_equal(flow_table_merge(table, rows, count), count);
	return table;
}

static void store_table(struct workspace *ws, const struct flow_table *table)
{
	struct flow_row *rows = calloc(flow_table_count(table), sizeof *rows);
	assert_non_null(rows);
	for (size_t i = 0; i < flow_table_count(table); i++)
		rows[i] = *flow_table_row(table, i);
	scratch_store(ws, rows, flow_table_count(table), NULL);
	free(rows);
}

static void parts_that_are_read_fold_into_the_minute_that_they_are_parts_of(void **state)
{
	enum { PARTS = 4, EACH = 100 };
	int64_t ids[PARTS];
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct flow_row *records = records_of_few_flows((size_t)PARTS * EACH);
	for (size_t i = 0; i < PARTS; i++) {
		struct flow_table *part = table_of(records + i * EACH, EACH);
		store_table(ws, part);
		flow_table_free(part);
		ids[i] = (int64_t)i + 1;
	}
	struct taken t = read_segments(ws, ids, PARTS);
	assert_true(t.count > 50);
	struct flow_table *whole = table_of(records, (size_t)PARTS * EACH);
	struct flow_table *folded = table_of(t.rows, t.count);
	assert_int_equal(flow_table_count(folded), flow_table_count(whole));
	for (size_t i = 0; i < flow_table_count(whole); i++)
		assert_memory_equal(flow_table_row(folded, i), flow_table_row(whole, i),
		                    sizeof(struct flow_row));
	flow_table_free(whole);
	flow_table_free(folded);
	free(t.rows);
	free(records);
	workspace_close(ws);
}

/* ---- older segments ---- */

static void run_in_catalog(const char *dir, const char *sql)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(scratch_path(dir, "catalog.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void older_segments_lack_columns_and_may_hold_them_otherwise(void **state)
{
	const char *dir = *state;
	struct flow_row rows[] = { scratch_row(MINUTE), scratch_row(MINUTE) };
	for (size_t i = 0; i < 2; i++)
		set_columns(&rows[i], value_distinct);
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	scratch_store(ws, rows, 2, NULL);
	workspace_close(ws);
	char sql[1024];
	snprintf(sql, sizeof sql,
	         "COPY (SELECT 'x' AS Gone, * EXCLUDE (Exporter, MinTtl, SrcSubnet) REPLACE "
	         "(MaxTtl::BIGINT AS MaxTtl, RecordCount::INTEGER AS RecordCount) FROM "
	         "'%s/segments/Flows/*/*.parquet') TO "
	         "'%s/segments/Flows/old.parquet' (FORMAT parquet)",
	         dir, dir);
	free(scratch_sql(sql));
	run_in_catalog(dir, "UPDATE segments SET path = 'segments/Flows/old.parquet', schema = 7");
	for (size_t i = 0; i < 2; i++) {
		rows[i].key.present &= ~COLUMN_BIT(Exporter);
		rows[i].key.exporter = (struct ip){ 0 };
		rows[i].present &= ~COLUMN_BIT(MinTtl);
		rows[i].min_ttl = 0;
	}
	ws = scratch_open(dir, WORKSPACE_READ);
	assert_segments_hold(ws, (int64_t[]){ 1 }, 1, rows, 2);
	workspace_close(ws);
}

/* ---- what cannot be read ---- */

static void a_segment_that_is_not_there_is_named(void **state)
{
	const char *dir = *state;
	struct err e;
	struct flow_row row = scratch_row(MINUTE);
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	scratch_store(ws, &row, 1, NULL);
	e = refusal(ws, (int64_t[]){ 1, 77 }, 2);
	assert_int_equal(e.code, ERR_WORKSPACE);
	assert_non_null(strstr(e.text, "there is no segment 77"));
	scratch_import(ws, dir, TABLE_ATC, "{\"TimeGenerated\":\"2025-11-17\"}");
	e = refusal(ws, (int64_t[]){ 1, 2 }, 2);
	assert_int_equal(e.code, ERR_WORKSPACE);
	assert_string_equal(e.text, "segment 2 is not one of Flows");
	struct commit *c = commit_begin(ws, &e);
	assert_true(c && commit_retire(c, 1, &e) && commit_end(c, &e));
	e = refusal(ws, (int64_t[]){ 1 }, 1);
	assert_non_null(strstr(e.text, "there is no segment 1"));
	workspace_close(ws);
}

static void a_file_that_has_gone_is_an_error_of_the_system(void **state)
{
	struct flow_row row = scratch_row(MINUTE);
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	scratch_store(ws, &row, 1, NULL);
	assert_int_equal(
	    unlink(scratch_path(*state, "segments/Flows/2025-11-17/0000000001.parquet")), 0);
	struct err e = refusal(ws, (int64_t[]){ 1 }, 1);
	assert_int_equal(e.code, ERR_IO);
	assert_memory_equal(e.text, "segment 1: ", 11);
	workspace_close(ws);
}

static void imported_rows_are_read_where_they_could_be_flows(void **state)
{
	struct flow_row want = scratch_row(MINUTE);
	ROW_SET_KEY(&want, SourceIp, src_addr, ip_of("192.0.2.1"));
	ROW_SET(&want, NumberOfBytes, bytes, 1500);
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	scratch_import(ws, *state, TABLE_FLOWS,
	               "{\"TimeGenerated\":\"2025-11-17T00:00:00Z\",\"SourceIp\":\"192.0.2.1\","
	               "\"NumberOfBytes\":1500}");
	assert_segments_hold(ws, (int64_t[]){ 1 }, 1, &want, 1);
	workspace_close(ws);
}

static void a_value_that_no_flow_row_can_have_is_named(void **state)
{
	static const struct {
		const char *cells;
		const char *column;
	} known[] = {
		{ "\"SourceIp\":\"localhost\"", "SourceIp" },
		{ "\"SourceIp\":\"192.0.2.1\\u0000\"", "SourceIp" },
		{ "\"NextHop\":\"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa\"", "NextHop" },
		{ "\"Protocol\":256", "Protocol" },
		{ "\"Protocol\":-1", "Protocol" },
		{ "\"SourcePort\":65536", "SourcePort" },
		{ "\"SourcePort\":-1", "SourcePort" },
		{ "\"SrcAsn\":4294967296", "SrcAsn" },
		{ "\"SrcAsn\":-1", "SrcAsn" },
		{ "\"NumberOfBytes\":-1", "NumberOfBytes" },
		{ "\"TimeGenerated\":\"2025-11-17T00:00:01Z\"", "TimeGenerated" },
		{ "\"TimeGenerated\":\"1969-12-31T23:59:00Z\"", "TimeGenerated" },
		{ "\"TimeGenerated\":null", "TimeGenerated" },
	};
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		char json[256];
		bool timed = strstr(known[i].cells, "TimeGenerated");
		snprintf(json, sizeof json, "{%s%s}", known[i].cells,
		         timed ? "" : ",\"TimeGenerated\":\"2025-11-17\"");
		scratch_import(ws, *state, TABLE_FLOWS, json);
		char want[256];
		snprintf(want, sizeof want, "segment %zu: row 1: no flow row can have this %s",
		         i + 1, known[i].column);
		struct err e = refusal(ws, (int64_t[]){ (int64_t)i + 1 }, 1);
		assert_int_equal(e.code, ERR_WORKSPACE);
		assert_string_equal(e.text, want);
	}
	workspace_close(ws);
}

static void the_row_is_named_too(void **state)
{
	enum { BEFORE = 3000 }; /* rows, so that it stands in a later chunk and batch */
	static const char good[] = "{\"TimeGenerated\":\"2025-11-17\"}\n";
	struct buf json = { 0 };
	for (size_t i = 0; i < BEFORE; i++)
		buf_puts(&json, good);
	buf_puts(&json, "{\"TimeGenerated\":\"2025-11-17\",\"Protocol\":300}");
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	scratch_import(ws, *state, TABLE_FLOWS, buf_text(&json));
	struct err e = { 0 };
	struct taken t = { .rows = calloc(ROWS_MAX, sizeof *t.rows) };
	assert_non_null(t.rows);
	assert_false(workspace_flow_rows(ws, (int64_t[]){ 1 }, 1, take, &t, &e));
	assert_string_equal(e.text, "segment 1: row 3001: no flow row can have this Protocol");
	assert_in_range(t.count, BEFORE - BATCH_ROWS, BEFORE);
	free(t.rows);
	workspace_close(ws);
	buf_done(&json);
}

static bool refuse(void *context, const struct flow_row *rows, size_t count, struct err *e)
{
	(void)rows;
	(void)count;
	++*(int *)context;
	return err_set(e, ERR_NOMEM, "enough");
}

static void who_takes_rows_may_stop(void **state)
{
	struct flow_row *rows = random_rows(1000, 1);
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	scratch_store(ws, rows, 1000, NULL);
	struct err e = { 0 };
	int calls = 0;
	assert_false(workspace_flow_rows(ws, (int64_t[]){ 1 }, 1, refuse, &calls, &e));
	assert_int_equal(calls, 1);
	assert_int_equal(e.code, ERR_NOMEM);
	assert_string_equal(e.text, "segment 1: enough");
	free(rows);
	workspace_close(ws);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_column_that_rows_carry_is_read),
		CASE(every_column_comes_back_as_itself),
		CASE(what_is_absent_comes_back_absent),
		CASE(the_ends_of_every_type_come_back),
		CASE(the_first_and_the_last_minutes_come_back),
		CASE(a_minute_is_there_whatever_its_bit_said),
		CASE(counts_that_were_cut_come_back_cut),
		CASE(addresses_of_both_families_come_back),
		CASE(segments_are_read_in_the_order_asked_for),
		CASE(rows_written_again_make_an_equal_segment),
		CASE(parts_that_are_read_fold_into_the_minute_that_they_are_parts_of),
		CASE(older_segments_lack_columns_and_may_hold_them_otherwise),
		CASE(a_segment_that_is_not_there_is_named),
		CASE(a_file_that_has_gone_is_an_error_of_the_system),
		CASE(imported_rows_are_read_where_they_could_be_flows),
		CASE(a_value_that_no_flow_row_can_have_is_named),
		CASE(the_row_is_named_too),
		CASE(who_takes_rows_may_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
