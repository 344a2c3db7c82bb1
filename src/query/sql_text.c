/* sql_text: texts (see sql_functions.h).  A character is one of Unicode's, not a byte. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/utf8.h"
#include "query/json.h"
#include "query/literal.h"
#include "query/sql_functions.h"
#include "query/utf8_put.h"

/* ---- terms ---- */

/* A term is a run of letters and digits; what is not ASCII counts as a letter. */
static bool is_term(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (unsigned char)c >= 0x80;
}

/* Whether `term` stands in the text with a border where asked. */
static bool has(struct db_text text, struct db_text term, bool left, bool right)
{
	if (!term.len)
		return true;
	const char *end = text.at + text.len;
	for (const char *at = text.at; (size_t)(end - at) >= term.len; at++) {
		at = memmem(at, (size_t)(end - at), term.at, term.len);
		if (!at)
			return false;
		const char *behind = at + term.len;
		bool starts = at == text.at || !is_term(at[-1]) || !is_term(*at);
		bool stops = behind == end || !is_term(*behind) || !is_term(behind[-1]);
		if ((!left || starts) && (!right || stops))
			return true;
	}
	return false;
}

SQL(has_term)
{
	if (!any_null(a, n))
		db_answer_bool(ret, has(a[0].s, a[1].s, true, true));
}

SQL(has_prefix)
{
	if (!any_null(a, n))
		db_answer_bool(ret, has(a[0].s, a[1].s, true, false));
}

SQL(has_suffix)
{
	if (!any_null(a, n))
		db_answer_bool(ret, has(a[0].s, a[1].s, false, true));
}

/* How many of the array's texts the text has, the first of them, and how many there are. */
struct found {
	int64_t count, first, all;
};

static struct found terms_found(struct db_text text, struct db_text array)
{
	struct found found = { .first = -1 };
	struct json inside = json_inside((struct json){ array.at, array.len }), item;
	struct buf term = { 0 };
	for (; json_next(&inside, &item); found.all++) {
		buf_clear(&term);
		if (json_kind(item) == JSON_STRING)
			json_string_text(item, &term);
		else
			buf_add(&term, item.at, item.len);
		if (!has(text, (struct db_text){ buf_text(&term), term.len }, true, true))
			continue;
		if (found.first < 0)
			found.first = found.all;
		found.count++;
	}
	buf_done(&term);
	return found;
}

SQL(has_any)
{
	if (!any_null(a, n))
		db_answer_bool(ret, terms_found(a[0].s, a[1].s).count > 0);
}

SQL(has_all)
{
	if (any_null(a, n))
		return;
	struct found found = terms_found(a[0].s, a[1].s);
	db_answer_bool(ret, found.count == found.all);
}

SQL(has_any_index)
{
	if (!any_null(a, n))
		db_answer_i64(ret, terms_found(a[0].s, a[1].s).first);
}

/* ---- characters ---- */

static size_t step(struct db_text text, size_t at)
{
	size_t len = utf8_length(text.at + at, text.len - at);
	return len ? len : 1;
}

static int64_t characters(struct db_text text)
{
	int64_t count = 0;
	for (size_t at = 0; at < text.len; at += step(text, at))
		count++;
	return count;
}

/* The byte at which character number `index` starts; the end where there are fewer. */
static size_t byte_of(struct db_text text, int64_t index)
{
	size_t at = 0;
	while (at < text.len && index-- > 0)
		at += step(text, at);
	return at;
}

/* A negative start counts from the end. */
SQL(substring)
{
	if (any_null(a, n)) {
		answer_empty(ret);
		return;
	}
	struct db_text text = a[0].s;
	int64_t start = a[1].i;
	if (start < 0)
		start += characters(text);
	if (start < 0)
		start = 0;
	size_t from = byte_of(text, start);
	struct db_text rest = { text.at + from, text.len - from };
	if (n > 2)
		rest.len = byte_of(rest, a[2].i < 0 ? 0 : a[2].i);
	db_answer_text(ret, rest.at, rest.len);
}

