/* interface: packets that pass a network interface of this machine, sampled.
 *
 * Guide to this directory.  An interface is a packet socket with a filter that samples
 * (kernel_filter.h) and a ring (packet_ring.h); a packet_source.h is a capture file.  Both give
 * what they capture to an observer.h: the frame is read (core/packet/frame.h), taken for the
 * packets that it is on the wire (segments.h), these are sampled (selector.h) and handed on as
 * core/packet/observed.h.  link.h asks the kernel about interfaces.
 *
 * Opening needs CAP_NET_RAW, in the user namespace that owns the network; all else does not: it
 * reads the ring, asks over a netlink socket that stays open, and binds a socket anew.
 *
 * Packets that the interface sends are seen before the network card has cut them, and those that
 * it receives after they were glued; both are counted as on the wire.  On a loopback interface each
 * packet passes twice; there `both` means ingress.
 *
 * Memory: the ring, 8 MiB by default, and 32 KiB.  An interface belongs to one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/packet/observed.h"
#include "exporter/capture/kernel_filter.h"
#include "exporter/capture/observer.h"
#include "exporter/capture/packet_ring.h"

enum {
	INTERFACE_SNAP_LEN = 256, /* octets of each frame that are captured */
	INTERFACE_RING = 8 << 20,
};

struct interface; /* opaque */

struct interface_config {
	uint32_t interval; /* one packet in so many is sampled, at random; 1 or more */
	enum kernel_filter_direction direction;
	size_t ring; /* octets; 0: INTERFACE_RING */
	bool seeded; /* as in selector.h; what the kernel's filter chooses has no seed */
	uint64_t seed;
};

struct interface_counts {
	struct observer_counts observed;
	struct packet_ring_counts ring;
	/* Packets that the interface itself has counted meanwhile, in the directions that are
	 * captured (link.h says what that is worth). */
	uint64_t population;
	uint64_t lost;     /* times that it went down, away, or was made anew */
	uint32_t achieved; /* interval, corrected by what the ring has dropped, rounded */
};

/* Opens an interface, which may be down.  ERR_CONFIG where there is none of this name or its kind
 * cannot be read, ERR_IO where this process may not capture or the kernel cannot. */
MUST_CHECK struct interface *interface_open(const char *name, const struct interface_config *config,
                                            struct err *e);
void interface_close(struct interface *i); /* NULL is fine */

const char *interface_name(const struct interface *i);
uint32_t interface_index(const struct interface *i); /* ifIndex */

/* One line for the log: what is captured, and what this kernel lacks for it. */
void interface_describe(const struct interface *i, char *ret_text, size_t room);

/* Readable when there is something to read; borrowed. */
int interface_fd(const struct interface *i);

/* Hands on what has come, at most one ringful.  Does not wait. */
void interface_read(struct interface *i, struct observed_sink sink);

/* Captures no more, and hands on what has been captured, for which it waits 2 x PACKET_RING_MS:
 * until the kernel has handed over a block that is not full. */
void interface_finish(struct interface *i, struct observed_sink sink);

/* To be called about once a second: notices that the interface went down or away, and captures
 * from the one that has its name now, whatever its ifIndex.  True where that has changed something,
 * with one line for the log. */
MUST_CHECK bool interface_watch(struct interface *i, char *ret_text, size_t room);

/* As of now; asks the kernel. */
const struct interface_counts *interface_counts(struct interface *i);
