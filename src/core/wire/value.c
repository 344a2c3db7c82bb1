#include "core/wire/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/ticks.h"
#include "core/wire/ntp.h"

static void put_hex(struct buf *out, const uint8_t *p, size_t len)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "%02x", p[i]);
	buf_putc(out, '"');
}

static bool put_unsigned(struct buf *out, const uint8_t *p, size_t len)
{
	if (len < 1 || len > 8)
		return false;
	buf_u64(out, be_uint(p, len));
	return true;
}

/* Reduced-size signed integers keep their sign (RFC 7011 section 6.2). */
static bool put_signed(struct buf *out, const uint8_t *p, size_t len)
{
	if (len < 1 || len > 8)
		return false;
	unsigned unused = (unsigned)(64 - 8 * len);
	buf_i64(out, (int64_t)(be_uint(p, len) << unused) >> unused);
	return true;
}

static bool put_float(struct buf *out, const uint8_t *p, size_t len)
{
	double value;
	if (len == 4) {
		uint32_t bits = be32(p);
		float single;
		memcpy(&single, &bits, sizeof single);
		value = (double)single;
	} else if (len == 8) {
		uint64_t bits = be64(p);
		memcpy(&value, &bits, sizeof value);
	} else {
		return false;
	}
	if (isfinite(value))
		buf_double(out, value);
	else
		buf_puts(out, isnan(value) ? "\"NaN\""
		              : value > 0  ? "\"Infinity\""
		                           : "\"-Infinity\"");
	return true;
}

/* RFC 7011 section 6.1.5: 1 is true, 2 is false. */
static bool put_boolean(struct buf *out, const uint8_t *p, size_t len)
{
	if (len != 1 || (p[0] != 1 && p[0] != 2))
		return false;
	buf_puts(out, p[0] == 1 ? "true" : "false");
	return true;
}

static bool put_mac(struct buf *out, const uint8_t *p, size_t len)
{
	if (len != 6)
		return false;
	buf_printf(out, "\"%02x:%02x:%02x:%02x:%02x:%02x\"", p[0], p[1], p[2], p[3], p[4], p[5]);
	return true;
}

static bool put_string(struct buf *out, const uint8_t *p, size_t len)
{
	while (len > 0 && p[len - 1] == 0)
		len--;
	buf_json_string(out, (const char *)p, len);
	return true;
}

static bool put_ticks(struct buf *out, int64_t ticks)
{
	char text[TICKS_TEXT_MAX];
	if (ticks < 0 || ticks > TICKS_MAX)
		return false;
	ticks_format(ticks, text);
	buf_printf(out, "\"%s\"", text);
	return true;
}

static bool put_seconds(struct buf *out, const uint8_t *p, size_t len)
{
	return len >= 1 && len <= 4 &&
	       put_ticks(out, TICKS_UNIX_EPOCH + (int64_t)be_uint(p, len) * TICKS_PER_SECOND);
}

static bool put_milliseconds(struct buf *out, const uint8_t *p, size_t len)
{
	if (len < 1 || len > 8)
		return false;
	uint64_t ms = be_uint(p, len);
	return ms < (uint64_t)(TICKS_MAX / TICKS_PER_MS) &&
	       put_ticks(out, ticks_from_unix_ms((int64_t)ms));
}

static bool put_ntp(struct buf *out, const uint8_t *p, size_t len)
{
	return len == 8 && put_ticks(out, ntp_ticks(be64(p)));
}

/* Sixteen octets are an IPv6 address even where they hold a mapped IPv4 one (RFC 5952 section 5),
 * so that struct ip, which tells no difference, is of no use here. */
static bool put_ip(struct buf *out, const uint8_t *p, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	if (len != 4 && len != 16)
		return false;
	inet_ntop(len == 4 ? AF_INET : AF_INET6, p, text, sizeof text);
	buf_printf(out, "\"%s\"", text);
	return true;
}

void value_json(struct buf *out, const struct element *element, const uint8_t *p, size_t len)
{
	/* Each answers false, having added nothing, where the length does not fit. */
	static bool (*const put[TYPE_COUNT])(struct buf *, const uint8_t *, size_t) = {
		[TYPE_UNSIGNED8] = put_unsigned,
		[TYPE_UNSIGNED16] = put_unsigned,
		[TYPE_UNSIGNED32] = put_unsigned,
		[TYPE_UNSIGNED64] = put_unsigned,
		[TYPE_SIGNED8] = put_signed,
		[TYPE_SIGNED16] = put_signed,
		[TYPE_SIGNED32] = put_signed,
		[TYPE_SIGNED64] = put_signed,
		[TYPE_FLOAT32] = put_float,
		[TYPE_FLOAT64] = put_float,
		[TYPE_BOOLEAN] = put_boolean,
		[TYPE_MACADDRESS] = put_mac,
		[TYPE_STRING] = put_string,
		[TYPE_DATETIMESECONDS] = put_seconds,
		[TYPE_DATETIMEMILLISECONDS] = put_milliseconds,
		[TYPE_DATETIMEMICROSECONDS] = put_ntp,
		[TYPE_DATETIMENANOSECONDS] = put_ntp,
		[TYPE_IPV4ADDRESS] = put_ip,
		[TYPE_IPV6ADDRESS] = put_ip,
	};
	if (!element || !put[element->type] || !put[element->type](out, p, len))
		put_hex(out, p, len);
}

void value_name(struct buf *out, const struct field_spec *field)
{
	/* RFC 3954 section 6.1 */
	static const char *const scopes[] = {
		NULL,         "scopeSystem",  "scopeInterface", "scopeLineCard",
		"scopeCache", "scopeTemplate"
	};
	const struct element *element =
	    field->is_v9_scope ? NULL : element_find(field->pen, field->id);
	if (element && field->pen == PEN_REVERSE)
		buf_printf(out, "reverse%c%s", toupper(element->name[0]), element->name + 1);
	else if (element)
		buf_puts(out, element->name);
	else if (field->is_v9_scope && field->id > 0 && field->id < ARRAY_LEN(scopes))
		buf_puts(out, scopes[field->id]);
	else
		buf_printf(out, "%s%uid%u", field->is_v9_scope ? "scope" : "e", field->pen,
		           field->id);
}
