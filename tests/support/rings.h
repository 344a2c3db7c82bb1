/* rings: a ring in a temporary directory, and records whose every octet follows from a number. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/journal/recovery.h"
#include "collector/journal/ring.h"
#include "support/unit.h"

enum { RECORD_HEAD = 48 }; /* octets, as ring_file.h draws it */

struct ring_place {
	char dir[64];
	char path[80];
};

static const uint8_t test_workspace[16] = { 0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
	                                    0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };

static inline void place_make(struct ring_place *place)
{
	snprintf(place->dir, sizeof place->dir, "/tmp/weir-ring-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	snprintf(place->path, sizeof place->path, "%s/0.ring", place->dir);
}

static inline void place_clear(const struct ring_place *place)
{
	unlink(place->path);
	assert_int_equal(rmdir(place->dir), 0); /* nothing else was left there */
}

static inline struct ring *place_ring(const struct ring_place *place, uint64_t size, uint64_t start)
{
	struct ring_config config = {
		.path = place->path, .size = size, .start = start, .worker = 3
	};
	memcpy(config.workspace, test_workspace, sizeof config.workspace);
	struct err e = { 0 };
	struct ring *ring = ring_create(&config, &e);
	assert_string_equal(e.text, "");
	assert_non_null(ring);
	return ring;
}

static inline struct recovery *place_recovery(const struct ring_place *place, uint64_t from)
{
	struct err e = { 0 };
	struct recovery *recovery = recovery_open(place->path, test_workspace, from, &e);
	assert_string_equal(e.text, "");
	assert_non_null(recovery);
	return recovery;
}

/* What a record takes of the ring: a head, and the payload in units of 16. */
static inline uint64_t span_of(uint32_t len)
{
	return RECORD_HEAD + (len + 15) / 16 * 16;
}

/* The octets of record `number`: no two records have the same, nor does one repeat itself. */
static inline void payload_make(uint8_t *to, uint32_t len, uint64_t number)
{
	uint64_t x = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
	for (uint32_t i = 0; i < len; i += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(to + i, &x, len - i < 8 ? len - i : 8);
	}
}

/* Puts record `number` into a slot, as receiving would. */
static inline void slot_fill(struct burst_slot *slot, uint32_t len, uint64_t number)
{
	static uint8_t payload[RING_PAYLOAD_MAX + 1];
	payload_make(payload, len, number);
	size_t first = len < slot->iov[0].iov_len ? len : slot->iov[0].iov_len;
	assert_true(len - first <= slot->iov[1].iov_len);
	memcpy(slot->iov[0].iov_base, payload, first);
	memcpy(slot->iov[1].iov_base, payload + first, len - first);
	slot->len = len;
	slot->arrival = (int64_t)number;
	slot->port = (uint16_t)(number * 7);
	slot->kind = (enum burst_kind)(1 + number % 3);
	slot->from = (struct ip){ { 0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)number } };
}

static inline void assert_record(const struct ring_record *record, uint32_t len, uint64_t number)
{
	static uint8_t payload[RING_PAYLOAD_MAX + 1];
	payload_make(payload, len, number);
	struct ip from = { { 0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)number } };
	assert_int_equal(record->arrival, number);
	assert_int_equal(record->kind, 1 + number % 3);
	assert_int_equal(record->len, len);
	assert_int_equal(record->port, (uint16_t)(number * 7));
	assert_true(ip_equal(&record->from, &from));
	assert_memory_equal(record->payload, payload, len);
}

/* Takes a burst of records of these lengths, numbered from `number`; there must be room. */
static inline void ring_write(struct ring *ring, const uint32_t *lens, size_t count,
                              uint64_t number, uint16_t listener)
{
	struct burst_slot slots[BURST_SLOTS];
	assert_int_equal(ring_offer(ring, slots, count), count);
	for (size_t i = 0; i < count; i++)
		slot_fill(&slots[i], lens[i], number + i);
	ring_take(ring, slots, count, listener);
}
