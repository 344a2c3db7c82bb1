/* link: what the kernel says about a network interface: number, name, type, state, counters.
 *
 * Asked by rtnetlink over a socket of its own, so that it can be asked again when the process may
 * open no more.  An answer comes at once or not at all: each question waits LINK_SECONDS at most.
 * Memory: LINK_BUFFER.  One owner, one thread. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"

enum {
	LINK_SECONDS = 2,
	LINK_BUFFER = 32 * 1024,
};

struct links; /* opaque */

/* What has gone through it since it was made, as the kernel counts: frames that are cut or glued on
 * this host may count as one packet (on a veth they do). */
struct link_packets {
	uint64_t in, out;
};

struct link_info {
	uint32_t index; /* ifIndex */
	char name[IF_NAMESIZE];
	uint16_t type; /* ARPHRD_… of <linux/if_arp.h> */
	uint32_t mtu;  /* octets of IP */
	bool up;       /* administratively, and ready to carry packets */
	struct link_packets packets;
};

MUST_CHECK struct links *links_open(struct err *e);
void links_close(struct links *links); /* NULL is fine */

/* ERR_CONFIG where there is none of this name (or number), else ERR_IO. */
MUST_CHECK bool link_by_name(struct links *links, const char *name, struct link_info *ret,
                             struct err *e);
MUST_CHECK bool link_by_index(struct links *links, uint32_t index, struct link_info *ret,
                              struct err *e);

/* That of the default route, of IPv4 or else of IPv6; of several that with the lowest metric. */
MUST_CHECK bool link_by_default_route(struct links *links, struct link_info *ret, struct err *e);
