#include "core/flow/table.h"

#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

static struct flow_row record(uint16_t port, uint64_t bytes)
{
	struct flow_row row = { 0 };
	row.key.src_port = port;
	row.key.present = COLUMN_BIT(SourcePort);
	row.bytes = bytes;
	row.packets = 1;
	row.records = 1;
	row.present =
	    COLUMN_BIT(NumberOfBytes) | COLUMN_BIT(NumberOfPackets) | COLUMN_BIT(RecordCount);
	return row;
}

static struct flow_table *table_of(size_t max_rows)
{
	struct err e = { 0 };
	struct flow_table *t = flow_table_new(max_rows, &e);
	assert_non_null(t);
	return t;
}

static void equal_keys_become_one_row(void **state)
{
	(void)state;
	struct flow_table *t = table_of(10);
	struct flow_row rows[] = { record(1, 100), record(2, 7), record(1, 50) };
	assert_int_equal(flow_table_merge(t, rows, 3), 3);
	assert_int_equal(flow_table_count(t), 2);
	assert_int_equal(flow_table_row(t, 0)->bytes, 150);
	assert_int_equal(flow_table_row(t, 0)->records, 2);
	assert_int_equal(flow_table_row(t, 1)->bytes, 7);
	flow_table_free(t);
}

/* Null is a key value of its own: a port that is zero and a port that was not exported differ. */
static void null_and_zero_are_different_keys(void **state)
{
	(void)state;
	struct flow_table *t = table_of(10);
	struct flow_row rows[] = { record(0, 1), record(0, 1) };
	rows[1].key.present = 0;
	flow_table_merge(t, rows, 2);
	assert_int_equal(flow_table_count(t), 2);
	flow_table_free(t);
}

static void values_merge_by_their_roles(void **state)
{
	(void)state;
	struct flow_table *t = table_of(10);
	struct flow_row a = record(1, 1), b = record(1, 2), c = record(1, 4);
	a.present |= COLUMN_BIT(MinTtl) | COLUMN_BIT(MaxTtl) | COLUMN_BIT(TcpFlag) |
	             COLUMN_BIT(Flowsequence) | COLUMN_BIT(FlowStartTime) | COLUMN_BIT(FlowEndTime);
	a.min_ttl = a.max_ttl = 60;
	a.tcp_flags = 0x02;
	a.sequence = 77;
	a.start_time = a.end_time = 1000;
	b.present = a.present;
	b.min_ttl = b.max_ttl = 58;
	b.tcp_flags = 0x11;
	b.sequence = 3;
	b.start_time = 500;
	b.end_time = 2000;
	/* c tells none of these */
	struct flow_row rows[] = { a, b, c };
	flow_table_merge(t, rows, 3);
	const struct flow_row *row = flow_table_row(t, 0);
	assert_int_equal(row->bytes, 7);
	assert_int_equal(row->min_ttl, 58);
	assert_int_equal(row->max_ttl, 60);
	assert_int_equal(row->tcp_flags, 0x13);
	assert_int_equal(row->sequence, 77);
	assert_int_equal(row->start_time, 500);
	assert_int_equal(row->end_time, 2000);
	flow_table_free(t);
}

static void a_value_told_later_is_not_compared_with_nothing(void **state)
{
	(void)state;
	struct flow_table *t = table_of(10);
	struct flow_row rows[] = { record(1, 1), record(1, 1) };
	rows[1].present |= COLUMN_BIT(MinTtl) | COLUMN_BIT(Flowsequence);
	rows[1].min_ttl = 64;
	rows[1].sequence = 9;
	flow_table_merge(t, rows, 2);
	assert_int_equal(flow_table_row(t, 0)->min_ttl, 64);
	assert_int_equal(flow_table_row(t, 0)->sequence, 9);
	flow_table_free(t);
}

static void sums_stop_at_their_largest_value(void **state)
{
	(void)state;
	struct flow_table *t = table_of(10);
	struct flow_row rows[] = { record(1, UINT64_MAX - 5), record(1, 100) };
	rows[0].records = UINT32_MAX;
	flow_table_merge(t, rows, 2);
	assert_true(flow_table_row(t, 0)->bytes == UINT64_MAX);
	assert_int_equal(flow_table_row(t, 0)->records, UINT32_MAX);
	flow_table_free(t);
}

static void a_full_table_takes_known_flows_only(void **state)
{
	(void)state;
	struct flow_table *t = table_of(2);
	struct flow_row rows[] = { record(1, 1), record(2, 1), record(1, 1), record(3, 1),
		                   record(2, 1) };
	assert_int_equal(flow_table_merge(t, rows, 5), 3);
	assert_int_equal(flow_table_count(t), 2);
	assert_int_equal(flow_table_row(t, 0)->bytes, 2);
	flow_table_free(t);
}

static void removing_keeps_order_and_finds_the_rest(void **state)
{
	(void)state;
	struct flow_table *t = table_of(100);
	for (uint16_t i = 0; i < 100; i++) {
		struct flow_row row = record(i, i);
		row.key.minute = 10 + i % 2;
		assert_int_equal(flow_table_merge(t, &row, 1), 1);
	}
	flow_table_remove_before(t, 11);
	assert_int_equal(flow_table_count(t), 50);
	assert_int_equal(flow_table_row(t, 0)->bytes, 1);
	assert_int_equal(flow_table_row(t, 49)->bytes, 99);
	struct flow_row again = record(51, 1000);
	again.key.minute = 11;
	flow_table_merge(t, &again, 1);
	assert_int_equal(flow_table_count(t), 50);
	assert_int_equal(flow_table_row(t, 25)->bytes, 1051);
	flow_table_remove_before(t, UINT64_MAX);
	assert_int_equal(flow_table_count(t), 0);
	flow_table_free(t);
}

/* Totals of a random stream, kept beside the table in a plain array: nothing is lost or doubled
 * while the index grows many times. */
static void totals_survive_merging(void **state)
{
	(void)state;
	enum { FLOWS = 50000, RECORDS = 200000 };
	unsigned seed = 20261122;
	print_message("# seed %u\n", seed);
	srand(seed);
	uint64_t *want = calloc(FLOWS, sizeof *want);
	struct flow_table *t = table_of(FLOWS);
	assert_non_null(want);
	for (int i = 0; i < RECORDS; i++) {
		uint32_t flow = (uint32_t)rand() % FLOWS;
		struct flow_row row = record((uint16_t)flow, (uint64_t)i);
		row.key.domain = flow >> 16;
		assert_int_equal(flow_table_merge(t, &row, 1), 1);
		want[flow] += (uint64_t)i;
	}
	uint64_t records = 0;
	for (size_t i = 0; i < flow_table_count(t); i++) {
		const struct flow_row *row = flow_table_row(t, i);
		uint32_t flow = row->key.domain << 16 | row->key.src_port;
		assert_int_equal(row->bytes, want[flow]);
		want[flow] = UINT64_MAX; /* seen */
		records += row->records;
	}
	assert_int_equal(records, RECORDS);
	free(want);
	flow_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_keys_become_one_row),
		cmocka_unit_test(null_and_zero_are_different_keys),
		cmocka_unit_test(values_merge_by_their_roles),
		cmocka_unit_test(a_value_told_later_is_not_compared_with_nothing),
		cmocka_unit_test(sums_stop_at_their_largest_value),
		cmocka_unit_test(a_full_table_takes_known_flows_only),
		cmocka_unit_test(removing_keeps_order_and_finds_the_rest),
		cmocka_unit_test(totals_survive_merging),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
