/* Segments that are written again: no answer changes, whatever happens in between. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "core/flow/audit_state.h"
#include "core/flow/nat_event.h"
#include "scratch.h"
#include "support/unit.h"
#include "workspace/commit.h"
#include "workspace/compact.h"

enum { MINUTE = 29388960 }; /* 2025-11-17T00:00Z */

static struct err e;

static int64_t time_of(uint32_t minute)
{
	return TICKS_UNIX_EPOCH + minute * TICKS_PER_MINUTE;
}

/* ---- rows ---- */

static uint64_t next_random(void)
{
	static uint64_t x = 42;
	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

static const size_t sizes[] = {
	[STORE_IP] = 16, [STORE_APPLICATION] = 8, [STORE_U64] = 8, [STORE_TIME] = 8,
	[STORE_U32] = 4, [STORE_MINUTE] = 4,      [STORE_U16] = 2, [STORE_U8] = 1,
};

static struct ip random_ip(void)
{
	uint64_t r = next_random();
	struct ip ip = ip_from_v4((uint8_t[]){ 10, 0, r & 3, (r >> 2 & 1) ? 99 : 100 });
	if (r >> 8 & 1)
		ip = ip_from_v6((uint8_t[16]){ 0x20, 1, 0xd, 0xb8, [15] = r >> 16 & 7 });
	return ip;
}

/* A row that has each column or not, with few values, so that keys meet. */
static struct flow_row random_row(uint32_t minute)
{
	struct flow_row row = scratch_row(minute);
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		const struct column *c = &columns[id];
		if (!column_in_flow_rows(id) || id == COL_TimeGenerated || next_random() % 4 == 0)
			continue;
		struct ip value = random_ip();
		if (c->store != STORE_IP) {
			uint64_t number = next_random() % (c->type == KQL_BOOL ? 2 : 5);
			memcpy(&value, &number, sizeof number);
		}
		memcpy((char *)&row + c->offset, &value, sizes[c->store]);
		*(c->role == ROLE_KEY ? &row.key.present : &row.present) |= UINT64_C(1) << c->bit;
	}
	return row;
}

static void tell_by_port(void *context, const struct flow_row *const *rows, size_t count,
                         uint16_t *ret)
{
	(void)context;
	for (size_t i = 0; i < count; i++)
		ret[i] = rows[i]->key.src_port & 1;
}

/* A commit of rows of these minutes, enriched, with that region as their constant. */
static void store_random(struct workspace *ws, uint32_t minute, size_t minutes, size_t count,
                         const char *region)
{
	static const char *const circuits[] = { "", "circuit of a longer name" };
	static const uint16_t by_kind[] = { 0, 1 };
	struct enrichment enrichment = { .kinds = 2, .tell = tell_by_port };
	enrichment.columns[COL_ExRCircuitId] = (struct enriched_column){ circuits, 2, by_kind };
	struct constants constants = { 0 };
	constants.text[COL_ATCRegion] = region;
	struct flow_row *rows = calloc(count, sizeof *rows);
	const struct flow_row **pointers = calloc(count, sizeof *pointers);
	for (size_t i = 0; i < count; i++) {
		rows[i] = random_row(minute + (uint32_t)(next_random() % minutes));
		pointers[i] = &rows[i];
	}
	struct commit *c = commit_begin(ws, &e);
	commit_enrich(c, &enrichment);
	assert_true(commit_flow_rows(c, pointers, count, &constants, &e));
	assert_true(commit_end(c, &e));
	free(pointers);
	free(rows);
}

/* All columns of all rows, in an order of their own. */
static char *all_rows(struct workspace *ws, enum table_id table)
{
	return scratch_ask(ws, table, "t::VARCHAR", "ORDER BY t::VARCHAR");
}

/* ---- compactions ---- */

static struct compaction plan(struct workspace *ws, uint32_t now, const int64_t *held, size_t count)
{
	struct compaction c;
	if (!compact_plan(ws, time_of(now), (struct compact_held){ held, count }, &c, &e))
		fail_msg("%s", e.text);
	return c;
}

