/* Of packets that are sampled at random and metered, what is estimated lies within its 95 %
 * interval in 93 to 97 % of many runs, and is right on average.
 *
 * c sampled packets of 1:N stand for N c, with the variance N(N-1)c; their octets b_i for N times
 * their sum, with the variance N(N-1) times the sum of b_i^2 (Horvitz-Thompson with p = 1/N; Phaal
 * and Panchen, "Packet Sampling Basics").  The seeds are fixed, so that each run is the same. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "exporter/capture/kernel_filter.h"
#include "exporter/capture/segments.h"
#include "exporter/meter/meter.h"
#include "support/unit.h"

enum {
	RUNS = 2000,
	FRAMES = 4000,
	CLASSES = 4, /* hosts, of which the last sends a tenth of the first's frames */
};
#define QUANTILE95 1.959963984540054

/* How frames come, and who samples them. */
struct way {
	const char *name;
	uint32_t interval;
	uint32_t glued; /* packets of each big frame; 1: none is glued */
	bool filtered;  /* as by the kernel's filter, then thinned */
};

struct frame_of_test {
	struct segments segments;
	uint8_t host;
};

struct sums {
	double packets, octets, squares;
};

struct trial {
	struct sums all, hosts[CLASSES];
};

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

/* Half of them small, half full, in no order; shares of hosts are 10 : 5 : 4 : 1. */
static void make_frames(const struct way *way, struct frame_of_test ret[FRAMES])
{
	static const uint8_t hosts[] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3
	};
	uint64_t state = 42;
	for (size_t i = 0; i < FRAMES; i++) {
		bool big = next_random(&state) % 2;
		uint32_t size = big ? 1500 : 40 + (uint32_t)(next_random(&state) % 60);
		uint32_t count = big ? way->glued : 1;
		ret[i] = (struct frame_of_test){
			.segments = { count, size, count > 1 ? 700 : size },
			.host = hosts[next_random(&state) % sizeof hosts],
		};
	}
}

static void add(struct sums *to, double packets, double octets, double squares)
{
	to->packets += packets;
	to->octets += octets;
	to->squares += squares;
}

static struct trial truth_of(const struct frame_of_test *frames)
{
	struct trial truth = { 0 };
	for (size_t i = 0; i < FRAMES; i++) {
		struct observed o = { 0 };
		struct segments s = frames[i].segments;
		segments_observe(&s, (struct selector_pick){ s.count, true }, &o);
		add(&truth.all, o.packets, (double)o.bytes, (double)o.squares);
		add(&truth.hosts[frames[i].host], o.packets, (double)o.bytes, (double)o.squares);
	}
	return truth;
}

static void take_flow(void *context, const struct metered_flow *flow)
{
	struct trial *t = context;
	double packets = (double)flow->packets, octets = (double)flow->bytes,
	       squares = (double)flow->squares;
	add(&t->all, packets, octets, squares);
	add(&t->hosts[flow->key.src.b[15]], packets, octets, squares);
}

/* The filter lets a frame pass by its length, in so many of `interval` cases. */
static struct selector_pick pick(const struct way *way, struct selector *s, uint64_t *state,
                                 const struct segments *frame)
{
	uint32_t len = 14 + (frame->count - 1) * frame->size + frame->last;
	if (!way->filtered)
		return selector_pick(s, frame->count);
	uint32_t accepted = kernel_filter_accepted(way->interval, len);
	if (next_random(state) % way->interval >= accepted)
		return (struct selector_pick){ 0, false };
	return selector_thin(s, frame->count, accepted);
}

static struct trial run(const struct way *way, const struct frame_of_test *frames, uint64_t seed)
{
	struct trial t = { 0 };
	struct selector selector;
	struct selector_config sampling = { SELECTOR_RANDOM, way->interval, true, seed };
	struct meter_config config = { .cache = { 100, TICKS_PER_MINUTE, TICKS_PER_MINUTE } };
	struct meter *meter = meter_new(&config, &(struct metered_sink){ take_flow, &t }, NULL);
	uint64_t state = seed * 1000003;
	assert_non_null(meter);
	selector_init(&selector, &sampling);
	for (size_t i = 0; i < FRAMES; i++) {
		struct observed o = { .time = TICKS_UNIX_EPOCH + (int64_t)i,
			              .frame.ip_version = 4 };
		struct selector_pick p = pick(way, &selector, &state, &frames[i].segments);
		if (p.count == 0)
			continue;
		o.frame.src.b[15] = frames[i].host;
		segments_observe(&frames[i].segments, p, &o);
		meter_take(meter, &o);
	}
	meter_end(meter);
	meter_free(meter);
	return t;
}

