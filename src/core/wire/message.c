#include "core/wire/message.h"

#include "core/base/ticks.h"
#include "core/wire/sflow.h"

const char *wire_protocol_name(enum wire_protocol protocol)
{
	static const char *const names[WIRE_PROTOCOL_COUNT] = {
		[WIRE_NETFLOW5] = "netflow5",
		[WIRE_NETFLOW9] = "netflow9",
		[WIRE_IPFIX] = "ipfix",
		[WIRE_SFLOW5] = "sflow5",
	};
	return names[protocol];
}

static int64_t ticks_from_seconds(uint32_t seconds)
{
	return TICKS_UNIX_EPOCH + (int64_t)seconds * TICKS_PER_SECOND;
}

/* version, count, uptime, seconds, nanoseconds, sequence, engine type, engine id, sampling */
static enum wire_rc read_v5(struct cur d, struct message *ret)
{
	const uint8_t *h = cur_take(&d, NF5_HEADER);
	if (!h)
		return WIRE_SHORT_HEADER;
	uint32_t nanoseconds = be32(h + 12);
	*ret = (struct message){
		.protocol = WIRE_NETFLOW5,
		.domain = be16(h + 20),
		.sequence = be32(h + 16),
		.export_time = ticks_from_seconds(be32(h + 8)) +
		               (nanoseconds < 1000000000 ? nanoseconds / 100 : 0),
		.has_uptime = true,
		.uptime_ms = be32(h + 4),
		.v5_count = be16(h + 2),
		.v5_sampling = be16(h + 22),
	};
	size_t count = ret->v5_count;
	if (count < 1 || count > NF5_MOST_RECORDS)
		return WIRE_BAD_COUNT;
	size_t whole = cur_left(&d) / NF5_RECORD;
	size_t n = count < whole ? count : whole;
	ret->body = (struct cur){ d.at, d.at + n * NF5_RECORD };
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
	case 5: return read_v5(datagram, ret);
	case 9: return read_v9(datagram, ret);
	case 10: return read_ipfix(datagram, ret);
	default: return sflow_is(datagram) ? sflow_read(datagram, ret) : WIRE_UNKNOWN_VERSION;
	}
}
