/* Filters of addresses: never a no to what was added, seldom a yes to others, within bounds. */
#include "workspace/address_filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

enum { FOREIGN = 20000 };

static struct address_filter filter;

/* Address n of a set; sets have no address in common. */
static size_t address(char text[64], unsigned set, unsigned n)
{
	if (n % 8 == 7)
		return (size_t)snprintf(text, 64, "2001:db8:%x::%x", set, n);
	return (size_t)snprintf(text, 64, "%u.%u.%u.%u", set, n >> 16, n >> 8 & 255, n & 255);
}

static void add(struct address_values *v, const char *text)
{
	address_values_add(v, address_hash(text, strlen(text)));
}

static struct address_values values(unsigned set, unsigned count)
{
	struct address_values v = { 0 };
	char text[64];
	for (unsigned n = 0; n < count; n++) {
		address(text, set, n);
		add(&v, text);
		add(&v, text);
	}
	return v;
}

static bool holds(const char *text)
{
	uint64_t hash = address_hash(text, strlen(text));
	size_t part = address_part(hash) * filter.parts / ADDRESS_PARTS;
	return address_part_may_hold(filter.octets + part * filter.part_octets, filter.part_octets,
	                             hash);
}

/* How many of another set's addresses pass. */
static unsigned foreign(void)
{
	char text[64];
	unsigned passed = 0;
	for (unsigned n = 0; n < FOREIGN; n++) {
		address(text, 77, n);
		passed += holds(text);
	}
	return passed;
}

static void assert_all_held(unsigned set, unsigned count)
{
	char text[64];
	for (unsigned n = 0; n < count; n++) {
		address(text, set, n);
		if (!holds(text))
			fail_msg("%s of %u is not held", text, count);
	}
}

static void what_was_added_is_held_and_hardly_anything_else(void **state)
{
	(void)state;
	static const unsigned counts[] = { 1, 2, 31, 33, 500, 927, 1000, 7421, 29000, 118000 };
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct address_values v = values(10, counts[i]);
		assert_true(address_filter_make(&v, COL_SourceIp, SIZE_MAX, &filter));
		assert_int_equal(filter.column, COL_SourceIp);
		assert_all_held(10, counts[i]);
		assert_true(foreign() < FOREIGN / 20);
		assert_true(filter.parts * filter.part_octets <=
		            counts[i] + ADDRESS_PARTS * BLOOM_BLOCK_OCTETS);
		address_values_done(&v);
	}
}

static void a_filter_keeps_within_its_room_or_there_is_none(void **state)
{
	(void)state;
	struct address_values v = values(10, 10000);
	assert_true(address_filter_make(&v, COL_SourceIp, 7000, &filter));
	assert_true(filter.parts * filter.part_octets <= 7000);
	assert_all_held(10, 10000);
	assert_true(foreign() < FOREIGN / 4);
	assert_false(address_filter_make(&v, COL_SourceIp, 5000, &filter));
	address_values_done(&v);
	v = (struct address_values){ 0 };
	assert_false(address_filter_make(&v, COL_SourceIp, SIZE_MAX, &filter));
	v = values(10, 3);
	assert_true(address_filter_make(&v, COL_SourceIp, 0, &filter));
	assert_int_equal(filter.parts * filter.part_octets, BLOOM_BLOCK_OCTETS);
	assert_all_held(10, 3);
	address_values_done(&v);
}

static void the_most_values_have_a_filter_and_more_have_none(void **state)
{
	(void)state;
	struct address_values v = values(10, ADDRESS_VALUES_MOST - 10);
	assert_true(address_filter_make(&v, COL_SourceIp, SIZE_MAX, &filter));
	assert_int_equal(filter.parts * filter.part_octets, ADDRESS_FILTER_OCTETS);
	assert_all_held(10, ADDRESS_VALUES_MOST - 10);
	assert_true(foreign() < FOREIGN / 4);
	address_values_done(&v);
	v = values(10, ADDRESS_VALUES_MOST + 10);
	assert_true(v.given_up);
	assert_null(v.slots);
	assert_false(address_filter_make(&v, COL_SourceIp, SIZE_MAX, &filter));
	address_values_done(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_held_and_hardly_anything_else),
		cmocka_unit_test(a_filter_keeps_within_its_room_or_there_is_none),
		cmocka_unit_test(the_most_values_have_a_filter_and_more_have_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
