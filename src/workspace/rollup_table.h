/* rollup_table: counts by what they are counted by, exact, in a hash table.
 *
 * Bound: as many keys as it was made for, of 128 octets each; memory that has been used is kept
 * while the table lives.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/ip.h"

/* Equal keys are equal octet by octet: what a kind does not count by is zero. */
struct rollup_key {
	uint64_t present; /* PLAIN_BIT(HOURLY, …) of what of this a row has */
	struct ip src, dst;
	uint32_t src_asn, dst_asn;
	uint16_t list, application; /* numbers (rollup_internal.h) */
	uint16_t port;
	uint8_t protocol, kind, is_residual;
	uint8_t pad[7]; /* zero */
};
_Static_assert(sizeof(struct rollup_key) == 64, "no hidden padding");

struct rollup_counts {
	uint64_t bytes, packets, records, squares;
	bool has_squares;
	/* Of a residual: the sum of its parts' UnlistedBound.  Of others: that of their Bound less
	 * UnlistedBound; to which the whole residual's is to be added (rollup.h says why). */
	int64_t bound;
};

struct rollup_entry {
	struct rollup_key key;
	struct rollup_counts counts;
};

struct rollup_slot {
	uint32_t tag;   /* more of the hash: few entries are looked at in vain */
	uint32_t place; /* of an entry + 1; 0: free */
};

struct rollup_table {
	struct rollup_entry *entries;
	struct rollup_slot *slots; /* by hash */
	size_t count, most;
	uint64_t seed;
};

/* Something to be counted. */
struct rollup_addend {
	struct rollup_key key;
	const struct rollup_counts *counts; /* borrowed */
};

/* For at most that many keys, below 1 << 31. */
MUST_CHECK bool rollup_table_init(struct rollup_table *t, size_t most, struct err *e);
void rollup_table_done(struct rollup_table *t); /* zeroed ones are fine */

/* Adds to the counts of keys; counts do not run over.  There is room (rollup_table_room).  Keys lie
 * anywhere in memory: many at a time are fetched while others are waited for. */
void rollup_table_add(struct rollup_table *t, const struct rollup_addend *addends, size_t count);
size_t rollup_table_room(const struct rollup_table *t); /* for more keys */
void rollup_table_clear(struct rollup_table *t);

void rollup_counts_add(struct rollup_counts *to, const struct rollup_counts *more);
