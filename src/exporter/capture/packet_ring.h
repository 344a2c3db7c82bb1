/* packet_ring: frames out of a packet socket, by way of memory that the kernel shares with us
 * (AF_PACKET, TPACKET_V3; packet(7)).
 *
 * The kernel fills blocks and hands each over when it is full or PACKET_RING_MS after its first
 * frame; while none is free, frames are dropped and counted.  With PACKET_VNET_HDR each frame comes
 * with what the host's own offloads have done to it (segments.h).  The kernel takes off the
 * outermost VLAN tag; here it is put back to its place in front of the frame, and into its length.
 *
 * Memory: `size` octets, rounded up to whole blocks, locked.  One owner, one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "exporter/capture/observer.h"

enum {
	PACKET_RING_MS = 100,
	PACKET_RING_BLOCK = 128 * 1024,
	PACKET_RING_BLOCKS_MOST = 8192, /* 1 GiB */
};

struct packet_ring; /* opaque */

/* What a frame of the ring is; what captured.bytes points to is valid during the call only, and
 * captured.accepted is 0. */
struct packet_ring_frame {
	struct captured captured;
	uint32_t kernel_len; /* its length as filters see it: without a tag that was taken off */
};

struct packet_ring_sink {
	void (*take)(void *context, const struct packet_ring_frame *frame);
	void *context;
};

/* Frames since the ring was opened. */
struct packet_ring_counts {
	uint64_t passed;  /* put into the ring */
	uint64_t dropped; /* for want of room, or as their offloads could not be described */
	uint64_t freezes; /* times that the ring became full */
};

/* Makes the ring of a packet socket that is not bound yet; fd stays the caller's, and open as long
 * as the ring lives.  ERR_IO where the kernel has no TPACKET_V3 or not that much memory. */
MUST_CHECK struct packet_ring *packet_ring_open(int fd, size_t size, struct err *e);
void packet_ring_close(struct packet_ring *ring); /* NULL is fine */

/* False: this kernel does not tell how frames are glued, each will count as one packet. */
bool packet_ring_tells_glue(const struct packet_ring *ring);
size_t packet_ring_size(const struct packet_ring *ring);

/* Hands on all frames of the blocks that are ready, at most those of one lap.  Does not wait.
 * Returns how many blocks there were. */
unsigned packet_ring_read(struct packet_ring *ring, struct packet_ring_sink sink);

/* As of now; asks the kernel. */
const struct packet_ring_counts *packet_ring_counts(struct packet_ring *ring);
