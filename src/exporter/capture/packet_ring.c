#include "exporter/capture/packet_ring.h"

#include <endian.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "core/base/ticks.h"

struct packet_ring {
	int fd;
	uint8_t *memory;
	uint32_t blocks;
	uint32_t next; /* block to be read */
	bool tells_glue;
	struct packet_ring_counts counts;
};

enum {
	MACS = 12, /* octets of addresses in front of a tag */
	TAG = 4,
};

/* ---- opening ---- */

static bool set_up(struct packet_ring *ring, struct err *e)
{
	int version = TPACKET_V3, on = 1;
	if (setsockopt(ring->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0)
		return err_set(e, ERR_IO, "the kernel has no TPACKET_V3: %s", strerror(errno));
	ring->tells_glue = setsockopt(ring->fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) == 0;

	struct tpacket_req3 ask = {
		.tp_block_size = PACKET_RING_BLOCK,
		.tp_block_nr = ring->blocks,
		.tp_frame_size = TPACKET_ALIGNMENT * 128, /* of no effect on version 3 */
		.tp_frame_nr = ring->blocks * (PACKET_RING_BLOCK / (TPACKET_ALIGNMENT * 128)),
		.tp_retire_blk_tov = PACKET_RING_MS,
	};
	if (setsockopt(ring->fd, SOL_PACKET, PACKET_RX_RING, &ask, sizeof ask) != 0)
		return err_set(e, ERR_IO, "the kernel gives no ring of %zu octets: %s",
		               packet_ring_size(ring), strerror(errno));
	void *memory =
	    mmap(NULL, packet_ring_size(ring), PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (memory == MAP_FAILED)
		return err_set(e, ERR_IO, "mapping the ring: %s", strerror(errno));
	ring->memory = memory;
	return true;
}

struct packet_ring *packet_ring_open(int fd, size_t size, struct err *e)
{
	struct packet_ring *ring = calloc(1, sizeof *ring);
	size_t blocks = size / PACKET_RING_BLOCK + (size % PACKET_RING_BLOCK != 0);
	if (!ring) {
		err_set(e, ERR_NOMEM, "no memory for a ring");
		return NULL;
	}
	ring->fd = fd;
	ring->blocks = (uint32_t)(blocks < 2                         ? 2
	                          : blocks > PACKET_RING_BLOCKS_MOST ? PACKET_RING_BLOCKS_MOST
	                                                             : blocks);
	if (set_up(ring, e))
		return ring;
	packet_ring_close(ring);
	return NULL;
}

void packet_ring_close(struct packet_ring *ring)
{
	if (!ring)
		return;
	if (ring->memory)
		munmap(ring->memory, packet_ring_size(ring));
	free(ring);
}

bool packet_ring_tells_glue(const struct packet_ring *ring)
{
	return ring->tells_glue;
}

size_t packet_ring_size(const struct packet_ring *ring)
{
	return (size_t)ring->blocks * PACKET_RING_BLOCK;
}

/* ---- reading ---- */

/* Puts the tag back between addresses and ethertype (IEEE 802.1Q 9.3).  What lies in front of the
 * frame has been read by then: the offloads' header, or the address behind the frame's own. */
static void restore_tag(struct captured *c, uint8_t *bytes, uint32_t *len,
                        const struct tpacket_hdr_variant1 *tag, bool has_tpid)
{
	if (*len < MACS)
		return;
	uint16_t tpid = htobe16(has_tpid ? tag->tp_vlan_tpid : 0x8100);
	uint16_t tci = htobe16((uint16_t)tag->tp_vlan_tci);
	memmove(bytes - TAG, bytes, MACS);
	memcpy(bytes - TAG + MACS, &tpid, sizeof tpid);
	memcpy(bytes - TAG + MACS + 2, &tci, sizeof tci);
	c->wire_len += TAG;
	c->glue.csum_start = (uint16_t)(c->glue.csum_start + TAG);
	c->bytes = cur_of(bytes - TAG, *len + TAG);
}

static struct packet_ring_frame frame_of(const struct packet_ring *ring, struct tpacket3_hdr *h)
{
	uint8_t *bytes = (uint8_t *)h + h->tp_mac;
	struct sockaddr_ll from;
	memcpy(&from, (uint8_t *)h + TPACKET_ALIGN(sizeof *h), sizeof from);
	struct packet_ring_frame f = {
		.captured = {
			.time = ticks_from_unix_ns(h->tp_sec * INT64_C(1000000000) + h->tp_nsec),
			.bytes = cur_of(bytes, h->tp_snaplen),
			.wire_len = h->tp_len,
			.direction = from.sll_pkttype == PACKET_OUTGOING ? OBSERVED_EGRESS
			                                                 : OBSERVED_INGRESS,
		},
		.kernel_len = h->tp_len,
	};
	struct virtio_net_hdr *glue = &f.captured.glue;
	if (ring->tells_glue)
		memcpy(glue, bytes - sizeof *glue, sizeof *glue);
	if (h->tp_status & TP_STATUS_VLAN_VALID)
		restore_tag(&f.captured, bytes, &h->tp_snaplen, &h->hv1,
		            h->tp_status & TP_STATUS_VLAN_TPID_VALID);
	return f;
}

static void read_block(const struct packet_ring *ring, struct tpacket_block_desc *block,
                       struct packet_ring_sink sink)
{
	uint8_t *at = (uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
	for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
		struct tpacket3_hdr *h = (struct tpacket3_hdr *)at;
		struct packet_ring_frame f = frame_of(ring, h);
		sink.take(sink.context, &f);
		at += h->tp_next_offset;
	}
}

unsigned packet_ring_read(struct packet_ring *ring, struct packet_ring_sink sink)
{
	unsigned i = 0;
	for (; i < ring->blocks; i++) {
		struct tpacket_block_desc *block =
		    (struct tpacket_block_desc *)(ring->memory +
		                                  (size_t)ring->next * PACKET_RING_BLOCK);
		uint32_t *status = &block->hdr.bh1.block_status;
		if (!(__atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			break;
		read_block(ring, block, sink);
		__atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		ring->next = (ring->next + 1) % ring->blocks;
	}
	return i;
}

const struct packet_ring_counts *packet_ring_counts(struct packet_ring *ring)
{
	struct tpacket_stats_v3 n;
	socklen_t len = sizeof n;
	/* Asking sets the kernel's counters to zero; its packets include what was dropped. */
	if (getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &n, &len) == 0) {
		ring->counts.passed += n.tp_packets - n.tp_drops;
		ring->counts.dropped += n.tp_drops;
		ring->counts.freezes += n.tp_freeze_q_cnt;
	}
	return &ring->counts;
}
