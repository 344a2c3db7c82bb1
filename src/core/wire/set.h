/* set: the parts of a v9 or IPFIX message, and the templates inside template sets.
 *
 * v9 calls a set a FlowSet (RFC 3954 section 5); the framing is the same: id, length, body.
 * Template sets have id 2 (IPFIX) or 0 (v9), options template sets 3 or 1, data sets 256 and up
 * (RFC 7011 section 3.3.2, RFC 3954 sections 5.2 and 6.1). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/wire/message.h"
#include "core/wire/rc.h"

enum {
	SET_HEADER = 4,
	SET_FIRST_DATA = 256,
	FIELD_VARIABLE = 65535, /* RFC 7011 section 7 */
};

enum set_kind {
	SET_TEMPLATE,
	SET_OPTIONS_TEMPLATE,
	SET_DATA,
	SET_RESERVED,
};

struct set {
	uint16_t id;
	enum set_kind kind;
	struct cur body;
};

/* Cuts the next set off message->body.  WIRE_END where nothing is left, or, in v9, nothing but
 * zeros: exporters pad messages so, and a set of length zero cannot be meant.  An IPFIX set that
 * begins within the message and ends within the datagram is whole, though the message counts itself
 * too short. */
MUST_CHECK enum wire_rc set_next(struct message *message, struct set *ret);

/* One field as a template tells it. */
struct field_spec {
	uint32_t pen; /* enterprise number; 0 is IANA's; always 0 in v9 */
	uint16_t id;  /* element, or the v9 scope type (RFC 3954 section 6.1) where is_v9_scope */
	uint16_t length; /* octets, or FIELD_VARIABLE (IPFIX only) */
	bool is_scope;
	bool is_v9_scope;
};

/* Steps over the length in front of a field of variable length: one octet, or 255 and two more
 * (RFC 7011 section 7).  False where it is not all there. */
MUST_CHECK static inline bool field_variable_length(struct cur *c, uint16_t *ret)
{
	const uint8_t *one = cur_take(c, 1);
	if (!one)
		return false;
	*ret = *one;
	if (*one < 255)
		return true;
	const uint8_t *two = cur_take(c, 2);
	if (two)
		*ret = be16(two);
	return two != NULL;
}

/* A template record's head and, behind it, its fields. */
struct template_record {
	uint16_t id;
	bool options;
	bool withdrawal;      /* IPFIX, field count 0: RFC 7011 section 8.1 */
	uint16_t field_count; /* scopes included */
	uint16_t scope_count;
	struct cur fields;
};

/* Cuts the next template off a template set's body.  WIRE_END where only padding is left.  After
 * any other result than WIRE_OK the rest of the set cannot be read; ret->id is set where it was
 * there (else 0), so that the template that it would have redefined can be dropped. */
MUST_CHECK enum wire_rc template_next(struct cur *set, enum wire_protocol protocol,
                                      enum set_kind kind, struct template_record *ret);

/* Reads field number i (counted by the caller from 0) from record->fields, which template_next has
 * checked to be whole. */
struct field_spec field_next(struct template_record *record, enum wire_protocol protocol, size_t i);
