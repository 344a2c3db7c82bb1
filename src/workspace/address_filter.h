/* address_filter: whether a segment may hold an address at all, from so few octets that the catalog
 * can keep them: a reader who looks for one address leaves most segments unopened.
 *
 * While a segment is written the distinct texts of a column are gathered by their hashes (those of
 * parquet_bloom.h); from them comes a filter, of a block of bits (bloom_block.h) for each
 * ADDRESS_BLOCK_VALUES.  It says no only of what the column does not hold; of about one in forty
 * such texts it says yes.  Where the room that it may take is less, it says yes oftener, and where
 * that would be too often there is no filter.
 *
 * A filter has 1, 2, 4, … ADDRESS_PARTS parts, so that a reader needs one part for one text: hash
 * bits choose the part, then the block.
 *
 * Bounds: ADDRESS_FILTER_OCTETS for a filter; 4 MiB for the texts of one.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/flow/column.h"
#include "workspace/bloom_block.h"

enum {
	ADDRESS_PARTS = 128,
	ADDRESS_PART_BLOCKS = 29,
	ADDRESS_PART_OCTETS = ADDRESS_PART_BLOCKS * BLOOM_BLOCK_OCTETS,
	ADDRESS_FILTER_OCTETS = ADDRESS_PARTS * ADDRESS_PART_OCTETS,
	ADDRESS_BLOCK_VALUES = 32,      /* as many as there is room for … */
	ADDRESS_BLOCK_VALUES_MOST = 51, /* … or so many: one foreign text in six passes */
	ADDRESS_VALUES_MOST = ADDRESS_PARTS * ADDRESS_PART_BLOCKS * ADDRESS_BLOCK_VALUES_MOST,
	ADDRESS_COLUMNS = 5, /* of a segment, that have one */
};

/* ---- writing ---- */

/* The distinct texts of a column so far. */
struct address_values {
	uint64_t *slots; /* hashes by themselves, 0: free */
	size_t count, room;
	uint64_t last; /* that was added last */
	bool given_up; /* no filter comes of it: too many, or no memory */
};
void address_values_done(struct address_values *v); /* zeroed ones are fine */

/* Notes a text by its hash (address_hash). */
void address_values_add(struct address_values *v, uint64_t hash);

struct address_filter {
	enum column_id column;
	size_t parts, part_octets;
	uint8_t octets[ADDRESS_FILTER_OCTETS]; /* part by part */
};

/* The filter of these texts, of at most `most` octets, or of one block.  False where there is none.
 */
MUST_CHECK bool address_filter_make(const struct address_values *v, enum column_id column,
                                    size_t most, struct address_filter *ret);

/* Those of one segment: no pointers in it. */
struct address_filters {
	size_t count;
	struct address_filter items[ADDRESS_COLUMNS];
};

/* ---- reading ---- */

uint64_t address_hash(const char *text, size_t len);

/* Which of ADDRESS_PARTS parts a hash is in; a part of fewer ones holds several of these numbers.
 */
unsigned address_part(uint64_t hash);

/* Whether the column may hold it; `part` is that part's octets, `len` of them, some whole blocks.
 */
bool address_part_may_hold(const uint8_t *part, size_t len, uint64_t hash);
