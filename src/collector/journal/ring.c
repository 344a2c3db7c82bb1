#include "collector/journal/ring.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collector/journal/ring_file.h"

enum {
	CACHE_LINE = 64,
	STRIDE = sizeof(struct ring_head) + RING_SLOT, /* from slot to slot */
	SPILL = RING_PAYLOAD_MAX - RING_SLOT,          /* of a datagram, behind its slot */
};

struct ring {
	struct ring_file file;
	uint8_t *spill; /* BURST_SLOTS x SPILL octets */

	/* the writer's */
	alignas(CACHE_LINE) _Atomic uint64_t written;
	size_t offered;

	/* the reader's */
	alignas(CACHE_LINE) _Atomic uint64_t released;
	uint64_t next; /* the reader's position */
	uint64_t seen; /* the last `written` that it looked up */
};

struct ring *ring_create(const struct ring_config *config, struct err *e)
{
	struct ring *ring = aligned_alloc(alignof(struct ring), sizeof *ring);
	void *spill = mmap(NULL, (size_t)BURST_SLOTS * SPILL, PROT_READ | PROT_WRITE,
	                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!ring || spill == MAP_FAILED) {
		err_set(e, ERR_NOMEM, "no memory for a ring");
		goto fail;
	}
	*ring = (struct ring){ .spill = spill,
		               .written = config->start,
		               .released = config->start,
		               .next = config->start,
		               .seen = config->start };
	if (!ring_file_create(config, &ring->file, e))
		goto fail;
	return ring;

fail:
	if (spill != MAP_FAILED)
		munmap(spill, (size_t)BURST_SLOTS * SPILL);
	free(ring);
	return NULL;
}

void ring_close(struct ring *ring)
{
	if (!ring)
		return;
	munmap(ring->spill, (size_t)BURST_SLOTS * SPILL);
	ring_file_close(&ring->file);
	free(ring);
}

size_t ring_offer(struct ring *ring, struct burst_slot *slots, size_t want)
{
	uint64_t at = atomic_load_explicit(&ring->written, memory_order_relaxed);
	uint64_t released = atomic_load_explicit(&ring->released, memory_order_acquire);
	uint64_t count = (ring->file.size - (at - released)) / RING_RECORD_MAX;
	if (count > want)
		count = want;
	if (count > BURST_SLOTS)
		count = BURST_SLOTS;
	uint8_t *base = (uint8_t *)ring_file_at(&ring->file, at) + sizeof(struct ring_head);
	for (size_t i = 0; i < count; i++) {
		slots[i].iov[0] = (struct iovec){ base + i * STRIDE, RING_SLOT };
		slots[i].iov[1] = (struct iovec){ ring->spill + i * SPILL, SPILL };
		slots[i].kind = BURST_DATAGRAM;
	}
	ring->offered = count;
	return count;
}

/* Octets of a datagram that lie in its slot. */
static size_t in_slot(const struct burst_slot *slot)
{
	return slot->len < RING_SLOT ? slot->len : RING_SLOT;
}

/* Where the writer is: a position, and its place in memory.  While a burst is packed the place only
 * moves on, over the end of the ring where need be, so that it can be compared with the slots'. */
struct pen {
	uint64_t position;
	struct ring_head *head;
};

static void pen_move(struct pen *pen, size_t len)
{
	size_t span = ring_span(len);
	pen->position += span;
	pen->head = (struct ring_head *)((uint8_t *)pen->head + span);
}

/* Makes a record of the payload that already stands behind the head. */
static void seal(const struct ring *ring, struct pen pen, const struct burst_slot *slot,
                 uint16_t listener)
{
	*pen.head = (struct ring_head){
		.position = pen.position ^ ring->file.key,
		.from = slot->from,
		.arrival = slot->arrival,
		.len = (uint16_t)slot->len,
		.port = slot->port,
		.listener = listener,
		.kind = (uint16_t)slot->kind,
	};
	pen.head->checksum = ring_head_sum(&ring->file, pen.head);
}

