#include "workspace/ip_dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"

enum { FIRST_SLOTS = 256 };

/* Twice as many slots as numbers at least. */
static bool grow(struct ip_dictionary *d)
{
	uint32_t slots = d->slots ? (d->mask + 1) * 2 : FIRST_SLOTS;
	struct ip *items = realloc(d->items, slots / 2 * sizeof *items);
	if (!items)
		return false;
	d->items = items;
	uint16_t *table = calloc(slots, sizeof *table);
	if (!table)
		return false;
	free(d->slots);
	d->slots = table;
	d->mask = slots - 1;
	for (uint32_t n = 1; n < d->count; n++) {
		uint32_t at = (uint32_t)hash_words(&items[n], 2, d->seed) & d->mask;
		while (table[at])
			at = (at + 1) & d->mask;
		table[at] = (uint16_t)n;
	}
	return true;
}

bool ip_dictionary_init(struct ip_dictionary *d)
{
	*d = (struct ip_dictionary){ .count = 1, .seed = hash_seed() };
	return grow(d);
}

void ip_dictionary_done(struct ip_dictionary *d)
{
	free(d->items);
	free(d->slots);
	*d = (struct ip_dictionary){ 0 };
}

uint16_t ip_dictionary_number(struct ip_dictionary *d, const struct ip *ip)
{
	uint32_t at = (uint32_t)hash_words(ip, 2, d->seed) & d->mask;
	for (; d->slots[at]; at = (at + 1) & d->mask)
		if (memcmp(&d->items[d->slots[at]], ip, sizeof *ip) == 0)
			return d->slots[at];
	if (d->count == IP_DICTIONARY_MAX)
		return 0;
	if (d->count == (d->mask + 1) / 2) {
		if (!grow(d))
			return 0;
		return ip_dictionary_number(d, ip);
	}
	d->items[d->count] = *ip;
	d->slots[at] = (uint16_t)d->count;
	return (uint16_t)d->count++;
}
