#include "collector/minute/ledger_fold.h"

#include "core/base/ticks.h"
#include "scratch.h"
#include "support/unit.h"
#include "workspace/completeness.h"
#include "workspace/db.h"

static struct err e;
static const char *const listeners[] = { "127.0.0.1:2055" };

enum { MINUTE = 29000000 / 1440 * 1440 }; /* a day begins */

/* One record stored in that minute, of one of so many exporters. */
static void count_one(struct ledger *l, uint32_t minute, uint8_t exporter)
{
	struct ledger_key key = { .minute = minute, .has_exporter = true };
	assert_true(ip_parse("192.0.2.0", &key.exporter));
	key.exporter.b[15] = exporter;
	ledger_counts(l, &key)[LEDGER_RecordsStored]++;
}

static void commit_counts(struct ledger_fold *fold, struct workspace *ws, const struct ledger *l,
                          bool ends_well)
{
	struct commit *c = commit_begin(ws, &e);
	assert_non_null(c);
	assert_true(ledger_fold_write(fold, l, c, listeners, &e));
	if (!ends_well) {
		commit_abandon(c);
		return;
	}
	assert_true(commit_end(c, &e));
	ledger_fold_committed(fold);
}

static size_t segments_of(struct workspace *ws)
{
	struct segment_filter all = SEGMENTS_OF(TABLE_LEDGER);
	struct segment_list list;
	assert_true(workspace_segments(ws, &all, &list, &e));
	size_t count = list.count;
	segment_list_done(&list);
	return count;
}

static struct completeness known(struct workspace *ws, int64_t from, int64_t to)
{
	struct completeness c;
	struct db *db = db_open(&(struct db_limits){ 0 }, &e);
	assert_non_null(db);
	assert_true(completeness_ask(db, ws, (struct time_range){ from, to }, &c, &e));
	db_close(db);
	return c;
}

static int64_t time_of(uint32_t minute)
{
	return TICKS_UNIX_EPOCH + minute * TICKS_PER_MINUTE;
}

/* After every commit all is there once; of 13 x 13 + 2 commits three segments are left. */
static void segments_are_folded_and_nothing_is_lost_or_doubled(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct ledger_fold *fold = ledger_fold_new(&e);
	struct ledger *l = ledger_new(&e);
	assert_non_null(fold);
	for (uint32_t i = 1; i <= 13 * 13 + 2; i++) {
		ledger_clear(l);
		count_one(l, MINUTE + i / 12, 1);
		if (i % 50 == 0)
			commit_counts(fold, ws, l, false);
		commit_counts(fold, ws, l, true);
		assert_true(segments_of(ws) <= 12 + 12 + 1);
		if (i % 40 == 13)
			assert_int_equal(known(ws, INT64_MIN, INT64_MAX).stored, i);
	}
	assert_int_equal(segments_of(ws), 3);
	assert_int_equal(known(ws, INT64_MIN, INT64_MAX).stored, 13 * 13 + 2);
	assert_int_equal(known(ws, time_of(MINUTE + 3), time_of(MINUTE + 3)).stored, 12);
	ledger_clear(l);
	commit_counts(fold, ws, l, true);
	assert_int_equal(segments_of(ws), 3);
	ledger_free(l);
	ledger_fold_free(fold);
	workspace_close(ws);
}

static void what_is_of_two_days_or_of_too_many_exporters_stays(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct ledger_fold *fold = ledger_fold_new(&e);
	struct ledger *l = ledger_new(&e);
	uint64_t stored = 0;
	for (uint32_t i = 0; i < 40; i++) {
		ledger_clear(l);
		for (uint32_t k = 0; k < 1000; k++, stored++)
			count_one(l, MINUTE - 20 + i + (k >= 256) + (k >= 512) + (k >= 768),
			          (uint8_t)k);
		commit_counts(fold, ws, l, true);
	}
	assert_int_equal(known(ws, INT64_MIN, INT64_MAX).stored, stored);
	ledger_free(l);
	ledger_fold_free(fold);
	workspace_close(ws);
}

static void completeness_is_of_whole_minutes(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct ledger *l = ledger_new(&e);
	struct ledger_key key = { .minute = MINUTE };
	assert_int_equal(known(ws, INT64_MIN, INT64_MAX).stored, 0);
	ledger_counts(l, &key)[LEDGER_RecordsStored] = 9000;
	ledger_counts(l, &key)[LEDGER_NatEvents] = 900;
	ledger_counts(l, &key)[LEDGER_RecordsRejected] = 20;
	ledger_counts(l, &key)[LEDGER_LostRecords] = 80;
	key.minute++;
	ledger_counts(l, &key)[LEDGER_RecordsStored] = 7;
	struct commit *c = commit_begin(ws, &e);
	assert_true(ledger_write(l, c, listeners, &e));
	assert_true(commit_end(c, &e));
	struct completeness got =
	    known(ws, time_of(MINUTE) + 59 * TICKS_PER_SECOND, time_of(MINUTE + 1) - 1);
	assert_int_equal(got.stored, 9900);
	assert_int_equal(got.rejected, 20);
	assert_int_equal(got.lost, 80);
	assert_int_equal(known(ws, time_of(MINUTE + 1), INT64_MAX).stored, 7);
	assert_int_equal(known(ws, time_of(MINUTE + 2), INT64_MAX).stored, 0);
	ledger_free(l);
	workspace_close(ws);
}

static void assert_percent(int64_t stored, int64_t rejected, int64_t lost, const char *wanted)
{
	struct buf text = { 0 };
	completeness_percent(&text, &(struct completeness){ stored, rejected, lost });
	assert_string_equal(buf_text(&text), wanted);
	buf_done(&text);
}

static void per_cents_are_rounded_down(void **state)
{
	(void)state;
	assert_percent(0, 0, 0, "");
	assert_percent(5, 0, 0, "100.00");
	assert_percent(99999, 1, 0, "99.99");
	assert_percent(1, 1, 1, "33.33");
	assert_percent(0, 0, 7, "0.00");
	assert_percent(INT64_MAX, 0, INT64_MAX, "50.00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(segments_are_folded_and_nothing_is_lost_or_doubled,
		                                scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(what_is_of_two_days_or_of_too_many_exporters_stays,
		                                scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(completeness_is_of_whole_minutes, scratch_make,
		                                scratch_remove),
		cmocka_unit_test(per_cents_are_rounded_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
