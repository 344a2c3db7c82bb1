#include "core/base/hash.h"

#include <sys/random.h>
#include <time.h>

uint64_t hash_seed(void)
{
	uint64_t seed;
	if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		seed = (uint64_t)now.tv_nsec * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)now.tv_sec;
	}
	return seed;
}

uint64_t hash_bytes(const void *p, size_t len, uint64_t seed)
{
	uint64_t tail = 0;
	memcpy(&tail, (const unsigned char *)p + (len & ~(size_t)7), len & 7);
	uint64_t h = hash_words(p, len / 8, seed);
	return hash_mix(h ^ tail, len ^ UINT64_C(0x8ebc6af09c88c6e3));
}
