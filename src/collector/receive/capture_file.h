/* capture_file: the UDP datagrams of a pcap or pcapng file, or the messages of an IPFIX file
 * (message_file.h), gzip'ed or not, in the file's order.
 *
 * Times keep the file's precision down to 100 ns.  Fragments are put together within the bounds of
 * core/packet/defrag.h; a datagram then carries the arrival time of its last fragment.  Datagrams
 * of which less was captured than was sent are handed out as far as they go, and counted.  Memory:
 * that of core/packet/packet_file.h, CAPTURE_BUFFER and the fragments.  One owner, one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/packet/datagram.h"

#define CAPTURE_BUFFER (256 * 1024)

struct capture; /* opaque */

struct capture_counts {
	uint64_t frames;    /* packets, or messages, in the file */
	uint64_t datagrams; /* handed out */
	uint64_t cut;       /* of these, not captured whole */
	uint64_t fragments; /* frames that were fragments */
	uint64_t
	    dropped;    /* datagrams that stayed in pieces; final once capture_next is at the end */
	uint64_t other; /* frames that are no UDP datagram that can be read */
};

/* ERR_IO where the file cannot be opened, ERR_DATA where it is no capture. */
MUST_CHECK struct capture *capture_open(const char *path, struct err *e);
void capture_close(struct capture *c); /* NULL is fine */

/* The next datagram; its payload is valid until the next call.  False at the end of the file, and
 * with e set (ERR_DATA) where the file ends in the middle of a packet or goes on as something that
 * is no capture: what was handed out before counts. */
MUST_CHECK bool capture_next(struct capture *c, struct datagram *ret, struct err *e);

struct capture_counts capture_counts(const struct capture *c);
