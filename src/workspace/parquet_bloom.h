/* parquet_bloom: which texts a row group may hold, as Parquet's split block Bloom filter
 * (BloomFilter.md), so that a reader who looks for one address skips most row groups unopened.
 *
 * Hashes are gathered while a row group fills; the filter gets PARQUET_BLOOM_BITS for each distinct
 * one, so that about one text in two hundred is taken for present though it is not.  Bound: 8
 * octets for each row of a row group, and the filter, of at most 512 KiB.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/attr.h"

enum { PARQUET_BLOOM_BITS = 12 };

struct parquet_bloom {
	uint64_t *hashes; /* of texts so far, some of them several times */
	size_t count, room;
	uint64_t last; /* hash that was added last */
	bool failed;   /* no memory */
};

void parquet_bloom_done(struct parquet_bloom *b); /* zeroed ones are fine */

/* Notes the XXH64 (seed 0) of a text of the row group.  The same one after the other counts once.
 */
void parquet_bloom_add(struct parquet_bloom *b, uint64_t hash);

/* Writes header and filter to `file` and begins anew.  Returns how many octets that were; 0 where
 * memory was short.  Errors of the file are the file's. */
MUST_CHECK size_t parquet_bloom_write(struct parquet_bloom *b, FILE *file);
