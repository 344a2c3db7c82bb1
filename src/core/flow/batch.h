/* batch: rows on their way from one stage to the next.
 *
 * Rows are whole structs rather than one array per column: hashing and comparing a key is one run
 * over 160 contiguous octets then.  Decoding still works column by column within a batch, which is
 * small enough to stay in the first-level cache.  Caller's memory, one thread. */
#pragma once

#include <stddef.h>

#include "core/flow/row.h"

enum { BATCH_ROWS = 128 }; /* 29 KiB */

struct batch {
	size_t count;
	struct flow_row rows[BATCH_ROWS];
};

static inline size_t batch_room(const struct batch *b)
{
	return BATCH_ROWS - b->count;
}
