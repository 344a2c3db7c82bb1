#include "core/wire/set.h"

enum { FIELD_LEN = 4, ENTERPRISE_LEN = 4, ENTERPRISE_BIT = 0x8000 };

static bool all_zero(const struct cur *c)
{
	for (const uint8_t *p = c->at; p < c->end; p++)
		if (*p)
			return false;
	return true;
}

static enum set_kind kind_of(uint16_t id, enum wire_protocol protocol)
{
	uint16_t templates = protocol == WIRE_IPFIX ? 2 : 0;
	if (id >= SET_FIRST_DATA)
		return SET_DATA;
	if (id == templates)
		return SET_TEMPLATE;
	if (id == templates + 1)
		return SET_OPTIONS_TEMPLATE;
	return SET_RESERVED;
}

enum wire_rc set_next(struct message *message, struct set *ret)
{
	struct cur *left = &message->body;
	if (cur_left(left) == 0 || (message->protocol == WIRE_NETFLOW9 && all_zero(left)))
		return WIRE_END;
	const uint8_t *h = cur_take(left, SET_HEADER);
	if (!h)
		return WIRE_SHORT_SET_HEADER;
	size_t len = be16(h + 2);
	if (len < SET_HEADER)
		return WIRE_BAD_SET_LENGTH;
	len -= SET_HEADER;
	if (len > cur_left(left) && len - cur_left(left) <= message->slack) {
		message->slack -= len - cur_left(left);
		left->end = left->at + len;
	}
	/* The body becomes a cursor of its own: wrong lengths inside it end there. */
	struct cur body;
	if (!cur_split(left, len, &body))
		return WIRE_TRUNCATED_SET;
	uint16_t id = be16(h);
	*ret = (struct set){ .id = id, .kind = kind_of(id, message->protocol), .body = body };
	return WIRE_OK;
}

/* Steps over the fields, so that their number of octets is known. */
static bool cut_fields(struct cur *set, enum wire_protocol protocol, size_t count, struct cur *ret)
{
	const uint8_t *start = set->at;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *f = cur_take(set, FIELD_LEN);
		if (!f)
			return false;
		if (protocol == WIRE_IPFIX && be16(f) & ENTERPRISE_BIT &&
		    !cur_take(set, ENTERPRISE_LEN))
			return false;
	}
	*ret = (struct cur){ start, set->at };
	return true;
}

/* RFC 3954 section 6.1: lengths in octets where IPFIX (RFC 7011 section 3.4.2.2) has counts. */
static enum wire_rc options_head(struct cur *set, enum wire_protocol protocol,
                                 struct template_record *t)
{
	bool v9 = protocol == WIRE_NETFLOW9;
	const uint8_t *h = cur_take(set, 2);
	if (!h)
		return WIRE_TRUNCATED_TEMPLATE;
	if (!v9) {
		t->scope_count = be16(h);
		return t->scope_count >= 1 && t->scope_count <= t->field_count ? WIRE_OK
		                                                               : WIRE_BAD_SCOPE;
	}
	unsigned scope_len = t->field_count, option_len = be16(h);
	if (scope_len % FIELD_LEN || option_len % FIELD_LEN)
		return WIRE_BAD_SCOPE;
	t->scope_count = (uint16_t)(scope_len / FIELD_LEN);
	t->field_count = (uint16_t)((scope_len + option_len) / FIELD_LEN);
	return WIRE_OK;
}

enum wire_rc template_next(struct cur *set, enum wire_protocol protocol, enum set_kind kind,
                           struct template_record *ret)
{
	struct template_record t = { .options = kind == SET_OPTIONS_TEMPLATE };
	*ret = t;
	if (cur_left(set) < 4 || all_zero(set))
		return WIRE_END;
	const uint8_t *h = cur_take(set, 4);
	t.id = be16(h);
	t.field_count = be16(h + 2); /* v9 options templates: the scope's length in octets */
	ret->id = t.id;
	if (protocol == WIRE_IPFIX && t.field_count == 0) {
		/* A withdrawal of all templates names the set's own id, 2 or 3. */
		t.withdrawal = true;
		*ret = t;
		return WIRE_OK;
	}
	if (t.id < SET_FIRST_DATA)
		return WIRE_BAD_TEMPLATE_ID;
	if (t.options) {
		enum wire_rc rc = options_head(set, protocol, &t);
		if (rc != WIRE_OK)
			return rc;
	}
	if (!cut_fields(set, protocol, t.field_count, &t.fields))
		return WIRE_TRUNCATED_TEMPLATE;
	*ret = t;
	return WIRE_OK;
}

struct field_spec field_next(struct template_record *record, enum wire_protocol protocol, size_t i)
{
	const uint8_t *f = cur_take(&record->fields, FIELD_LEN);
	struct field_spec spec = {
		.id = be16(f),
		.length = be16(f + 2),
		.is_scope = i < record->scope_count,
		.is_v9_scope = i < record->scope_count && protocol == WIRE_NETFLOW9,
	};
	if (protocol == WIRE_IPFIX && spec.id & ENTERPRISE_BIT) {
		spec.id &= ENTERPRISE_BIT - 1;
		spec.pen = be32(cur_take(&record->fields, ENTERPRISE_LEN));
	}
	return spec;
}
