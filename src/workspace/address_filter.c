#include "workspace/address_filter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { FIRST_ROOM = 256, PART_BITS = 7 };

static_assert(1 << PART_BITS == ADDRESS_PARTS, "the upper bits of a hash number the parts");

uint64_t address_hash(const char *text, size_t len)
{
	return XXH64(text, len, 0);
}

/* ---- values ---- */

void address_values_done(struct address_values *v)
{
	free(v->slots);
	*v = (struct address_values){ 0 };
}

static void give_up(struct address_values *v)
{
	address_values_done(v);
	v->given_up = true;
}

/* 0 marks a free slot. */
static uint64_t slot_value(uint64_t hash)
{
	return hash ? hash : 1;
}

/* Where the hash is, or would be. */
static uint64_t *slot_of(const struct address_values *v, uint64_t hash)
{
	size_t at = (size_t)hash & (v->room - 1);
	while (v->slots[at] && v->slots[at] != hash)
		at = (at + 1) & (v->room - 1);
	return &v->slots[at];
}

/* Twice as many slots as hashes at least. */
static bool grow(struct address_values *v)
{
	struct address_values larger = { .room = v->room ? v->room * 2 : FIRST_ROOM };
	larger.slots = calloc(larger.room, sizeof *larger.slots);
	if (!larger.slots)
		return false;
	for (size_t i = 0; i < v->room; i++)
		if (v->slots[i])
			*slot_of(&larger, v->slots[i]) = v->slots[i];
	free(v->slots);
	v->slots = larger.slots;
	v->room = larger.room;
	return true;
}

void address_values_add(struct address_values *v, uint64_t hash)
{
	hash = slot_value(hash);
	if (v->given_up || hash == v->last)
		return;
	v->last = hash;
	if (v->count > ADDRESS_VALUES_MOST || (v->count == v->room / 2 && !grow(v))) {
		give_up(v);
		return;
	}
	uint64_t *slot = slot_of(v, hash);
	v->count += *slot == 0;
	*slot = hash;
}

/* ---- filters ---- */

unsigned address_part(uint64_t hash)
{
	return (unsigned)(hash >> (64 - PART_BITS));
}

/* Bits of the upper half that do not number the part choose the block. */
static size_t block_of(uint64_t hash, size_t blocks)
{
	uint64_t rest = hash >> 32 & (UINT32_MAX >> PART_BITS);
	return (size_t)(rest * blocks >> (32 - PART_BITS));
}

static size_t divide_up(size_t n, size_t by)
{
	return (n + by - 1) / by;
}

bool address_filter_make(const struct address_values *v, enum column_id column, size_t most,
                         struct address_filter *ret)
{
	if (v->given_up || !v->count)
		return false;
	size_t room = most / BLOOM_BLOCK_OCTETS, blocks = divide_up(v->count, ADDRESS_BLOCK_VALUES);
	room = room < 1 ? 1 : room;
	room = room > (size_t)ADDRESS_PARTS * ADDRESS_PART_BLOCKS
	           ? (size_t)ADDRESS_PARTS * ADDRESS_PART_BLOCKS
	           : room;
	blocks = blocks > room ? room : blocks;
	size_t parts = 1;
	while (parts * ADDRESS_PART_BLOCKS < blocks)
		parts *= 2;
	size_t each = divide_up(blocks, parts);
	each -= each * parts > room;
	if (v->count > parts * each * ADDRESS_BLOCK_VALUES_MOST)
		return false;
	ret->column = column;
	ret->parts = parts;
	ret->part_octets = each * BLOOM_BLOCK_OCTETS;
	memset(ret->octets, 0, parts * ret->part_octets);
	for (size_t i = 0; i < v->room; i++) {
		uint64_t hash = v->slots[i];
		if (!hash)
			continue;
		uint8_t *part =
		    ret->octets + address_part(hash) * parts / ADDRESS_PARTS * ret->part_octets;
		bloom_block_set(part + block_of(hash, each) * BLOOM_BLOCK_OCTETS, (uint32_t)hash);
	}
	return true;
}

bool address_part_may_hold(const uint8_t *part, size_t len, uint64_t hash)
{
	hash = slot_value(hash);
	size_t block = block_of(hash, len / BLOOM_BLOCK_OCTETS);
	return bloom_block_has(part + block * BLOOM_BLOCK_OCTETS, (uint32_t)hash);
}
