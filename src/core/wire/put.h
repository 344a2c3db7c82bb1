/* put: storing integers in network byte order; the caller has seen that there is room. */
#pragma once

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* Each stores the low octets of v and returns what is behind them. */

static inline uint8_t *put_be16(uint8_t *out, unsigned v)
{
	uint16_t be = htobe16((uint16_t)v);
	memcpy(out, &be, sizeof be);
	return out + sizeof be;
}

static inline uint8_t *put_be32(uint8_t *out, uint32_t v)
{
	uint32_t be = htobe32(v);
	memcpy(out, &be, sizeof be);
	return out + sizeof be;
}
