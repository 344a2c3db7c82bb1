#include "v9.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include "core/base/attr.h"

enum { TEMPLATE_ID = 256, UPTIME_MS = 86400000 };

/* element and length, RFC 3954 section 8 and IANA's registry above 127 */
static const uint16_t fields[][2] = {
	{ 8, 4 },   /* source address */
	{ 12, 4 },  /* destination address */
	{ 15, 4 },  /* next hop */
	{ 18, 4 },  /* BGP next hop */
	{ 10, 4 },  /* input interface */
	{ 14, 4 },  /* output interface */
	{ 2, 8 },   /* packets */
	{ 1, 8 },   /* octets */
	{ 22, 4 },  /* first switched */
	{ 21, 4 },  /* last switched */
	{ 7, 2 },   /* source port */
	{ 11, 2 },  /* destination port */
	{ 16, 4 },  /* source ASN */
	{ 17, 4 },  /* destination ASN */
	{ 243, 2 }, /* VLAN */
	{ 245, 2 }, /* customer VLAN */
	{ 34, 2 },  /* sampling interval */
	{ 32, 2 },  /* ICMP type and code */
	{ 6, 1 },   /* TCP flags */
	{ 4, 1 },   /* protocol */
	{ 5, 1 },   /* type of service */
	{ 9, 1 },   /* source mask */
	{ 13, 1 },  /* destination mask */
	{ 52, 1 },  /* smallest TTL */
	{ 53, 1 },  /* largest TTL */
	{ 60, 1 },  /* IP version */
	{ 61, 1 },  /* direction */
};

void v9_put(struct v9_out *o, uint64_t value, size_t len)
{
	uint64_t big = htobe64(value);
	memcpy(o->b + o->len, (const uint8_t *)&big + 8 - len, len);
	o->len += len;
}

void v9_put_header(struct v9_out *o, const struct v9_header *header)
{
	v9_put(o, 9, 2);
	v9_put(o, header->count, 2);
	v9_put(o, UPTIME_MS, 4);
	v9_put(o, header->seconds, 4);
	v9_put(o, header->sequence, 4);
	v9_put(o, header->source_id, 4);
}

size_t v9_template_len(void)
{
	return 8 + 4 * ARRAY_LEN(fields);
}

void v9_put_template(struct v9_out *o)
{
	v9_put(o, 0, 2);
	v9_put(o, v9_template_len(), 2);
	v9_put(o, TEMPLATE_ID, 2);
	v9_put(o, ARRAY_LEN(fields), 2);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		v9_put(o, fields[i][0], 2);
		v9_put(o, fields[i][1], 2);
	}
}

static size_t padding(unsigned count)
{
	return (4 - count * V9_RECORD % 4) % 4;
}

size_t v9_set_len(unsigned count)
{
	return 4 + count * V9_RECORD + padding(count);
}

void v9_put_set(struct v9_out *o, unsigned count)
{
	v9_put(o, TEMPLATE_ID, 2);
	v9_put(o, v9_set_len(count), 2);
}

void v9_put_padding(struct v9_out *o, unsigned count)
{
	v9_put(o, 0, padding(count));
}

/* splitmix64: a number to a well-mixed one (Steele, Lea, Flood, 2014). */
uint64_t v9_mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint64_t v9_draw_flow(uint64_t random, uint64_t flows)
{
	double u = (double)(random >> 11) * 0x1p-53;
	uint64_t flow = (uint64_t)exp(u * log((double)flows + 1)) - 1;
	return flow < flows ? flow : flows - 1;
}

void v9_put_record(struct v9_out *o, uint64_t flow, uint64_t random)
{
	static const uint8_t protocols[] = { 6, 6, 6, 6, 6, 17, 17, 17, 1, 50 };
	uint64_t a = v9_mix(flow), b = v9_mix(a), c = v9_mix(b);
	uint8_t protocol = protocols[c % ARRAY_LEN(protocols)];
	uint64_t packets = 1 + (random & 15);
	uint32_t age_ms = (uint32_t)(random >> 8 & 0xffff);
	uint32_t duration_ms = (uint32_t)(random >> 24 & 0x3fff);

	v9_put(o, 0x0a000000 | (a & 0x3fffff), 4);
	v9_put(o, 0xc6000000 | (a >> 24 & 0xffffff), 4);
	v9_put(o, 0xc0000200 | (b & 15), 4);
	v9_put(o, 0xc0000300 | (b >> 4 & 15), 4);
	v9_put(o, 500 + (b >> 8 & 31), 4);
	v9_put(o, 500 + (b >> 13 & 31), 4);
	v9_put(o, packets, 8);
	v9_put(o, packets * (64 + (random >> 40) % 1400), 8);
	v9_put(o, UPTIME_MS - age_ms - duration_ms, 4);
	v9_put(o, UPTIME_MS - age_ms, 4);
	v9_put(o, protocol == 6 || protocol == 17 ? 1024 + (c >> 8) % 60000 : 0, 2);
	v9_put(o, protocol == 6 || protocol == 17 ? (c >> 32 & 3 ? 443 : 53) : 0, 2);
	v9_put(o, 64496 + (b >> 18 & 1023), 4);
	v9_put(o, 64496 + (b >> 28 & 1023), 4);
	v9_put(o, 100 + (b >> 38 & 7), 2);
	v9_put(o, 200 + (b >> 41 & 7), 2);
	v9_put(o, 4096, 2);
	v9_put(o, protocol == 1 ? 0x0800 : 0, 2);
	v9_put(o, protocol == 6 ? 0x10 | (random >> 60 & 0xb) : 0, 1);
	v9_put(o, protocol, 1);
	v9_put(o, b >> 44 & 1 ? 0xb8 : 0, 1);
	v9_put(o, 24, 1);
	v9_put(o, 22, 1);
	v9_put(o, 50 + (random >> 56 & 3), 1);
	v9_put(o, 60 + (random >> 58 & 3), 1);
	v9_put(o, 4, 1);
	v9_put(o, b >> 45 & 1, 1);
}
