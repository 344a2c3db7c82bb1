#include "core/wire/sflow.h"

enum { LAST_ADDRESS_TYPE = 2 };

static bool take_u32(struct cur *c, uint32_t *ret)
{
	const uint8_t *p = cur_take(c, 4);
	if (p)
		*ret = be32(p);
	return p != NULL;
}

bool sflow_take_opaque(struct cur *c, struct cur *ret)
{
	uint32_t len;
	if (!take_u32(c, &len))
		return false;
	if (sflow_split(c, len, ret))
		return true;
	*ret = *c;
	c->at = c->end;
	return false;
}

bool sflow_is(struct cur datagram)
{
	return cur_left(&datagram) >= 4 && be32(datagram.at) == SFLOW_VERSION;
}

enum wire_rc sflow_read(struct cur d, struct message *ret)
{
	*ret = (struct message){ .protocol = WIRE_SFLOW5, .has_uptime = true };
	if (cur_left(&d) < 8)
		return WIRE_SHORT_HEADER;
	d.at += 4;
	if (be32(d.at) > LAST_ADDRESS_TYPE)
		return WIRE_BAD_AGENT;
	if (!sflow_take_address(&d, &ret->agent, &ret->has_agent))
		return WIRE_SHORT_HEADER;
	const uint8_t *h = cur_take(&d, 16);
	if (!h)
		return WIRE_SHORT_HEADER;
	ret->domain = be32(h);
	ret->sequence = be32(h + 4);
	ret->uptime_ms = be32(h + 8);
	ret->samples = be32(h + 12);
	ret->body = d;
	return WIRE_OK;
}

/* ---- samples ---- */

static struct sflow_interface compact_interface(uint32_t word)
{
	return (struct sflow_interface){ .format = word >> 30, .value = word & 0x3fffffff };
}

/* The expanded form spells formats beyond those that are known. */
static struct sflow_interface expanded_interface(const uint8_t *p)
{
	uint32_t format = be32(p);
	return (struct sflow_interface){
		.format = format < SFLOW_IF_RESERVED ? format : SFLOW_IF_RESERVED,
		.value = be32(p + 4),
	};
}

static void compact_source(const uint8_t *p, struct sflow_sample *s)
{
	s->source_type = p[0];
	s->source_index = be32(p) & 0xffffff;
}

static void expanded_source(const uint8_t *p, struct sflow_sample *s)
{
	s->source_type = be32(p);
	s->source_index = be32(p + 4);
}

/* sequence, source, rate, pool, drops, input, output, records */
static void read_flow(const uint8_t *p, struct sflow_sample *s)
{
	compact_source(p + 4, s);
	s->rate = be32(p + 8);
	s->pool = be32(p + 12);
	s->drops = be32(p + 16);
	s->input = compact_interface(be32(p + 20));
	s->output = compact_interface(be32(p + 24));
}

static void read_flow_expanded(const uint8_t *p, struct sflow_sample *s)
{
	expanded_source(p + 4, s);
	s->rate = be32(p + 12);
	s->pool = be32(p + 16);
	s->drops = be32(p + 20);
	s->input = expanded_interface(p + 24);
	s->output = expanded_interface(p + 32);
}

static void read_counters(const uint8_t *p, struct sflow_sample *s)
{
	compact_source(p + 4, s);
}

static void read_counters_expanded(const uint8_t *p, struct sflow_sample *s)
{
	expanded_source(p + 4, s);
}

/* sequence, source, drops, input, output, reason, records */
static void read_discard(const uint8_t *p, struct sflow_sample *s)
{
	expanded_source(p + 4, s);
	s->drops = be32(p + 12);
	s->input.value = be32(p + 16);
	s->output.value = be32(p + 20);
	s->reason = be32(p + 24);
}

/* What stands in front of the records, by the format of the sample; the last word counts them. */
static const struct layout {
	enum sflow_kind kind;
	size_t len;
	void (*read)(const uint8_t *p, struct sflow_sample *s);
} layouts[] = {
	[1] = { SFLOW_FLOW, 32, read_flow },
	[2] = { SFLOW_COUNTERS, 12, read_counters },
	[3] = { SFLOW_FLOW, 44, read_flow_expanded },
	[4] = { SFLOW_COUNTERS, 16, read_counters_expanded },
	[5] = { SFLOW_DISCARD, 32, read_discard },
};

enum wire_rc sflow_next_sample(struct message *message, struct sflow_sample *ret)
{
	uint32_t format, len;
	struct cur body;
	if (message->samples == 0)
		return WIRE_END;
	if (!take_u32(&message->body, &format) || !take_u32(&message->body, &len) ||
	    !sflow_split(&message->body, len, &body))
		return WIRE_TRUNCATED_SAMPLE;
	message->samples--;
	*ret = (struct sflow_sample){ .kind = SFLOW_OTHER, .format = format, .body = body };
	if (format >= ARRAY_LEN(layouts) || !layouts[format].read)
		return WIRE_OK;
	const struct layout *layout = &layouts[format];
	const uint8_t *p = cur_take(&ret->body, layout->len);
	if (!p)
		return WIRE_SHORT_SAMPLE;
	ret->kind = layout->kind;
	ret->sequence = be32(p);
	layout->read(p, ret);
	ret->records = be32(p + layout->len - 4);
	return WIRE_OK;
}