static void run(struct workspace *ws, const struct compaction *c)
{
	struct segment_list made;
	if (!compact_write(ws, c, &made, &e) || !compact_adopt(ws, c, &made, &e))
		fail_msg("%s", e.text);
	segment_list_done(&made);
}

/* Everything that is due at a time; returns how many compactions that were, but of rollups
 * (test_rollup.c). */
static size_t run_all(struct workspace *ws, uint32_t now)
{
	size_t n = 0;
	for (;;) {
		struct compaction c = plan(ws, now, NULL, 0);
		if (!c.segments)
			return n;
		run(ws, &c);
		n += c.table != TABLE_HOURLY && c.table != TABLE_DAILY;
		compaction_done(&c);
		assert_true(n < 100);
	}
}

static size_t segments_of(struct workspace *ws, enum table_id table, enum segment_level level)
{
	struct segment_filter all = SEGMENTS_OF(table);
	struct segment_list list;
	size_t count = 0;
	assert_true(workspace_segments(ws, &all, &list, &e));
	for (size_t i = 0; i < list.count; i++)
		count += list.items[i].level == level;
	segment_list_done(&list);
	return count;
}

/* ---- cases ---- */

static void every_column_of_every_row_is_what_it_was(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	/* distinct by their sequence numbers' absence or few values: rows hardly meet */
	store_random(ws, MINUTE, 120, 3000, "europe");
	char *before = all_rows(ws, TABLE_FLOWS), *azure = all_rows(ws, TABLE_ATC);
	assert_int_equal(run_all(ws, MINUTE + 2 * 1440), 1);
	assert_int_equal(segments_of(ws, TABLE_FLOWS, LEVEL_DAY), 1);
	char *after = all_rows(ws, TABLE_FLOWS), *azure_after = all_rows(ws, TABLE_ATC);
	assert_string_equal(after, before);
	assert_string_equal(azure_after, azure);
	free(before);
	free(after);
	free(azure);
	free(azure_after);
	workspace_close(ws);
}

/* Of all combinations of 7 x 7 x 8 one: with what dense segments hold in another form
 * (flow_packed.h) at its limits, or without it. */
static struct flow_row row_at_limits(size_t i, size_t k, size_t m)
{
	static const int64_t minute = TICKS_UNIX_EPOCH + MINUTE * TICKS_PER_MINUTE;
	static const int64_t times[] = {
		0, 1, minute - 1, minute, minute + 10001, TICKS_MAX - 1, TICKS_MAX
	};
	static const uint64_t sequences[] = { 0, 65535, 65536, INT64_MAX - 1, INT64_MAX };
	static const uint8_t masks[] = { 0, 1, 24, 31, 32, 64, 128, 255 };
	struct flow_row row = scratch_row(MINUTE);
	ROW_SET_KEY(&row, SourcePort, src_port, (uint16_t)(i * 100 + k * 10 + m));
	ROW_SET_KEY(&row, SourceIp, src_addr, ip_from_v4((uint8_t[]){ 203, 0, 113, 255 }));
	ROW_SET_KEY(&row, DstMask, dst_mask, masks[m]);
	if (k)
		ROW_SET_KEY(&row, SrcMask, src_mask, masks[k]);
	if (m)
		ROW_SET_KEY(&row, DestinationIp, dst_addr,
		            ip_from_v6((uint8_t[16]){ 0x20, 1, 0xd, 0xb9, [15] = 255 }));
	if (i != 3)
		ROW_SET(&row, FlowStartTime, start_time, times[i]);
	if (k != 4)
		ROW_SET(&row, FlowEndTime, end_time, times[k]);
	ROW_SET(&row, FlowRecordTime, record_time, times[6 - k]);
	if (i < 5)
		ROW_SET(&row, Flowsequence, sequence, sequences[i]);
	return row;
}