SQL(reverse)
{
	if (any_null(a, n))
		return;
	struct db_text text = a[0].s;
	for (size_t end = text.len; end > 0;) {
		size_t start = end - 1;
		while (start > 0 && ((unsigned char)text.at[start] & 0xc0) == 0x80)
			start--;
		buf_add(&ret->scratch, text.at + start, end - start);
		end = start;
	}
	db_answer_scratch(ret);
}

/* index_of(text, match, start, length, occurrence) */
SQL(index_of)
{
	if (any_null(a, n))
		return;
	struct db_text text = a[0].s, match = a[1].s;
	int64_t start = n > 2 ? a[2].i : 0, length = n > 3 ? a[3].i : -1;
	int64_t occurrence = n > 4 ? a[4].i : 1;
	if (occurrence < 1 || length < -1)
		return;
	if (start < 0)
		start += characters(text);
	size_t from = byte_of(text, start < 0 ? 0 : start), end = text.len;
	if (length >= 0)
		end = from + byte_of((struct db_text){ text.at + from, text.len - from }, length);
	while (from + match.len <= end) {
		const char *at = memmem(text.at + from, end - from, match.at, match.len);
		if (!at)
			break;
		size_t found = (size_t)(at - text.at);
		if (--occurrence == 0) {
			db_answer_i64(ret, characters((struct db_text){ text.at, found }));
			return;
		}
		from = found + 1;
	}
	db_answer_i64(ret, -1);
}

/* Overlapping ones too. */
SQL(count_of)
{
	if (any_null(a, n))
		return;
	struct db_text text = a[0].s, match = a[1].s;
	const char *at = text.at, *end = text.at + text.len;
	int64_t count = 0;
	while (match.len && (at = memmem(at, (size_t)(end - at), match.at, match.len))) {
		count++;
		at++;
	}
	db_answer_i64(ret, count);
}

/* ---- parts ---- */

static void put_json(struct db_answer *ret, const char *at, size_t len, bool comma)
{
	if (comma)
		buf_putc(&ret->scratch, ',');
	buf_json_string(&ret->scratch, at, len);
}

/* split(text, delimiter, index): of an empty delimiter the text is one part */
SQL(split)
{
	if (any_null(a, n))
		return;
	struct db_text text = a[0].s, delimiter = a[1].s;
	int64_t wanted = n > 2 ? a[2].i : -1, index = 0;
	const char *at = text.at, *end = text.at + text.len;
	bool some = false;
	buf_putc(&ret->scratch, '[');
	for (bool last = false; !last; index++) {
		const char *stop = delimiter.len
		                       ? memmem(at, (size_t)(end - at), delimiter.at, delimiter.len)
		                       : NULL;
		last = !stop;
		if (last)
			stop = end;
		if (n < 3 || index == wanted) {
			put_json(ret, at, (size_t)(stop - at), some);
			some = true;
		}
		at = last ? end : stop + delimiter.len;
	}
	buf_putc(&ret->scratch, ']');
	db_answer_scratch(ret);
}

static void replace_in(struct buf *out, struct db_text text, struct db_text from, struct db_text to)
{
	const char *at = text.at, *end = text.at + text.len, *found;
	while (from.len && (found = memmem(at, (size_t)(end - at), from.at, from.len))) {
		buf_add(out, at, (size_t)(found - at));
		buf_add(out, to.at, to.len);
		at = found + from.len;
	}
	buf_add(out, at, (size_t)(end - at));
}

SQL(replace)
{
	if (any_null(a, n))
		return;
	replace_in(&ret->scratch, a[0].s, a[1].s, a[2].s);
	db_answer_scratch(ret);
}

/* Replaces in what was not replaced before: `marks` has a byte for each of the text, 'x' where it
 * was. */
static void replace_unmarked(struct buf *text, struct buf *marks, struct db_text from,
                             const struct db_text *to)
{
	struct buf now = { 0 }, now_marks = { 0 };
	if (text->failed || marks->failed)
		return;
	const char *all = buf_text(text), *marked = buf_text(marks);
	for (size_t i = 0; i < text->len;) {
		bool here = from.len && text->len - i >= from.len &&
		            memcmp(all + i, from.at, from.len) == 0 &&
		            !memchr(marked + i, 'x', from.len);
		size_t len = !here ? 1 : to ? to->len : from.len;
		buf_add(&now, !here || !to ? all + i : to->at, len);
		for (size_t k = 0; k < len; k++)
			buf_putc(&now_marks, here ? 'x' : marked[i]);
		i += here ? from.len : 1;
	}
	buf_done(text);
	buf_done(marks);
	*text = now;
	*marks = now_marks;
}

