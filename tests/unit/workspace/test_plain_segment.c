/* Rows that are never merged, as the database reads them back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "core/flow/nat_event.h"
#include "scratch.h"
#include "support/unit.h"
#include "workspace/segment_columns.h"

enum { MINUTE = 29388960 }; /* 2025-11-17T00:00Z */

#define SET(row, id, field, value) ((row)->present |= PLAIN_BIT(NAT, id), (row)->field = (value))

static struct ip ip_of(const char *text)
{
	struct ip ip;
	assert_true(ip_parse(text, &ip));
	return ip;
}

static struct workspace *store(const char *dir, const struct nat_event *rows, size_t count)
{
	struct err e;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	struct plain_rows *all = plain_rows_new(&e);
	struct commit *commit = commit_begin(ws, &e);
	assert_non_null(commit);
	assert_non_null(all);
	assert_true(plain_rows_add(all, TABLE_NAT, rows, count));
	assert_true(plain_rows_sort(all, &e));
	assert_true(commit_plain_rows(commit, all, &e));
	assert_true(commit_end(commit, &e));
	plain_rows_free(all);
	return ws;
}

static void a_row_of_nothing_is_nulls_and_empty_texts(void **state)
{
	const struct nat_event row = { .minute = MINUTE };
	struct workspace *ws = store(*state, &row, 1);
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		if (!segment_holds(TABLE_NAT, id) || id == COL_TimeGenerated)
			continue;
		ASSERT_ANSWER(ws, TABLE_NAT, columns[id].name, "",
		              columns[id].type == KQL_STRING ? "\n" : "null\n");
	}
	/* .NET: new DateTime(2025, 11, 17).Ticks */
	ASSERT_ANSWER(ws, TABLE_NAT, "TimeGenerated", "", "638989344000000000\n");
	workspace_close(ws);
}

static void numbers_addresses_names_and_texts_come_back(void **state)
{
	struct nat_event rows[] = { { .minute = MINUTE }, { .minute = MINUTE } };
	SET(&rows[0], SourceIp, src_addr, ip_of("10.1.2.3"));
	SET(&rows[0], PostNatSourceIp, post_src_addr, ip_of("198.51.100.7"));
	SET(&rows[0], PostNatSourcePort, post_src_port, 65535);
	SET(&rows[0], NatPoolId, pool_id, UINT32_MAX);
	SET(&rows[0], Dialect, dialect, NAT_DIALECT_JUNOS);
	SET(&rows[1], NatEventCode, event_code, 0);
	SET(&rows[1], InitiatorBytes, initiator_bytes, UINT64_MAX);
	SET(&rows[1], NatPoolName, pool_name, ((struct row_text){ "p\xc3\xb6ol", 5 }));
	SET(&rows[1], SourceIp, src_addr, ip_of("2001:db8::1"));
	struct workspace *ws = store(*state, rows, 2);
	ASSERT_ANSWER(ws, TABLE_NAT,
	              "SourceIp, PostNatSourceIp, PostNatSourcePort, NatPoolId, Dialect", "",
	              "10.1.2.3|198.51.100.7|65535|4294967295|Junos\n"
	              "2001:db8::1||null|null|\n");
	ASSERT_ANSWER(ws, TABLE_NAT, "NatEventCode, InitiatorBytes, NatPoolName, Type", "",
	              "null|null||NatEvents\n"
	              "0|9223372036854775807|p\xc3\xb6ol|NatEvents\n");
	workspace_close(ws);
}

