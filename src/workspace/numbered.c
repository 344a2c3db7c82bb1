#include "workspace/numbered.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"

enum { FIRST_ROOM = 64 };

void numbered_init(struct numbered *n, size_t limit)
{
	*n = (struct numbered){ .seed = hash_seed() };
	arena_init(&n->arena, limit);
}

void numbered_done(struct numbered *n)
{
	arena_done(&n->arena);
	free(n->items);
	free(n->slots);
	*n = (struct numbered){ 0 };
}

static size_t slot_after(const struct numbered *n, size_t slot)
{
	return (slot + 1) % (2 * n->room);
}

static bool grow(struct numbered *n)
{
	size_t room = n->room ? n->room * 2 : FIRST_ROOM;
	struct numbered_item *items = realloc(n->items, room * sizeof *items);
	if (!items)
		return false;
	n->items = items;
	uint32_t *slots = calloc(2 * room, sizeof *slots);
	if (!slots)
		return false;
	free(n->slots);
	n->slots = slots;
	n->room = room;
	for (uint32_t i = 0; i < n->count; i++) {
		size_t at = items[i].hash % (2 * room);
		while (slots[at])
			at = slot_after(n, at);
		slots[at] = i + 1;
	}
	return true;
}

bool numbered_find(struct numbered *n, const void *octets, size_t len, uint16_t *ret)
{
	if (n->count == n->room && !grow(n))
		return false;
	uint64_t hash = hash_bytes(octets, len, n->seed);
	size_t at = hash % (2 * n->room);
	for (; n->slots[at]; at = slot_after(n, at)) {
		const struct numbered_item *item = &n->items[n->slots[at] - 1];
		*ret = (uint16_t)(n->slots[at] - 1);
		if (item->hash == hash && item->len == len &&
		    memcmp(item->octets, octets, len) == 0)
			return true;
	}
	char *copy = n->count < NUMBERED_MAX ? arena_strndup(&n->arena, octets, len) : NULL;
	if (!copy)
		return false;
	n->items[n->count] = (struct numbered_item){ copy, len, hash };
	*ret = (uint16_t)n->count;
	n->slots[at] = (uint32_t)++n->count;
	return true;
}
