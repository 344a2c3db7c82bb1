/* inherited: sockets that a service manager opened for us and keeps while we are restarted, so that
 * nothing is lost that the kernel still holds.
 *
 * The protocol is that of sd_listen_fds(3): LISTEN_FDS descriptors from 3 on are ours if LISTEN_PID
 * is our process.  At start, before there are threads: it reads and unsets variables. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "collector/receive/listen_address.h"
#include "core/base/attr.h"
#include "core/base/err.h"

enum { INHERITED_MOST = 128 };

struct inherited {
	size_t count;
	struct {
		int fd;   /* -1 once it was taken */
		int type; /* SOCK_DGRAM, SOCK_STREAM …; 0: not a socket of IPv4 or IPv6 */
		struct listen_address address;
	} at[INHERITED_MOST];
};

/* Finds what was handed over; none is no error.  Marks all as close-on-exec and unsets the
 * variables, so that no child takes them for its own. */
MUST_CHECK bool inherited_find(struct inherited *ret, struct err *e);

/* The next socket of this type at exactly this address, whose owner is now the caller; -1: none. */
int inherited_take(struct inherited *inherited, int type, const struct listen_address *address);

/* ERR_CONFIG where a UDP socket was not taken: what its exporters send would be lost unseen. */
MUST_CHECK bool inherited_all_taken(const struct inherited *inherited, struct err *e);
