#include "collector/journal/checksum.h"

#include <string.h>

#include "support/unit.h"

enum { UNITS = 40, OCTETS = UNITS * CHECKSUM_UNIT };

static uint8_t octets_[OCTETS];

static int fill_octets(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCTETS; i++)
		octets_[i] = (uint8_t)(i * 167 + i / 256 * 13);
	return 0;
}

static uint64_t sum(size_t units, uint64_t seed)
{
	return checksum_way(0)->sum(octets_, units, seed);
}

static void every_way_gives_the_same_value(void **state)
{
	(void)state;
	size_t ways = 0;
	for (; checksum_way(ways); ways++) {
		print_message("# way: %s\n", checksum_way(ways)->name);
		for (size_t units = 0; units <= UNITS; units++)
			for (uint64_t seed = 0; seed < 3; seed++)
				assert_int_equal(
				    checksum_way(ways)->sum(octets_, units, seed << 62),
				    sum(units, seed << 62));
	}
	assert_true(ways > 0);
	assert_string_equal(checksum_way(ways - 1)->name, "portable");
}

/* Worked out outside this program, with rounds of AES that were checked against the example of FIPS
 * 197 appendix B. */
static void values_are_those_of_rounds_of_aes(void **state)
{
	(void)state;
	uint8_t count[OCTETS];
	for (size_t i = 0; i < OCTETS; i++)
		count[i] = (uint8_t)i;
	static const struct {
		size_t units;
		uint64_t seed, sum;
	} cases[] = {
		{ 0, 0x0, 0xa5a7f4a45be491e3 },
		{ 1, 0x0, 0xf7333eaebe41fade },
		{ 7, 0x1, 0xe0e775822d68b623 },
		{ 8, 0x1, 0x3b99391774a0da19 },
		{ 9, 0xffffffffffffffff, 0xf8119a474fd4e2c9 },
		{ 40, 0x123456789abcdef, 0x3d9f7c35ab7ab4de },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(checksum_way(0)->sum(count, cases[i].units, cases[i].seed),
		                 cases[i].sum);
}

static void any_changed_bit_changes_it(void **state)
{
	(void)state;
	uint64_t whole = sum(UNITS, 1);
	for (size_t i = 0; i < OCTETS * 8; i++) {
		octets_[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_not_equal(sum(UNITS, 1), whole);
		octets_[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	assert_int_equal(sum(UNITS, 1), whole);
}

static void order_length_and_seed_count(void **state)
{
	(void)state;
	uint64_t whole = sum(UNITS, 1);
	for (size_t a = 0; a < UNITS; a++) {
		for (size_t b = 0; b < a; b++) {
			uint8_t before[OCTETS];
			memcpy(before, octets_, OCTETS);
			memcpy(octets_ + a * CHECKSUM_UNIT, before + b * CHECKSUM_UNIT,
			       CHECKSUM_UNIT);
			memcpy(octets_ + b * CHECKSUM_UNIT, before + a * CHECKSUM_UNIT,
			       CHECKSUM_UNIT);
			assert_int_not_equal(sum(UNITS, 1), whole);
			memcpy(octets_, before, OCTETS);
		}
	}
	memset(octets_, 0, OCTETS);
	for (size_t units = 0; units < UNITS; units++)
		assert_int_not_equal(sum(units, 1), sum(units + 1, 1));
	assert_int_not_equal(sum(UNITS, 1), sum(UNITS, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_way_gives_the_same_value, fill_octets),
		cmocka_unit_test(values_are_those_of_rounds_of_aes),
		cmocka_unit_test_setup(any_changed_bit_changes_it, fill_octets),
		cmocka_unit_test_setup(order_length_and_seed_count, fill_octets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
