#include "exporter/capture/kernel_filter.h"

#include <linux/if_packet.h>
#include <math.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exporter/capture/selector.h"
#include "support/unit.h"

/* ---- a machine for classic BPF, as far as these programs go ---- */

struct machine {
	uint32_t len, packet_type, random;
};

static uint32_t ancillary(const struct machine *m, uint32_t offset)
{
	switch (offset - (uint32_t)SKF_AD_OFF) {
	case SKF_AD_PKTTYPE: return m->packet_type;
	case SKF_AD_RANDOM: return m->random;
	default: fail_msg("load at %x", offset); return 0;
	}
}

/* How many octets are kept; 0: dropped. */
static uint32_t run(const struct sock_filter *program, size_t len, const struct machine *m)
{
	uint32_t a = 0, x = 0;
	for (size_t at = 0; at < len; at++) {
		const struct sock_filter *i = &program[at];
		switch (i->code) {
		case BPF_LD | BPF_W | BPF_LEN: a = m->len; break;
		case BPF_LD | BPF_W | BPF_ABS: a = ancillary(m, i->k); break;
		case BPF_ALU | BPF_RSH | BPF_K: a >>= i->k; break;
		case BPF_ALU | BPF_ADD | BPF_K: a += i->k; break;
		case BPF_ALU | BPF_AND | BPF_K: a &= i->k; break;
		case BPF_ALU | BPF_MOD | BPF_K: a %= i->k; break;
		case BPF_MISC | BPF_TAX: x = a; break;
		case BPF_JMP | BPF_JEQ | BPF_K: at += a == i->k ? i->jt : i->jf; break;
		case BPF_JMP | BPF_JGE | BPF_X: at += a >= x ? i->jt : i->jf; break;
		case BPF_RET | BPF_K: return i->k;
		default: fail_msg("instruction %x", i->code);
		}
	}
	fail_msg("the program does not end");
	return 0;
}

static uint32_t filtered(const struct kernel_filter *filter, const struct machine *m)
{
	struct sock_filter program[KERNEL_FILTER_MOST];
	size_t len = kernel_filter_write(filter, program);
	assert_in_range(len, 1, KERNEL_FILTER_MOST);
	return run(program, len, m);
}

/* ---- what passes ---- */

static void a_frame_passes_in_as_many_cases_as_it_may_hold_packets_of_512_octets(void **state)
{
	(void)state;
	static const struct {
		uint32_t interval, len, accepted;
	} known[] = {
		{ 4096, 60, 1 },        { 4096, 511, 1 },  { 4096, 512, 2 },  { 4096, 1514, 3 },
		{ 4096, 65226, 128 },   { 1000, 1514, 3 }, { 64, 65226, 64 }, { 2, 1514, 2 },
		{ 4096, 524280, 1024 }, { 7, 60, 1 },      { 1, 1514, 1 },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		uint32_t accepted = kernel_filter_accepted(known[i].interval, known[i].len);
		assert_int_equal(accepted, known[i].accepted);
		struct kernel_filter filter = { known[i].interval, KERNEL_FILTER_BOTH, 256 };
		uint32_t passed = 0;
		for (uint32_t random = 0; random < known[i].interval; random++)
			passed += filtered(&filter, &(struct machine){ known[i].len, PACKET_HOST,
			                                               random }) == 256;
		assert_int_equal(passed, accepted);
	}
}

static void only_the_wanted_direction_passes(void **state)
{
	(void)state;
	static const struct {
		enum kernel_filter_direction direction;
		uint32_t in, out;
	} known[] = {
		{ KERNEL_FILTER_BOTH, 99, 99 },
		{ KERNEL_FILTER_INGRESS, 99, 0 },
		{ KERNEL_FILTER_EGRESS, 0, 99 },
	};
	static const uint32_t ingress[] = { PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST,
		                            PACKET_OTHERHOST };
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		for (uint32_t interval = 1; interval < 8; interval++) {
			struct kernel_filter f = { interval, known[i].direction, 99 };
			struct machine out = { 1514, PACKET_OUTGOING, 0 };
			assert_int_equal(filtered(&f, &out), known[i].out);
			for (size_t k = 0; k < ARRAY_LEN(ingress); k++)
				assert_int_equal(
				    filtered(&f, &(struct machine){ 1514, ingress[k], 0 }),
				    known[i].in);
		}
}

/* At 1:2 a datagram of 100 octets passes by half, one of 600 always, cut to the snap length.  Of
 * 1000 come 500, sd 15.8; six of them. */
static void the_kernel_runs_it(void **state)
{
	(void)state;
	static const char octets[600];
	char got[sizeof octets];
	struct err e = { 0 };
	struct kernel_filter filter = { 2, KERNEL_FILTER_BOTH, 80 };
	unsigned passed_short = 0, passed_long = 0;
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_true(kernel_filter_attach(pair[1], &filter, &e));
	for (unsigned i = 0; i < 1000; i++) {
		(void)send(pair[0], octets, 100, 0);
		passed_short += recv(pair[1], got, sizeof got, 0) == 80;
		(void)send(pair[0], octets, 600, 0);
		passed_long += recv(pair[1], got, sizeof got, 0) == 80;
	}
	assert_int_equal(passed_long, 1000);
	assert_in_range(passed_short, 500 - 95, 500 + 95);
	close(pair[0]);
	close(pair[1]);
	assert_false(kernel_filter_attach(-1, &filter, &e));
	assert_int_equal(e.code, ERR_IO);
}

