#include "workspace/rollup_table.h"

#include <assert.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/pages.h"

static size_t slot_count(const struct rollup_table *t)
{
	return 2 * t->most;
}

bool rollup_table_init(struct rollup_table *t, size_t most, struct err *e)
{
	*t = (struct rollup_table){ .seed = hash_seed(), .most = most };
	t->entries = pages_reserve(most * sizeof *t->entries);
	t->slots = pages_reserve(slot_count(t) * sizeof *t->slots);
	if (t->entries && t->slots)
		return true;
	rollup_table_done(t);
	return err_set(e, ERR_NOMEM, "no memory for rollups");
}

void rollup_table_done(struct rollup_table *t)
{
	pages_release(t->entries, t->most * sizeof *t->entries);
	pages_release(t->slots, slot_count(t) * sizeof *t->slots);
	*t = (struct rollup_table){ 0 };
}

size_t rollup_table_room(const struct rollup_table *t)
{
	return t->most - t->count;
}

void rollup_table_clear(struct rollup_table *t)
{
	memset(t->slots, 0, slot_count(t) * sizeof *t->slots);
	t->count = 0;
}

static uint64_t sum_of(uint64_t a, uint64_t b)
{
	uint64_t sum;
	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

void rollup_counts_add(struct rollup_counts *to, const struct rollup_counts *more)
{
	to->bytes = sum_of(to->bytes, more->bytes);
	to->packets = sum_of(to->packets, more->packets);
	to->records = sum_of(to->records, more->records);
	to->squares = sum_of(to->squares, more->squares);
	to->has_squares |= more->has_squares;
	if (__builtin_add_overflow(to->bound, more->bound, &to->bound))
		to->bound = more->bound < 0 ? INT64_MIN : INT64_MAX;
}

void rollup_table_add(struct rollup_table *t, const struct rollup_key *key,
                      const struct rollup_counts *more)
{
	size_t at = hash_words(key, sizeof *key / 8, t->seed) % slot_count(t);
	for (; t->slots[at]; at = (at + 1) % slot_count(t)) {
		struct rollup_entry *entry = &t->entries[t->slots[at] - 1];
		if (memcmp(&entry->key, key, sizeof *key) == 0) {
			rollup_counts_add(&entry->counts, more);
			return;
		}
	}
	assert(t->count < t->most);
	t->entries[t->count++] = (struct rollup_entry){ *key, *more };
	t->slots[at] = (uint32_t)t->count;
}
