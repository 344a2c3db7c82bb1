#include "core/flow/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/pages.h"
#include "core/flow/batch.h"

enum { FIRST_SLOTS = 8192, KEY_WORDS = sizeof(struct flow_key) / 8, AHEAD = 16 };

/* A slot of the index: open addressing, linear probing, at most three quarters full. */
struct slot {
	uint32_t row;  /* its number plus one; 0 is a free slot */
	uint32_t hash; /* the upper half of the key's hash; the lower bits choose the slot */
};

struct flow_table {
	struct flow_row *rows; /* room for max_rows; memory is taken as they come */
	size_t max_rows;
	size_t count;
	size_t most; /* rows that were ever held: so much memory is taken */
	struct slot *slots;
	size_t slot_count; /* a power of two */
	uint64_t seed;
};

struct flow_table *flow_table_new(size_t max_rows, struct err *e)
{
	assert(max_rows >= 1 && max_rows <= (size_t)1 << 31);
	struct flow_table *t = calloc(1, sizeof *t);
	if (!t)
		goto fail;
	t->max_rows = max_rows;
	t->seed = hash_seed();
	t->slot_count = FIRST_SLOTS;
	t->rows = pages_reserve(max_rows * sizeof *t->rows);
	t->slots = pages_reserve(t->slot_count * sizeof *t->slots);
	if (!t->rows || !t->slots)
		goto fail;
	return t;

fail:
	err_set(e, ERR_NOMEM, "no memory for a flow table of %zu rows", max_rows);
	flow_table_free(t);
	return NULL;
}

void flow_table_free(struct flow_table *t)
{
	if (!t)
		return;
	pages_release(t->rows, t->max_rows * sizeof *t->rows);
	pages_release(t->slots, t->slot_count * sizeof *t->slots);
	free(t);
}

static uint32_t slot_hash(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}

/* The 32 bits that are kept choose the slot too, so that growing need not read the rows. */
static size_t home_of(const struct flow_table *t, uint32_t hash)
{
	return hash & (t->slot_count - 1);
}

/* The slot where a key of this hash goes that the index does not have. */
static struct slot *free_slot(const struct flow_table *t, uint32_t hash)
{
	size_t at = home_of(t, hash);
	while (t->slots[at].row)
		at = (at + 1) & (t->slot_count - 1);
	return &t->slots[at];
}

static bool index_grow(struct flow_table *t)
{
	size_t old_count = t->slot_count;
	struct slot *old = t->slots;
	struct slot *slots = pages_reserve(old_count * 2 * sizeof *slots);
	if (!slots)
		return false;
	t->slots = slots;
	t->slot_count = old_count * 2;
	for (size_t i = 0; i < old_count; i++)
		if (old[i].row)
			*free_slot(t, old[i].hash) = old[i];
	pages_release(old, old_count * sizeof *old);
	return true;
}

/* Makes sure that one more row fits. */
static bool make_room(struct flow_table *t)
{
	if (t->count == t->max_rows)
		return false;
	return (t->count + 1) * 4 <= t->slot_count * 3 || index_grow(t);
}

static uint64_t add_up_to(uint64_t a, uint64_t b, uint64_t most)
{
	return b > most - a ? most : a + b;
}

/* The present bit decides whether there is a value on either side; absent sums are zero. */
#define HAS(row, bit) ((row)->present >> (bit)&1)
#define MERGE_SUM(field, bit, most)                                                                \
	into->field = (__typeof__(into->field))add_up_to(into->field, from->field, most);
#define MERGE_MIN(field, bit, most)                                                                \
	if (HAS(from, bit) && (!HAS(into, bit) || from->field < into->field))                      \
		into->field = from->field;
#define MERGE_MAX(field, bit, most)                                                                \
	if (HAS(from, bit) && (!HAS(into, bit) || from->field > into->field))                      \
		into->field = from->field;
#define MERGE_OR(field, bit, most) into->field |= from->field;
#define MERGE_FIRST(field, bit, most)                                                              \
	if (!HAS(into, bit))                                                                       \
		into->field = from->field;
#define MERGE_LAST(field, bit, most)                                                               \
	if (HAS(from, bit))                                                                        \
		into->field = from->field;
#define MERGE_KEY(field, bit, most)
#define MERGE_CONSTANT(field, bit, most)
#define MERGE_ENRICHED(field, bit, most)
#define MERGE_SUBNET(field, bit, most)
#define MERGE_PLAIN(field, bit, most)
#define MERGE_VIEW(field, bit, most)

#define MOST_NONE        0
#define MOST_IP          0
#define MOST_APPLICATION 0
#define MOST_TIME        0
#define MOST_MINUTE      0
#define MOST_U64         UINT64_MAX
#define MOST_U32         UINT32_MAX
#define MOST_U16         UINT16_MAX
#define MOST_U8          UINT8_MAX

