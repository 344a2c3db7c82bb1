/* What rows add up to when they are compacted, against SQL over the rows themselves. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "scratch.h"
#include "support/unit.h"
#include "workspace/compact.h"
#include "workspace/rollup.h"

enum { MINUTE = 29388960 /* 2025-11-17T00:00Z */, DAY = 1440, LATER = 2 * DAY + 15 };

static struct err e;

/* ---- rows ---- */

static uint64_t next_random(void)
{
	static uint64_t x = 88172645463325252U;
	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

/* Few numbers often, many seldom: up to `most`. */
static uint32_t heavy_tail(uint32_t most)
{
	uint32_t limit = (most >> next_random() % 16) + 1;
	return (uint32_t)(next_random() % limit);
}

static struct ip address(uint32_t n)
{
	return ip_from_v4((uint8_t[]){ 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n });
}

static struct flow_row random_row(uint32_t minute, uint32_t addresses)
{
	struct flow_row row = scratch_row(minute);
	ROW_SET_KEY(&row, SourceIp, src_addr, address(heavy_tail(addresses)));
	if (next_random() % 50)
		ROW_SET_KEY(&row, DestinationIp, dst_addr, address(heavy_tail(addresses)));
	ROW_SET_KEY(&row, Protocol, protocol, next_random() % 2 ? 6 : 17);
	if (next_random() % 20)
		ROW_SET_KEY(&row, DestinationPort, dst_port, (uint16_t)heavy_tail(5000));
	if (next_random() % 3)
		ROW_SET_KEY(&row, SamplingInterval, sampling, next_random() % 2 ? 1 : 4096);
	if (next_random() % 3)
		ROW_SET_KEY(&row, SrcAsn, src_asn, heavy_tail(50));
	ROW_SET_KEY(&row, DstAsn, dst_asn, heavy_tail(50));
	if (next_random() % 40 == 0)
		ROW_SET_KEY(&row, TotalCounters, total_counters, 1);
	ROW_SET(&row, NumberOfBytes, bytes, 40 + next_random() % 100000);
	ROW_SET(&row, NumberOfPackets, packets, 1 + next_random() % 100);
	ROW_SET(&row, RecordCount, records, 1 + (uint32_t)(next_random() % 3));
	if (next_random() % 2)
		ROW_SET(&row, SumOfSquares, sum_of_squares, next_random() % 1000000);
	return row;
}

static void tell_kind(void *context, const struct flow_row *const *rows, size_t count,
                      uint16_t *ret)
{
	(void)context;
	for (size_t i = 0; i < count; i++)
		ret[i] = (uint16_t)(rows[i]->key.dst_asn % 3);
}

static void store(struct workspace *ws, const struct flow_row *rows, size_t count)
{
	static const char *const texts[COLUMN_COUNT][3] = {
		[COL_ExRCircuitId] = { "", "/subscriptions/1/circuit", "/subscriptions/2/circuit" },
		[COL_PeeringType] = { "", "AzurePrivatePeering", "MicrosoftPeering" },
		[COL_Direction] = { "Inbound", "Outbound", "" },
		[COL_Application] = { "http", "", "dns" },
	};
	static const uint16_t by_kind[] = { 0, 1, 2 };
	struct enrichment enrichment = { .kinds = 3, .tell = tell_kind };
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		if (texts[id][0])
			enrichment.columns[id] = (struct enriched_column){ texts[id], 3, by_kind };
	const struct flow_row **pointers = calloc(count, sizeof *pointers);
	for (size_t i = 0; i < count; i++)
		pointers[i] = &rows[i];
	struct constants constants = { 0 };
	struct commit *c = commit_begin(ws, &e);
	commit_enrich(c, &enrichment);
	assert_true(commit_flow_rows(c, pointers, count, &constants, &e));
	assert_true(commit_end(c, &e));
	free(pointers);
}

/* Rows of a number of minutes, by minute. */
static void store_random(struct workspace *ws, uint32_t minute, uint32_t minutes, size_t count,
                         uint32_t addresses)
{
	struct flow_row *rows = calloc(count, sizeof *rows);
	for (size_t i = 0; i < count; i++)
		rows[i] = random_row(minute + (uint32_t)(i * minutes / count), addresses);
	store(ws, rows, count);
	free(rows);
}

/* ---- compactions ---- */

/* The next that is due, of so many keys at a time. */
static bool run_one(struct workspace *ws, uint32_t now, size_t keys)
{
	struct compaction c;
	struct segment_list made;
	int64_t ticks = TICKS_UNIX_EPOCH + now * TICKS_PER_MINUTE;
	if (!compact_plan(ws, ticks, (struct compact_held){ 0 }, &c, &e))
		fail_msg("%s", e.text);
	if (!c.segments)
		return false;
	c.keys = keys;
	if (!compact_write(ws, &c, &made, &e) || !compact_adopt(ws, &c, &made, &e))
		fail_msg("%s", e.text);
	segment_list_done(&made);
	compaction_done(&c);
	return true;
}

static void run_all(struct workspace *ws, uint32_t now)
{
	size_t n = 0;
	while (run_one(ws, now, ROLLUP_KEYS))
		assert_true(++n < 200);
}

/* ---- questions ---- */

#define HOUR_TICKS "36000000000"
#define DAY_TICKS  "864000000000"
#define LIST       "ExRCircuitId, PeeringType, Direction, SamplingInterval, TotalCounters"
#define SUMS                                                                                       \
	"sum(NumberOfBytes) AS b, sum(NumberOfPackets) AS p, sum(SumOfSquares) AS q, "             \
	"sum(EstimatedBytes) AS eb, sum(EstimatedPackets) AS ep"

/* The answer to SQL in which $F, $H and $D are the relations of Flows and its rollups. */
static char *ask(struct workspace *ws, const char *sql)
{
	struct buf text = { 0 };
	for (const char *at = sql; *at; at++) {
		enum table_id table = at[1] == 'F'   ? TABLE_FLOWS
		                      : at[1] == 'H' ? TABLE_HOURLY
		                                     : TABLE_DAILY;
		struct segment_filter all = SEGMENTS_OF(table);
		if (*at != '$') {
			buf_putc(&text, *at);
			continue;
		}
		at++;
		if (!workspace_relation(ws, &all, &text, NULL, &e))
			fail_msg("%s", e.text);
	}
	char *answer = scratch_sql(buf_text(&text));
	buf_done(&text);
	return answer;
}

#define ASSERT_SQL(ws, sql, want)                                                                  \
	do {                                                                                       \
		char *answer_ = ask(ws, sql);                                                      \
		assert_string_equal(answer_, want);                                                \
		free(answer_);                                                                     \
	} while (0)

static void assert_same(struct workspace *ws, const char *a, const char *b)
{
	char *x = ask(ws, a), *y = ask(ws, b);
	assert_true(strlen(x) > 10);
	assert_string_equal(x, y);
	free(x);
	free(y);
}

/* Each list of each kind adds up to its rows. */
static void assert_sums(struct workspace *ws)
{
	static const char hours[] =
	    "SELECT k, TimeGenerated // " HOUR_TICKS " * " HOUR_TICKS " AS h, " LIST ", " SUMS
	    ", sum(RecordCount) FROM $F, (VALUES ('total'), ('source'), ('destination'), "
	    "('pair'), ('port')) AS kinds(k) GROUP BY ALL ORDER BY ALL";
	static const char days[] =
	    "SELECT k, TimeGenerated // " DAY_TICKS " * " DAY_TICKS " AS h, " LIST ", " SUMS
	    ", sum(RecordCount) FROM $F, (VALUES ('total'), ('source'), ('destination'), "
	    "('pair'), ('port')) AS kinds(k) GROUP BY ALL ORDER BY ALL";
	assert_same(ws, hours,
	            "SELECT Kind, TimeGenerated, " LIST ", " SUMS
	            ", sum(Records) FROM $H GROUP BY ALL ORDER BY ALL");
	assert_same(ws, days,
	            "SELECT Kind, TimeGenerated, " LIST ", " SUMS
	            ", sum(Records) FROM $D GROUP BY ALL ORDER BY ALL");
}

/* Of every source: at least what is listed, at most that and the bounds (rollup.h). */
#define ASSERT_BOUND(ws, rollup)                                                                   \
	ASSERT_SQL(                                                                                \
	    ws,                                                                                    \
	    "WITH raw AS (SELECT " LIST ", SourceIp AS ip, sum(NumberOfBytes) AS b FROM $F "       \
	    "GROUP BY ALL), told AS (SELECT " LIST ", SourceIp AS ip, sum(NumberOfBytes) AS "      \
	    "low, sum(Bound - UnlistedBound) AS own FROM " rollup                                  \
	    " WHERE Kind = 'source' AND NOT Residual GROUP BY ALL), "                              \
	    "hidden AS (SELECT " LIST ", sum(UnlistedBound) AS u FROM " rollup                     \
	    " WHERE Kind = 'source' AND Residual GROUP BY ALL) "                                   \
	    "SELECT count(*) > 100, count(*) FILTER (coalesce(low, 0) > b), "                      \
	    "count(*) FILTER (coalesce(low + own, 0) + coalesce(u, 0) < b) "                       \
	    "FROM raw LEFT JOIN told ON (raw.ip, raw.ExRCircuitId, raw.PeeringType, "              \
	    "raw.Direction) = (told.ip, told.ExRCircuitId, told.PeeringType, told.Direction) "     \
	    "AND raw.SamplingInterval IS NOT DISTINCT FROM told.SamplingInterval AND "             \
	    "raw.TotalCounters IS NOT DISTINCT FROM told.TotalCounters "                           \
	    "LEFT JOIN hidden ON (raw.ExRCircuitId, raw.PeeringType, raw.Direction) = "            \
	    "(hidden.ExRCircuitId, hidden.PeeringType, hidden.Direction) "                         \
	    "AND raw.SamplingInterval IS NOT DISTINCT FROM hidden.SamplingInterval AND "           \
	    "raw.TotalCounters IS NOT DISTINCT FROM hidden.TotalCounters",                         \
	    "true|0|0\n")

/* ---- cases ---- */

static void rows_of_each_kind_add_up_to_the_flows(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	store_random(ws, MINUTE, 180, 20000, 5000);
	store_random(ws, MINUTE + DAY, 30, 3000, 500);
	store_random(ws, MINUTE + 50, 60, 3000, 5000); /* of two hours */
	ASSERT_SQL(ws, "SELECT count(*) FROM $H", "0\n");
	run_all(ws, MINUTE + LATER);
	assert_sums(ws);
	workspace_close(ws);
}

static void totals_are_those_of_applications_and_as_pairs(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	store_random(ws, MINUTE, 60, 20000, 5000);
	run_all(ws, MINUTE + 75);
	assert_same(ws,
	            "SELECT " LIST ", Application, SrcAsn, DstAsn, " SUMS
	            ", sum(RecordCount) FROM $F GROUP BY ALL ORDER BY ALL",
	            "SELECT " LIST ", Application, SrcAsn, DstAsn, NumberOfBytes, NumberOfPackets, "
	            "SumOfSquares, EstimatedBytes, EstimatedPackets, Records FROM $H WHERE Kind = "
	            "'total' ORDER BY ALL");
	workspace_close(ws);
}

/* By SQL's own ranks; those of equal bytes at the end of a list may change places. */
#define ASSERT_TOP(ws, kind, by)                                                                   \
	do {                                                                                       \
		assert_same(                                                                       \
		    ws,                                                                            \
		    "SELECT * EXCLUDE r FROM (SELECT *, row_number() OVER (PARTITION BY " LIST     \
		    " ORDER BY b DESC) AS r FROM (SELECT " LIST ", " by ", " SUMS                  \
		    " FROM $F GROUP BY ALL)) WHERE r <= 1000 "                                     \
		    "ORDER BY " LIST ", b DESC",                                                   \
		    "SELECT " LIST ", " by ", NumberOfBytes, NumberOfPackets, SumOfSquares, "      \
		    "EstimatedBytes, EstimatedPackets FROM $H WHERE Kind = '" kind                 \
		    "' AND NOT Residual ORDER BY " LIST ", NumberOfBytes DESC");                   \
	} while (0)

static void the_first_thousand_of_each_list_are_those_of_most_bytes(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	size_t count = 30000;
	struct flow_row *rows = calloc(count, sizeof *rows);
	for (size_t i = 0; i < count; i++) {
		rows[i] = random_row(MINUTE + (uint32_t)(i % 60), 60000);
		rows[i].bytes = (next_random() % 1000000) << 20 | i; /* no two sums are equal */
	}
	store(ws, rows, count);
	free(rows);
	run_all(ws, MINUTE + 75);
	ASSERT_SQL(ws,
	           "SELECT max(n) FROM (SELECT count(*) AS n FROM $H WHERE Kind <> 'total' AND "
	           "NOT Residual GROUP BY Kind, " LIST ")",
	           "1000\n");
	ASSERT_TOP(ws, "source", "SourceIp");
	ASSERT_TOP(ws, "destination", "DestinationIp");
	ASSERT_TOP(ws, "pair", "SourceIp, DestinationIp");
	ASSERT_TOP(ws, "port", "Protocol, DestinationPort");
	ASSERT_SQL(ws, "SELECT sum(Bound), count(*) FILTER (Residual) > 5 FROM $H", "0|true\n");
	/* a list's bound is the greatest that it does not list */
	assert_same(ws,
	            "SELECT " LIST
	            ", max(b), sum(b) FROM (SELECT *, row_number() OVER (PARTITION BY " LIST
	            " ORDER BY b DESC) AS r FROM (SELECT " LIST ", SourceIp, DestinationIp, " SUMS
	            " FROM $F GROUP BY ALL)) WHERE r > 1000 GROUP BY ALL ORDER BY ALL",
	            "SELECT " LIST ", UnlistedBound, NumberOfBytes FROM $H WHERE Kind = 'pair' AND "
	            "Residual ORDER BY ALL");
	workspace_close(ws);
}

static void a_day_of_hours_keeps_its_bound(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	for (uint32_t hour = 0; hour < 5; hour++)
		store_random(ws, MINUTE + 60 * hour, 60, 15000, 20000);
	run_all(ws, MINUTE + LATER);
	assert_sums(ws);
	ASSERT_SQL(ws, "SELECT max(Bound) > 0 FROM $D", "true\n");
	ASSERT_BOUND(ws, "$H");
	ASSERT_BOUND(ws, "$D");
	workspace_close(ws);
}

static void late_rows_are_added_once(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	store_random(ws, MINUTE, 60, 12000, 20000);
	run_all(ws, MINUTE + 75);
	store_random(ws, MINUTE, 60, 12000, 20000); /* of an hour that has been compacted */
	run_all(ws, MINUTE + 75);
	ASSERT_SQL(ws,
	           "SELECT max(n) FROM (SELECT count(*) AS n FROM $H WHERE Residual GROUP BY "
	           "Kind, " LIST ")",
	           "1\n");
	ASSERT_BOUND(ws, "$H");
	run_all(ws, MINUTE + LATER);
	assert_sums(ws);
	store_random(ws, MINUTE, 60, 12000, 20000); /* of a day that has been */
	run_all(ws, MINUTE + LATER);
	assert_sums(ws);
	ASSERT_BOUND(ws, "$H");
	ASSERT_BOUND(ws, "$D");
	workspace_close(ws);
}

/* By hand: 100 + 23 of one source in two parts. */
static void a_list_that_is_whole_has_neither_residual_nor_bound(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	static const uint64_t bytes[] = { 100, 23 };
	for (size_t i = 0; i < 2; i++) {
		struct flow_row row = scratch_row(MINUTE + (uint32_t)i);
		ROW_SET_KEY(&row, SourceIp, src_addr, ip_from_v4((uint8_t[]){ 192, 0, 2, 1 }));
		ROW_SET(&row, NumberOfBytes, bytes, bytes[i]);
		scratch_store(ws, &row, 1, NULL);
		run_all(ws, MINUTE + 75);
	}
	ASSERT_ANSWER(ws, TABLE_HOURLY,
	              "Kind, SourceIp, DestinationIp, DestinationPort, SamplingInterval, "
	              "NumberOfBytes, SumOfSquares, EstimatedBytes, Residual, Bound, UnlistedBound",
	              "ORDER BY Kind",
	              "destination|||null|null|123|null|null|false|0|0\n"
	              "pair|192.0.2.1||null|null|123|null|null|false|0|0\n"
	              "port|||null|null|123|null|null|false|0|0\n"
	              "source|192.0.2.1||null|null|123|null|null|false|0|0\n"
	              "total|||null|null|123|null|null|false|0|0\n");
	workspace_close(ws);
}

/* 9,000 pairs of addresses, each in one row. */
static void more_keys_than_there_is_room_for_become_parts(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	size_t count = 9000;
	struct flow_row *rows = calloc(count, sizeof *rows);
	for (size_t i = 0; i < count; i++) {
		rows[i] = scratch_row(MINUTE + (uint32_t)(i / 150));
		ROW_SET_KEY(&rows[i], SourceIp, src_addr, address((uint32_t)i));
		ROW_SET_KEY(&rows[i], DestinationIp, dst_addr, address((uint32_t)i));
		ROW_SET(&rows[i], NumberOfBytes, bytes, next_random() % 10000);
		ROW_SET(&rows[i], NumberOfPackets, packets, 1);
		ROW_SET(&rows[i], RecordCount, records, 1);
	}
	store(ws, rows, count);
	free(rows);
	assert_true(run_one(ws, MINUTE + 75, 5000));
	ASSERT_SQL(ws, "SELECT count(*) FROM $H WHERE Kind = 'pair' AND Residual", "2\n");
	run_all(ws, MINUTE + LATER);
	assert_sums(ws);
	ASSERT_SQL(ws, "SELECT count(*) FROM $H WHERE Kind = 'pair'", "1001\n");
	ASSERT_BOUND(ws, "$H");
	ASSERT_BOUND(ws, "$D");
	workspace_close(ws);
}

/* Killed with what the nth compaction wrote in hand. */
static void a_writer_that_dies_rolls_up_once(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	store_random(ws, MINUTE, 60, 3000, 5000);
	store_random(ws, MINUTE + 60, 60, 3000, 5000);
	workspace_close(ws);
	for (size_t n = 0; n < 6; n++) {
		fflush(NULL);
		pid_t pid = fork();
		if (pid == 0) {
			struct compaction job;
			struct segment_list made;
			ws = workspace_open(*state, WORKSPACE_WRITE, &e);
			int64_t now = TICKS_UNIX_EPOCH + (MINUTE + LATER) * TICKS_PER_MINUTE;
			if (ws && compact_plan(ws, now, (struct compact_held){ 0 }, &job, &e) &&
			    job.segments && compact_write(ws, &job, &made, &e))
				kill(getpid(), SIGKILL);
			_exit(1);
		}
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		ws = scratch_open(*state, WORKSPACE_WRITE);
		assert_true(run_one(ws, MINUTE + LATER, ROLLUP_KEYS));
		workspace_close(ws);
	}
	ws = scratch_open(*state, WORKSPACE_WRITE);
	run_all(ws, MINUTE + LATER);
	assert_sums(ws);
	workspace_close(ws);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		CASE(rows_of_each_kind_add_up_to_the_flows),
		CASE(totals_are_those_of_applications_and_as_pairs),
		CASE(the_first_thousand_of_each_list_are_those_of_most_bytes),
		CASE(a_day_of_hours_keeps_its_bound),
		CASE(late_rows_are_added_once),
		CASE(a_list_that_is_whole_has_neither_residual_nor_bound),
		CASE(more_keys_than_there_is_room_for_become_parts),
		CASE(a_writer_that_dies_rolls_up_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
