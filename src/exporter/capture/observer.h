/* observer: what capturing from an interface and from a file have in common: a captured frame is
 * read, taken apart into packets, sampled, and handed on; and what became of it is counted.
 *
 * Every sampled frame that is not handed on has one cause.  The link type is one that
 * core/packet/frame.h reads.  One owner, one thread. */
#pragma once

#include <linux/virtio_net.h>
#include <stdint.h>

#include "core/base/cursor.h"
#include "core/packet/observed.h"
#include "exporter/capture/selector.h"

/* What has come so far.  Frames are what was captured, glued or not. */
struct observer_counts {
	uint64_t frames;    /* that passed the kernel's filter; of a file, all */
	uint64_t sampled;   /* of these: at least one of its packets was sampled */
	uint64_t packets;   /* that were sampled and handed on */
	uint64_t octets;    /* in them, IP headers included */
	uint64_t not_ip;    /* sampled frames: ARP, LLDP … */
	uint64_t too_short; /* sampled frames that end before the IP header does */
	uint64_t bad;       /* sampled frames whose IP header contradicts itself */
};

struct observer {
	int link;           /* pcap's link type, a known one */
	uint32_t interface; /* ifIndex; 0: a file */
	struct selector selector;
	struct observer_counts counts;
};

struct captured {
	int64_t time;      /* ticks */
	struct cur bytes;  /* from the link header on */
	uint32_t wire_len; /* octets that there were */
	enum observed_direction direction;
	struct virtio_net_hdr glue; /* zeros: not glued */
	uint32_t accepted;          /* of kernel_filter_accepted; 0: not filtered yet */
};

void observer_take(struct observer *o, const struct captured *c, struct observed_sink sink);
