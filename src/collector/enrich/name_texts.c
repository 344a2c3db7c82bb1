#include "collector/enrich/name_texts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/flow/name.h"

enum { BUCKETS = 65536, ITEM_OVERHEAD = 16 /* of malloc, about */ };

/* Numbers that hash alike, and those that are free, are chains through `next`, 0 at their ends. */
struct name_texts {
	char *items[NAME_TEXTS];
	uint32_t uses[NAME_TEXTS];
	uint16_t next[NAME_TEXTS];
	uint16_t buckets[BUCKETS];
	uint16_t free;
	size_t high;
	size_t octets;
	uint64_t seed;
};

struct name_texts *name_texts_new(void)
{
	static char nothing[] = "";
	struct name_texts *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->items[0] = nothing;
	t->high = 1;
	t->seed = hash_seed();
	return t;
}

void name_texts_free(struct name_texts *t)
{
	for (size_t i = 1; t && i < t->high; i++)
		free(t->items[i]);
	free(t);
}

static uint16_t *bucket(struct name_texts *t, const char *text)
{
	return &t->buckets[hash_bytes(text, strlen(text), t->seed) % BUCKETS];
}

/* A number for a new text, or 0. */
static uint16_t draw(struct name_texts *t)
{
	uint16_t number = t->free;
	if (number)
		t->free = t->next[number];
	else if (t->high < NAME_TEXTS)
		number = (uint16_t)t->high++;
	return number;
}

uint16_t name_texts_take(struct name_texts *t, const char *text)
{
	uint16_t *chain = bucket(t, text), number = *chain;
	while (number && strcmp(t->items[number], text) != 0)
		number = t->next[number];
	if (!number) {
		char *copy = strdup(text);
		number = copy ? draw(t) : 0;
		if (!number) {
			free(copy);
			return 0;
		}
		t->items[number] = copy;
		t->next[number] = *chain;
		*chain = number;
		t->octets += strlen(copy) + 1;
	}
	t->uses[number]++;
	return number;
}

void name_texts_put(struct name_texts *t, uint16_t number)
{
	if (--t->uses[number])
		return;
	uint16_t *at = bucket(t, t->items[number]);
	while (*at != number)
		at = &t->next[*at];
	*at = t->next[number];
	t->octets -= strlen(t->items[number]) + 1;
	free(t->items[number]);
	t->items[number] = NULL;
	t->next[number] = t->free;
	t->free = number;
}

const char *const *name_texts_items(const struct name_texts *t)
{
	return (const char *const *)t->items;
}

size_t name_texts_high(const struct name_texts *t)
{
	return t->high;
}

size_t name_texts_memory(const struct name_texts *t)
{
	return sizeof *t + t->octets + (t->high - 1) * ITEM_OVERHEAD;
}

size_t name_texts_bound(void)
{
	return sizeof(struct name_texts) + NAME_TEXTS * (size_t)(NAME_TEXT + 1 + ITEM_OVERHEAD);
}
