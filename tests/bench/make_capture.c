/* make_capture: writes a pcap of NetFlow v9 datagrams, as an edge router would send them.
 *
 *     make_capture FILE [RECORDS [FLOWS [SECONDS [SEED]]]]
 *
 * Records of 77 octets and 27 fields, 18 to a datagram; flow number r of FLOWS has the popularity
 * 1/r (log-uniform), and everything but counts, flags and times is fixed by the flow's number, so
 * that two records of one flow in one minute are one row.  The datagrams are spread evenly over
 * SECONDS from a full minute on.  The template comes first and every TEMPLATE_EVERY datagrams.
 * The same arguments give the same file. */
#include <endian.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"

enum {
	PER_DATAGRAM = 18,
	RECORD = 77,
	TEMPLATE_EVERY = 4096,
	TEMPLATE_ID = 256,
	EXPORT_TIME = 1767225600, /* 2026-01-01T00:00:00Z */
	UPTIME_MS = 86400000,
};

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

struct out {
	uint8_t b[2048];
	size_t len;
};

static void put(struct out *o, uint64_t value, size_t len)
{
	uint64_t big = htobe64(value);
	memcpy(o->b + o->len, (const uint8_t *)&big + 8 - len, len);
	o->len += len;
}

static void put_little(struct out *o, uint32_t value)
{
	uint32_t little = htole32(value);
	memcpy(o->b + o->len, &little, 4);
	o->len += 4;
}

/* splitmix64: a number to a well-mixed one (Steele, Lea, Flood, 2014). */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* A flow number from 0 up, number r with probability proportional to 1/(r + 1). */
static uint64_t draw_flow(uint64_t random, uint64_t flows)
{
	double u = (double)(random >> 11) * 0x1p-53;
	uint64_t flow = (uint64_t)exp(u * log((double)flows + 1)) - 1;
	return flow < flows ? flow : flows - 1;
}

static void put_record(struct out *o, uint64_t flow, uint64_t random)
{
	static const uint8_t protocols[] = { 6, 6, 6, 6, 6, 17, 17, 17, 1, 50 };
	uint64_t a = mix(flow), b = mix(a), c = mix(b);
	uint8_t protocol = protocols[c % ARRAY_LEN(protocols)];
	uint64_t packets = 1 + (random & 15);
	uint32_t age_ms = (uint32_t)(random >> 8 & 0xffff);
	uint32_t duration_ms = (uint32_t)(random >> 24 & 0x3fff);

	put(o, 0x0a000000 | (a & 0x3fffff), 4);
	put(o, 0xc6000000 | (a >> 24 & 0xffffff), 4);
	put(o, 0xc0000200 | (b & 15), 4);
	put(o, 0xc0000300 | (b >> 4 & 15), 4);
	put(o, 500 + (b >> 8 & 31), 4);
	put(o, 500 + (b >> 13 & 31), 4);
	put(o, packets, 8);
	put(o, packets * (64 + (random >> 40) % 1400), 8);
	put(o, UPTIME_MS - age_ms - duration_ms, 4);
	put(o, UPTIME_MS - age_ms, 4);
	put(o, protocol == 6 || protocol == 17 ? 1024 + (c >> 8) % 60000 : 0, 2);
	put(o, protocol == 6 || protocol == 17 ? (c >> 32 & 3 ? 443 : 53) : 0, 2);
	put(o, 64496 + (b >> 18 & 1023), 4);
	put(o, 64496 + (b >> 28 & 1023), 4);
	put(o, 100 + (b >> 38 & 7), 2);
	put(o, 200 + (b >> 41 & 7), 2);
	put(o, 4096, 2);
	put(o, protocol == 1 ? 0x0800 : 0, 2);
	put(o, protocol == 6 ? 0x10 | (random >> 60 & 0xb) : 0, 1);
	put(o, protocol, 1);
	put(o, b >> 44 & 1 ? 0xb8 : 0, 1);
	put(o, 24, 1);
	put(o, 22, 1);
	put(o, 50 + (random >> 56 & 3), 1);
	put(o, 60 + (random >> 58 & 3), 1);
	put(o, 4, 1);
	put(o, b >> 45 & 1, 1);
}

static void put_headers(struct out *o, uint32_t payload)
{
	put(o, UINT64_C(0x0200000000020200), 8);
	put(o, UINT64_C(0x000000010800), 6);
	put(o, 0x4500, 2);
	put(o, 20 + 8 + payload, 2);
	put(o, 0x00004000, 4);
	put(o, 0x40110000, 4);
	put(o, 0xc0000201, 4); /* 192.0.2.1 */
	put(o, 0xc0000202, 4);
	put(o, 40000, 2);
	put(o, 2055, 2);
	put(o, 8 + payload, 2);
	put(o, 0, 2);
}

