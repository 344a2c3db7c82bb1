/* cursor: reading bytes that a stranger sent.
 *
 * A cursor is a window that only shrinks from its front.  Nothing reads past its end: a take that
 * asks for more than is left yields NULL (or false) and moves nothing.  Network byte order. */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/attr.h"

struct cur {
	const uint8_t *at;
	const uint8_t *end;
};

static inline struct cur cur_of(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	return (struct cur){ at, len ? at + len : at };
}

static inline size_t cur_left(const struct cur *c)
{
	return (size_t)(c->end - c->at);
}

/* Steps over the next n bytes and returns them, or NULL if fewer are left. */
static inline const uint8_t *cur_take(struct cur *c, size_t n)
{
	if (cur_left(c) < n)
		return NULL;
	const uint8_t *p = c->at;
	c->at += n;
	return p;
}

/* Cuts the next n bytes off into a cursor of their own. */
MUST_CHECK static inline bool cur_split(struct cur *c, size_t n, struct cur *ret)
{
	const uint8_t *p = cur_take(c, n);
	if (!p)
		return false;
	*ret = (struct cur){ p, p + n };
	return true;
}

/* Unaligned big-endian loads; the caller has checked that the bytes are there. */
static inline uint16_t be16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof v);
	return be16toh(v);
}

static inline uint32_t be32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return be32toh(v);
}

static inline uint64_t be64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return be64toh(v);
}

/* An unsigned integer of 0 to 8 bytes (RFC 7011 section 6.2, reduced-size encoding). */
static inline uint64_t be_uint(const uint8_t *p, size_t len)
{
	uint64_t v = 0;
	for (size_t i = 0; i < len; i++)
		v = v << 8 | p[i];
	return v;
}
