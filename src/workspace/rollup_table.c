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

enum { TOGETHER = 64 };

static size_t slot_of(const struct rollup_table *t, uint64_t hash)
{
	return (size_t)((hash >> 32) * slot_count(t) >> 32);
}

static void fetch_slots(const struct rollup_table *t, const struct rollup_addend *addends,
                        size_t count, uint64_t *ret_hashes)
{
	for (size_t i = 0; i < count; i++) {
		ret_hashes[i] = hash_words(&addends[i].key, sizeof addends[i].key / 8, t->seed);
		__builtin_prefetch(&t->slots[slot_of(t, ret_hashes[i])], 1);
	}
}

static void fetch_entries(const struct rollup_table *t, const uint64_t *hashes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct rollup_slot *slot = &t->slots[slot_of(t, hashes[i])];
		if (!slot->place || slot->tag != (uint32_t)hashes[i])
			continue;
		const char *entry = (const char *)&t->entries[slot->place - 1];
		__builtin_prefetch(entry, 1);
		__builtin_prefetch(entry + sizeof(struct rollup_entry) - 1, 1);
	}
}

static void add(struct rollup_table *t, const struct rollup_addend *a, uint64_t hash)
{
	size_t at = slot_of(t, hash);
	for (; t->slots[at].place; at = at + 1 < slot_count(t) ? at + 1 : 0) {
		struct rollup_entry *entry = &t->entries[t->slots[at].place - 1];
		if (t->slots[at].tag == (uint32_t)hash &&
		    memcmp(&entry->key, &a->key, sizeof a->key) == 0) {
			rollup_counts_add(&entry->counts, a->counts);
			return;
		}
	}
	assert(t->count < t->most);
	t->entries[t->count++] = (struct rollup_entry){ a->key, *a->counts };
	t->slots[at] = (struct rollup_slot){ (uint32_t)hash, (uint32_t)t->count };
}

void rollup_table_add(struct rollup_table *t, const struct rollup_addend *addends, size_t count)
{
	uint64_t hashes[TOGETHER];
	for (size_t first = 0, n; first < count; first += n) {
		n = count - first < TOGETHER ? count - first : TOGETHER;
		fetch_slots(t, addends + first, n, hashes);
		fetch_entries(t, hashes, n);
		for (size_t i = 0; i < n; i++)
			add(t, &addends[first + i], hashes[i]);
	}
}
