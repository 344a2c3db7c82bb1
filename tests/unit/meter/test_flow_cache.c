#include "exporter/meter/flow_cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "support/unit.h"

enum { TOLD_MAX = 512 };

struct told {
	size_t count;
	struct metered_flow flows[TOLD_MAX];
};

static void tell(void *context, const struct metered_flow *flow)
{
	struct told *told = context;
	assert_true(told->count < TOLD_MAX);
	told->flows[told->count++] = *flow;
}

static int64_t at(double seconds)
{
	return TICKS_UNIX_EPOCH + TICKS_PER_DAY + (int64_t)(seconds * TICKS_PER_SECOND);
}

static struct flow_cache *cache_of(size_t max, struct told *told)
{
	struct flow_cache_config config = { .max_flows = max,
		                            .active = 60 * TICKS_PER_SECOND,
		                            .idle = 15 * TICKS_PER_SECOND };
	struct flow_cache *c = flow_cache_new(&config, &(struct metered_sink){ tell, told }, NULL);
	assert_non_null(c);
	return c;
}

static void packet(struct flow_cache *c, uint16_t port, double seconds, uint64_t bytes, uint8_t ttl)
{
	struct metered_key key = { .src_port = port, .protocol = 17, .ip_version = 4 };
	struct flow_addition a = { .time = at(seconds),
		                   .packets = 1,
		                   .bytes = bytes,
		                   .squares = bytes * bytes,
		                   .tcp_flags = (uint16_t)(1 << ttl % 8),
		                   .ttl = ttl };
	flow_cache_add(c, &key, &a);
}

static void packets_of_a_flow_are_added_up(void **state)
{
	(void)state;
	struct told told = { 0 };
	struct flow_cache *c = cache_of(10, &told);
	packet(c, 1, 0, 100, 64);
	packet(c, 2, 1, 50, 10);
	packet(c, 1, 2.5, 300, 61);
	flow_cache_expire(c, at(2.5));
	assert_int_equal(flow_cache_count(c), 2);
	flow_cache_end(c);
	assert_int_equal(told.count, 2);
	const struct metered_flow *f = &told.flows[0];
	assert_int_equal(f->key.src_port, 1);
	assert_int_equal(f->packets, 2);
	assert_int_equal(f->bytes, 400);
	assert_int_equal(f->squares, 100 * 100 + 300 * 300);
	assert_int_equal(f->start, at(0));
	assert_int_equal(f->end, at(2.5));
	assert_int_equal(f->min_ttl, 61);
	assert_int_equal(f->max_ttl, 64);
	assert_int_equal(f->tcp_flags, 1 | 1 << 5);
	assert_int_equal(f->reason, METERED_FORCED);
	assert_int_equal(flow_cache_count(c), 0);
	flow_cache_free(c);
}

static void a_silent_flow_ends_and_a_busy_one_is_told_once_a_minute(void **state)
{
	(void)state;
	struct told told = { 0 };
	struct flow_cache *c = cache_of(10, &told);
	packet(c, 1, 0, 100, 64);
	for (double s = 0; s < 70; s++) {
		packet(c, 2, s, 1, 64);
		flow_cache_expire(c, at(s));
	}
	assert_int_equal(told.count, 2);
	assert_int_equal(told.flows[0].key.src_port, 1);
	assert_int_equal(told.flows[0].reason, METERED_IDLE);
	assert_int_equal(told.flows[1].key.src_port, 2);
	assert_int_equal(told.flows[1].reason, METERED_ACTIVE);
	assert_int_equal(told.flows[1].packets, 60); /* seconds 0 to 59 */
	flow_cache_free(c);
}

/* Also where nobody looked in between. */
static void a_packet_after_the_time_out_begins_another_flow(void **state)
{
	(void)state;
	struct told told = { 0 };
	struct flow_cache *c = cache_of(10, &told);
	packet(c, 1, 0, 100, 64);
	packet(c, 1, 15, 200, 64);
	flow_cache_expire(c, at(15));
	assert_int_equal(told.count, 1);
	assert_int_equal(told.flows[0].bytes, 100);
	flow_cache_end(c);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.flows[1].start, at(15));
	flow_cache_free(c);
}

static void a_full_cache_tells_the_flow_that_was_silent_longest(void **state)
{
	(void)state;
	struct told told = { 0 };
	struct flow_cache *c = cache_of(3, &told);
	for (uint16_t port = 1; port <= 3; port++)
		packet(c, port, port, 1, 64);
	packet(c, 1, 4, 1, 64);
	packet(c, 9, 5, 1, 64);
	flow_cache_expire(c, at(5));
	assert_int_equal(told.count, 1);
	assert_int_equal(told.flows[0].key.src_port, 2);
	assert_int_equal(told.flows[0].reason, METERED_RESOURCES);
	assert_int_equal(flow_cache_pushed_out(c), 1);
	assert_int_equal(flow_cache_count(c), 3);
	flow_cache_free(c);
}

static void packets_that_come_in_the_wrong_order_keep_their_times(void **state)
{
	(void)state;
	struct told told = { 0 };
	struct flow_cache *c = cache_of(10, &told);
	packet(c, 1, 10, 1, 64);
	packet(c, 1, 8, 1, 64);
	packet(c, 2, 1, 1, 64); /* counts as of second 10 */
	flow_cache_expire(c, at(24.9));
	assert_int_equal(told.count, 0);
	flow_cache_expire(c, at(25));
	assert_int_equal(told.count, 2);
	assert_int_equal(told.flows[0].start, at(8));
	assert_int_equal(told.flows[0].end, at(10));
	flow_cache_free(c);
}

/* A model that adds up what goes in must be what comes out, whatever the order of endings. */
static void no_packet_is_lost_or_doubled(void **state)
{
	(void)state;
	struct told *told = calloc(1, sizeof *told);
	struct flow_cache *c = cache_of(7, told);
	uint32_t random = 1;
	uint64_t in = 0, out = 0;
	for (unsigned i = 0; i < 20000; i++) {
		random = random * 1664525 + 1013904223;
		packet(c, (uint16_t)(random >> 28), i * 0.7, random >> 20, 64);
		in += random >> 20;
		for (size_t k = 0; k < told->count; k++)
			out += told->flows[k].bytes;
		told->count = 0;
	}
	flow_cache_end(c);
	for (size_t k = 0; k < told->count; k++)
		out += told->flows[k].bytes;
	assert_int_equal(in, out);
	assert_true(flow_cache_pushed_out(c) > 0);
	flow_cache_free(c);
	free(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_a_flow_are_added_up),
		cmocka_unit_test(a_silent_flow_ends_and_a_busy_one_is_told_once_a_minute),
		cmocka_unit_test(a_packet_after_the_time_out_begins_another_flow),
		cmocka_unit_test(a_full_cache_tells_the_flow_that_was_silent_longest),
		cmocka_unit_test(packets_that_come_in_the_wrong_order_keep_their_times),
		cmocka_unit_test(no_packet_is_lost_or_doubled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
