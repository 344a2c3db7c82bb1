#include "exporter/capture/selector.h"

#include <math.h>

#include "support/unit.h"

static struct selector selector_of(enum selector_algorithm algorithm, uint32_t interval,
                                   uint64_t seed)
{
	struct selector s;
	selector_init(&s, &(struct selector_config){ algorithm, interval, true, seed });
	return s;
}

static void assert_near(double is, double wanted, double tolerance)
{
	if (!(fabs(is - wanted) <= tolerance))
		fail_msg("%g is not within %g of %g", is, tolerance, wanted);
}

static void one_in_one_is_every_packet(void **state)
{
	(void)state;
	struct selector s = selector_of(SELECTOR_RANDOM, 1, 7);
	struct selector_pick pick = selector_pick(&s, 43);
	assert_int_equal(pick.count, 43);
	assert_true(pick.last);
	pick = selector_thin(&s, 2, 1);
	assert_int_equal(pick.count, 2);
	assert_true(pick.last);
	assert_int_equal(s.observed, 45);
	assert_int_equal(s.selected, 45);
}

static void every_nth_packet_is_sampled_from_some_start_on(void **state)
{
	(void)state;
	bool starts[10] = { false };
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct selector s = selector_of(SELECTOR_SYSTEMATIC, 10, seed);
		unsigned first = 0;
		while (selector_pick(&s, 1).count == 0)
			first++;
		assert_true(first < 10);
		starts[first] = true;
		for (unsigned i = 1; i <= 1000; i++)
			assert_int_equal(selector_pick(&s, 1).count, i % 10 == 0);
	}
	for (unsigned i = 0; i < 10; i++)
		assert_true(starts[i]);
}

/* Two selectors with one seed, of which one is shown the packets one by one. */
static void groups_are_no_other_packets(void **state)
{
	(void)state;
	static const enum selector_algorithm algorithms[] = { SELECTOR_SYSTEMATIC,
		                                              SELECTOR_RANDOM };
	static const uint32_t sizes[] = { 1, 44, 3, 0, 1, 700, 2 };
	for (unsigned a = 0; a < 2; a++) {
		struct selector grouped = selector_of(algorithms[a], 13, 3);
		struct selector single = grouped;
		for (unsigned i = 0; i < 7000; i++) {
			uint32_t n = sizes[i % 7], count = 0, last = 0;
			for (uint32_t k = 0; k < n; k++)
				count += last = selector_pick(&single, 1).count;
			struct selector_pick pick = selector_pick(&grouped, n);
			assert_int_equal(pick.count, count);
			assert_int_equal(pick.last, last);
		}
		assert_int_equal(grouped.observed, 1000 * (1 + 44 + 3 + 1 + 700 + 2));
		assert_int_equal(grouped.observed, single.observed);
		assert_int_equal(grouped.selected, single.selected);
	}
}

static void a_seed_tells_which_packets(void **state)
{
	(void)state;
	struct selector one = selector_of(SELECTOR_RANDOM, 100, 1);
	struct selector again = one, other = selector_of(SELECTOR_RANDOM, 100, 2);
	unsigned differ = 0;
	for (unsigned i = 0; i < 10000; i++) {
		uint32_t count = selector_pick(&one, 1).count;
		assert_int_equal(count, selector_pick(&again, 1).count);
		differ += count != selector_pick(&other, 1).count;
	}
	/* 100 packets each, hardly any the same: 198 by expectation, sd about 14 */
	assert_in_range(differ, 128, 268);

	struct selector drawn[2];
	for (unsigned i = 0; i < 2; i++)
		selector_init(&drawn[i], &(struct selector_config){ .algorithm = SELECTOR_RANDOM,
		                                                    .interval = 100 });
	assert_true(drawn[0].state != drawn[1].state);
}

/* Binomial: of 1000 packets at 1:10 come 100, variance 90.  The mean of 4000 such counts has sd
 * sqrt(90 / 4000) = 0.15, their variance one of 90 * sqrt(2 / 4000) = 2.0; five of each. */
static void counts_vary_as_those_of_independent_packets(void **state)
{
	(void)state;
	double sum = 0, squares = 0;
	for (uint64_t seed = 0; seed < 4000; seed++) {
		struct selector s = selector_of(SELECTOR_RANDOM, 10, seed);
		double count = selector_pick(&s, 1000).count;
		sum += count;
		squares += count * count;
	}
	double mean = sum / 4000;
	assert_near(mean, 100, 0.75);
	assert_near(squares / 4000 - mean * mean, 90, 10);
}

/* Packets of 64 and of 1500 octets by turns, 1:64.  The scaled sum B = 64 b of the sampled octets
 * has variance 64 * 63 * (sum of the squares of the sampled sizes); of 2000 intervals of 1.96
 * standard deviations 93 to 97 in a hundred hold the truth (95 +- four of sqrt(0.95 * 0.05 /
 * 2000)). */
static void intervals_hold_the_truth_as_often_as_they_say(void **state)
{
	(void)state;
	enum { SEEDS = 2000, PACKETS = 20000 };
	unsigned packets_held = 0, octets_held = 0;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct selector s = selector_of(SELECTOR_RANDOM, 64, seed);
		double count = 0, octets = 0, squares = 0;
		for (unsigned i = 0; i < PACKETS; i++) {
			double size = i % 2 ? 1500 : 64;
			double sampled = selector_pick(&s, 1).count;
			count += sampled;
			octets += sampled * size;
			squares += sampled * size * size;
		}
		packets_held += fabs(64 * count - PACKETS) <= 1.96 * sqrt(64.0 * 63 * count);
		octets_held +=
		    fabs(64 * octets - PACKETS / 2 * 1564.0) <= 1.96 * sqrt(64.0 * 63 * squares);
	}
	assert_in_range(packets_held, SEEDS * 93 / 100, SEEDS * 97 / 100);
	assert_in_range(octets_held, SEEDS * 93 / 100, SEEDS * 97 / 100);
}

static void the_rarest_sampling_still_ends(void **state)
{
	(void)state;
	struct selector s = selector_of(SELECTOR_RANDOM, UINT32_MAX, 5);
	uint64_t left = UINT64_C(40) * UINT32_MAX;
	for (; left > UINT32_MAX; left -= UINT32_MAX)
		(void)selector_pick(&s, UINT32_MAX);
	assert_in_range(s.selected, 39 - 5 * 7, 39 + 5 * 7); /* sd sqrt(39) */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_in_one_is_every_packet),
		cmocka_unit_test(every_nth_packet_is_sampled_from_some_start_on),
		cmocka_unit_test(groups_are_no_other_packets),
		cmocka_unit_test(a_seed_tells_which_packets),
		cmocka_unit_test(counts_vary_as_those_of_independent_packets),
		cmocka_unit_test(intervals_hold_the_truth_as_often_as_they_say),
		cmocka_unit_test(the_rarest_sampling_still_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