/* RFC 3954 section 5.1 */
static void put_v9_header(struct out *o, unsigned count, uint64_t at_ns, uint32_t sequence)
{
	put(o, 9, 2);
	put(o, count, 2);
	put(o, UPTIME_MS, 4);
	put(o, EXPORT_TIME + at_ns / 1000000000, 4);
	put(o, sequence, 4);
	put(o, 100, 4);
}

static void write_packet(FILE *file, const struct out *packet, uint64_t at_ns)
{
	struct out head = { .len = 0 };
	put_little(&head, (uint32_t)(EXPORT_TIME + at_ns / 1000000000));
	put_little(&head, (uint32_t)(at_ns % 1000000000));
	put_little(&head, (uint32_t)packet->len);
	put_little(&head, (uint32_t)packet->len);
	fwrite(head.b, head.len, 1, file);
	fwrite(packet->b, packet->len, 1, file);
}

static void write_template(FILE *file, uint64_t at_ns, uint32_t sequence)
{
	struct out o = { .len = 0 };
	uint32_t set = 8 + 4 * ARRAY_LEN(fields);
	put_headers(&o, 20 + set);
	put_v9_header(&o, 1, at_ns, sequence);
	put(&o, 0, 2);
	put(&o, set, 2);
	put(&o, TEMPLATE_ID, 2);
	put(&o, ARRAY_LEN(fields), 2);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		put(&o, fields[i][0], 2);
		put(&o, fields[i][1], 2);
	}
	write_packet(file, &o, at_ns);
}

struct plan {
	uint64_t records, flows, seconds, seed;
};

static void write_data(FILE *file, const struct plan *p, uint64_t first, uint64_t at_ns,
                       uint32_t sequence)
{
	struct out o = { .len = 0 };
	uint64_t left = p->records - first;
	unsigned count = left < PER_DATAGRAM ? (unsigned)left : PER_DATAGRAM;
	uint32_t pad = (4 - count * RECORD % 4) % 4;
	uint32_t set = 4 + count * RECORD + pad;
	put_headers(&o, 20 + set);
	put_v9_header(&o, count, at_ns, sequence);
	put(&o, TEMPLATE_ID, 2);
	put(&o, set, 2);
	for (unsigned i = 0; i < count; i++) {
		uint64_t random = mix(p->seed + 2 * (first + i));
		uint64_t flow = draw_flow(mix(p->seed + 2 * (first + i) + 1), p->flows);
		put_record(&o, flow, random);
	}
	put(&o, 0, pad);
	write_packet(file, &o, at_ns);
}

static void write_capture(FILE *file, const struct plan *p)
{
	static const uint32_t header[6] = { 0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535, 1 };
	struct out o = { .len = 0 };
	for (size_t i = 0; i < ARRAY_LEN(header); i++)
		put_little(&o, header[i]);
	fwrite(o.b, o.len, 1, file);

	uint64_t datagrams = (p->records + PER_DATAGRAM - 1) / PER_DATAGRAM;
	uint32_t sequence = 0;
	for (uint64_t i = 0; i < datagrams; i++) {
		uint64_t at_ns = p->seconds * 1000000000 / datagrams * i;
		if (i % TEMPLATE_EVERY == 0)
			write_template(file, at_ns, sequence++);
		write_data(file, p, i * PER_DATAGRAM, at_ns, sequence++);
	}
}

static uint64_t number(int argc, char **argv, int i, uint64_t otherwise)
{
	return argc > i ? strtoull(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	struct plan p = {
		.records = number(argc, argv, 2, 10000000),
		.flows = number(argc, argv, 3, 1000000),
		.seconds = number(argc, argv, 4, 60),
		.seed = number(argc, argv, 5, 1),
	};
	if (argc < 2 || argc > 6 || !p.records || !p.flows || !p.seconds) {
		fprintf(stderr, "usage: %s FILE [RECORDS [FLOWS [SECONDS [SEED]]]]\n", argv[0]);
		return 2;
	}
	FILE *file = fopen(argv[1], "wb");
	if (!file) {
		perror(argv[1]);
		return 1;
	}
	setvbuf(file, NULL, _IOFBF, 1 << 20);
	write_capture(file, &p);
	bool failed = ferror(file);
	if (fclose(file) != 0 || failed) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
