/* varint: numbers in as many octets as they need: LEB128, seven bits an octet, the lowest first. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

enum { VARINT_MAX = 10 }; /* octets */

static inline size_t varint_put(uint8_t *at, uint64_t number)
{
	size_t len = 0;
	for (; number >= 0x80; number >>= 7)
		at[len++] = (uint8_t)(number | 0x80);
	at[len++] = (uint8_t)number;
	return len;
}

/* Signed to unsigned, so that what is near zero stays small: 0, -1, 1, -2 … */
static inline uint64_t zigzag(int64_t number)
{
	return (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
}

static inline void varint_add(struct buf *b, uint64_t number)
{
	uint8_t octets[VARINT_MAX];
	size_t len = varint_put(octets, number);
	buf_add(b, (const char *)octets, len);
}
