#include "collector/minute/nat_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/pages.h"

/* Entries are told by numbers from 1; 0 is none. */
struct entry {
	struct nat_binding row; /* the first: a row is where its entry is */
	uint32_t next;          /* in its slot, or among the free */
	uint32_t older, newer;
};

struct nat_table {
	size_t max, count;
	size_t slot_count; /* a power of two */
	uint64_t seed;
	struct entry *entries; /* pages; [0] is unused */
	uint32_t *slots;       /* pages */
	uint32_t free, used;   /* the first free entry; entries that were ever used */
	uint32_t oldest, newest;
};

/* What tells bindings apart, without holes. */
struct key {
	struct ip exporter, src, post_src, dst;
	uint32_t domain, instance;
	uint16_t src_port, post_src_port, dst_port, block_start;
	uint8_t protocol, kind, zero[6];
};
_Static_assert(sizeof(struct key) == 88, "no hidden padding");

static struct key key_of(const struct nat_binding *row)
{
	return (struct key){
		.exporter = row->exporter,
		.src = row->src_addr,
		.post_src = row->post_src_addr,
		.dst = row->dst_addr,
		.domain = row->domain,
		.instance = row->nat_instance,
		.src_port = row->src_port,
		.post_src_port = row->post_src_port,
		.dst_port = row->dst_port,
		.block_start = row->block_start,
		.protocol = row->protocol,
		.kind = row->kind,
	};
}

static size_t entries_size(size_t max)
{
	return (max + 1) * sizeof(struct entry);
}

struct nat_table *nat_table_new(size_t max, struct err *e)
{
	struct nat_table *t = calloc(1, sizeof *t);
	if (t) {
		t->max = max;
		t->seed = hash_seed();
		t->slot_count = 2;
		while (t->slot_count < 2 * max)
			t->slot_count *= 2;
		t->entries = pages_reserve(entries_size(max));
		t->slots = pages_reserve(t->slot_count * sizeof *t->slots);
	}
	if (t && t->entries && t->slots)
		return t;
	nat_table_free(t);
	err_set(e, ERR_NOMEM, "no memory for %zu NAT bindings", max);
	return NULL;
}

void nat_table_free(struct nat_table *t)
{
	if (!t)
		return;
	pages_release(t->entries, entries_size(t->max));
	pages_release(t->slots, t->slot_count * sizeof *t->slots);
	free(t);
}

/* ---- the index ---- */

static uint32_t *slot_of(struct nat_table *t, const struct key *key)
{
	return &t->slots[hash_words(key, sizeof *key / 8, t->seed) & (t->slot_count - 1)];
}

/* Where the number of its entry stands, be it 0. */
static uint32_t *link_of(struct nat_table *t, const struct nat_binding *like)
{
	struct key key = key_of(like);
	uint32_t *link = slot_of(t, &key);
	while (*link) {
		struct key other = key_of(&t->entries[*link].row);
		if (memcmp(&key, &other, sizeof key) == 0)
			break;
		link = &t->entries[*link].next;
	}
	return link;
}

static uint32_t number_of(const struct nat_table *t, const struct nat_binding *row)
{
	return (uint32_t)((const struct entry *)(const void *)row - t->entries);
}

static struct nat_binding *row_of(struct nat_table *t, uint32_t number)
{
	return number ? &t->entries[number].row : NULL;
}

struct nat_binding *nat_table_find(struct nat_table *t, const struct nat_binding *like)
{
	return row_of(t, *link_of(t, like));
}

/* ---- the order ---- */

static void append(struct nat_table *t, uint32_t number)
{
	struct entry *entry = &t->entries[number];
	entry->older = t->newest;
	entry->newer = 0;
	if (t->newest)
		t->entries[t->newest].newer = number;
	else
		t->oldest = number;
	t->newest = number;
}

static void unchain(struct nat_table *t, uint32_t number)
{
	const struct entry *entry = &t->entries[number];
	if (entry->older)
		t->entries[entry->older].newer = entry->newer;
	else
		t->oldest = entry->newer;
	if (entry->newer)
		t->entries[entry->newer].older = entry->older;
	else
		t->newest = entry->older;
}

void nat_table_touch(struct nat_table *t, struct nat_binding *row)
{
	uint32_t number = number_of(t, row);
	unchain(t, number);
	append(t, number);
}

struct nat_binding *nat_table_oldest(struct nat_table *t)
{
	return row_of(t, t->oldest);
}

struct nat_binding *nat_table_after(struct nat_table *t, struct nat_binding *row)
{
	return row_of(t, t->entries[number_of(t, row)].newer);
}

/* ---- rows ---- */

bool nat_table_is_full(const struct nat_table *t)
{
	return t->count == t->max;
}

void nat_table_add(struct nat_table *t, const struct nat_binding *row)
{
	assert(!nat_table_is_full(t));
	uint32_t number = t->free;
	if (number)
		t->free = t->entries[number].next;
	else
		number = ++t->used;
	uint32_t *link = link_of(t, row);
	assert(*link == 0);
	t->entries[number] = (struct entry){ .row = *row };
	*link = number;
	append(t, number);
	t->count++;
}

void nat_table_remove(struct nat_table *t, struct nat_binding *row)
{
	uint32_t number = number_of(t, row);
	uint32_t *link = link_of(t, row);
	*link = t->entries[number].next;
	unchain(t, number);
	t->entries[number].next = t->free;
	t->free = number;
	t->count--;
}

void nat_table_clear(struct nat_table *t)
{
	while (t->oldest)
		nat_table_remove(t, row_of(t, t->oldest));
}

size_t nat_table_count(const struct nat_table *t)
{
	return t->count;
}

/* Slots are touched at random, so that they count from the first binding on. */
size_t nat_table_memory(const struct nat_table *t)
{
	return sizeof *t + t->used * sizeof(struct entry) +
	       (t->used ? t->slot_count * sizeof *t->slots : 0);
}

size_t nat_table_bound(const struct nat_table *t)
{
	return sizeof *t + entries_size(t->max) + t->slot_count * sizeof *t->slots;
}
