/* sflow: sFlow datagrams put together in a test from samples, records and hex digits. */
#pragma once

#include "support/wire.h"

/* Version 5, agent 192.0.2.9, sub-agent 7, sequence 1000, uptime 60 s. */
static inline struct bytes sflow_begin(uint32_t samples)
{
	struct bytes m = { 0 };
	hex_add(&m, "00000005 00000001 c0000209 00000007 000003e8 0000ea60");
	wire_u32(&m, samples);
	return m;
}

static inline void sflow_set_u32(struct bytes *m, size_t at, uint32_t v)
{
	wire_set_length(m, at, v >> 16);
	wire_set_length(m, at + 2, v & 0xffff);
}

/* Begins a sample with what stands in front of its records; sflow_end fills its length in. */
static inline size_t sflow_sample(struct bytes *m, uint32_t format, const char *head)
{
	wire_u32(m, format);
	size_t at = m->len;
	wire_u32(m, 0);
	hex_add(m, head);
	return at;
}

static inline void sflow_end(struct bytes *m, size_t at)
{
	sflow_set_u32(m, at, (uint32_t)(m->len - at - 4));
}

/* A record, padded. */
static inline void sflow_record(struct bytes *m, uint32_t format, const char *body)
{
	wire_u32(m, format);
	size_t at = m->len;
	wire_u32(m, 0);
	hex_add(m, body);
	sflow_end(m, at);
	while ((m->len - at) % 4)
		m->b[m->len++] = 0;
}

/* sampled_header of protocol, frame_length and stripped, in hex, and the octets. */
static inline void sflow_header(struct bytes *m, const char *lengths, const char *octets)
{
	wire_u32(m, 1);
	size_t at = m->len;
	wire_u32(m, 0);
	hex_add(m, lengths);
	size_t opaque = m->len;
	wire_u32(m, 0);
	hex_add(m, octets);
	sflow_end(m, opaque);
	while ((m->len - at) % 4)
		m->b[m->len++] = 0;
	sflow_end(m, at);
}

/* flow_sample: sequence 5, ifIndex 3, rate 512, pool 4096, no drops, from 3 to 4. */
#define SFLOW_FLOW_HEAD "00000005 00000003 00000200 00001000 00000000 00000003 00000004"

/* TCP from 10.0.0.1:4660 to 10.0.0.2:443 of 100 octets, TTL 64, ToS 0xb8, SYN and ACK. */
#define SFLOW_IPV4                                                                                 \
	"45b80064 00010000 40060000 0a000001 0a000002"                                             \
	"123401bb 00000001 00000002 50120400 00000000"
#define SFLOW_MACS "020000000002 020000000001"
