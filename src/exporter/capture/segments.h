/* segments: a captured frame as the packets that it is on the wire.
 *
 * A host hands frames of up to 64 KiB (and more) to the network card, which cuts them (GSO), and
 * glues what arrives (GRO).  Captured with PACKET_VNET_HDR, such a frame comes with a struct
 * virtio_net_hdr (virtio 1.2, section 5.1.6) that tells how: payload of gso_size octets in each
 * packet but the last, which has the rest, all with the headers of the frame.  In a tunnel it is
 * the inner TCP or UDP whose payload is cut, and all headers in front are repeated.
 *
 * Octets are those of IP packets, from the (outer) IP header on.  Nothing is read outside the
 * captured bytes; where these end before the TCP header does, it is taken for one without options.
 * No allocation, any thread. */
#pragma once

#include <linux/virtio_net.h>
#include <stdint.h>

#include "core/base/cursor.h"
#include "core/packet/frame.h"
#include "core/packet/observed.h"
#include "exporter/capture/selector.h"

struct segments {
	uint32_t count; /* 1 or more */
	uint32_t size;  /* octets of each packet but the last */
	uint32_t last;  /* octets of the last one */
};

/* `bytes` are those that f was read from.  glue->csum_start counts from their start.  A frame that
 * is not glued (gso_type none, or a kind that is not known) is one packet. */
struct segments segments_of(const struct frame *f, struct cur bytes,
                            const struct virtio_net_hdr *glue);

/* Sets packets, bytes and squares of o to those of the picked packets. */
void segments_observe(const struct segments *s, struct selector_pick pick, struct observed *o);
