#include "collector/journal/checksum.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/attr.h"

enum { LANES = 8 };

#define INLINE static inline __attribute__((always_inline))

typedef unsigned long long unit __attribute__((vector_size(CHECKSUM_UNIT)));

/* Where the lanes begin: the hexadecimal digits of pi behind the point. */
static const unit begin_[LANES] = {
	{ 0x243f6a8885a308d3, 0x13198a2e03707344 }, { 0xa4093822299f31d0, 0x082efa98ec4e6c89 },
	{ 0x452821e638d01377, 0xbe5466cf34e90c6c }, { 0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917 },
	{ 0x9216d5d98979fb1b, 0xd1310ba698dfb5ac }, { 0x2ffd72dbd01adfb7, 0xb8e1afed6a267e96 },
	{ 0xba7c9045f12c7f99, 0x24a19947b3916cf7 }, { 0x0801f2e2858efc16, 0x636920d871574e69 },
};

INLINE unit load(const uint8_t *at)
{
	unit u;
	memcpy(&u, at, sizeof u);
	return u;
}

/* Spelt out, so that the lanes stay in registers. */
#define EACH_OF_4(DO) DO(0) DO(1) DO(2) DO(3)
#define EACH_OF_8(DO) EACH_OF_4(DO) DO(4) DO(5) DO(6) DO(7)

INLINE void begin(unit lanes[LANES], uint64_t seed)
{
#define BEGIN(i) lanes[i] = begin_[i] ^ seed;
	EACH_OF_8(BEGIN)
}

/* Takes in the units that do not fill all lanes, and mixes the lanes into one. */
INLINE uint64_t finish(unit lanes[LANES], const uint8_t *at, size_t units,
                       unit (*round)(unit state, unit key))
{
	unit one = lanes[0];
	for (; units > 0; units--, at += CHECKSUM_UNIT)
		one = round(one, load(at));
	one = round(round(one, lanes[4]), round(lanes[2], lanes[6]));
	unit two = round(round(lanes[1], lanes[5]), round(lanes[3], lanes[7]));
	one = round(one, two);
	return round(round(round(one, begin_[0]), begin_[1]), begin_[2])[0];
}

INLINE uint64_t sum(const void *octets, size_t units, uint64_t seed,
                    unit (*round)(unit state, unit key))
{
	const uint8_t *at = octets;
	unit lanes[LANES];
	begin(lanes, seed);
	for (; units >= LANES; units -= LANES, at += LANES * CHECKSUM_UNIT) {
#define ABSORB(i) lanes[i] = round(lanes[i], load(at + (i)*CHECKSUM_UNIT));
		EACH_OF_8(ABSORB)
	}
	return finish(lanes, at, units, round);
}

/* FIPS 197 figure 7 */
/* clang-format off */
static const uint8_t sbox[256] = {
	0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76,
	0xca, 0x82, 0xc9, 0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0,
	0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f, 0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15,
	0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07, 0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75,
	0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3, 0x29, 0xe3, 0x2f, 0x84,
	0x53, 0xd1, 0x00, 0xed, 0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58, 0xcf,
	0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8,
	0x51, 0xa3, 0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2,
	0xcd, 0x0c, 0x13, 0xec, 0x5f, 0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73,
	0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88, 0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb,
	0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac, 0x62, 0x91, 0x95, 0xe4, 0x79,
	0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a, 0xae, 0x08,
	0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b, 0xbd, 0x8b, 0x8a,
	0x70, 0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e,
	0xe1, 0xf8, 0x98, 0x11, 0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf,
	0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42, 0x68, 0x41, 0x99, 0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16,
};
/* clang-format on */

/* Times two in the field of FIPS 197 section 4.2. */
static uint8_t twice(uint8_t b)
{
	return (uint8_t)(b << 1 ^ (b >> 7) * 0x1b);
}

/* SubBytes, ShiftRows, MixColumns, AddRoundKey (FIPS 197 section 5.1). */
static unit round_portable(unit state, unit key)
{
	uint8_t in[CHECKSUM_UNIT], out[CHECKSUM_UNIT];
	memcpy(in, &state, sizeof in);
	for (int column = 0; column < 4; column++) {
		uint8_t c[4];
		for (int row = 0; row < 4; row++)
			c[row] = sbox[in[4 * ((column + row) % 4) + row]];
		uint8_t all = c[0] ^ c[1] ^ c[2] ^ c[3];
		for (int row = 0; row < 4; row++)
			out[4 * column + row] = c[row] ^ all ^ twice(c[row] ^ c[(row + 1) % 4]);
	}
	return load(out) ^ key;
}

static uint64_t sum_portable(const void *octets, size_t units, uint64_t seed)
{
	return sum(octets, units, seed, round_portable);
}

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

__attribute__((target("aes"))) INLINE unit round_aes(unit state, unit key)
{
	return (unit)_mm_aesenc_si128((__m128i)state, (__m128i)key);
}

__attribute__((target("aes"))) static uint64_t sum_aes(const void *octets, size_t units,
                                                       uint64_t seed)
{
	return sum(octets, units, seed, round_aes);
}

/* Two lanes to a register. */
__attribute__((target("aes,vaes,avx2"))) static uint64_t sum_vaes(const void *octets, size_t units,
                                                                  uint64_t seed)
{
	const uint8_t *at = octets;
	unit lanes[LANES];
	__m256i pairs[LANES / 2];
	begin(lanes, seed);
#define JOIN(i) pairs[i] = _mm256_set_m128i((__m128i)lanes[2 * (i) + 1], (__m128i)lanes[2 * (i)]);
	EACH_OF_4(JOIN)
	for (; units >= LANES; units -= LANES, at += LANES * CHECKSUM_UNIT) {
		const __m256i_u *keys = (const __m256i_u *)at;
#define ABSORB_PAIR(i) pairs[i] = _mm256_aesenc_epi128(pairs[i], _mm256_loadu_si256(keys + (i)));
		EACH_OF_4(ABSORB_PAIR)
	}
#define PART(i)                                                                                    \
	lanes[2 * (i)] = (unit)_mm256_castsi256_si128(pairs[i]);                                   \
	lanes[2 * (i) + 1] = (unit)_mm256_extracti128_si256(pairs[i], 1);
	EACH_OF_4(PART)
	return finish(lanes, at, units, round_aes);
}

/* Clang 14 does not know this feature by name. */
static bool cpu_has_vaes(void)
{
	unsigned eax, ebx, ecx, edx;
	return __builtin_cpu_supports("avx2") && __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) &&
	       (ecx & bit_VAES);
}
#endif

static const struct checksum_way ways[] = {
#if defined(__x86_64__)
	{ "vaes", sum_vaes },
	{ "aes", sum_aes },
#endif
	{ "portable", sum_portable },
};

/* How many of the ways, from the first, this machine cannot do. */
static size_t ways_closed(void)
{
#if defined(__x86_64__)
	if (!__builtin_cpu_supports("aes"))
		return 2;
	return cpu_has_vaes() ? 0 : 1;
#else
	return 0;
#endif
}

const struct checksum_way *checksum_way(size_t i)
{
	size_t n = ways_closed() + i;
	return n < ARRAY_LEN(ways) ? &ways[n] : NULL;
}
