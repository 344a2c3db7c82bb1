/* sql_url: URLs, paths, Base64, CSV, versions, hashes (see sql_functions.h). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/utf8.h"
#include "query/csv.h"
#include "query/literal.h"
#include "query/sql_json.h"

/* ---- escapes ---- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes that are no UTF-8 become U+FFFD: a text is always valid. */
static void answer_valid(struct db_answer *ret, const char *at, size_t len)
{
	buf_clear(&ret->scratch);
	for (size_t i = 0, n; i < len; i += n ? n : 1) {
		n = utf8_length(at + i, len - i);
		if (n)
			buf_add(&ret->scratch, at + i, n);
		else
			buf_puts(&ret->scratch, "\xef\xbf\xbd");
	}
	db_answer_scratch(ret);
}

static void unescape(struct buf *out, struct db_text text, bool plus)
{
	for (size_t i = 0; i < text.len; i++) {
		bool escape = text.at[i] == '%' && i + 2 < text.len &&
		              hex_value(text.at[i + 1]) >= 0 && hex_value(text.at[i + 2]) >= 0;
		if (escape) {
			buf_putc(out, (char)(hex_value(text.at[i + 1]) * 16 +
			                     hex_value(text.at[i + 2])));
			i += 2;
		} else {
			buf_putc(out, plus && text.at[i] == '+' ? ' ' : text.at[i]);
		}
	}
}

/* url_encode(text, blanks as +) */
SQL(url_encode)
{
	if (any_null(a, n))
		return;
	for (size_t i = 0; i < a[0].s.len; i++) {
		unsigned char c = (unsigned char)a[0].s.at[i];
		if (isalnum(c) || strchr("-_.!*()", c ? c : ' '))
			buf_putc(&ret->scratch, (char)c);
		else if (c == ' ' && a[1].b)
			buf_putc(&ret->scratch, '+');
		else
			buf_printf(&ret->scratch, "%%%02x", c);
	}
	db_answer_scratch(ret);
}