/* replace_strings(text, ["a", "b"], ["x", "y"]): what one pair has put, the next ones leave alone;
 * a rewrite that is no text leaves what it stands for. */
SQL(replace_all)
{
	if (any_null(a, n))
		return;
	struct json from = json_inside((struct json){ a[1].s.at, a[1].s.len });
	struct json to = json_inside((struct json){ a[2].s.at, a[2].s.len }), x, y;
	struct buf old = { 0 }, put = { 0 }, now = { 0 }, marks = { 0 };
	buf_add(&now, a[0].s.at, a[0].s.len);
	for (size_t i = 0; i < now.len; i++)
		buf_putc(&marks, ' ');
	while (json_next(&from, &x) && json_next(&to, &y)) {
		bool text = json_kind(y) == JSON_STRING;
		buf_clear(&old);
		buf_clear(&put);
		if (json_kind(x) == JSON_STRING)
			json_string_text(x, &old);
		if (text)
			json_string_text(y, &put);
		struct db_text rewrite = { buf_text(&put), put.len };
		replace_unmarked(&now, &marks, (struct db_text){ buf_text(&old), old.len },
		                 text ? &rewrite : NULL);
	}
	buf_add(&ret->scratch, buf_text(&now), now.len);
	buf_done(&old);
	buf_done(&put);
	buf_done(&now);
	buf_done(&marks);
	db_answer_scratch(ret);
}

enum { REPEAT_MAX = 1024, REPEAT_BYTES_MAX = 16 << 20 };

/* At most 1024 times, as Kusto has it. */
SQL(repeat)
{
	if (any_null(a, n) || a[1].i <= 0) {
		answer_empty(ret);
		return;
	}
	int64_t times = a[1].i < REPEAT_MAX ? a[1].i : REPEAT_MAX;
	for (int64_t i = 0; i < times && ret->scratch.len < REPEAT_BYTES_MAX; i++) {
		if (i && n > 2)
			buf_add(&ret->scratch, a[2].s.at, a[2].s.len);
		buf_add(&ret->scratch, a[0].s.at, a[0].s.len);
	}
	db_answer_scratch(ret);
}

/* Characters of the first list become those of the second at the same place, its last one beyond.
 */
SQL(translate)
{
	if (any_null(a, n))
		return;
	struct db_text search = a[0].s, put = a[1].s, text = a[2].s;
	int64_t put_count = characters(put);
	for (size_t at = 0, len; at < text.len; at += len) {
		len = step(text, at);
		int64_t index = 0;
		size_t s = 0;
		for (; s < search.len; s += step(search, s), index++)
			if (step(search, s) == len && memcmp(search.at + s, text.at + at, len) == 0)
				break;
		if (s >= search.len) {
			buf_add(&ret->scratch, text.at + at, len);
		} else if (put_count) {
			size_t p = byte_of(put, index < put_count ? index : put_count - 1);
			buf_add(&ret->scratch, put.at + p, step(put, p));
		}
	}
	db_answer_scratch(ret);
}

SQL(text_order)
{
	if (any_null(a, n))
		return;
	size_t len = a[0].s.len < a[1].s.len ? a[0].s.len : a[1].s.len;
	int order = len ? memcmp(a[0].s.at, a[1].s.at, len) : 0;
	if (!order)
		order = a[0].s.len < a[1].s.len ? -1 : a[0].s.len > a[1].s.len;
	db_answer_i64(ret, order < 0 ? -1 : order > 0);
}

static bool same_text(const struct db_cell *a)
{
	return a[0].s.len == a[1].s.len &&
	       (!a[0].s.len || memcmp(a[0].s.at, a[1].s.at, a[0].s.len) == 0);
}

