/* parquet_delta: whole numbers as Parquet's DELTA_BINARY_PACKED (Encodings.md, "Delta encoding").
 *
 * Differences between neighbours, 128 to a block, less the block's smallest, in as many bits as the
 * largest of 32 needs: a constant costs next to nothing.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

enum { DELTA_BLOCK = 128, DELTA_MINIBLOCK = 32 };

struct delta {
	bool narrow; /* of 32 bits: differences wrap there */
	uint64_t count;
	int64_t first, last;
	int64_t pending[DELTA_BLOCK]; /* differences of a block that is not full */
	size_t pending_count;
	struct buf body; /* blocks; `failed` where memory was short */
};

void delta_done(struct delta *d); /* zeroed ones are fine */

/* Makes it empty; memory is kept. */
void delta_clear(struct delta *d, bool narrow);

/* Adds values; narrow ones fit 32 bits. */
void delta_add(struct delta *d, const int64_t *values, size_t count);

/* Completes the last block.  What is to be written is the head, appended to `head`, and d->body. */
void delta_finish(struct delta *d, struct buf *head);

/* Packs 32 numbers below 2^bits, the first in the lowest bits, into 4 * bits octets; bits is at
 * most 64. */
void bits_pack(const uint64_t numbers[DELTA_MINIBLOCK], unsigned bits, uint8_t *octets);
