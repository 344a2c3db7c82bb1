/* ring_file: the file behind a ring, for ring.c and recovery.c.
 *
 *    0        ┌─────────────────┐
 *             │ ring_file_head  │ who, how large, from which position
 *    64 KiB   ├─────────────────┤
 *             │ record, record, │ the record of position p at remainder p / size
 *             │ …               │
 *             └─────────────────┘ 64 KiB + size
 *
 * Behind the records' end their beginning is mapped once more, so that a record or a burst of slots
 * which runs over the end of the ring is contiguous in memory all the same.
 *
 * A record is a ring_head and its payload, padded to 16 octets with what stood there before; the
 * next one stands behind it.  A head bears its position XORed with the file's key, a random number
 * that no sender learns: so nothing that came over the network is ever taken for a record, wherever
 * it comes to lie, nor is a record of an earlier file in the same blocks.  The checksum covers
 * everything behind itself, padding included.  Numbers are in the machine's own order: a ring is
 * read where it was written. */
#pragma once

#include "collector/journal/ring.h"

enum {
	RING_UNIT = 16,          /* octets, to which records are aligned */
	RING_DATA_AT = 64 << 10, /* a multiple of the page size of every Linux */
};

/* How far anything can run over the end: the longest burst, in pages of any Linux. */
#define RING_OVER ((UINT64_C(1) * BURST_SLOTS * RING_RECORD_MAX / RING_DATA_AT + 1) * RING_DATA_AT)

/* Positions that can come up in practice (36 years at 8 GB/s); so sums of them do not overflow. */
#define RING_POSITION_MAX (UINT64_C(1) << 63)

struct ring_head {
	uint64_t position; /* XOR the file's key */
	uint64_t checksum;
	struct ip from;
	int64_t arrival;
	uint16_t len;
	uint16_t port;
	uint16_t listener;
	uint16_t kind;
};

struct ring_file {
	uint8_t *data; /* size octets, and the first RING_OVER (or size) of them again */
	uint64_t size;
	uint64_t start;
	uint64_t key;
	uint64_t (*sum)(const void *octets, size_t units, uint64_t seed);
	int fd;
	uint16_t worker;
};

/* Both leave nothing behind when they fail. */
MUST_CHECK bool ring_file_create(const struct ring_config *config, struct ring_file *ret,
                                 struct err *e);

/* For reading alone.  Refuses, each with a sentence of its own: what is not a ring, is of a newer
 * format, has a damaged header, is another workspace's, or is not as long as its header says. */
MUST_CHECK bool ring_file_open(const char *path, const uint8_t workspace[16], struct ring_file *ret,
                               struct err *e);

void ring_file_close(struct ring_file *file);

/* Octets that a record with a payload of len takes. */
static inline size_t ring_span(size_t len)
{
	return sizeof(struct ring_head) + (len + RING_UNIT - 1) / RING_UNIT * RING_UNIT;
}

/* Where a position is in memory; RING_OVER octets (or size) from there on are contiguous. */
static inline struct ring_head *ring_file_at(const struct ring_file *file, uint64_t position)
{
	return (struct ring_head *)(file->data + (position & (file->size - 1)));
}

static inline uint64_t ring_head_sum(const struct ring_file *file, const struct ring_head *head)
{
	size_t covered = ring_span(head->len) - offsetof(struct ring_head, from);
	return file->sum(&head->from, covered / RING_UNIT, head->position);
}

/* Whether a record of this position stands there and is whole. */
bool ring_file_holds(const struct ring_file *file, uint64_t position);

/* The record at a position, which must be there. */
struct ring_record ring_file_record(const struct ring_file *file, uint64_t position);