SQL(eq_text)
{
	(void)n;
	if (!a[0].null || !a[1].null)
		db_answer_bool(ret, !a[0].null && !a[1].null && same_text(a));
}

SQL(ne_text)
{
	(void)n;
	if (!a[0].null || !a[1].null)
		db_answer_bool(ret, a[0].null || a[1].null || !same_text(a));
}

SQL(is_ascii)
{
	bool ascii = true;
	for (size_t i = 0; !any_null(a, n) && i < a[0].s.len; i++)
		ascii &= (unsigned char)a[0].s.at[i] < 0x80;
	db_answer_bool(ret, ascii);
}

/* ---- conversions ---- */

SQL(bool_of_text)
{
	bool value;
	if (!any_null(a, n) && bool_parse(a[0].s.at, a[0].s.len, &value))
		db_answer_bool(ret, value);
}

/* "42", or "3.99" cut to 3 */
SQL(long_of_text)
{
	int64_t value;
	double real;
	if (any_null(a, n))
		return;
	if (long_parse(a[0].s.at, a[0].s.len, &value))
		db_answer_i64(ret, value);
	else if (real_parse(a[0].s.at, a[0].s.len, &real) && fabs(real) < 9223372036854775808.0)
		db_answer_i64(ret, (int64_t)real);
}

SQL(real_of_text)
{
	double value;
	if (!any_null(a, n) && real_parse(a[0].s.at, a[0].s.len, &value))
		db_answer_f64(ret, value);
}

SQL(guid_of_text)
{
	char guid[GUID_TEXT_LEN + 1];
	if (any_null(a, n) || !guid_parse(a[0].s.at, a[0].s.len, guid))
		return;
	buf_add(&ret->scratch, guid, GUID_TEXT_LEN);
	db_answer_scratch(ret);
}

SQL(text_of_bool)
{
	if (any_null(a, n))
		answer_empty(ret);
	else
		db_answer_text(ret, a[0].b ? "true" : "false", a[0].b ? 4 : 5);
}

/* As .NET writes doubles: the shortest form that reads back, "1" for 1.0, 1E+16 from there on. */
static void put_real(struct buf *out, double value)
{
	if (isnan(value)) {
		buf_puts(out, "NaN");
	} else if (isinf(value)) {
		buf_puts(out, value > 0 ? "Infinity" : "-Infinity");
	} else if (value == trunc(value) && fabs(value) < 1e15) {
		buf_printf(out, "%.0f", value == 0 ? 0 : value);
	} else {
		buf_double(out, value);
	}
}

SQL(text_of_real)
{
	if (any_null(a, n)) {
		answer_empty(ret);
		return;
	}
	put_real(&ret->scratch, a[0].f);
	db_answer_scratch(ret);
}

SQL(hex)
{
	if (any_null(a, n)) {
		answer_empty(ret);
		return;
	}
	int digits = n > 1 && a[1].i > 0 && a[1].i < 256 ? (int)a[1].i : 1;
	buf_printf(&ret->scratch, "%0*llx", digits, (unsigned long long)a[0].i);
	db_answer_scratch(ret);
}

static const char *const byte_units[] = { "Bytes", "KB", "MB", "GB", "TB", "PB", "EB" };

static int unit_named(struct db_text name)
{
	for (size_t i = 0; i < ARRAY_LEN(byte_units); i++)
		if (strlen(byte_units[i]) == name.len &&
		    strncasecmp(byte_units[i], name.at, name.len) == 0)
			return (int)i;
	return -1;
}

/* format_bytes(size, precision, unit): trailing zeros of the fraction are dropped */
SQL(format_bytes)
{
	int64_t precision = n > 1 ? a[1].i : 0;
	if (any_null(a, n) || !isfinite(a[0].f) || precision < 0 || precision > 15) {
		answer_empty(ret);
		return;
	}
	double size = a[0].f;
	int unit = n > 2 ? unit_named(a[2].s) : 0;
	if (unit < 0) {
		answer_empty(ret);
		return;
	}
	for (int i = 0; i < unit; i++)
		size /= 1024;
	for (; n < 3 && fabs(size) >= 1024 && unit + 1 < (int)ARRAY_LEN(byte_units); unit++)
		size /= 1024;
	char number[400];
	double scale = pow(10, (double)precision);
	int len =
	    snprintf(number, sizeof number, "%.*f", (int)precision, round(size * scale) / scale);
	while (precision && len > 0 && number[len - 1] == '0')
		len--;
	if (precision && number[len - 1] == '.')
		len--;
	buf_printf(&ret->scratch, "%.*s %s", len, number, byte_units[unit]);
	db_answer_scratch(ret);
}