static void times_and_sequences_at_their_limits_stay_what_they_are(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct flow_row rows[7 * 7 * 8];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		rows[i] = row_at_limits(i / 56, i / 8 % 7, i % 8);
	scratch_store(ws, rows, ARRAY_LEN(rows), NULL);
	char *before = all_rows(ws, TABLE_FLOWS);
	assert_int_equal(run_all(ws, MINUTE + 75), 1);
	char *after = all_rows(ws, TABLE_FLOWS);
	assert_string_equal(after, before);
	ASSERT_ANSWER(ws, TABLE_FLOWS,
	              "count(*), count(FlowStartTime), count(FlowEndTime), count(Flowsequence), "
	              "min(FlowEndTime), max(FlowEndTime), max(Flowsequence), "
	              "max(DstSubnet) FILTER (DstMask = 31), max(SrcSubnet) FILTER (SrcMask = 24)",
	              "",
	              "392|336|336|280|0|3155378975999999999|9223372036854775807|"
	              "2001:db8::|203.0.113.0\n");
	free(before);
	free(after);
	workspace_close(ws);
}

/* Sums are SQL's own, grouped by everything that tells flows apart. */
static void parts_of_a_minute_become_one_row_per_flow_and_sums_stay(void **state)
{
	static const char sums[] =
	    "sum(NumberOfBytes), sum(NumberOfPackets), sum(RecordCount), min(MinTtl), max(MaxTtl),"
	    " bit_or(TcpFlag), min(FlowStartTime), max(FlowEndTime), max(FlowRecordTime),"
	    " count(DISTINCT (SourceIp, DestinationIp, SourcePort, ExRCircuitId, ATCRegion))";
	static const char by[] = "GROUP BY TimeGenerated, SourceIp, Protocol, ExRCircuitId, "
				 "ATCRegion, Direction ORDER BY ALL";
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct flow_row row = random_row(MINUTE);
	store_random(ws, MINUTE, 3, 500, "europe");
	store_random(ws, MINUTE, 3, 500, "europe");
	store_random(ws, MINUTE + 1, 1, 500, "asia");
	for (size_t i = 0; i < 3; i++)
		scratch_store(ws, &row, 1, NULL);
	char *before = scratch_ask(ws, TABLE_FLOWS, sums, by);
	assert_int_equal(run_all(ws, MINUTE + 75), 1);
	char *after = scratch_ask(ws, TABLE_FLOWS, sums, by);
	assert_string_equal(after, before);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "WHERE ATCRegion = ''", "1\n");
	free(before);
	free(after);
	workspace_close(ws);
}

/* By hand: 100 + 23, 1 or 2 or 4, 7 of 7 and 9, the first number of 5 and 6. */
static void late_parts_are_merged_as_the_minute_would_have_been(void **state)
{
	static const char *const regions[] = { "europe", "europe", "asia" };
	static const uint64_t bytes[] = { 100, 23, 1000 };
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	for (size_t i = 0; i < 3; i++) {
		struct constants constants = { 0 };
		struct flow_row row = scratch_row(MINUTE);
		constants.text[COL_ATCRegion] = regions[i];
		ROW_SET_KEY(&row, SourceIp, src_addr, ip_from_v4((uint8_t[]){ 192, 0, 2, 1 }));
		ROW_SET(&row, NumberOfBytes, bytes, bytes[i]);
		ROW_SET(&row, TcpFlag, tcp_flags, (uint16_t)(1 << i));
		ROW_SET(&row, MinTtl, min_ttl, (uint8_t)(7 + 2 * i));
		ROW_SET(&row, Flowsequence, sequence, 5 + i);
		scratch_store(ws, &row, 1, &constants);
	}
	assert_int_equal(run_all(ws, MINUTE + 75), 1);
	ASSERT_ANSWER(ws, TABLE_FLOWS,
	              "ATCRegion, SourceIp, NumberOfBytes, TcpFlag, MinTtl, Flowsequence, MaxTtl",
	              "ORDER BY ATCRegion",
	              "asia|192.0.2.1|1000|4|11|7|null\neurope|192.0.2.1|123|3|7|5|null\n");
	workspace_close(ws);
}