static void row_merge(struct flow_row *into, const struct flow_row *from)
{
#define COLUMN(id, name, type, role, store, field, bit, ...) MERGE_##role(field, bit, MOST_##store)
#include "columns.inc"
#undef COLUMN
	into->present |= from->present;
}

/* The first slot from `at` on that is free or has this hash. */
static size_t probe(const struct flow_table *t, size_t at, uint32_t hash)
{
	while (t->slots[at].row && t->slots[at].hash != hash)
		at = (at + 1) & (t->slot_count - 1);
	return at;
}

static struct flow_row *find(const struct flow_table *t, const struct flow_key *key, uint32_t hash)
{
	size_t at = probe(t, home_of(t, hash), hash);
	for (; t->slots[at].row; at = probe(t, (at + 1) & (t->slot_count - 1), hash)) {
		struct flow_row *row = &t->rows[t->slots[at].row - 1];
		if (memcmp(&row->key, key, sizeof *key) == 0)
			return row;
	}
	return NULL;
}

/* Finds the key's row or adds one; false where there is no room for it. */
static bool merge_one(struct flow_table *t, const struct flow_row *from, uint32_t hash)
{
	struct flow_row *into = find(t, &from->key, hash);
	if (into) {
		row_merge(into, from);
		return true;
	}
	if (!make_room(t))
		return false;
	t->rows[t->count] = *from;
	*free_slot(t, hash) = (struct slot){ (uint32_t)++t->count, hash };
	return true;
}

/* Asks for the row that this hash will need. */
static void fetch_row(const struct flow_table *t, uint32_t hash)
{
	const struct slot *s = &t->slots[probe(t, home_of(t, hash), hash)];
	if (!s->row)
		return;
	const char *row = (const char *)&t->rows[s->row - 1];
	for (size_t line = 0; line < sizeof(struct flow_row); line += 64)
		__builtin_prefetch(row + line, 1);
	__builtin_prefetch(row + sizeof(struct flow_row) - 1, 1);
}

/* So that the memory that one row needs is on its way while others are worked on, the slots of the
 * whole batch are asked for first, and each row of the table AHEAD turns before its own: earlier,
 * and it would be gone from the first-level cache again. */
static size_t merge_batch(struct flow_table *t, const struct flow_row *rows, size_t count)
{
	uint32_t hashes[BATCH_ROWS];
	for (size_t i = 0; i < count; i++) {
		hashes[i] = slot_hash(hash_words(&rows[i].key, KEY_WORDS, t->seed));
		__builtin_prefetch(&t->slots[home_of(t, hashes[i])]);
	}
	for (size_t i = 0; i < count && i < AHEAD; i++)
		fetch_row(t, hashes[i]);
	for (size_t i = 0; i < count; i++) {
		if (i + AHEAD < count)
			fetch_row(t, hashes[i + AHEAD]);
		if (!merge_one(t, &rows[i], hashes[i]))
			return i;
	}
	return count;
}

size_t flow_table_merge(struct flow_table *t, const struct flow_row *rows, size_t count)
{
	size_t done = 0;
	while (done < count) {
		size_t n = count - done < BATCH_ROWS ? count - done : BATCH_ROWS;
		size_t merged = merge_batch(t, rows + done, n);
		done += merged;
		if (merged < n)
			break;
	}
	return done;
}

size_t flow_table_count(const struct flow_table *t)
{
	return t->count;
}

const struct flow_row *flow_table_row(const struct flow_table *t, size_t i)
{
	assert(i < t->count);
	return &t->rows[i];
}

/* Puts a row that is in no slot yet into the index. */
static void index_add(struct flow_table *t, size_t row)
{
	uint32_t hash = slot_hash(hash_words(&t->rows[row].key, KEY_WORDS, t->seed));
	*free_slot(t, hash) = (struct slot){ (uint32_t)row + 1, hash };
}

void flow_table_remove_before(struct flow_table *t, uint64_t minute)
{
	size_t kept = 0;
	if (t->count > t->most)
		t->most = t->count;
	memset(t->slots, 0, t->slot_count * sizeof *t->slots);
	for (size_t i = 0; i < t->count; i++) {
		if (t->rows[i].key.minute < minute)
			continue;
		if (kept != i)
			t->rows[kept] = t->rows[i];
		index_add(t, kept++);
	}
	t->count = kept;
}

size_t flow_table_memory(const struct flow_table *t)
{
	size_t most = t->most > t->count ? t->most : t->count;
	return sizeof *t + most * sizeof *t->rows + t->slot_count * sizeof *t->slots;
}

/* While the index grows the old one is there as well. */
size_t flow_table_bound(size_t max_rows)
{
	size_t slots = FIRST_SLOTS;
	while (max_rows * 4 > slots * 3)
		slots *= 2;
	return max_rows * sizeof(struct flow_row) + slots / 2 * 3 * sizeof(struct slot);
}
