/* hash: 64 bits of well-mixed hash of some bytes, for tables in memory only.
 *
 * Each process draws a seed of its own, so that nobody can send keys that all collide.  Values
 * differ from run to run: nothing that is written or shown may depend on them. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A seed from the kernel's random numbers. */
uint64_t hash_seed(void);

/* The 128-bit product of a and b, folded. */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 u128;
	u128 product = (u128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Hashes `words` 64-bit words at p (any alignment), two at a time with independent products. */
static inline uint64_t hash_words(const void *p, size_t words, uint64_t seed)
{
	const uint64_t k0 = UINT64_C(0xa0761d6478bd642f), k1 = UINT64_C(0xe7037ed1a0b428db);
	const unsigned char *at = p;
	uint64_t h = seed;
	size_t i = 0;
	for (; i + 2 <= words; i += 2) {
		uint64_t pair[2];
		memcpy(pair, at + i * 8, sizeof pair);
		h = hash_mix(pair[0] ^ k0 ^ i, pair[1] ^ h ^ k1);
	}
	if (i < words) {
		uint64_t last;
		memcpy(&last, at + i * 8, sizeof last);
		h = hash_mix(last ^ k0, h ^ k1);
	}
	return hash_mix(h ^ k0, words ^ k1);
}

/* Hashes len bytes of any length. */
uint64_t hash_bytes(const void *p, size_t len, uint64_t seed);