static void an_hour_is_left_for_a_quarter_then_its_day_follows(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	for (uint32_t i = 0; i < 4; i++)
		store_random(ws, MINUTE + 30 * i, 1, 10, "");
	assert_int_equal(run_all(ws, MINUTE + 74), 0);
	assert_int_equal(run_all(ws, MINUTE + 75), 1);
	assert_int_equal(segments_of(ws, TABLE_FLOWS, LEVEL_HOUR), 1);
	assert_int_equal(segments_of(ws, TABLE_FLOWS, LEVEL_WRITTEN), 2);
	assert_int_equal(run_all(ws, MINUTE + 135), 1);
	assert_int_equal(run_all(ws, MINUTE + 1440 + 14), 0);
	assert_int_equal(segments_of(ws, TABLE_FLOWS, LEVEL_HOUR), 2);
	assert_int_equal(run_all(ws, MINUTE + 1440 + 15), 1);
	assert_int_equal(segments_of(ws, TABLE_FLOWS, LEVEL_DAY), 1);
	store_random(ws, MINUTE, 1, 10, ""); /* very late */
	assert_int_equal(run_all(ws, MINUTE + 2 * 1440), 2);
	assert_int_equal(segments_of(ws, TABLE_FLOWS, LEVEL_DAY), 1);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(DISTINCT TimeGenerated)", "", "4\n");
	workspace_close(ws);
}

static void held_segments_and_imported_rows_are_left_alone(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	for (uint32_t i = 0; i < 3; i++)
		store_random(ws, MINUTE, 1, 10, "");
	scratch_import(ws, *state, TABLE_ATC,
	               "{\"TimeGenerated\":\"2025-11-17T00:00:00Z\",\"SourceIp\":\"no address\"}");
	struct compaction c = plan(ws, MINUTE + 75, (int64_t[]){ 2 }, 1);
	assert_int_equal(c.count, 2);
	assert_int_equal(c.segments[0], 1);
	assert_int_equal(c.segments[1], 3);
	compaction_done(&c);
	c = plan(ws, MINUTE + 75, (int64_t[]){ 1, 2, 3 }, 3);
	assert_null(c.segments);
	workspace_close(ws);
}

/* As parquet_metadata sees it: a row group of one source has one text as its limits. */
static void rows_are_ordered_by_source_address_then_time(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	for (uint32_t i = 0; i < 2; i++)
		store_random(ws, MINUTE + i, 40, 2000, "");
	assert_int_equal(run_all(ws, MINUTE + 75), 1);
	struct segment_filter all = SEGMENTS_OF(TABLE_FLOWS);
	struct segment_list list;
	assert_true(workspace_segments(ws, &all, &list, &e));
	char sql[1024];
	snprintf(
	    sql, sizeof sql,
	    "SELECT count(*) FILTER (WHERE SourceIp < ip OR (SourceIp = ip AND "
	    "TimeGenerated < time)) FROM (SELECT SourceIp, TimeGenerated, lag(SourceIp) OVER o "
	    "AS ip, lag(TimeGenerated) OVER o AS time FROM read_parquet('%s/%s', "
	    "file_row_number = true) WINDOW o AS (ORDER BY file_row_number))",
	    (char *)*state, list.items[0].path);
	char *answer = scratch_sql(sql);
	assert_string_equal(answer, "0\n");
	free(answer);
	segment_list_done(&list);
	workspace_close(ws);
}

static void more_rows_than_there_is_room_for_become_several_segments(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	store_random(ws, MINUTE, 60, 3000, "europe");
	char *before = all_rows(ws, TABLE_FLOWS);
	struct compaction c = plan(ws, MINUTE + 75, NULL, 0);
	c.room = 1000;
	run(ws, &c);
	compaction_done(&c);
	char *after = all_rows(ws, TABLE_FLOWS);
	assert_string_equal(after, before);
	assert_true(segments_of(ws, TABLE_FLOWS, LEVEL_HOUR) >= 3);
	free(before);
	free(after);
	workspace_close(ws);
}

