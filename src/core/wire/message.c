#include "core/wire/message.h"

#include "core/base/ticks.h"
#include "core/wire/sflow.h"

const char *wire_protocol_name(enum wire_protocol protocol)
{
	static const char *const names[WIRE_PROTOCOL_COUNT] = {
		[WIRE_NETFLOW5] = "netflow5", [WIRE_NETFLOW9] = "netflow9",
		[WIRE_IPFIX] = "ipfix",       [WIRE_SFLOW5] = "sflow5",
		[WIRE_NETFLOW1] = "netflow1", [WIRE_NETFLOW7] = "netflow7",
	};
	return names[protocol];
}

static int64_t ticks_from_seconds(uint32_t seconds)
{
	return TICKS_UNIX_EPOCH + (int64_t)seconds * TICKS_PER_SECOND;
}

/* NetFlow whose records have one layout. */
static const struct fixed {
	enum wire_protocol protocol;
	size_t header, record, most;
} v1 = { WIRE_NETFLOW1, NF1_HEADER, NF1_RECORD, NF1_MOST_RECORDS },
  v5 = { WIRE_NETFLOW5, NF5_HEADER, NF5_RECORD, NF5_MOST_RECORDS },
  v7 = { WIRE_NETFLOW7, NF7_HEADER, NF7_RECORD, NF7_MOST_RECORDS };

/* version, count, uptime, seconds, nanoseconds; v5 and v7 go on with the sequence, v5 with engine
 * type, engine id, sampling */
static enum wire_rc read_fixed(const struct fixed *f, struct cur d, struct message *ret)
{
	const uint8_t *h = cur_take(&d, f->header);
	if (!h)
		return WIRE_SHORT_HEADER;
	bool is_v5 = f->protocol == WIRE_NETFLOW5;
	uint32_t nanoseconds = be32(h + 12);
	*ret = (struct message){
		.protocol = f->protocol,
		.domain = is_v5 ? be16(h + 20) : 0,
		.sequence = f->protocol == WIRE_NETFLOW1 ? 0 : be32(h + 16),
		.export_time = ticks_from_seconds(be32(h + 8)) +
		               (nanoseconds < 1000000000 ? nanoseconds / 100 : 0),
		.has_uptime = true,
		.uptime_ms = be32(h + 4),
		.fixed_count = be16(h + 2),
		.v5_sampling = is_v5 ? be16(h + 22) : 0,
	};
	size_t count = ret->fixed_count;
	if (count < 1 || count > f->most)
		return WIRE_BAD_COUNT;
	size_t whole = cur_left(&d) / f->record;
	size_t n = count < whole ? count : whole;
	ret->body = (struct cur){ d.at, d.at + n * f->record };
	return whole < count ? WIRE_TRUNCATED_RECORDS : WIRE_OK;
}

/* version, count, uptime, seconds, sequence, source id */
static enum wire_rc read_v9(struct cur d, struct message *ret)
{
	const uint8_t *h = cur_take(&d, NF9_HEADER);
	if (!h)
		return WIRE_SHORT_HEADER;
	*ret = (struct message){
		.protocol = WIRE_NETFLOW9,
		.domain = be32(h + 16),
		.sequence = be32(h + 12),
		.export_time = ticks_from_seconds(be32(h + 8)),
		.has_uptime = true,
		.uptime_ms = be32(h + 4),
		.body = d,
	};
	return WIRE_OK;
}

/* version, length, export time, sequence, observation domain */
static enum wire_rc read_ipfix(struct cur d, struct message *ret)
{
	size_t all = cur_left(&d);
	const uint8_t *h = cur_take(&d, IPFIX_HEADER);
	if (!h)
		return WIRE_SHORT_HEADER;
	size_t len = be16(h + 2);
	if (len < IPFIX_HEADER || len > all)
		return WIRE_BAD_LENGTH;
	*ret = (struct message){
		.protocol = WIRE_IPFIX,
		.domain = be32(h + 12),
		.sequence = be32(h + 8),
		.export_time = ticks_from_seconds(be32(h + 4)),
		.body = { d.at, d.at + (len - IPFIX_HEADER) },
		.slack = all - len,
	};
	return WIRE_OK;
}

enum wire_rc message_read(struct cur datagram, struct message *ret)
{
	if (cur_left(&datagram) < 2)
		return WIRE_SHORT_HEADER;
	switch (be16(datagram.at)) {
	case 1: return read_fixed(&v1, datagram, ret);
	case 5: return read_fixed(&v5, datagram, ret);
	case 7: return read_fixed(&v7, datagram, ret);
	case 9: return read_v9(datagram, ret);
	case 10: return read_ipfix(datagram, ret);
	default: return sflow_is(datagram) ? sflow_read(datagram, ret) : WIRE_UNKNOWN_VERSION;
	}
}
