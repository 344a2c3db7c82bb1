#include "core/wire/layout.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "core/base/ticks.h"
#include "core/wire/put.h"

enum {
	TEMPLATE_HEADER = 4,
	OPTIONS_TEMPLATE_HEADER = 6,
	FIELD_SPECIFIER = 4,
};

void layout_finish(struct layout *layout)
{
	assert(layout->field_count <= LAYOUT_FIELDS_MAX);
	assert(layout->scope_count <= layout->field_count);
	unsigned size = 0;
	for (size_t i = 0; i < layout->field_count; i++)
		size += layout->fields[i].length;
	layout->record_size = (uint16_t)size;
}

size_t layout_template_size(const struct layout *layout)
{
	return (layout->options ? OPTIONS_TEMPLATE_HEADER : TEMPLATE_HEADER) +
	       layout->field_count * FIELD_SPECIFIER;
}

/* v9 tells how many octets the specifiers of scopes and of the rest take (RFC 3954 section 6.1),
 * IPFIX how many there are of all, and of the scopes (RFC 7011 section 3.4.2.2). */
static uint8_t *put_options_header(const struct layout *layout, enum wire_protocol protocol,
                                   uint8_t *out)
{
	unsigned scopes = layout->scope_count, all = layout->field_count;
	if (protocol == WIRE_IPFIX)
		return put_be16(put_be16(out, all), scopes);
	return put_be16(put_be16(out, scopes * FIELD_SPECIFIER), (all - scopes) * FIELD_SPECIFIER);
}

void layout_encode_template(const struct layout *layout, enum wire_protocol protocol, uint8_t *out)
{
	out = put_be16(out, layout->id);
	if (layout->options)
		out = put_options_header(layout, protocol, out);
	else
		out = put_be16(out, layout->field_count);
	for (size_t i = 0; i < layout->field_count; i++)
		out = put_be16(put_be16(out, layout->fields[i].id), layout->fields[i].length);
}

static uint64_t load_uint(const uint8_t *p, size_t size)
{
	uint64_t v8 = 0;
	uint32_t v4 = 0;
	uint16_t v2 = 0;
	switch (size) {
	case 8: memcpy(&v8, p, 8); return v8;
	case 4: memcpy(&v4, p, 4); return v4;
	case 2: memcpy(&v2, p, 2); return v2;
	default: return *p;
	}
}

static void put_low(uint64_t value, uint8_t *out, size_t length)
{
	uint64_t be = htobe64(value);
	memcpy(out, (const uint8_t *)&be + 8 - length, length);
}

static void put_uint(uint64_t value, uint8_t *out, size_t length)
{
	uint64_t most = length < 8 ? (UINT64_C(1) << 8 * length) - 1 : UINT64_MAX;
	put_low(value < most ? value : most, out, length);
}

static void put_text(const uint8_t *text, size_t size, uint8_t *out, size_t length)
{
	size_t len = strnlen((const char *)text, size < length ? size : length);
	memcpy(out, text, len);
	memset(out + len, 0, length - len);
}

static int64_t load_unix_ms(const uint8_t *p)
{
	int64_t ticks;
	memcpy(&ticks, p, sizeof ticks);
	return (ticks - TICKS_UNIX_EPOCH) / TICKS_PER_MS;
}

void layout_encode(const struct layout *layout, const void *record, int64_t boot_ms, uint8_t *out)
{
	const uint8_t *from = record;
	for (const struct layout_field *f = layout->fields;
	     f < layout->fields + layout->field_count; out += f->length, f++) {
		const uint8_t *p = from + f->offset;
		switch (f->kind) {
		case LAYOUT_UINT: put_uint(load_uint(p, f->size), out, f->length); break;
		case LAYOUT_FLAGS: put_low(load_uint(p, f->size), out, f->length); break;
		case LAYOUT_OCTETS: memcpy(out, p, f->length); break;
		case LAYOUT_TEXT: put_text(p, f->size, out, f->length); break;
		case LAYOUT_TIME: put_uint((uint64_t)load_unix_ms(p), out, f->length); break;
		case LAYOUT_UPTIME: put_be32(out, (uint32_t)(load_unix_ms(p) - boot_ms)); break;
		}
	}
}
