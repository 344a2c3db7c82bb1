/* wire: export messages put together in a test from headers, sets and hex digits. */
#pragma once

#include <stdint.h>

#include "support/hex.h"

static inline void wire_u16(struct bytes *m, unsigned v)
{
	m->b[m->len++] = (uint8_t)(v >> 8);
	m->b[m->len++] = (uint8_t)v;
}

static inline void wire_u32(struct bytes *m, uint32_t v)
{
	wire_u16(m, v >> 16);
	wire_u16(m, v & 0xffff);
}

struct wire_header {
	uint32_t uptime_ms; /* v5, v9 */
	uint32_t seconds;
	uint32_t sequence;
	uint32_t domain; /* v5: engine type and id */
};

/* RFC 3954 section 5.1; the count is of no meaning to a collector and stays 0. */
static inline struct bytes wire_v9(struct wire_header h)
{
	struct bytes m = { 0 };
	wire_u16(&m, 9);
	wire_u16(&m, 0);
	wire_u32(&m, h.uptime_ms);
	wire_u32(&m, h.seconds);
	wire_u32(&m, h.sequence);
	wire_u32(&m, h.domain);
	return m;
}

/* RFC 7011 section 3.1; wire_ipfix_end sets the length. */
static inline struct bytes wire_ipfix(struct wire_header h)
{
	struct bytes m = { 0 };
	wire_u16(&m, 10);
	wire_u16(&m, 0);
	wire_u32(&m, h.seconds);
	wire_u32(&m, h.sequence);
	wire_u32(&m, h.domain);
	return m;
}

static inline void wire_set_length(struct bytes *m, size_t at, size_t len)
{
	m->b[at] = (uint8_t)(len >> 8);
	m->b[at + 1] = (uint8_t)len;
}

static inline void wire_ipfix_end(struct bytes *m)
{
	wire_set_length(m, 2, m->len);
}

/* One set, its body in hex. */
static inline void wire_set(struct bytes *m, unsigned id, const char *body)
{
	size_t start = m->len;
	wire_u16(m, id);
	wire_u16(m, 0);
	hex_add(m, body);
	wire_set_length(m, start + 2, m->len - start);
}
