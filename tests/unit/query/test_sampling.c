/* sampling_error95: by hand, and by simulating what sampling does. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "support/unit.h"
#include "unit/query/asking.h"

enum { SEED = 20261128, TRIALS = 2000 };

#define TABLE "datatable(b: long, p: long, n: long, s: long)"
#define ERROR " | summarize round(sampling_error95(b, p, n, s), 0)"

/* 10,000 packets of 100 octets, 1:10: the variance is 10 x 9 x 10,000 x 100^2; 1.96 x sqrt(9e9) is
 * 185,938, and the Poisson limit of 10,000 is 10,197.9 where 196.0 more would be 10,196.0. */
static void many_packets_have_the_normal_interval(void **state)
{
	double got =
	    strtod(asking_rows(*state, TABLE "[1000000, 10000, 10, 100000000]" ERROR), NULL);
	assert_true(fabs(got - 185938 * 197.9 / 196.0) < 200);
}

/* One packet of 1000 octets, 1:100: the variance is 100 x 99 x 1000^2 and, since it may be a short
 * one, 100^2 x 1500^2; as much wider as the exact Poisson limit of 1 (5.572) is beyond 1 + 1.96. */
static void few_packets_have_poissons_limits(void **state)
{
	double want = sqrt(9900e6 + 22500e6) * (5.572 - 1);
	double got = strtod(asking_rows(*state, TABLE "[1000, 1, 100, 1000000]" ERROR), NULL);
	assert_true(fabs(got / want - 1) < 0.005);
}

static void what_was_not_sampled_has_no_error(void **state)
{
	ASSERT_ROWS(state, TABLE "[1000, 1, 1, 1000000]" ERROR, "0\n");
}

/* EstimatedBytes leaves such rows out, too. */
static void rows_of_unknown_rate_are_left_out(void **state)
{
	ASSERT_ROWS(state, TABLE "[1000, 1, long(null), 1000000]" ERROR, "null\n");
	const char *both = TABLE "[1000, 1, long(null), 1000000, 1000, 1, 100, 1000000]" ERROR;
	char with[64];
	snprintf(with, sizeof with, "%s", asking_rows(*state, both));
	ASSERT_ROWS(state, TABLE "[1000, 1, 100, 1000000]" ERROR, with);
}

/* Squares that were not exported: at most those of packets of 1500 octets, or of one packet. */
static void missing_squares_are_bounded(void **state)
{
	char want[64];
	snprintf(want, sizeof want, "%s",
	         asking_rows(*state, TABLE "[15000, 100, 10, 22500000]" ERROR));
	ASSERT_ROWS(state, TABLE "[15000, 100, 10, long(null)]" ERROR, want);
	snprintf(want, sizeof want, "%s", asking_rows(*state, TABLE "[700, 1, 10, 490000]" ERROR));
	ASSERT_ROWS(state, TABLE "[700, 1, 10, long(null)]" ERROR, want);
}

/* ---- simulation ---- */

static uint64_t state_ = SEED;

/* Below 1. */
static double draw(void)
{
	state_ ^= state_ << 13;
	state_ ^= state_ >> 7;
	state_ ^= state_ << 17;
	return (double)(state_ >> 11) / 9007199254740992.0;
}

/* How many of `packets` are sampled, each with a chance of 1 in n: the gaps between them. */
static uint64_t sampled(uint64_t packets, double n)
{
	uint64_t count = 0;
	double at = 0;
	for (;;) {
		at += 1 + floor(log(1 - draw()) / log(1 - 1 / n));
		if (at > (double)packets)
			return count;
		count++;
	}
}

/* The share of trials in which the truth is within the interval: half the packets have 64 octets,
 * half 1500; `expected` are sampled on average.  Trials that saw nothing estimate nothing. */
static double coverage(void *state, uint64_t n, unsigned expected, bool squares)
{
	struct buf kql = { 0 };
	uint64_t half = n * expected / 2, truth = half * (64 + 1500);
	buf_puts(&kql, "datatable(t: long, b: long, p: long, n: long, s: long)[");
	unsigned trials = 0;
	for (unsigned t = 0; t < TRIALS; t++) {
		uint64_t small = sampled(half, (double)n), large = sampled(half, (double)n);
		if (small + large == 0)
			continue;
		buf_printf(&kql, "%s%u, %ju, %ju, %ju, ", trials++ ? ", " : "", t,
		           (uintmax_t)(small * 64 + large * 1500), (uintmax_t)(small + large),
		           (uintmax_t)n);
		if (squares)
			buf_u64(&kql, small * 64 * 64 + large * 1500 * 1500);
		else
			buf_puts(&kql, "long(null)");
	}
	buf_printf(&kql,
	           "] | summarize e = sampling_error95(b, p, n, s), x = sum(b * n) by t"
	           " | summarize countif(abs(x - %ju) <= e)",
	           (uintmax_t)truth);
	double within = strtod(asking_rows(state, buf_text(&kql)), NULL);
	buf_done(&kql);
	return within / trials;
}

static void the_interval_holds_the_truth_in_95_of_100_cases(void **state)
{
	static const uint64_t rates[] = { 2, 100, 4096 };
	static const unsigned expected[] = { 4, 10, 30, 100, 1000 };
	print_message("# seed %d\n", SEED);
	for (size_t r = 0; r < ARRAY_LEN(rates); r++)
		for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
			double known = coverage(*state, rates[r], expected[i], true);
			double bounded = coverage(*state, rates[r], expected[i], false);
			print_message("# 1:%u, %u expected: %.3f, without squares %.3f\n",
			              (unsigned)rates[r], expected[i], known, bounded);
			assert_true(known > 0.93 && bounded > 0.93);
			assert_true(expected[i] < 100 || known < 0.98);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_packets_have_the_normal_interval),
		cmocka_unit_test(few_packets_have_poissons_limits),
		cmocka_unit_test(what_was_not_sampled_has_no_error),
		cmocka_unit_test(rows_of_unknown_rate_are_left_out),
		cmocka_unit_test(missing_squares_are_bounded),
		cmocka_unit_test(the_interval_holds_the_truth_in_95_of_100_cases),
	};
	return cmocka_run_group_tests(tests, asking_start, asking_stop);
}
