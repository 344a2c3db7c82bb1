/* Flow rows as the database reads them back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/ticks.h"
#include "core/flow/application.h"
#include "scratch.h"
#include "support/unit.h"
#include "workspace/flow_cells.h"
#include "workspace/segment_columns.h"

enum { MINUTE = 29388960 }; /* 2025-11-17T00:00Z */

static struct ip ip_of(const char *text)
{
	struct ip ip;
	assert_true(ip_parse(text, &ip));
	return ip;
}

static struct workspace *store(const char *dir, const struct flow_row *rows, size_t count)
{
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	scratch_store(ws, rows, count, NULL);
	return ws;
}

static void every_stored_column_can_be_filled(void **state)
{
	(void)state;
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		if (!segment_holds(TABLE_FLOWS, id))
			continue;
		if (!column_in_flow_rows(id) || columns[id].store == STORE_IP ||
		    columns[id].store == STORE_APPLICATION)
			assert_int_equal(columns[id].type, KQL_STRING);
		else if (!flow_cells_of(id))
			fail_msg("%s", columns[id].name);
	}
}

static void a_row_of_nothing_is_nulls_and_empty_texts(void **state)
{
	struct flow_row row = scratch_row(MINUTE);
	struct workspace *ws = store(*state, &row, 1);
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		if (!segment_holds(TABLE_FLOWS, id) || id == COL_TimeGenerated)
			continue;
		ASSERT_ANSWER(ws, TABLE_FLOWS, columns[id].name, "",
		              columns[id].type == KQL_STRING ? "\n" : "null\n");
	}
	/* .NET: new DateTime(2025, 11, 17).Ticks */
	ASSERT_ANSWER(ws, TABLE_FLOWS, "TimeGenerated", "", "638989344000000000\n");
	workspace_close(ws);
}

static void a_zero_is_not_a_null(void **state)
{
	struct flow_row rows[] = { scratch_row(MINUTE), scratch_row(MINUTE) };
	ROW_SET_KEY(&rows[1], IcmpType, icmp_type, 0);
	ROW_SET(&rows[1], NumberOfBytes, bytes, 0);
	ROW_SET_KEY(&rows[0], TotalCounters, total_counters, 0);
	ROW_SET_KEY(&rows[1], TotalCounters, total_counters, 1);
	struct workspace *ws = store(*state, rows, 2);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "IcmpType, NumberOfBytes, SrcAsn, TotalCounters", "",
	              "null|null|null|false\n0|0|null|true\n");
	workspace_close(ws);
}

static void addresses_are_texts_of_both_families(void **state)
{
	struct flow_row rows[] = { scratch_row(MINUTE), scratch_row(MINUTE), scratch_row(MINUTE) };
	ROW_SET_KEY(&rows[0], SourceIp, src_addr, ip_of("192.0.2.1"));
	ROW_SET_KEY(&rows[0], DestinationIp, dst_addr, ip_of("255.255.255.255"));
	ROW_SET_KEY(&rows[0], Exporter, exporter, ip_of("0.0.0.0"));
	ROW_SET_KEY(&rows[1], SourceIp, src_addr, ip_of("2001:db8:0:0:1:0:0:1"));
	ROW_SET_KEY(&rows[1], DestinationIp, dst_addr, ip_of("::"));
	ROW_SET_KEY(&rows[1], NextHop, next_hop, ip_of("fe80::1"));
	struct workspace *ws = store(*state, rows, 3);
	/* RFC 5952 section 4.2.3: the first of equal runs of zeros is the short one */
	ASSERT_ANSWER(ws, TABLE_FLOWS, "SourceIp, DestinationIp, Exporter, NextHop", "",
	              "192.0.2.1|255.255.255.255|0.0.0.0|\n"
	              "2001:db8::1:0:0:1|::||fe80::1\n"
	              "|||\n");
	workspace_close(ws);
}

static void subnets_need_address_and_mask(void **state)
{
	static const struct {
		const char *address;
		int mask; /* -1: none */
		const char *want;
	} known[] = {
		{ "198.51.100.77", 26, "198.51.100.64\n" }, /* 77 = 64 + 13 */
		{ "198.51.100.77", 32, "198.51.100.77\n" },
		{ "198.51.100.77", 0, "0.0.0.0\n" },
		{ "198.51.100.77", -1, "\n" },
		{ "2001:db8:abcd:ef01::5", 48, "2001:db8:abcd::\n" },
		{ "2001:db8:abcd:ef01::5", 60, "2001:db8:abcd:ef00::\n" },
		{ NULL, 24, "\n" },
	};
	struct flow_row rows[ARRAY_LEN(known)];
	char want[512] = "";
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		rows[i] = scratch_row(MINUTE);
		if (known[i].address)
			ROW_SET_KEY(&rows[i], SourceIp, src_addr, ip_of(known[i].address));
		if (known[i].mask >= 0)
			ROW_SET_KEY(&rows[i], SrcMask, src_mask, (uint8_t)known[i].mask);
		strcat(want, known[i].want);
	}
	struct workspace *ws = store(*state, rows, ARRAY_LEN(known));
	ASSERT_ANSWER(ws, TABLE_FLOWS, "SrcSubnet", "", want);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "DISTINCT DstSubnet", "", "\n");
	workspace_close(ws);
}

