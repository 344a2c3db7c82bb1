/* numbered: distinct strings of octets, numbered in order of appearance.
 *
 * Bound: NUMBERED_MAX of them, and `limit` octets of all.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/attr.h"

#define NUMBERED_MAX 65535

struct numbered_item {
	const char *octets; /* with a NUL behind them */
	size_t len;
	uint64_t hash;
};

struct numbered {
	struct arena arena;
	struct numbered_item *items; /* by number */
	uint32_t *slots;             /* numbers + 1 by hash, 0: free */
	size_t count, room;          /* of items; there are twice as many slots as room */
	uint64_t seed;
};

void numbered_init(struct numbered *n, size_t limit);
void numbered_done(struct numbered *n);

/* The number of the octets, new or known; false at the bound. */
MUST_CHECK bool numbered_find(struct numbered *n, const void *octets, size_t len, uint16_t *ret);
