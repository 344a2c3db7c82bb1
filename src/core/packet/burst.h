/* burst: datagrams on their way from sockets into the journal, many at a time.
 *
 * The journal offers slots, receiving fills them, the journal takes them over.  Neither stage knows
 * the other; the program that wires them passes the slots. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#include "core/base/ip.h"

enum { BURST_SLOTS = 64 };

/* What a slot, and then a record of the journal, holds. */
enum burst_kind {
	BURST_DATAGRAM = 1,
	BURST_MESSAGE, /* one whole message of a transport session (RFC 7011 section 10.4) */
	BURST_END,     /* the end of such a session; no octets */
};

struct burst_slot {
	struct iovec
	    iov[2]; /* where the octets go: a slot of the usual size, and room for what is longer */

	/* filled by receiving */
	int64_t arrival; /* ticks */
	struct ip from;
	uint16_t port;
	enum burst_kind kind;
	uint32_t len; /* octets received, over both */
};

/* Copies what came elsewhere into a slot, which must have room for it. */
static inline void burst_put(struct burst_slot *slot, const void *octets, uint32_t len)
{
	size_t first = len < slot->iov[0].iov_len ? len : slot->iov[0].iov_len;
	memcpy(slot->iov[0].iov_base, octets, first);
	if (len > first)
		memcpy(slot->iov[1].iov_base, (const char *)octets + first, len - first);
	slot->len = len;
}