static void counts_beyond_an_int64_saturate(void **state)
{
	struct flow_row rows[] = { scratch_row(MINUTE), scratch_row(MINUTE), scratch_row(MINUTE) };
	ROW_SET(&rows[0], NumberOfBytes, bytes, UINT64_C(9223372036854775807));
	ROW_SET(&rows[1], NumberOfBytes, bytes, UINT64_C(9223372036854775808));
	ROW_SET(&rows[2], NumberOfBytes, bytes, UINT64_MAX);
	struct workspace *ws = store(*state, rows, 3);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "NumberOfBytes", "",
	              "9223372036854775807\n9223372036854775807\n9223372036854775807\n");
	workspace_close(ws);
}

static void constants_stand_in_every_row(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct flow_row rows[] = { scratch_row(MINUTE), scratch_row(MINUTE) };
	struct constants constants = { 0 };
	constants.text[COL_ATCRegion] = "west'europe";
	constants.text[COL_TenantId] = "b4f0d9a2";
	scratch_store(ws, rows, 2, &constants);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "ATCRegion, TenantId, SourceSystem, ExRCircuitId", "",
	              "west'europe|b4f0d9a2||\nwest'europe|b4f0d9a2||\n");
	workspace_close(ws);
}

static void rows_are_ordered_by_minute_and_split_by_day(void **state)
{
	/* minutes, and a sequence number that tells the order in which they were given */
	static const int minutes[] = { 1441, 5, 1439, 5, 1440, 0, 1441, 5, 100000 };
	struct flow_row rows[ARRAY_LEN(minutes)];
	for (size_t i = 0; i < ARRAY_LEN(minutes); i++) {
		rows[i] = scratch_row(MINUTE + (uint32_t)minutes[i]);
		ROW_SET(&rows[i], Flowsequence, sequence, i);
	}
	struct workspace *ws = store(*state, rows, ARRAY_LEN(rows));
	ASSERT_ANSWER(ws, TABLE_FLOWS,
	              "(TimeGenerated - 638989344000000000) // 600000000, Flowsequence", "",
	              "0|5\n5|1\n5|3\n5|7\n1439|2\n1440|4\n1441|0\n1441|6\n100000|8\n");
	struct segment_list list;
	struct err e;
	assert_true(workspace_segments(ws, &SEGMENTS_OF(TABLE_FLOWS), &list, &e));
	static const struct {
		const char *path;
		int64_t rows;
	} want[] = { { "segments/Flows/2025-11-17/0000000001.parquet", 5 },
		     { "segments/Flows/2025-11-18/0000000002.parquet", 3 },
		     { "segments/Flows/2026-01-25/0000000003.parquet", 1 } }; /* 69 days on */
	assert_int_equal(list.count, ARRAY_LEN(want));
	for (size_t i = 0; i < list.count; i++) {
		assert_string_equal(list.items[i].path, want[i].path);
		assert_int_equal(list.items[i].rows, want[i].rows);
	}
	segment_list_done(&list);
	workspace_close(ws);
}

/* Few distinct values become numbers of 8 bits, more of 16, many plain texts: all must read alike.
 * The chunk of the database holds 2048 rows, so that all sizes cross its edge. */
static void many_distinct_addresses_read_as_few_do(void **state)
{
	static const uint32_t distinct[] = { 200, 300, 20000 };
	enum { ROWS = 40001 };
	struct flow_row *rows = calloc(ROWS, sizeof *rows);
	assert_non_null(rows);
	for (size_t k = 0; k < ARRAY_LEN(distinct); k++) {
		char name[32];
		snprintf(name, sizeof name, "%u", distinct[k]);
		for (uint32_t i = 0; i < ROWS; i++) {
			uint32_t host = i * 7 % distinct[k];
			rows[i] = scratch_row(MINUTE);
			ROW_SET_KEY(&rows[i], SourceIp, src_addr,
			            ip_from_v4((uint8_t[]){ 10, (uint8_t)(host >> 16),
			                                    (uint8_t)(host >> 8), (uint8_t)host }));
			ROW_SET(&rows[i], Flowsequence, sequence, i);
		}
		struct workspace *ws = store(scratch_path(*state, name), rows, ROWS);
		char want[64];
		snprintf(want, sizeof want, "%u|%u|0\n", ROWS, distinct[k]);
		char tail[64];
		snprintf(tail, sizeof tail, ", LATERAL (SELECT Flowsequence * 7 %% %u AS h)",
		         distinct[k]);
		ASSERT_ANSWER(ws, TABLE_FLOWS,
		              "count(*), count(DISTINCT SourceIp), count(*) FILTER (SourceIp <> "
		              "format('10.{}.{}.{}', h // 65536, h // 256 % 256, h % 256))",
		              tail, want);
		workspace_close(ws);
	}
	free(rows);
}

