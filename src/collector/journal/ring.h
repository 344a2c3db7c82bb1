/* ring: what a worker has received and not yet stored.
 *
 * Each worker owns one ring, a file that is reserved, prefaulted and mapped when the collector
 * starts.  Datagrams are received straight into it, and it is two things at once:
 *
 *  - the queue between receiving and decoding: while decoding or storing stalls, the ring fills
 *    and no datagram is lost;
 *  - the crash log: what reached the ring is still in the file when the program was killed, and is
 *    read again from the last committed position (recovery.h).
 *
 * Positions are octets since the first ring of the worker; they only grow, and one never repeats,
 * not in the next lap and not in a ring that replaces this one.  So a position is a place (its
 * remainder by the size) and a generation at once.  A record stands at a multiple of 16 octets and
 * says its own position, so that a record of an earlier lap is never taken for a newer one.  The
 * record formats and the file's header are in ring_file.h.
 *
 * One life of a datagram:
 *
 *    ring_offer ──► recvmmsg ──► ring_take ──► ring_next … decode … commit ──► ring_release
 *    slots to       fills        packs, sums,   borrowed until released         may be overwritten
 *    receive into   them         publishes
 *
 * Threads: a ring has one writer (ring_offer, ring_take) and one reader (ring_next, ring_position,
 * ring_release), which may be two threads; they share two counters and no lock.  ring_used and
 * ring_percent may be called from anywhere; ring_sync too, from one thread at a time.
 *
 * Full: an offer counts every slot as if the longest datagram arrived in it, so that ring_take
 * always has room; less than RING_RECORD_MAX octets of a full ring stay unused.
 *
 * What survives: the death of the program, however sudden, costs nothing that ring_take had
 * returned from; the kernel keeps the pages.  A power cut costs what the kernel had not yet
 * written back (by default some 30 s), unless ring_sync was called; since pages are written back
 * in any order, what is left may have holes, which recovery reports.  A disk that fails under the
 * map, or a file that someone shortens, kills the program with SIGBUS.
 *
 * Cost: 70 ns a datagram of 1400 octets beside receiving it, of which the checksum is 9 ns;
 * and on a disk 1 to 4 us for the first write to a page of 4 KiB after the kernel has written it
 * back, which happens to every page at most once in some 30 s (tests/bench/bench_ring.c).
 *
 * Bounds: the file has its size + 64 KiB and never grows; its pages may all be in memory.  Beside
 * it a ring maps BURST_SLOTS x (65535 - 2048) octets, 4 MB, for what is longer than a slot; they
 * are touched only as far as such datagrams come.  Nothing is allocated after ring_create. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/packet/burst.h"

#define RING_SIZE_MIN (UINT64_C(4) << 20)
#define RING_SIZE_MAX (UINT64_C(64) << 30)

enum {
	RING_SLOT = 2048,         /* octets of a datagram that are received in place */
	RING_PAYLOAD_MAX = 65535, /* octets; an IPFIX message of any transport fits */
	RING_RECORD_MAX = 65584,  /* octets that a record takes, header and padding included */
};

/* One record, borrowed from the ring (until it is released) or from the recovery. */
struct ring_record {
	uint64_t end;    /* the position behind it: commit this, then release it */
	int64_t arrival; /* ticks */
	struct ip from;
	uint16_t port;
	uint16_t listener; /* as given to ring_take */
	enum burst_kind kind;
	uint32_t len;
	const uint8_t *payload;
};

struct ring_config {
	const char *path;
	uint64_t size;  /* octets: a power of two, RING_SIZE_MIN to RING_SIZE_MAX */
	uint64_t start; /* where positions begin: the end of the ring that it replaces, or 0 */
	uint16_t worker;
	uint8_t workspace[16]; /* uuid */
};

/* Makes a ring and replaces what stands at its path, which must have been recovered and committed
 * by then.  The file and its name are durable when this returns.  All its room is reserved: a full
 * disk is an error here and never later (on a file system that overwrites in place). */
MUST_CHECK struct ring *ring_create(const struct ring_config *config, struct err *e);

/* Unmaps it; the file stays, with everything that was taken.  NULL is fine. */
void ring_close(struct ring *ring);

/* Removes a ring's file durably; one that is not there is fine. */
MUST_CHECK bool ring_remove(const char *path, struct err *e);

/* Gives up to `want` (at most BURST_SLOTS) slots to receive into, by setting their iov: RING_SLOT
 * octets in the ring, and further room behind.  Returns how many; 0 means that the ring is full.
 * Their kind is that of datagrams until it is changed.
 * An offer holds until the next offer or take, and need not be taken. */
size_t ring_offer(struct ring *ring, struct burst_slot *slots, size_t want);

/* Makes records of the slots that were received into, in their order, and shows them to the
 * reader.  `slots` are those of the last offer; some may have been left out, but their order must
 * be kept.  An empty datagram is a record too. */
void ring_take(struct ring *ring, const struct burst_slot *slots, size_t count, uint16_t listener);

/* The next record, if there is one. */
MUST_CHECK bool ring_next(struct ring *ring, struct ring_record *ret);

/* The position behind the last record that ring_next gave. */
uint64_t ring_position(const struct ring *ring);

/* What lies before `position` may be overwritten.  It lies between the position last released and
 * ring_position. */
void ring_release(struct ring *ring, uint64_t position);

/* Octets that were taken and not released, and the same in per cent of the size, rounded down. */
uint64_t ring_used(const struct ring *ring);
unsigned ring_percent(const struct ring *ring);

/* Writes back what was taken so far, and blocks until a power cut could not harm it.  What it costs
 * is the disk's matter: call it from a thread that may wait. */
MUST_CHECK bool ring_sync(struct ring *ring, struct err *e);
