/* burst: datagrams on their way from sockets into the journal, many at a time.
 *
 * The journal offers slots, receiving fills them, the journal takes them over.  Neither stage knows
 * the other; the program that wires them passes the slots. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/base/ip.h"

enum { BURST_SLOTS = 64 };

struct burst_slot {
	struct iovec
	    iov[2]; /* where the octets go: a slot of the usual size, and room for what is longer */

	/* filled by receiving */
	int64_t arrival; /* ticks */
	struct ip from;
	uint16_t port;
	uint32_t len; /* octets received, over both */
};
