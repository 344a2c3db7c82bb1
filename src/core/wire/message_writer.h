/* message_writer: one NetFlow v9 or IPFIX message while it is made.
 *
 * Sets are opened and closed as templates and records of different templates follow each other
 * (RFC 3954 section 5, RFC 7011 section 3.3); each is padded to a multiple of four octets.  An
 * options template has a set of its own.  What does not fit in the room is refused, and the message
 * stays as it was.  Caller's memory, which must outlive the writer; one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/wire/layout.h"

struct message_head {
	enum wire_protocol protocol; /* WIRE_NETFLOW9 or WIRE_IPFIX */
	int64_t export_time;         /* ticks */
	int64_t boot;                /* ticks; when the exporter began: uptime counts from there, in
	                                ms modulo 2^32 */
	uint32_t sequence;           /* v9: messages before this one; IPFIX: data records */
	uint32_t domain;             /* source ID, observation domain */
};

struct message_writer {
	enum wire_protocol protocol;
	uint8_t *octets;
	size_t room, len;
	size_t set;         /* where the open set begins; 0: none is open */
	uint16_t set_id;    /* of the open set */
	int64_t boot_ms;    /* what header says of it, see layout_encode */
	unsigned templates; /* in it so far */
	unsigned records;   /* data records, those of options included */
};

/* room: at least 64, at most 65535 octets. */
void message_begin(struct message_writer *w, const struct message_head *head, uint8_t *octets,
                   size_t room);

/* False where there is no room for it. */
MUST_CHECK bool message_add_template(struct message_writer *w, const struct layout *layout);
MUST_CHECK bool message_add_record(struct message_writer *w, const struct layout *layout,
                                   const void *record);

/* Closes the last set and completes the header; returns the message's length. */
size_t message_finish(struct message_writer *w);
