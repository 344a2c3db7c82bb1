/* make_capture: writes a pcap of NetFlow v9 datagrams, as an edge router would send them.
 *
 *     make_capture FILE [RECORDS [FLOWS [SECONDS [SEED]]]]
 *
 * Records of v9.h; flow number r of FLOWS has the popularity 1/r (log-uniform).  The datagrams are
 * spread evenly over SECONDS from a full minute on.  The template comes first and every
 * TEMPLATE_EVERY datagrams.  The same arguments give the same file. */
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "v9.h"

enum {
	TEMPLATE_EVERY = 4096,
	EXPORT_TIME = 1767225600, /* 2026-01-01T00:00:00Z */
	SOURCE_ID = 100,
};

static void put_little(struct v9_out *o, uint32_t value)
{
	uint32_t little = htole32(value);
	memcpy(o->b + o->len, &little, 4);
	o->len += 4;
}

static void put_headers(struct v9_out *o, uint32_t payload)
{
	v9_put(o, UINT64_C(0x0200000000020200), 8);
	v9_put(o, UINT64_C(0x000000010800), 6);
	v9_put(o, 0x4500, 2);
	v9_put(o, 20 + 8 + payload, 2);
	v9_put(o, 0x00004000, 4);
	v9_put(o, 0x40110000, 4);
	v9_put(o, 0xc0000201, 4); /* 192.0.2.1 */
	v9_put(o, 0xc0000202, 4);
	v9_put(o, 40000, 2);
	v9_put(o, 2055, 2);
	v9_put(o, 8 + payload, 2);
	v9_put(o, 0, 2);
}

static void put_v9_header(struct v9_out *o, unsigned count, uint64_t at_ns, uint32_t sequence)
{
	v9_put_header(o,
	              &(struct v9_header){ .count = count,
	                                   .seconds = (uint32_t)(EXPORT_TIME + at_ns / 1000000000),
	                                   .sequence = sequence,
	                                   .source_id = SOURCE_ID });
}

static void write_packet(FILE *file, const struct v9_out *packet, uint64_t at_ns)
{
	struct v9_out head = { .len = 0 };
	put_little(&head, (uint32_t)(EXPORT_TIME + at_ns / 1000000000));
	put_little(&head, (uint32_t)(at_ns % 1000000000));
	put_little(&head, (uint32_t)packet->len);
	put_little(&head, (uint32_t)packet->len);
	fwrite(head.b, head.len, 1, file);
	fwrite(packet->b, packet->len, 1, file);
}

static void write_template(FILE *file, uint64_t at_ns, uint32_t sequence)
{
	struct v9_out o = { .len = 0 };
	put_headers(&o, (uint32_t)(V9_HEADER + v9_template_len()));
	put_v9_header(&o, 1, at_ns, sequence);
	v9_put_template(&o);
	write_packet(file, &o, at_ns);
}

struct plan {
	uint64_t records, flows, seconds, seed;
};

static void write_data(FILE *file, const struct plan *p, uint64_t first, uint64_t at_ns,
                       uint32_t sequence)
{
	struct v9_out o = { .len = 0 };
	uint64_t left = p->records - first;
	unsigned count = left < V9_PER_DATAGRAM ? (unsigned)left : V9_PER_DATAGRAM;
	put_headers(&o, (uint32_t)(V9_HEADER + v9_set_len(count)));
	put_v9_header(&o, count, at_ns, sequence);
	v9_put_set(&o, count);
	for (unsigned i = 0; i < count; i++) {
		uint64_t random = v9_mix(p->seed + 2 * (first + i));
		uint64_t flow = v9_draw_flow(v9_mix(p->seed + 2 * (first + i) + 1), p->flows);
		v9_put_record(&o, flow, random);
	}
	v9_put_padding(&o, count);
	write_packet(file, &o, at_ns);
}

static void write_capture(FILE *file, const struct plan *p)
{
	static const uint32_t header[6] = { 0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535, 1 };
	struct v9_out o = { .len = 0 };
	for (size_t i = 0; i < ARRAY_LEN(header); i++)
		put_little(&o, header[i]);
	fwrite(o.b, o.len, 1, file);

	uint64_t datagrams = (p->records + V9_PER_DATAGRAM - 1) / V9_PER_DATAGRAM;
	uint32_t sequence = 0;
	for (uint64_t i = 0; i < datagrams; i++) {
		uint64_t at_ns = p->seconds * 1000000000 / datagrams * i;
		if (i % TEMPLATE_EVERY == 0)
			write_template(file, at_ns, sequence++);
		write_data(file, p, i * V9_PER_DATAGRAM, at_ns, sequence++);
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
