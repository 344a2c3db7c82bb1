/* sflow: the format of sFlow version 5 datagrams, samples and records.
 *
 * "sFlow Version 5", sflow.org, July 2004, and "sFlow Dropped Packet Notification Structures" for
 * discarded packets.  All is XDR (RFC 4506): big-endian words of four octets; whatever has a length
 * is padded to a multiple of four, though some agents leave the padding at the end of a sample out.
 *
 *     datagram   version 5, agent address, sub-agent, sequence, uptime in ms, samples<>
 *     sample     format, length, body: of a flow, of counters, of a discarded packet; each with
 *                records<>
 *     record     format, length, body: a structure (sflow_structure.h)
 *
 * A format is an enterprise number x 4096 + a number that the enterprise chose; enterprise 0 is
 * sflow.org.  Structures may grow at their ends, so the length that stands outside is the one that
 * counts, and nothing behind it is lost when what is inside is broken.  Counts bound nothing: what
 * is not there is not read.  A cursor borrows the datagram.  No allocation, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/base/ip.h"
#include "core/wire/message.h"
#include "core/wire/rc.h"

enum {
	SFLOW_VERSION = 5,
	SFLOW_ENTERPRISE_SHIFT = 12,
	SFLOW_FORMAT_MASK = 0xfff,
	SFLOW_INTERFACE_LOCAL = 0x3fffffff, /* the packet began or ended in the device itself */
};

/* What the first word of a datagram looks like: NetFlow's first half word is never zero. */
bool sflow_is(struct cur datagram);

/* Reads the header into ret: protocol, domain (the sub-agent), sequence, uptime, agent, samples and
 * body.  There is no export time.  WIRE_BAD_AGENT where the address is of no known type, so that
 * nobody knows where it ends. */
MUST_CHECK enum wire_rc sflow_read(struct cur datagram, struct message *ret);

enum sflow_kind {
	SFLOW_FLOW,     /* formats 1 and 3: a packet that was sampled */
	SFLOW_COUNTERS, /* formats 2 and 4 */
	SFLOW_DISCARD,  /* format 5: a packet that the device dropped; not sampled, so not scaled */
	SFLOW_OTHER,    /* any other format: skipped by its length */
};

/* Where a packet came in or went out. */
struct sflow_interface {
	enum {
		SFLOW_IF_INDEX,    /* value: ifIndex; 0: not known; or SFLOW_INTERFACE_LOCAL */
		SFLOW_IF_DISCARD,  /* value: the reason, an ICMP unreachable code or 256 and up */
		SFLOW_IF_MULTIPLE, /* value: how many interfaces; 0: more than one */
		SFLOW_IF_RESERVED,
	} format;
	uint32_t value;
};

struct sflow_sample {
	enum sflow_kind kind;
	uint32_t format;
	uint32_t sequence;    /* of this data source and kind */
	uint32_t source_type; /* of the data source: 0 ifIndex, 1 VLAN, 2 entity */
	uint32_t source_index;
	uint32_t rate; /* FLOW; packets that one sample stands for; 0 is no rate */
	uint32_t pool; /* FLOW; packets that could have been sampled so far; wraps */
	uint32_t drops;
	struct sflow_interface input, output; /* FLOW, DISCARD */
	uint32_t reason;                      /* DISCARD */
	uint32_t records; /* how many there are yet to come, by the sample's own count */
	struct cur body;  /* of FLOW, COUNTERS and DISCARD the records, of OTHER everything */
};

/* Cuts the next sample off.  WIRE_END behind the last of them; after WIRE_TRUNCATED_SAMPLE nothing
 * more can be read; after WIRE_SHORT_SAMPLE (too short for its format) the next one can. */
MUST_CHECK enum wire_rc sflow_next_sample(struct message *message, struct sflow_sample *ret);

struct sflow_record {
	uint32_t format;
	struct cur body;
};

/* ---- what bodies are made of; here, since a sample has several ---- */

/* Cuts len octets off, and the padding behind them as far as it is there. */
MUST_CHECK static inline bool sflow_split(struct cur *c, size_t len, struct cur *ret)
{
	if (!cur_split(c, len, ret))
		return false;
	size_t pad = -len & 3;
	c->at += pad < cur_left(c) ? pad : cur_left(c);
	return true;
}

/* Cuts the next record off.  WIRE_END behind the last of them; WIRE_TRUNCATED_SAMPLE_RECORD where
 * it reaches past its sample or is missing: then the sample ends.  *ret is empty then. */
MUST_CHECK static inline enum wire_rc sflow_next_record(struct sflow_sample *sample,
                                                        struct sflow_record *ret)
{
	*ret = (struct sflow_record){ 0 };
	if (sample->records == 0)
		return WIRE_END;
	sample->records--;
	const uint8_t *head = cur_take(&sample->body, 8);
	if (!head || !sflow_split(&sample->body, be32(head + 4), &ret->body)) {
		sample->records = 0;
		return WIRE_TRUNCATED_SAMPLE_RECORD;
	}
	ret->format = be32(head);
	return WIRE_OK;
}

/* Steps over an opaque<>: a length, so many octets, padding.  A length that reaches past the end is
 * cut to what is there, and said by false; nothing moves where not even the length is there. */
bool sflow_take_opaque(struct cur *c, struct cur *ret);

/* Steps over an address; *ret_known is false where its type is 0, "unknown", which has no octets.
 * False where it cannot be read. */
MUST_CHECK static inline bool sflow_take_address(struct cur *c, struct ip *ret, bool *ret_known)
{
	enum { UNKNOWN, IPV4, IPV6 };
	static const uint8_t lengths[] = { [UNKNOWN] = 0, [IPV4] = 4, [IPV6] = 16 };
	struct cur all = *c;
	const uint8_t *type = cur_take(&all, 4);
	if (!type || be32(type) > IPV6)
		return false;
	const uint8_t *p = cur_take(&all, lengths[be32(type)]);
	if (!p)
		return false;
	if (be32(type) == IPV4)
		*ret = ip_from_v4(p);
	else if (be32(type) == IPV6)
		*ret = ip_from_v6(p);
	*ret_known = be32(type) != UNKNOWN;
	*c = all;
	return true;
}