/* ---- filter and selector together ---- */

enum { FRAMES = 400000 };

struct tally {
	double mean, variance; /* of how many packets of a frame are sampled */
	double none;           /* share of frames of which none is */
	double last;           /* … of which the last is */
};

/* FRAMES frames of n packets each through both decisions. */
static struct tally sampled(uint32_t interval, uint32_t n, uint32_t frame_len)
{
	struct kernel_filter filter = { interval, KERNEL_FILTER_BOTH, 256 };
	struct sock_filter program[KERNEL_FILTER_MOST];
	size_t len = kernel_filter_write(&filter, program);
	struct selector s;
	selector_init(&s, &(struct selector_config){ SELECTOR_RANDOM, interval, true, 11 });
	uint64_t random = 12345; /* Knuth's MMIX generator: another than the selector's */
	struct tally t = { 0 };
	for (unsigned i = 0; i < FRAMES; i++) {
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		struct machine m = { frame_len, PACKET_HOST, (uint32_t)(random >> 32) };
		struct selector_pick pick = { 0, false };
		if (run(program, len, &m))
			pick = selector_thin(&s, n, kernel_filter_accepted(interval, frame_len));
		assert_true(pick.count <= n);
		t.mean += pick.count;
		t.variance += (double)pick.count * pick.count;
		t.none += pick.count == 0;
		t.last += pick.last;
	}
	t.mean /= FRAMES;
	t.variance = t.variance / FRAMES - t.mean * t.mean;
	t.none /= FRAMES;
	t.last /= FRAMES;
	return t;
}

static void assert_near(double is, double wanted, double sd)
{
	if (!(fabs(is - wanted) <= 5 * sd))
		fail_msg("%g is not within 5 x %g of %g", is, sd, wanted);
}

/* Binomial with n and p = 1/interval: mean np, variance np(1-p), none with (1-p)^n, the last with
 * p. A share q of FRAMES has sd sqrt(q(1-q)/FRAMES), a sample variance v about sqrt((v + 2 v^2) /
 * FRAMES). */
static void assert_independent(uint32_t interval, uint32_t n, uint32_t frame_len)
{
	double p = 1.0 / interval, variance = n * p * (1 - p), none = pow(1 - p, n);
	struct tally t = sampled(interval, n, frame_len);
	assert_near(t.mean, n * p, sqrt(variance / FRAMES));
	assert_near(t.variance, variance, sqrt((variance + 2 * variance * variance) / FRAMES));
	assert_near(t.none, none, sqrt(none * (1 - none) / FRAMES));
	assert_near(t.last, p, sqrt(p * (1 - p) / FRAMES));
}

static void each_packet_of_a_glued_frame_is_sampled_independently(void **state)
{
	(void)state;
	assert_independent(256, 44, 66 + 44 * 1448);
	assert_independent(1000, 44, 66 + 44 * 1448);
	assert_independent(16, 44, 66 + 44 * 1448); /* all pass */
	assert_independent(100, 2, 66 + 2 * 700);
	assert_independent(256, 110, 66 + 110 * 536); /* the smallest MSS of IPv4 */
	assert_independent(256, 40, 66 + 40 * 500);   /* 40 packets, 40 of 256 cases */
}

static void a_plain_frame_is_sampled_like_a_packet(void **state)
{
	(void)state;
	assert_independent(64, 1, 60);
	assert_independent(64, 1, 1514);
	assert_independent(3, 1, 1514);
	assert_independent(4096, 1, 9014);
}

/* 600 packets of 100 octets: 118 of 4096 frames pass, of which each packet is sampled with 1/118.
 * Mean 600 / 4096; given that it passed, the count has mean 5.085 and variance 5.042, so the square
 * has mean 118/4096 * (5.042 + 25.85) = 0.890 and the variance is 0.890 - 0.1465^2 = 0.868, where
 * independent packets have 0.146. */
static void estimates_from_smaller_packets_are_unbiased_but_vary_more(void **state)
{
	(void)state;
	uint32_t frame_len = 66 + 600 * 100;
	assert_int_equal(kernel_filter_accepted(4096, frame_len), 118);
	struct tally t = sampled(4096, 600, frame_len);
	assert_near(t.mean, 600.0 / 4096, sqrt(0.868 / FRAMES));
	assert_true(t.variance > 0.8 && t.variance < 0.94);
	assert_near(t.last, 1.0 / 4096, sqrt(1.0 / 4096 / FRAMES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_frame_passes_in_as_many_cases_as_it_may_hold_packets_of_512_octets),
		cmocka_unit_test(only_the_wanted_direction_passes),
		cmocka_unit_test(the_kernel_runs_it),
		cmocka_unit_test(each_packet_of_a_glued_frame_is_sampled_independently),
		cmocka_unit_test(a_plain_frame_is_sampled_like_a_packet),
		cmocka_unit_test(estimates_from_smaller_packets_are_unbiased_but_vary_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