/* More distinct addresses than an ENUM takes, in more than one vector. */
static void many_addresses_come_back(void **state)
{
	enum { COUNT = 20000 };
	struct nat_event *rows = calloc(COUNT, sizeof *rows);
	assert_non_null(rows);
	for (uint32_t i = 0; i < COUNT; i++) {
		char text[IP_TEXT_MAX];
		snprintf(text, sizeof text, "10.0.%u.%u", i >> 8, i & 255);
		rows[i].minute = MINUTE;
		SET(&rows[i], SourceIp, src_addr, ip_of(text));
	}
	struct workspace *ws = store(*state, rows, COUNT);
	ASSERT_ANSWER(ws, TABLE_NAT, "count(DISTINCT SourceIp), min(SourceIp)", "",
	              "20000|10.0.0.0\n");
	ASSERT_ANSWER(ws, TABLE_NAT, "SourceIp", "LIMIT 1 OFFSET 19999", "10.0.78.31\n");
	workspace_close(ws);
	free(rows);
}

struct taken {
	struct plain_rows *rows;
};

static bool take(void *context, const void *rows, size_t count, struct err *e)
{
	(void)e;
	return plain_rows_add(((struct taken *)context)->rows, TABLE_NAT, rows, count);
}

/* Rows of every column, or of none, as they were. */
static void what_was_written_is_read_back(void **state)
{
	struct nat_event rows[100];
	memset(rows, 0, sizeof rows);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nat_event *row = &rows[i];
		row->present = PLAIN_BIT(NAT, TimeGenerated);
		row->minute = MINUTE;
		if (i % 2)
			continue;
		SET(row, SourceIp, src_addr, ip_of("2001:db8::7"));
		SET(row, PostNatSourceIp, post_src_addr, ip_of("0.0.0.0"));
		SET(row, EventTime, event_time, TICKS_UNIX_EPOCH + (int64_t)i);
		SET(row, FlowId, flow_id, INT64_MAX);
		SET(row, NatPoolId, pool_id, UINT32_MAX);
		SET(row, PortBlockEnd, block_end, UINT16_MAX);
		SET(row, Protocol, protocol, UINT8_MAX);
		SET(row, Dialect, dialect, NAT_DIALECT_NOKIA);
		SET(row, NatEvent, event, NAT_EVENT_COUNT - 1);
		SET(row, NatEventCode, event_code, 0);
	}
	struct workspace *ws = store(*state, rows, ARRAY_LEN(rows));
	struct err e = { 0 };
	struct taken taken = { plain_rows_new(&e) };
	int64_t id = 1;
	if (!workspace_plain_rows(ws, TABLE_NAT, &id, 1, take, &taken, &e))
		fail_msg("%s", e.text);
	size_t count;
	const struct nat_event *got = plain_rows_of(taken.rows, TABLE_NAT, &count);
	assert_int_equal(count, ARRAY_LEN(rows));
	for (size_t i = 0; i < count; i++)
		assert_memory_equal(&got[i], &rows[i], sizeof rows[i]);
	assert_false(workspace_plain_rows(ws, TABLE_BINDINGS, &id, 1, take, &taken, &e));
	plain_rows_free(taken.rows);
	workspace_close(ws);
}

static void each_day_is_a_segment(void **state)
{
	const struct nat_event rows[] = {
		{ .minute = MINUTE, .src_port = 1, .present = PLAIN_BIT(NAT, SourcePort) },
		{ .minute = MINUTE - 1, .src_port = 2, .present = PLAIN_BIT(NAT, SourcePort) },
		{ .minute = MINUTE + 1439, .src_port = 3, .present = PLAIN_BIT(NAT, SourcePort) },
	};
	struct workspace *ws = store(*state, rows, ARRAY_LEN(rows));
	assert_int_equal(scratch_count_files(*state), 2);
	ASSERT_ANSWER(ws, TABLE_NAT, "SourcePort", "", "2\n1\n3\n");
	workspace_close(ws);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_row_of_nothing_is_nulls_and_empty_texts,
		                                scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(numbers_addresses_names_and_texts_come_back,
		                                scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(many_addresses_come_back, scratch_make,
		                                scratch_remove),
		cmocka_unit_test_setup_teardown(what_was_written_is_read_back, scratch_make,
		                                scratch_remove),
		cmocka_unit_test_setup_teardown(each_day_is_a_segment, scratch_make,
		                                scratch_remove),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