/* Of estimates of one sum over all runs. */
struct tally {
	unsigned covered;
	double off, off_squared; /* summed up */
};

static void judge(struct tally *tally, double interval, double sampled, double squares,
                  double truth)
{
	double estimate = interval * sampled;
	double half = QUANTILE95 * sqrt(interval * (interval - 1) * squares);
	tally->covered += fabs(estimate - truth) <= half;
	tally->off += estimate - truth;
	tally->off_squared += (estimate - truth) * (estimate - truth);
}

/* Over so many runs the mean has a standard deviation of sqrt(variance/RUNS), the variance one of
 * sqrt(2/RUNS) of itself; four of each are allowed.  Were packets of a frame sampled together, the
 * mean would be right and the variance would not. */
static void assert_right(const struct tally *tally, const struct way *way, double squares)
{
	double variance = (way->interval - 1.0) * squares;
	if (tally->covered < RUNS * 93 / 100 || tally->covered > RUNS * 97 / 100)
		fail_msg("%s: %u of %d within the interval", way->name, tally->covered, RUNS);
	if (fabs(tally->off / RUNS) > 4 * sqrt(variance / RUNS))
		fail_msg("%s: off by %.1f on average", way->name, tally->off / RUNS);
	if (fabs(tally->off_squared / RUNS / variance - 1) > 4 * sqrt(2.0 / RUNS))
		fail_msg("%s: a variance of %.1f, not %.1f", way->name, tally->off_squared / RUNS,
		         variance);
}

static void estimates_hold_in_95_of_100_runs(void **state)
{
	(void)state;
	static const struct way ways[] = {
		{ "1:8, packet by packet", 8, 1, false },
		{ "1:8, glued frames", 8, 43, false },
		{ "1:256, glued frames behind the filter", 256, 43, true },
		{ "1:8, packet by packet behind the filter", 8, 1, true },
	};
	static struct frame_of_test frames[FRAMES];
	for (size_t w = 0; w < ARRAY_LEN(ways); w++) {
		const struct way *way = &ways[w];
		make_frames(way, frames);
		struct trial truth = truth_of(frames);
		struct tally packets = { 0 }, octets = { 0 }, largest = { 0 };
		for (uint64_t seed = 0; seed < RUNS; seed++) {
			struct trial t = run(way, frames, seed);
			judge(&packets, way->interval, t.all.packets, t.all.packets,
			      truth.all.packets);
			judge(&octets, way->interval, t.all.octets, t.all.squares,
			      truth.all.octets);
			judge(&largest, way->interval, t.hosts[0].octets, t.hosts[0].squares,
			      truth.hosts[0].octets);
		}
		assert_right(&packets, way, truth.all.packets);
		assert_right(&octets, way, truth.all.squares);
		assert_right(&largest, way, truth.hosts[0].squares);
	}
}

static void every_packet_is_exact(void **state)
{
	(void)state;
	static struct frame_of_test frames[FRAMES];
	static const struct way ways[] = { { "", 1, 43, false }, { "", 1, 43, true } };
	for (size_t w = 0; w < ARRAY_LEN(ways); w++) {
		make_frames(&ways[w], frames);
		struct trial truth = truth_of(frames), t = run(&ways[w], frames, w);
		assert_memory_equal(&t, &truth, sizeof t);
	}
}

/* Whatever the start, N packets have exactly one N-th; glued or not. */
static void every_nth_packet_is_exact(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct selector s;
		struct selector_config config = { SELECTOR_SYSTEMATIC, 7, true, seed };
		selector_init(&s, &config);
		uint32_t selected = 0, offered = 0;
		while (offered < 7 * 1000) {
			uint32_t n = 1 + (uint32_t)(seed + offered) % 20;
			n = offered + n > 7 * 1000 ? 7 * 1000 - offered : n;
			selected += selector_pick(&s, n).count;
			offered += n;
			assert_in_range(selected, offered / 7, (offered + 6) / 7);
		}
		assert_int_equal(selected, 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(estimates_hold_in_95_of_100_runs),
		cmocka_unit_test(every_packet_is_exact),
		cmocka_unit_test(every_nth_packet_is_exact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
