/* v9: the NetFlow v9 datagrams that the benches are run with, as an edge router would send them.
 *
 * Records of 77 octets and 27 fields, V9_PER_DATAGRAM to a datagram.  Everything but counts, flags
 * and times of a record is fixed by its flow's number, so that two records of one flow in one
 * minute are one row.  The same numbers give the same octets. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	V9_PER_DATAGRAM = 18,
	V9_RECORD = 77,
	V9_HEADER = 20,
	V9_TEMPLATE_MAX = 256, /* octets of a template datagram, and more */
	V9_DATA_MAX = 1412,    /* octets of a data datagram of V9_PER_DATAGRAM records */
	V9_ROOM = 2048,
};

struct v9_out {
	uint8_t b[V9_ROOM];
	size_t len;
};

/* What a datagram's header tells, RFC 3954 section 5.1. */
struct v9_header {
	unsigned count;
	uint32_t seconds; /* since 1970 */
	uint32_t sequence;
	uint32_t source_id;
};

/* Appends `len` octets of value, most significant first. */
void v9_put(struct v9_out *o, uint64_t value, size_t len);

void v9_put_header(struct v9_out *o, const struct v9_header *header);

/* The template's set. */
void v9_put_template(struct v9_out *o);
size_t v9_template_len(void);

/* The head of a set of `count` records; then the records, then v9_put_padding. */
void v9_put_set(struct v9_out *o, unsigned count);
void v9_put_record(struct v9_out *o, uint64_t flow, uint64_t random);
void v9_put_padding(struct v9_out *o, unsigned count);
size_t v9_set_len(unsigned count); /* all of it */

/* A number to a well-mixed one. */
uint64_t v9_mix(uint64_t x);

/* A flow number below `flows` from a well-mixed one; number r has a probability proportional to
 * 1/(r + 1) (log-uniform). */
uint64_t v9_draw_flow(uint64_t random, uint64_t flows);