/* Packs slots up to the first datagram that is longer than a slot; returns how many.  Every record
 * ends before the next slot begins, so that they can be moved one after the other. */
static size_t pack_short(const struct ring *ring, struct pen *pen, const struct burst_slot *slots,
                         size_t count, uint16_t listener)
{
	size_t n = 0;
	for (; n < count && slots[n].len <= RING_SLOT; n++) {
		memmove(pen->head + 1, slots[n].iov[0].iov_base, slots[n].len);
		seal(ring, *pen, &slots[n], listener);
		pen_move(pen, slots[n].len);
	}
	return n;
}

/* Packs slots some of whose datagrams are longer, so that records may come to lie where later slots
 * are: what moves to the front goes first, in order, then what moves to the back, the last one
 * first.  Only then is there room for heads and for what lies in the spill. */
static void pack_long(const struct ring *ring, struct pen *pen, const struct burst_slot *slots,
                      size_t count, uint16_t listener)
{
	struct pen at[BURST_SLOTS];
	for (size_t i = 0; i < count; i++) {
		at[i] = *pen;
		pen_move(pen, slots[i].len);
	}
	for (size_t i = 0; i < count; i++)
		if ((void *)(at[i].head + 1) <= slots[i].iov[0].iov_base)
			memmove(at[i].head + 1, slots[i].iov[0].iov_base, in_slot(&slots[i]));
	for (size_t i = count; i-- > 0;)
		if ((void *)(at[i].head + 1) > slots[i].iov[0].iov_base)
			memmove(at[i].head + 1, slots[i].iov[0].iov_base, in_slot(&slots[i]));
	for (size_t i = 0; i < count; i++) {
		size_t first = in_slot(&slots[i]);
		memcpy((uint8_t *)(at[i].head + 1) + first, slots[i].iov[1].iov_base,
		       slots[i].len - first);
		seal(ring, at[i], &slots[i], listener);
	}
}

void ring_take(struct ring *ring, const struct burst_slot *slots, size_t count, uint16_t listener)
{
	assert(count <= ring->offered);
	for (size_t i = 0; i < count; i++)
		assert(slots[i].len <= RING_PAYLOAD_MAX);
	struct pen pen = { .position = atomic_load_explicit(&ring->written, memory_order_relaxed) };
	pen.head = ring_file_at(&ring->file, pen.position);
	size_t n = pack_short(ring, &pen, slots, count, listener);
	if (n < count)
		pack_long(ring, &pen, slots + n, count - n, listener);
	ring->offered = 0;
	atomic_store_explicit(&ring->written, pen.position, memory_order_release);
}

bool ring_next(struct ring *ring, struct ring_record *ret)
{
	if (ring->next == ring->seen)
		ring->seen = atomic_load_explicit(&ring->written, memory_order_acquire);
	if (ring->next == ring->seen)
		return false;
	assert((ring_file_at(&ring->file, ring->next)->position ^ ring->file.key) == ring->next);
	*ret = ring_file_record(&ring->file, ring->next);
	ring->next = ret->end;
	return true;
}

uint64_t ring_position(const struct ring *ring)
{
	return ring->next;
}

void ring_release(struct ring *ring, uint64_t position)
{
	assert(position <= ring->next);
	assert(position >= atomic_load_explicit(&ring->released, memory_order_relaxed));
	atomic_store_explicit(&ring->released, position, memory_order_release);
}

/* Released is looked up last and may have overtaken what was written then. */
uint64_t ring_used(const struct ring *ring)
{
	uint64_t written = atomic_load_explicit(&ring->written, memory_order_acquire);
	uint64_t released = atomic_load_explicit(&ring->released, memory_order_acquire);
	return written > released ? written - released : 0;
}

unsigned ring_percent(const struct ring *ring)
{
	return (unsigned)(ring_used(ring) * 100 / ring->file.size);
}

bool ring_sync(struct ring *ring, struct err *e)
{
	return fdatasync(ring->file.fd) == 0 ||
	       err_set(e, ERR_IO, "cannot write back the ring: %s", strerror(errno));
}
