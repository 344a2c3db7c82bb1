/* netlink: a socket to the kernel's connection tracking: for its messages, or to ask for dumps.
 *
 * Never waits; the descriptor is for poll.  Needs CAP_NET_ADMIN in the network namespace's user
 * namespace, for opening and for each request.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct nlmsghdr;
struct mnl_socket;

struct netlink {
	struct mnl_socket *socket; /* NULL: not open */
	uint32_t sequence;         /* of the last request */
	uint8_t *buffer;
};

enum netlink_rc {
	NETLINK_EMPTY,  /* nothing to read now */
	NETLINK_MORE,   /* messages were taken, and there may be more */
	NETLINK_DONE,   /* the dump has ended */
	NETLINK_LOST,   /* messages were lost: the receive buffer overflowed */
	NETLINK_FAILED, /* the request was refused or broke off */
};

/* groups: ORed NF_NETLINK_CONNTRACK_…, 0 for requests.  receive_buffer: octets to ask for; more
 * than net.core.rmem_max is given where the process may. */
MUST_CHECK bool netlink_open(struct netlink *n, unsigned groups, int receive_buffer, struct err *e);
void netlink_close(struct netlink *n); /* one that is not open is fine */

int netlink_fd(const struct netlink *n);

/* Asks for a dump of this message type of connection tracking, in this address family. */
MUST_CHECK bool netlink_ask(struct netlink *n, uint8_t type, uint8_t family);

/* Takes what one read gives (at most NETLINK_BUFFER octets) and passes each message on. */
enum { NETLINK_BUFFER = 1 << 15 };
enum netlink_rc netlink_read(struct netlink *n,
                             void (*take)(void *context, const struct nlmsghdr *message),
                             void *context);
