/* layout: a template together with the struct that its records are made from.
 *
 * Exporting has no decisions in it: what stands where is a row, and layout_encode walks the rows.
 * All fields have a fixed length; NetFlow v9 (RFC 3954) and IPFIX (RFC 7011) differ in the rows
 * only.  Integers may be encoded in fewer octets than they have in memory (RFC 7011 section 6.2): a
 * value that does not fit becomes the largest that does. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/wire/message.h"

enum layout_kind {
	LAYOUT_UINT,   /* an unsigned integer of `size` octets, host byte order */
	LAYOUT_FLAGS,  /* the same, of bits: what does not fit is left out */
	LAYOUT_OCTETS, /* copied as it is: addresses */
	LAYOUT_TEXT,   /* NUL-terminated char[size]; padded with NULs to `length` */
	LAYOUT_TIME,   /* int64_t ticks; dateTimeMilliseconds, 8 octets */
	LAYOUT_UPTIME, /* int64_t ticks; ms since the exporter began, 4 octets, modulo 2^32 */
};

struct layout_field {
	uint16_t id; /* element, v9 field type, or v9 scope type (RFC 3954 section 6.1) */
	uint16_t length;
	uint16_t offset, size; /* in the struct */
	enum layout_kind kind;
};

/* A row for a member of a struct: FIELD(IE_octetDeltaCount, 8, UINT, struct metered_flow, bytes).
 */
#define LAYOUT_FIELD(id, length, kind, type, member)                                               \
	{                                                                                          \
		id, length, offsetof(type, member), sizeof(((type *)NULL)->member), LAYOUT_##kind  \
	}

enum { LAYOUT_FIELDS_MAX = 40 };

struct layout {
	uint16_t id; /* template ID, 256 or above */
	bool options;
	uint16_t scope_count; /* leading fields that are scopes; 0 where not `options` */
	uint16_t field_count; /* scopes included */
	uint16_t record_size; /* octets, layout_finish */
	struct layout_field fields[LAYOUT_FIELDS_MAX];
};

/* Adds up record_size; to be called once the fields are there. */
void layout_finish(struct layout *layout);

/* Octets that its template record takes in a set. */
size_t layout_template_size(const struct layout *layout);

/* Writes the template record, layout_template_size() octets. */
void layout_encode_template(const struct layout *layout, enum wire_protocol protocol, uint8_t *out);

/* Writes one record, layout->record_size octets.  boot_ms is the instant, ms since 1970, from which
 * the message's header lets uptime count. */
void layout_encode(const struct layout *layout, const void *record, int64_t boot_ms, uint8_t *out);
