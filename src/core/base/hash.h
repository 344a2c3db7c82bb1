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

/* Mixes the two words at p into a lane.  Both factors are secret: one that a sender could make zero
 * would swallow the other. */
static inline uint64_t hash_pair(const unsigned char *p, uint64_t secret, uint64_t lane)
{
	uint64_t pair[2];
	memcpy(pair, p, sizeof pair);
	return hash_mix(pair[0] ^ secret, pair[1] ^ lane);
}

/* Hashes `words` 64-bit words at p (any alignment), in four lanes whose products do not wait for
 * each other. */
static inline uint64_t hash_words(const void *p, size_t words, uint64_t seed)
{
	const unsigned char *at = p;
	uint64_t secret = hash_mix(seed, UINT64_C(0xa0761d6478bd642f)) ^ seed;
	uint64_t a = seed, b = seed ^ UINT64_C(0xe7037ed1a0b428db);
	uint64_t c = seed ^ UINT64_C(0x8ebc6af09c88c6e3), d = seed ^ UINT64_C(0x589965cc75374cc3);
	size_t left = words;
	for (; left >= 8; left -= 8, at += 64) {
		a = hash_pair(at, secret, a);
		b = hash_pair(at + 16, secret, b);
		c = hash_pair(at + 32, secret, c);
		d = hash_pair(at + 48, secret, d);
	}
	for (; left >= 2; left -= 2, at += 16)
		a = hash_pair(at, secret, a);
	if (left) {
		uint64_t last;
		memcpy(&last, at, sizeof last);
		b = hash_mix(last ^ secret, b);
	}
	return hash_mix(hash_mix(a ^ words, b) ^ c, d);
}

/* Hashes len bytes of any length. */
uint64_t hash_bytes(const void *p, size_t len, uint64_t seed);
