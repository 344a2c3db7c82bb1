/* packet_file: the frames of a pcap or pcapng file, gzip'ed or not, in the file's order.
 *
 * Times keep the file's precision down to 100 ns; what no row could hold is brought to the nearest
 * that one can.  A pcapng file whose interfaces differ in link type ends as damaged where the other
 * type begins.  Memory: PACKET_FILE_BUFFER and libpcap's packet buffer (at most 16 MiB, a pcapng
 * block).  One owner, one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/base/err.h"

#define PACKET_FILE_BUFFER (256 * 1024)

struct packet_file; /* opaque */

struct packet {
	int64_t time;      /* ticks */
	struct cur bytes;  /* what was captured of it; valid until the next packet */
	uint32_t wire_len; /* octets that it had */
};

/* ERR_IO where the file cannot be opened, ERR_DATA where it is no capture. */
MUST_CHECK struct packet_file *packet_file_open(const char *path, struct err *e);
void packet_file_close(struct packet_file *f); /* NULL is fine */

/* pcap's link type of all its frames (core/packet/frame.h). */
int packet_file_link(const struct packet_file *f);

/* The next frame.  False at the end of the file, and with e set (ERR_DATA) where the file ends in
 * the middle of a packet or goes on as something that is no capture. */
MUST_CHECK bool packet_file_next(struct packet_file *f, struct packet *ret, struct err *e);