static void other_programs_can_read_a_segment(void **state)
{
	const char *dir = *state;
	struct flow_row row = scratch_row(MINUTE);
	ROW_SET_KEY(&row, SourceIp, src_addr, ip_of("192.0.2.1"));
	workspace_close(store(dir, &row, 1));
	char sql[512];
	snprintf(sql, sizeof sql,
	         "SELECT SourceIp, typeof(SourceIp), typeof(NumberOfBytes), typeof(Protocol), "
	         "typeof(TotalCounters), typeof(FlowStartTime) FROM '%s/segments/*/*/*.parquet'",
	         dir);
	char *answer = scratch_sql(sql);
	assert_string_equal(answer, "192.0.2.1|VARCHAR|BIGINT|INTEGER|BOOLEAN|BIGINT\n");
	free(answer);
}

/* ---- property: what is written is what is read ---- */

static uint64_t seed;

static uint64_t next_random(void)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static struct flow_row random_row(void)
{
	struct flow_row row;
	uint64_t words[sizeof row / sizeof(uint64_t)];
	_Static_assert(sizeof row == sizeof words, "whole words");
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		words[i] = next_random() >> (next_random() % 64);
	memcpy(&row, words, sizeof row);
	if (next_random() % 2)
		row.key.src_addr = ip_from_v4(row.key.src_addr.b);
	row.key.minute = MINUTE + (uint32_t)(next_random() % 4);
	row.key.src_mask = (uint8_t)(next_random() % 130);
	row.present = next_random() | next_random();
	row.key.present = next_random() | next_random();
	return row;
}

static bool has(const struct flow_row *row, const struct column *c)
{
	return (c->role == ROLE_KEY ? row->key.present : row->present) >> c->bit & 1;
}

/* The column's value as scratch_ask writes it, straight from the row's bytes. */
static void add_expected(struct buf *out, const struct flow_row *row, enum column_id id)
{
	const struct column *c = &columns[id];
	const void *at = (const char *)row + c->offset;
	char text[IP_TEXT_MAX] = "";
	if (id == COL_TimeGenerated) {
		buf_i64(out, INT64_C(621355968000000000) + row->key.minute * INT64_C(600000000));
	} else if (c->store == STORE_IP) {
		if (has(row, c))
			ip_format(at, text);
		buf_puts(out, text);
	} else if (c->store == STORE_APPLICATION) {
		if (has(row, c))
			application_format(row->key.application, text);
		buf_puts(out, text);
	} else if (!has(row, c)) {
		buf_puts(out, "null");
	} else if (c->store == STORE_U8) {
		unsigned n = *(const uint8_t *)at;
		buf_puts(out, c->type == KQL_BOOL ? (n ? "true" : "false") : "");
		if (c->type != KQL_BOOL)
			buf_u64(out, n);
	} else if (c->store == STORE_U16) {
		buf_u64(out, *(const uint16_t *)at);
	} else if (c->store == STORE_U32) {
		buf_u64(out, *(const uint32_t *)at);
	} else if (c->store == STORE_U64) {
		uint64_t n = *(const uint64_t *)at;
		buf_u64(out, n < UINT64_C(1) << 63 ? n : (UINT64_C(1) << 63) - 1);
	} else {
		buf_i64(out, *(const int64_t *)at);
	}
}

static void what_is_written_is_read(void **state)
{
	enum { ROWS = 5000 };
	seed = (uint64_t)time(NULL);
	print_message("# seed %" PRIu64 "\n", seed);
	struct flow_row *rows = calloc(ROWS, sizeof *rows);
	assert_non_null(rows);
	struct buf select = { 0 }, want = { 0 };
	for (size_t i = 0; i < ROWS; i++)
		rows[i] = random_row();
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		if (column_in_flow_rows(id))
			buf_printf(&select, "%s%s", select.len ? ", " : "", columns[id].name);
	for (uint32_t minute = MINUTE; minute < MINUTE + 4; minute++)
		for (size_t i = 0; i < ROWS; i++) {
			const char *bar = "";
			for (enum column_id id = 0;
			     id < COLUMN_COUNT && rows[i].key.minute == minute; id++) {
				if (!column_in_flow_rows(id))
					continue;
				buf_puts(&want, bar);
				add_expected(&want, &rows[i], id);
				bar = "|";
			}
			if (*bar)
				buf_putc(&want, '\n');
		}
	struct workspace *ws = store(*state, rows, ROWS);
	char *answer = scratch_ask(ws, TABLE_FLOWS, buf_text(&select), "");
	assert_true(strlen(answer) == want.len && memcmp(answer, buf_text(&want), want.len) == 0);
	free(answer);
	buf_done(&select);
	buf_done(&want);
	free(rows);
	workspace_close(ws);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_stored_column_can_be_filled),
		CASE(a_row_of_nothing_is_nulls_and_empty_texts),
		CASE(a_zero_is_not_a_null),
		CASE(addresses_are_texts_of_both_families),
		CASE(subnets_need_address_and_mask),
		CASE(counts_beyond_an_int64_saturate),
		CASE(constants_stand_in_every_row),
		CASE(rows_are_ordered_by_minute_and_split_by_day),
		CASE(many_distinct_addresses_read_as_few_do),
		CASE(other_programs_can_read_a_segment),
		CASE(what_is_written_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
