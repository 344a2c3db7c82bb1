/* fuzz: what the fuzz targets share.
 *
 * A target is fuzz_NAME.c; its opening comment states the law that holds whatever the input, and
 * how the input is read.  It ends the program where the law is broken.  `make fuzz` gives it inputs
 * without end (run); `make test` replays the seeds of make_seeds.py and the folder corpus/NAME, in
 * which are inputs that once broke something (replay.c).  What a target holds from one input to the
 * next it gives back by atexit(3); but the database library takes itself down before that, so that
 * a target which uses it has a fuzz_done, which replay.c calls. */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void fuzz_done(void);

/* A copy on the heap of exactly so many octets, so that the sanitizers see what reads past them. */
static inline uint8_t *exact_copy(struct cur octets)
{
	size_t len = cur_left(&octets);
	uint8_t *exact = malloc(len ? len : 1);
	assert(exact);
	if (len)
		memcpy(exact, octets.at, len);
	return exact;
}

/* Cuts the next part off: two octets, the low `bits` of which are its length, and as many octets as
 * it says or as there are.  *ret_rest is what the other bits say.  False at the end. */
static inline bool part_next(struct cur *input, unsigned bits, struct cur *ret, unsigned *ret_rest)
{
	const uint8_t *head = cur_take(input, 2);
	if (!head)
		return false;
	size_t len = be16(head) & ((1u << bits) - 1), left = cur_left(input);
	*ret_rest = (unsigned)be16(head) >> bits;
	return cur_split(input, len < left ? len : left, ret);
}

/* Overwrites octets as the input says: each time two octets of place and one of value. */
static inline void damage(uint8_t *octets, size_t len, struct cur input)
{
	const uint8_t *change;
	while (len && (change = cur_take(&input, 3)))
		octets[be16(change) % len] = change[2];
}
