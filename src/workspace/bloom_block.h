/* bloom_block: 256 bits of a split block Bloom filter, as Parquet's BloomFilter.md has it: eight
 * words of 32 bits (little-endian), in each of which a value sets one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { BLOOM_BLOCK_OCTETS = 32 };

/* `key`: the lower half of the value's hash. */
void bloom_block_set(uint8_t block[BLOOM_BLOCK_OCTETS], uint32_t key);
bool bloom_block_has(const uint8_t block[BLOOM_BLOCK_OCTETS], uint32_t key);
