#include "weir/decoding.h"

#include <string.h>

#include "support/unit.h"
#include "support/wire.h"

#define NOON (INT64_C(639000000000000000) / TICKS_PER_MINUTE * TICKS_PER_MINUTE)

/* NetFlow v5 with one record of 1 packet and 100 octets, from source port `port`. */
static struct bytes v5(uint16_t port)
{
	struct bytes m = { 0 };
	wire_u16(&m, 5);
	wire_u16(&m, 1);
	for (int i = 0; i < 5; i++)
		wire_u32(&m, 0);
	const uint32_t record[] = { 0x0a000001, 0x0a000002, 0, 0, 1, 100, 0, 0, 0, 6 << 16, 0, 0 };
	for (size_t i = 0; i < ARRAY_LEN(record); i++)
		wire_u32(&m, i == 8 ? (uint32_t)port << 16 | 80 : record[i]);
	return m;
}

static void arrive(struct decoding *d, int64_t at, uint16_t port)
{
	struct bytes m = v5(port);
	struct ring_record record = { .arrival = at,
		                      .port = 9999,
		                      .kind = BURST_DATAGRAM,
		                      .len = (uint32_t)m.len,
		                      .payload = m.b };
	assert_true(ip_parse("192.0.2.1", &record.from));
	decoding_record(d, &record);
}

/* Takes what was decoded; the counts of its ledger's rows without an exporter are added up. */
static bool take(struct decoding *d, struct decoded *ret, uint64_t *ret_steps)
{
	struct err e;
	assert_true(decoded_init(ret, 1000, &e));
	bool stepped = decoding_swap(d, ret);
	*ret_steps = 0;
	for (int64_t minute = -120; minute <= 120; minute++) {
		struct ledger_key key = {
			.minute = (uint32_t)((NOON - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE + minute)
		};
		*ret_steps += ledger_counts(ret->ledger, &key)[LEDGER_ClockSteps];
	}
	return stepped;
}

static uint32_t minutes_after_noon(const struct flow_table *table, size_t row)
{
	return flow_table_row(table, row)->key.minute -
	       (uint32_t)((NOON - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
}

static void arrival_is_held_while_the_clock_is_a_little_behind(void **state)
{
	(void)state;
	static const struct decoder_config config;
	struct decoding d;
	struct err e;
	assert_true(decoding_init(&d, &config, 1000, &e));
	struct decoded taken;
	uint64_t steps;
	arrive(&d, NOON + 10 * TICKS_PER_MINUTE, 1);
	arrive(&d, NOON + 5 * TICKS_PER_MINUTE, 2); /* five minutes behind, not more */
	assert_false(take(&d, &taken, &steps));
	assert_int_equal(steps, 0);
	assert_int_equal(flow_table_count(taken.table), 2);
	assert_int_equal(minutes_after_noon(taken.table, 0), 10);
	assert_int_equal(minutes_after_noon(taken.table, 1), 10);
	decoded_done(&taken);
	decoding_done(&d);
}

static void a_larger_step_back_is_believed_counted_and_told_once(void **state)
{
	(void)state;
	static const struct decoder_config config;
	struct decoding d;
	struct err e;
	assert_true(decoding_init(&d, &config, 1000, &e));
	struct decoded taken;
	uint64_t steps;
	arrive(&d, NOON + 10 * TICKS_PER_MINUTE, 1);
	arrive(&d, NOON + 5 * TICKS_PER_MINUTE - 1, 2);
	arrive(&d, NOON + 6 * TICKS_PER_MINUTE, 3); /* forwards: no step */
	assert_true(take(&d, &taken, &steps));
	assert_int_equal(steps, 1);
	assert_int_equal(flow_table_count(taken.table), 3);
	assert_int_equal(minutes_after_noon(taken.table, 1), 4);
	assert_int_equal(minutes_after_noon(taken.table, 2), 6);
	decoded_done(&taken);
	assert_false(take(&d, &taken, &steps));
	decoded_done(&taken);
	decoding_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrival_is_held_while_the_clock_is_a_little_behind),
		cmocka_unit_test(a_larger_step_back_is_believed_counted_and_told_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