SQL(url_decode)
{
	struct buf plain = { 0 };
	if (any_null(a, n))
		return;
	unescape(&plain, a[0].s, true);
	answer_valid(ret, buf_text(&plain), plain.len);
	buf_done(&plain);
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

SQL(base64_encode)
{
	if (any_null(a, n))
		return;
	const unsigned char *at = (const unsigned char *)a[0].s.at;
	for (size_t i = 0, left; i < a[0].s.len; i += 3) {
		left = a[0].s.len - i;
		uint32_t bits = (uint32_t)at[i] << 16 | (left > 1 ? (uint32_t)at[i + 1] << 8 : 0) |
		                (left > 2 ? at[i + 2] : 0);
		char out[4] = { base64[bits >> 18], base64[bits >> 12 & 63],
			        left > 1 ? base64[bits >> 6 & 63] : '=',
			        left > 2 ? base64[bits & 63] : '=' };
		buf_add(&ret->scratch, out, 4);
	}
	db_answer_scratch(ret);
}

SQL(base64_decode)
{
	struct buf bytes = { 0 };
	uint32_t bits = 0;
	int count = 0;
	bool ok = !any_null(a, n);
	for (size_t i = 0; ok && i < a[0].s.len && a[0].s.at[i] != '='; i++) {
		const char *digit = a[0].s.at[i] ? strchr(base64, a[0].s.at[i]) : NULL;
		ok = digit;
		bits = bits << 6 | (uint32_t)(ok ? digit - base64 : 0);
		if (++count % 4 == 0) {
			char out[3] = { (char)(bits >> 16), (char)(bits >> 8), (char)bits };
			buf_add(&bytes, out, 3);
		}
	}
	if (count % 4 == 2)
		buf_putc(&bytes, (char)(bits >> 4));
	if (count % 4 == 3) {
		buf_putc(&bytes, (char)(bits >> 10));
		buf_putc(&bytes, (char)(bits >> 2));
	}
	if (ok && count % 4 != 1)
		answer_valid(ret, buf_text(&bytes), bytes.len);
	else
		answer_empty(ret);
	buf_done(&bytes);
}

/* ---- parts ---- */

static void put(struct buf *out, const char *name, const char *at, size_t len)
{
	if (out->len > 1)
		buf_putc(out, ',');
	buf_json_string(out, name, strlen(name));
	buf_putc(out, ':');
	buf_json_string(out, at, len);
}

/* "a=1&b=2" as a bag */
static void put_query(struct buf *out, const char *at, const char *end)
{
	bool some = false;
	buf_putc(out, '{');
	while (at < end) {
		const char *stop = memchr(at, '&', (size_t)(end - at));
		if (!stop)
			stop = end;
		const char *equals = memchr(at, '=', (size_t)(stop - at));
		const char *name_end = equals ? equals : stop, *value = equals ? equals + 1 : stop;
		struct buf text = { 0 };
		if (stop > at) {
			if (some)
				buf_putc(out, ',');
			some = true;
			unescape(&text, (struct db_text){ at, (size_t)(name_end - at) }, true);
			buf_json_string(out, buf_text(&text), text.len);
			buf_putc(out, ':');
			buf_clear(&text);
			unescape(&text, (struct db_text){ value, (size_t)(stop - value) }, true);
			buf_json_string(out, buf_text(&text), text.len);
		}
		buf_done(&text);
		at = stop + 1;
	}
	buf_putc(out, '}');
}

static const char *find(const char *at, const char *end, const char *any)
{
	while (at < end && !(*at && strchr(any, *at)))
		at++;
	return at;
}

/* [user[:password]@]host[:port] */
static void put_authority(struct buf *out, const char *at, const char *end)
{
	const char *user = at, *sign = memchr(at, '@', (size_t)(end - at));
	const char *user_end = at, *password = at, *password_end = at;
	if (sign) {
		user_end = find(user, sign, ":");
		password = user_end < sign ? user_end + 1 : sign;
		password_end = sign;
		at = sign + 1;
	}
	const char *bracket = at < end && *at == '[' ? find(at, end, "]") : at;
	const char *colon = find(bracket, end, ":");
	const char *port = colon < end ? colon + 1 : end;
	put(out, "Host", at, (size_t)(colon - at));
	put(out, "Port", port, (size_t)(end - port));
	put(out, "Username", user, (size_t)(user_end - user));
	put(out, "Password", password, (size_t)(password_end - password));
}

SQL(parse_url)
{
	if (any_null(a, n))
		return;
	const char *at = a[0].s.at, *end = at + a[0].s.len;
	const char *scheme = memmem(at, (size_t)(end - at), "://", 3);
	const char *authority = scheme ? scheme + 3 : at;
	const char *path = find(authority, end, "/?#"), *query = find(path, end, "?#");
	const char *fragment = find(query, end, "#");
	buf_putc(&ret->scratch, '{');
	put(&ret->scratch, "Scheme", at, scheme ? (size_t)(scheme - at) : 0);
	put_authority(&ret->scratch, authority, path);
	put(&ret->scratch, "Path", path, (size_t)(query - path));
	buf_puts(&ret->scratch, ",\"Query Parameters\":");
	put_query(&ret->scratch, query < fragment ? query + 1 : query, fragment);
	put(&ret->scratch, "Fragment", fragment < end ? fragment + 1 : end,
	    fragment < end ? (size_t)(end - fragment) - 1 : 0);
	buf_putc(&ret->scratch, '}');
	db_answer_scratch(ret);
}

SQL(parse_url_query)
{
	if (any_null(a, n))
		return;
	const char *at = a[0].s.at, *end = at + a[0].s.len;
	if (at < end && *at == '?')
		at++;
	buf_puts(&ret->scratch, "{\"Query Parameters\":");
	put_query(&ret->scratch, at, end);
	buf_putc(&ret->scratch, '}');
	db_answer_scratch(ret);
}

static const char *last_of(const char *at, const char *end, const char *any)
{
	const char *found = NULL;
	for (; at < end; at++)
		if (*at && strchr(any, *at))
			found = at;
	return found;
}

SQL(parse_path)
{
	if (any_null(a, n))
		return;
	const char *at = a[0].s.at, *end = at + a[0].s.len;
	const char *scheme = memmem(at, (size_t)(end - at), "://", 3);
	const char *stream = NULL, *body = scheme ? scheme + 3 : at;
	const char *slash = last_of(body, end, "/\\");
	const char *file = slash ? slash + 1 : body, *dot = last_of(file, end, ".");
	const char *folder = slash ? slash : body;
	const char *parent = last_of(body, folder, "/\\");
	bool drive = body + 1 < end && isalpha((unsigned char)body[0]) && body[1] == ':';
	stream = last_of(file, end, ":");
	const char *file_end = stream ? stream : end;
	buf_putc(&ret->scratch, '{');
	put(&ret->scratch, "Scheme", at, scheme ? (size_t)(scheme - at) : 0);
	put(&ret->scratch, "RootPath", body, drive ? 2 : 0);
	put(&ret->scratch, "DirectoryPath", at, (size_t)(folder - at));
	const char *directory = parent ? parent + 1 : body;
	put(&ret->scratch, "DirectoryName", directory, (size_t)(folder - directory));
	put(&ret->scratch, "Filename", file, (size_t)(file_end - file));
	const char *extension = dot ? dot + 1 : file_end;
	put(&ret->scratch, "Extension", extension,
	    extension < file_end ? (size_t)(file_end - extension) : 0);
	put(&ret->scratch, "AlternateDataStreamName", stream ? stream + 1 : end,
	    stream ? (size_t)(end - stream) - 1 : 0);
	buf_putc(&ret->scratch, '}');
	db_answer_scratch(ret);
}

/* Up to four parts of up to eight digits each, in a row. */
SQL(parse_version)
{
	if (any_null(a, n))
		return;
	const char *at = a[0].s.at, *end = at + a[0].s.len;
	for (int part = 0; part < 4; part++) {
		int64_t number = 0;
		const char *stop = find(at, end, ".");
		if (at < end &&
		    (stop - at > 8 || !long_parse(at, (size_t)(stop - at), &number) || number < 0))
			return;
		buf_printf(&ret->scratch, part ? "%08lld" : "%lld", (long long)number);
		at = stop < end ? stop + 1 : end;
	}
	if (at == end)
		db_answer_scratch(ret);
}

/* One line of RFC 4180. */
SQL(parse_csv)
{
	if (any_null(a, n))
		return;
	csv_fields(&ret->scratch, a[0].s.at, a[0].s.len);
	db_answer_scratch(ret);
}

/* ---- xxHash64 (Yann Collet's specification), seed 0 ---- */

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static const uint64_t primes[] = { UINT64_C(11400714785074694791), UINT64_C(14029467366897019727),
	                           UINT64_C(1609587929392839161), UINT64_C(9650029242287828579),
	                           UINT64_C(2870177450012600261) };

static uint64_t lane(uint64_t acc, uint64_t input)
{
	return rotate(acc + input * primes[1], 31) * primes[0];
}

static uint64_t read64(const unsigned char *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static uint64_t tail(uint64_t h, const unsigned char *p, size_t left)
{
	for (; left >= 8; p += 8, left -= 8)
		h = rotate(h ^ lane(0, read64(p)), 27) * primes[0] + primes[3];
	if (left >= 4) {
		uint32_t v;
		memcpy(&v, p, sizeof v);
		h = rotate(h ^ v * primes[0], 23) * primes[1] + primes[2];
		p += 4;
		left -= 4;
	}
	for (; left; p++, left--)
		h = rotate(h ^ *p * primes[4], 11) * primes[0];
	h = (h ^ h >> 33) * primes[1];
	h = (h ^ h >> 29) * primes[2];
	return h ^ h >> 32;
}

static uint64_t xxhash64(const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t left = len;
	uint64_t h = primes[4];
	if (len >= 32) {
		uint64_t v[4] = { primes[0] + primes[1], primes[1], 0, 0 - primes[0] };
		for (; left >= 32; left -= 32)
			for (int i = 0; i < 4; i++, p += 8)
				v[i] = lane(v[i], read64(p));
		h = rotate(v[0], 1) + rotate(v[1], 7) + rotate(v[2], 12) + rotate(v[3], 18);
		for (int i = 0; i < 4; i++)
			h = (h ^ lane(0, v[i])) * primes[0] + primes[3];
	}
	return tail(h + len, p, left);
}

/* hash(text, mod) */
SQL(hash)
{
	if (any_null(a, n))
		return;
	int64_t value = (int64_t)xxhash64(a[0].s.at, a[0].s.len);
	if (n < 2) {
		db_answer_i64(ret, value);
	} else if (a[1].i > 0) {
		int64_t rest = value % a[1].i;
		db_answer_i64(ret, rest < 0 ? rest + a[1].i : rest);
	}
}

SQL(hash_many)
{
	uint64_t h = 0;
	for (size_t i = 0; i < n; i++)
		h = rotate(h, 1) ^ (a[i].null ? 0 : xxhash64(a[i].s.at, a[i].s.len));
	db_answer_i64(ret, (int64_t)h);
}

/* clang-format off */
const struct db_function sql_url[] = {
	{ "k_url_encode",      "sb",  's', false, url_encode },
	{ "k_url_decode",      "s",   's', false, url_decode },
	{ "k_base64_encode",   "s",   's', false, base64_encode },
	{ "k_base64_decode",   "s",   's', false, base64_decode },
	{ "k_parse_url",       "s",   's', false, parse_url },
	{ "k_parse_url_query", "s",   's', false, parse_url_query },
	{ "k_parse_path",      "s",   's', false, parse_path },
	{ "k_parse_version",   "s",   's', false, parse_version },
	{ "k_parse_csv",       "s",   's', false, parse_csv },
	{ "k_hash",            "si*", 'i', false, hash },
	{ "k_hash_many",       "s*",  'i', false, hash_many },
};
/* clang-format on */
const size_t sql_url_count = ARRAY_LEN(sql_url);
