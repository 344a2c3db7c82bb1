/* parquet_dictionary: the distinct values of a column in one row group, numbered in order of
 * appearance, as the PLAIN values of a dictionary page.
 *
 * Bound: PARQUET_DICTIONARY_MAX values, for which 1.5 MB are taken with the first one beside the
 * page.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/buf.h"

#define PARQUET_DICTIONARY_MAX 65536 /* numbers fit 16 bits */

struct parquet_dictionary {
	size_t width; /* octets of a value; 0: texts of any length */
	/* of each text its length in 32 bits, lowest octet first, and its octets; of each other
	 * value its octets */
	struct buf page;
	uint32_t *slots;  /* numbers + 1 by hash, 0: free */
	uint64_t *hashes; /* by number, as starts */
	size_t *starts;   /* of the value in the page */
	size_t count;
};

void parquet_dictionary_done(struct parquet_dictionary *d); /* zeroed ones are fine */
void parquet_dictionary_clear(struct parquet_dictionary *d);

/* The number of a value, new or known, that has this hash; false where there are too many or memory
 * is out. */
MUST_CHECK bool parquet_dictionary_number(struct parquet_dictionary *d, const void *octets,
                                          size_t len, uint64_t hash, uint16_t *ret);