/* Texts of any octets, a number that is a name, a bool: of a commit each. */
static void audited_queries_become_one_segment(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	for (uint32_t i = 0; i < 20; i++) {
		struct plain_rows *all = plain_rows_new(&e);
		const struct query_audit row = {
			.present = PLAIN_BIT(AUDIT, QueryText) | PLAIN_BIT(AUDIT, QueryTextCut) |
			           PLAIN_BIT(AUDIT, State) | PLAIN_BIT(AUDIT, Uid) |
			           PLAIN_BIT(AUDIT, ResponseCode),
			.minute = MINUTE + i,
			.query_text = { "print '\x1b[31m\xef\xbf\xbd\"'", 15 + i % 2 },
			.query_cut = i % 2,
			.audit_state = (uint8_t)(i % AUDIT_STATE_COUNT),
			.uid = UINT32_MAX - i,
			.response_code = 200,
		};
		assert_true(plain_rows_add(all, TABLE_AUDIT, &row, 1));
		struct commit *commit = commit_begin(ws, &e);
		assert_true(commit_plain_rows(commit, all, &e));
		assert_true(commit_end(commit, &e));
		plain_rows_free(all);
	}
	assert_int_equal(segments_of(ws, TABLE_AUDIT, LEVEL_WRITTEN), 20);
	char *before = scratch_ask(ws, TABLE_AUDIT, "t::VARCHAR", "");
	assert_int_equal(run_all(ws, MINUTE + 75), 1);
	char *after = scratch_ask(ws, TABLE_AUDIT, "t::VARCHAR", "");
	assert_string_equal(after, before);
	assert_int_equal(segments_of(ws, TABLE_AUDIT, LEVEL_HOUR), 1);
	free(before);
	free(after);
	workspace_close(ws);
}

static void events_stay_in_order_of_time(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	for (uint32_t i = 0; i < 3; i++) {
		struct nat_event rows[50] = { 0 };
		struct plain_rows *all = plain_rows_new(&e);
		for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
			rows[k] = (struct nat_event){ .minute = MINUTE + i };
			rows[k].present = PLAIN_BIT(NAT, SourceIp) | PLAIN_BIT(NAT, NatPoolName);
			rows[k].src_addr = random_ip();
			rows[k].pool_name = (struct row_text){ "pool x", 5 + k % 2 };
		}
		assert_true(plain_rows_add(all, TABLE_NAT, rows, ARRAY_LEN(rows)));
		struct commit *commit = commit_begin(ws, &e);
		assert_true(commit_plain_rows(commit, all, &e));
		assert_true(commit_end(commit, &e));
		plain_rows_free(all);
	}
	char *before = scratch_ask(ws, TABLE_NAT, "t::VARCHAR", "");
	assert_int_equal(run_all(ws, MINUTE + 75), 1);
	char *after = scratch_ask(ws, TABLE_NAT, "t::VARCHAR", "");
	assert_string_equal(after, before);
	assert_int_equal(segments_of(ws, TABLE_NAT, LEVEL_HOUR), 1);
	free(before);
	free(after);
	workspace_close(ws);
}

static void a_reader_with_an_old_list_is_answered(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	store_random(ws, MINUTE, 1, 100, "");
	store_random(ws, MINUTE, 1, 100, "");
	struct buf sql = { 0 };
	struct segment_filter all = SEGMENTS_OF(TABLE_FLOWS);
	buf_puts(&sql, "SELECT count(*) FROM ");
	assert_true(workspace_relation(ws, &all, &sql, NULL, &e));
	assert_int_equal(run_all(ws, MINUTE + 75), 1);
	assert_true(workspace_sweep(ws, false, &e));
	char *answer = scratch_sql(buf_text(&sql));
	assert_string_equal(answer, "200\n");
	free(answer);
	buf_done(&sql);
	workspace_close(ws);
}

static void rows_that_were_dropped_meanwhile_do_not_come_back(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	store_random(ws, MINUTE, 1, 100, "");
	store_random(ws, MINUTE, 1, 50, "");
	struct compaction job = plan(ws, MINUTE + 75, NULL, 0);
	struct segment_list made;
	assert_true(compact_write(ws, &job, &made, &e));
	struct commit *c = commit_begin(ws, &e);
	assert_true(commit_retire(c, 1, &e));
	assert_true(commit_end(c, &e));
	assert_false(compact_adopt(ws, &job, &made, &e));
	assert_non_null(strstr(e.text, "there is no segment 1"));
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "50\n");
	assert_int_equal(scratch_count_files(*state), 2);
	segment_list_done(&made);
	compaction_done(&job);
	workspace_close(ws);
}