SQL(codepoints)
{
	if (any_null(a, n))
		return;
	struct db_text text = a[0].s;
	buf_putc(&ret->scratch, '[');
	for (size_t at = 0, len; at < text.len; at += len) {
		len = step(text, at);
		uint32_t code = (unsigned char)text.at[at];
		if (len > 1)
			code &= 0xffu >> (len + 1);
		for (size_t i = 1; i < len; i++)
			code = code << 6 | ((unsigned char)text.at[at + i] & 0x3f);
		buf_printf(&ret->scratch, "%s%u", at ? "," : "", code);
	}
	buf_putc(&ret->scratch, ']');
	db_answer_scratch(ret);
}

static void put_codepoint(struct buf *out, struct json value)
{
	int64_t code;
	char utf8[4];
	if (!json_whole(value, &code) || code < 1 || code > 0x10ffff)
		return;
	char *end = utf8_put(utf8, (uint32_t)code);
	buf_add(out, utf8, (size_t)(end - utf8));
}

SQL(text_of_codepoints)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i].null)
			continue;
		struct json value = { a[i].s.at, a[i].s.len }, item, inside = json_inside(value);
		if (json_kind(value) != JSON_ARRAY)
			put_codepoint(&ret->scratch, value);
		while (json_next(&inside, &item))
			put_codepoint(&ret->scratch, item);
	}
	db_answer_scratch(ret);
}

/* clang-format off */
const struct db_function sql_text[] = {
	{ "k_has",            "ss",    'b', false, has_term },
	{ "k_hasprefix",      "ss",    'b', false, has_prefix },
	{ "k_hassuffix",      "ss",    'b', false, has_suffix },
	{ "k_has_any",        "ss",    'b', false, has_any },
	{ "k_has_all",        "ss",    'b', false, has_all },
	{ "k_has_any_index",  "ss",    'i', false, has_any_index },
	{ "k_substring",      "si*",   's', false, substring },
	{ "k_reverse",        "s",     's', false, reverse },
	{ "k_index_of",       "ssi*",  'i', false, index_of },
	{ "k_count_of",       "ss",    'i', false, count_of },
	{ "k_split",          "ssi*",  's', false, split },
	{ "k_replace",        "sss",   's', false, replace },
	{ "k_replace_all",    "sss",   's', false, replace_all },
	{ "k_repeat",         "sis*",  's', false, repeat },
	{ "k_translate",      "sss",   's', false, translate },
	{ "k_text_order",     "ss",    'i', false, text_order },
	{ "k_eq_text",        "ss",    'b', false, eq_text },
	{ "k_ne_text",        "ss",    'b', false, ne_text },
	{ "k_is_ascii",       "s",     'b', false, is_ascii },
	{ "k_bool_of_text",   "s",     'b', false, bool_of_text },
	{ "k_long_of_text",   "s",     'i', false, long_of_text },
	{ "k_real_of_text",   "s",     'f', false, real_of_text },
	{ "k_guid_of_text",   "s",     's', false, guid_of_text },
	{ "k_text_of_bool",   "b",     's', false, text_of_bool },
	{ "k_text_of_real",   "f",     's', false, text_of_real },
	{ "k_hex",            "ii*",   's', false, hex },
	{ "k_format_bytes",   "fis*",  's', false, format_bytes },
	{ "k_codepoints",     "s",     's', false, codepoints },
	{ "k_text_of_codepoints", "s*", 's', false, text_of_codepoints },
};
/* clang-format on */
const size_t sql_text_count = ARRAY_LEN(sql_text);
