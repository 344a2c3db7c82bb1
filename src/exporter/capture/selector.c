#include "exporter/capture/selector.h"

#include <assert.h>
#include <math.h>

#include "core/base/hash.h"

/* splitmix64 (Steele, Lea, Flood 2014): enough for decisions that nobody may predict for gain. */
static uint64_t next_random(struct selector *s)
{
	uint64_t z = s->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Uniform in [0, 1). */
static double uniform(struct selector *s)
{
	return (double)(next_random(s) >> 11) * 0x1p-53;
}

/* The packets to be left out before one of probability p, where log_miss is log(1 - p) and u is
 * uniform in [0, 1): the inverse of P(skip < k) = 1 - (1 - p)^k. */
static uint64_t geometric(double u, double log_miss)
{
	return (uint64_t)(log1p(-u) / log_miss);
}

static uint64_t draw_skip(struct selector *s)
{
	return s->algorithm == SELECTOR_SYSTEMATIC ? s->interval - 1
	                                           : geometric(uniform(s), s->log_miss);
}

void selector_init(struct selector *s, const struct selector_config *config)
{
	assert(config->interval > 0);
	*s = (struct selector){
		.algorithm = config->algorithm,
		.interval = config->interval,
		.log_miss = log1p(-1.0 / config->interval),
		.state = config->seeded ? config->seed : hash_seed(),
	};
	s->skip = s->algorithm == SELECTOR_SYSTEMATIC ? next_random(s) % s->interval : draw_skip(s);
}

static struct selector_pick counted(struct selector *s, uint32_t n, struct selector_pick pick)
{
	s->observed += n;
	s->selected += pick.count;
	return pick;
}

struct selector_pick selector_pick(struct selector *s, uint32_t n)
{
	struct selector_pick pick = { 0, false };
	uint64_t left = n;
	if (s->interval == 1)
		return counted(s, n, (struct selector_pick){ n, n > 0 });
	while (s->skip < left) {
		left -= s->skip + 1;
		pick.count++;
		pick.last = left == 0;
		s->skip = draw_skip(s);
	}
	s->skip -= left;
	return counted(s, n, pick);
}

/* Of n packets with p given by log_miss, the first after `skip` others. */
static struct selector_pick pick_from(struct selector *s, uint64_t n, uint64_t skip,
                                      double log_miss)
{
	struct selector_pick pick = { 0, false };
	while (skip < n) {
		n -= skip + 1;
		pick.count++;
		pick.last = n == 0;
		skip = geometric(uniform(s), log_miss);
	}
	return pick;
}

struct selector_pick selector_thin(struct selector *s, uint32_t n, uint32_t accepted)
{
	assert(s->algorithm == SELECTOR_RANDOM && accepted > 0 && accepted <= s->interval);
	if (s->interval == 1)
		return counted(s, n, (struct selector_pick){ n, n > 0 });

	/* The filter's chance is taken for having drawn a u below `share`.  Where all u that lead
	 * to a sampled packet are below it, going on from such a u is the unfiltered decision. */
	double share = (double)accepted / s->interval;
	bool covered = log1p(-share) <= n * s->log_miss;
	double log_miss = covered ? s->log_miss : log1p(-1.0 / accepted);
	double u = uniform(s) * (covered ? share : 1);
	return counted(s, n, pick_from(s, n, geometric(u, log_miss), log_miss));
}
