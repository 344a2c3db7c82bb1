/* selector: which packets are sampled, one in `interval` of them (a Selector of RFC 5476 3.1).
 *
 * Random: each packet independently of all others with p = 1/interval (RFC 5475 section 5.2.2.1,
 * uniform probabilistic), or every interval-th, from a random start (section 5.1, systematic
 * count-based).  The former draws how many packets to leave out until the next one, which is
 * geometrically distributed, so that a packet that is not sampled costs a subtraction.
 *
 * Packets come in groups: those of one captured frame (segments.h), mostly of one.  Given a seed,
 * the same packets are sampled each time.  No allocation; one owner, one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* selectorAlgorithm (IE 304). */
enum selector_algorithm {
	SELECTOR_SYSTEMATIC = 1, /* systematic count-based */
	SELECTOR_RANDOM = 4,     /* uniform probabilistic */
};

struct selector_config {
	enum selector_algorithm algorithm;
	uint32_t interval; /* 1 or more; 1: every packet */
	bool seeded;       /* else the kernel's random numbers choose the seed */
	uint64_t seed;
};

struct selector {
	enum selector_algorithm algorithm;
	uint32_t interval;
	double log_miss;   /* log(1 - 1/interval) */
	uint64_t state;    /* of the random numbers */
	uint64_t skip;     /* packets to leave out until the next one is sampled */
	uint64_t observed; /* packets that were offered */
	uint64_t selected; /* of these */
};

/* How many of a group are sampled, and whether its last packet is among them. */
struct selector_pick {
	uint32_t count;
	bool last;
};

void selector_init(struct selector *s, const struct selector_config *config);

/* Of the next n packets. */
struct selector_pick selector_pick(struct selector *s, uint32_t n);

/* Of n packets that came as one frame which a filter (kernel_filter.h) has let pass by chance, in
 * `accepted` of `interval` cases, 1 to interval.  Over both decisions each packet is sampled with
 * p = 1/interval, and as long as n packets are sampled at all in no more than `accepted` of
 * `interval` cases (for which n <= accepted is enough), independently of the others.  Beyond that
 * the filter was too strict for independence: each packet is then sampled with
 * p = 1/accepted, so that estimates stay unbiased but the packets of a frame hang together.  For
 * SELECTOR_RANDOM only; observed counts the n packets, not those that the filter kept back. */
struct selector_pick selector_thin(struct selector *s, uint32_t n, uint32_t accepted);
