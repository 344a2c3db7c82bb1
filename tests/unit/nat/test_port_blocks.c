#include "exporter/nat/port_blocks.h"

#include <stdio.h>
#include <string.h>

#include "core/base/ticks.h"
#include "support/unit.h"

#define NOON (ticks_from_date((struct date){ 2026, 11, 27 }) + 12 * TICKS_PER_HOUR)

enum { LINE = 64, LINES = 4100 };

/* What was told, a line for each: "16 100.64.0.0 203.0.113.1 1024-2047". */
struct telling {
	size_t count;
	char lines[LINES][LINE];
	struct nat_event last;
};

static void take(void *context, const struct nat_event *e)
{
	struct telling *t = context;
	char inside[IP_TEXT_MAX], outside[IP_TEXT_MAX];
	assert_true(t->count < LINES);
	ip_format(&e->src_addr, inside);
	ip_format(&e->post_src_addr, outside);
	assert_int_equal(e->block_step, 1);
	assert_int_equal(e->block_end - e->block_start + 1, e->block_size);
	snprintf(t->lines[t->count++], LINE, "%u %.20s %.20s %u-%u", e->event_code, inside, outside,
	         e->block_start, e->block_end);
	t->last = *e;
}

static struct nat_block_map map_of(const char *inside, const char *outside, uint32_t first,
                                   uint32_t size)
{
	struct nat_block_map map = { .first_port = first, .block_size = size };
	assert_true(ip_prefix_parse(inside, &map.inside) && ip_prefix_parse(outside, &map.outside));
	return map;
}

static struct nat_logging config_of(const struct nat_block_map *maps, size_t count)
{
	struct nat_logging config = { .dialect = NAT_DIALECT_IANA, .blocks_again_s = 3600 };
	config.block_maps = maps;
	config.block_map_count = count;
	return config;
}

/* 64512 ports from 1024 on are three blocks of 20000, and 4512 ports that nobody gets. */
static void blocks_follow_each_other_through_the_outside_addresses(void **state)
{
	(void)state;
	static struct telling t;
	struct nat_block_map maps[] = { map_of("100.64.0.4/30", "203.0.113.8/31", 1024, 20000),
		                        map_of("100.64.1.1/32", "203.0.113.10/32", 1, 65535) };
	struct nat_logging config = config_of(maps, 2);
	struct nat_event_sink sink = { take, &t };
	struct port_blocks b;
	t.count = 0;
	port_blocks_begin(&b, &config, NOON, 0);
	assert_int_equal(port_blocks_tell(&b, 0, &sink), 5);
	static const char *const want[] = {
		"16 100.64.0.4 203.0.113.8 1024-21023",  "16 100.64.0.5 203.0.113.8 21024-41023",
		"16 100.64.0.6 203.0.113.8 41024-61023", "16 100.64.0.7 203.0.113.9 1024-21023",
		"16 100.64.1.1 203.0.113.10 1-65535",
	};
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_string_equal(t.lines[i], want[i]);
	assert_int_equal(t.last.event_time, NOON);
	assert_int_equal(t.last.block_time, NOON);
}

static void a_large_map_is_told_of_in_shares(void **state)
{
	(void)state;
	static struct telling t;
	struct nat_block_map map = map_of("100.64.0.0/20", "203.0.112.0/22", 1024, 10000);
	struct nat_logging config = config_of(&map, 1);
	struct nat_event_sink sink = { take, &t };
	struct port_blocks b;
	t.count = 0;
	port_blocks_begin(&b, &config, NOON, 0);
	for (int share = 0; share < 4; share++)
		assert_int_equal(port_blocks_tell(&b, 0, &sink), 1024);
	assert_int_equal(port_blocks_tell(&b, 0, &sink), 0);
	assert_string_equal(t.lines[4095], "16 100.64.15.255 203.0.114.170 31024-41023");
}

static void blocks_are_told_of_again_with_the_same_times(void **state)
{
	(void)state;
	static struct telling t;
	struct nat_block_map map = map_of("100.64.0.0/31", "203.0.113.1", 1024, 1024);
	struct nat_logging config = config_of(&map, 1);
	struct nat_event_sink sink = { take, &t };
	struct port_blocks b;
	t.count = 0;
	config.blocks_again_s = 10;
	port_blocks_begin(&b, &config, NOON, 0);
	assert_int_equal(port_blocks_tell(&b, 0, &sink), 2);
	assert_int_equal(port_blocks_tell(&b, 10 * TICKS_PER_SECOND - 1, &sink), 0);
	assert_int_equal(port_blocks_tell(&b, 10 * TICKS_PER_SECOND, &sink), 2);
	assert_string_equal(t.lines[0], t.lines[2]);
	assert_int_equal(t.last.event_time, NOON);
	config.blocks_again_s = 0;
	assert_int_equal(port_blocks_tell(&b, 100 * TICKS_PER_SECOND, &sink), 0);
}

static void at_the_end_all_blocks_are_given_back(void **state)
{
	(void)state;
	static struct telling t;
	struct nat_block_map map = map_of("100.64.0.0/31", "203.0.113.1", 1024, 1024);
	struct nat_logging config = config_of(&map, 1);
	struct nat_event_sink sink = { take, &t };
	struct port_blocks b;
	t.count = 0;
	config.dialect = NAT_DIALECT_JUNOS;
	port_blocks_begin(&b, &config, NOON, 0);
	port_blocks_tell(&b, 0, &sink);
	assert_int_equal(port_blocks_end(&b, NOON + TICKS_PER_HOUR, &sink), 2);
	assert_string_equal(t.lines[1], "14 100.64.0.1 203.0.113.1 2048-3071");
	assert_string_equal(t.lines[3], "15 100.64.0.1 203.0.113.1 2048-3071");
	assert_int_equal(t.last.event_time, NOON + TICKS_PER_HOUR);
	assert_int_equal(t.last.block_time, NOON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_follow_each_other_through_the_outside_addresses),
		cmocka_unit_test(a_large_map_is_told_of_in_shares),
		cmocka_unit_test(blocks_are_told_of_again_with_the_same_times),
		cmocka_unit_test(at_the_end_all_blocks_are_given_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
