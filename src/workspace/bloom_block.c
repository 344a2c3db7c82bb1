#include "workspace/bloom_block.h"

#include <stddef.h>

enum { WORDS = 8 };

static const uint32_t salt[WORDS] = { 0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
	                              0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31 };

/* Which bit of word i. */
static unsigned bit_of(uint32_t key, size_t i)
{
	return key * salt[i] >> 27;
}

void bloom_block_set(uint8_t block[BLOOM_BLOCK_OCTETS], uint32_t key)
{
	for (size_t i = 0; i < WORDS; i++) {
		unsigned bit = bit_of(key, i);
		block[i * 4 + bit / 8] |= (uint8_t)(1U << bit % 8);
	}
}

bool bloom_block_has(const uint8_t block[BLOOM_BLOCK_OCTETS], uint32_t key)
{
	for (size_t i = 0; i < WORDS; i++) {
		unsigned bit = bit_of(key, i);
		if (!(block[i * 4 + bit / 8] >> bit % 8 & 1))
			return false;
	}
	return true;
}
