#include "exporter/nat/session_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"

/* Slots hold numbers of items plus one, in open addressing; at most half of them are used. */
struct session_table {
	size_t max, count;
	size_t mask; /* slots less one */
	uint64_t seed;
	uint32_t *slots;
	struct session *items; /* without gaps */
};

struct session_table *session_table_new(size_t max, struct err *e)
{
	struct session_table *t = calloc(1, sizeof *t);
	size_t slots = 2;
	while (slots < 2 * max)
		slots *= 2;
	if (t) {
		t->max = max;
		t->mask = slots - 1;
		t->seed = hash_seed();
		t->slots = calloc(slots, sizeof *t->slots);
		t->items = calloc(max, sizeof *t->items);
	}
	if (t && t->slots && t->items)
		return t;
	session_table_free(t);
	err_set(e, ERR_NOMEM, "no memory for %zu NAT sessions", max);
	return NULL;
}

void session_table_free(struct session_table *t)
{
	if (!t)
		return;
	free(t->slots);
	free(t->items);
	free(t);
}

static size_t home_of(const struct session_table *t, const struct session_key *key)
{
	return hash_words(key, sizeof *key / sizeof(uint64_t), t->seed) & t->mask;
}

/* The slot that holds this key, or the free one where it belongs. */
static size_t slot_of(const struct session_table *t, const struct session_key *key)
{
	size_t at = home_of(t, key);
	while (t->slots[at] && memcmp(&t->items[t->slots[at] - 1].key, key, sizeof *key) != 0)
		at = (at + 1) & t->mask;
	return at;
}

struct session *session_table_find(struct session_table *t, const struct session_key *key)
{
	size_t at = slot_of(t, key);
	return t->slots[at] ? &t->items[t->slots[at] - 1] : NULL;
}

struct session *session_table_add(struct session_table *t, const struct session *session)
{
	if (t->count == t->max)
		return NULL;
	struct session *item = &t->items[t->count++];
	*item = *session;
	t->slots[slot_of(t, &session->key)] = (uint32_t)t->count;
	return item;
}

/* Frees a slot and moves up what was pushed past it, so that no search ends too early. */
static void free_slot(struct session_table *t, size_t hole)
{
	for (size_t at = (hole + 1) & t->mask; t->slots[at]; at = (at + 1) & t->mask) {
		size_t home = home_of(t, &t->items[t->slots[at] - 1].key);
		if (((at - home) & t->mask) < ((at - hole) & t->mask))
			continue;
		t->slots[hole] = t->slots[at];
		hole = at;
	}
	t->slots[hole] = 0;
}

void session_table_remove(struct session_table *t, struct session *session)
{
	struct session *last = &t->items[t->count - 1];
	free_slot(t, slot_of(t, &session->key));
	if (session != last) {
		t->slots[slot_of(t, &last->key)] = (uint32_t)(session - t->items) + 1;
		*session = *last;
	}
	t->count--;
}

size_t session_table_count(const struct session_table *t)
{
	return t->count;
}

struct session *session_table_at(struct session_table *t, size_t i)
{
	return &t->items[i];
}