/* ---- the end of a process in the middle ---- */

static void die_before_adopting(struct workspace *ws, const struct compaction *job,
                                const struct segment_list *made)
{
	(void)ws;
	(void)job;
	(void)made;
	kill(getpid(), SIGKILL);
}

static void die_after_renaming(struct workspace *ws, const struct compaction *job,
                               const struct segment_list *made)
{
	(void)job;
	struct commit *c = commit_begin(ws, &e);
	if (commit_adopt(c, &made->items[0], &e))
		kill(getpid(), SIGKILL);
	_exit(1);
}

static void die_after_adopting(struct workspace *ws, const struct compaction *job,
                               const struct segment_list *made)
{
	if (compact_adopt(ws, job, made, &e))
		kill(getpid(), SIGKILL);
	_exit(1);
}

/* A writer that compacts and dies; the next one finds all rows once, and no file too many. */
static void assert_survives(const char *dir,
                            void (*die)(struct workspace *, const struct compaction *,
                                        const struct segment_list *),
                            size_t files)
{
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	store_random(ws, MINUTE, 1, 100, "");
	store_random(ws, MINUTE, 1, 100, "");
	char *before = scratch_ask(ws, TABLE_FLOWS, "sum(NumberOfBytes), sum(RecordCount)", "");
	workspace_close(ws);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		ws = workspace_open(dir, WORKSPACE_WRITE, &e);
		struct compaction job;
		struct segment_list made;
		struct compact_held none = { 0 };
		if (ws && compact_plan(ws, time_of(MINUTE + 75), none, &job, &e) &&
		    compact_write(ws, &job, &made, &e))
			die(ws, &job, &made);
		_exit(1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	ws = scratch_open(dir, WORKSPACE_WRITE);
	char *after = scratch_ask(ws, TABLE_FLOWS, "sum(NumberOfBytes), sum(RecordCount)", "");
	assert_string_equal(after, before);
	assert_int_equal(scratch_count_files(dir), files);
	free(before);
	free(after);
	workspace_close(ws);
}

static void a_writer_that_dies_leaves_all_rows_once(void **state)
{
	/* two segments, and where it had ended the new one and its rollup */
	assert_survives(scratch_path(*state, "written"), die_before_adopting, 2);
	assert_survives(scratch_path(*state, "renamed"), die_after_renaming, 2);
	assert_survives(scratch_path(*state, "adopted"), die_after_adopting, 4);
}

static void what_a_killed_child_wrote_is_cleared(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	store_random(ws, MINUTE, 60, 3000, "");
	struct compaction job = plan(ws, MINUTE + 75, NULL, 0);
	struct segment_list made;
	job.room = 1000;
	assert_true(compact_write(ws, &job, &made, &e));
	assert_int_equal(scratch_count_files(*state), 1 + made.count);
	compact_clear(ws, &job);
	assert_int_equal(scratch_count_files(*state), 1);
	segment_list_done(&made);
	compaction_done(&job);
	workspace_close(ws);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		CASE(every_column_of_every_row_is_what_it_was),
		CASE(times_and_sequences_at_their_limits_stay_what_they_are),
		CASE(parts_of_a_minute_become_one_row_per_flow_and_sums_stay),
		CASE(late_parts_are_merged_as_the_minute_would_have_been),
		CASE(an_hour_is_left_for_a_quarter_then_its_day_follows),
		CASE(held_segments_and_imported_rows_are_left_alone),
		CASE(rows_are_ordered_by_source_address_then_time),
		CASE(more_rows_than_there_is_room_for_become_several_segments),
		CASE(audited_queries_become_one_segment),
		CASE(events_stay_in_order_of_time),
		CASE(a_reader_with_an_old_list_is_answered),
		CASE(rows_that_were_dropped_meanwhile_do_not_come_back),
		CASE(a_writer_that_dies_leaves_all_rows_once),
		CASE(what_a_killed_child_wrote_is_cleared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
