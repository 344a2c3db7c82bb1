#include "workspace/parquet_dictionary.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2 * PARQUET_DICTIONARY_MAX, FEW = SLOTS / 64 };

void parquet_dictionary_done(struct parquet_dictionary *d)
{
	buf_done(&d->page);
	free(d->slots);
	free(d->hashes);
	free(d->starts);
	*d = (struct parquet_dictionary){ 0 };
}

/* Frees the slots of few values one by one, the last one first, so that each is still found on the
 * way on which it was put there: most columns of small row groups have few, and the rest of the
 * slots was never touched. */
static void free_slots(struct parquet_dictionary *d)
{
	for (size_t i = d->count; i-- > 0;) {
		size_t at = d->hashes[i] % SLOTS;
		while (d->slots[at] != i + 1)
			at = (at + 1) % SLOTS;
		d->slots[at] = 0;
	}
}

void parquet_dictionary_clear(struct parquet_dictionary *d)
{
	if (d->count > FEW)
		memset(d->slots, 0, SLOTS * sizeof *d->slots);
	else
		free_slots(d);
	d->count = 0;
	buf_clear(&d->page);
}

static bool begin(struct parquet_dictionary *d)
{
	if (!d->slots)
		d->slots = calloc(SLOTS, sizeof *d->slots);
	if (!d->hashes)
		d->hashes = malloc(PARQUET_DICTIONARY_MAX * sizeof *d->hashes);
	if (!d->starts)
		d->starts = malloc(PARQUET_DICTIONARY_MAX * sizeof *d->starts);
	return d->slots && d->hashes && d->starts;
}

static bool is_value(const struct parquet_dictionary *d, size_t number, const void *octets,
                     size_t len)
{
	uint32_t little;
	const char *at = buf_text(&d->page) + d->starts[number];
	if (d->width)
		return memcmp(at, octets, d->width) == 0;
	memcpy(&little, at, sizeof little);
	return le32toh(little) == len && memcmp(at + sizeof little, octets, len) == 0;
}

bool parquet_dictionary_number(struct parquet_dictionary *d, const void *octets, size_t len,
                               uint64_t hash, uint16_t *ret)
{
	if (!d->count && !begin(d))
		return false;
	size_t at = hash % SLOTS;
	for (; d->slots[at]; at = (at + 1) % SLOTS) {
		size_t number = d->slots[at] - 1;
		*ret = (uint16_t)number;
		if (d->hashes[number] == hash && is_value(d, number, octets, len))
			return true;
	}
	if (d->count == PARQUET_DICTIONARY_MAX)
		return false;
	uint32_t little = htole32((uint32_t)len);
	d->hashes[d->count] = hash;
	d->starts[d->count] = d->page.len;
	if (!d->width)
		buf_add(&d->page, (const char *)&little, sizeof little);
	buf_add(&d->page, octets, len);
	*ret = (uint16_t)d->count;
	d->slots[at] = (uint32_t)++d->count;
	return !d->page.failed;
}
