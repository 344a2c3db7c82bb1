#include "query/json.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/utf8_put.h"

/* Past the string that starts at text[from]. */
static size_t string_end(const char *text, size_t len, size_t from)
{
	for (size_t i = from + 1; i < len; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == '"')
			return i + 1;
	}
	return len;
}

/* Past the value that starts at text[from]. */
static size_t value_end(const char *text, size_t len, size_t from)
{
	size_t depth = 0;
	for (size_t i = from; i < len;) {
		char c = text[i];
		if (c == '"') {
			i = string_end(text, len, i);
			if (!depth)
				return i;
			continue;
		}
		if (c == '[' || c == '{') {
			depth++;
		} else if (c == ']' || c == '}') {
			if (depth <= 1)
				return depth ? i + 1 : i;
			depth--;
		} else if (!depth && (c == ',' || c == ':')) {
			return i;
		}
		i++;
	}
	return len;
}

enum json_kind json_kind(struct json value)
{
	if (!value.len)
		return JSON_NONE;
	switch (value.at[0]) {
	case 'n': return JSON_NULL;
	case 't':
	case 'f': return JSON_BOOL;
	case '"': return JSON_STRING;
	case '[': return JSON_ARRAY;
	case '{': return JSON_BAG;
	default: return JSON_NUMBER;
	}
}

struct json json_inside(struct json value)
{
	enum json_kind kind = json_kind(value);
	if ((kind != JSON_ARRAY && kind != JSON_BAG) || value.len < 2)
		return (struct json){ value.at, 0 };
	return (struct json){ value.at + 1, value.len - 2 };
}

static void step(struct json *inside, size_t n)
{
	if (n > inside->len)
		n = inside->len;
	inside->at += n;
	inside->len -= n;
}

bool json_next(struct json *inside, struct json *ret)
{
	if (!inside->len)
		return false;
	size_t end = value_end(inside->at, inside->len, 0);
	*ret = (struct json){ inside->at, end };
	step(inside, end + 1);
	return true;
}

bool json_next_pair(struct json *inside, struct json *ret_key, struct json *ret)
{
	return json_next(inside, ret_key) && json_next(inside, ret);
}

/* ---- scalars ---- */

static uint32_t hex4(const char *at)
{
	char digits[5] = { at[0], at[1], at[2], at[3] };
	return (uint32_t)strtoul(digits, NULL, 16);
}

/* One escape at at[0] == '\\'; returns how many bytes it takes. */
static size_t unescape(const char *at, size_t left, struct buf *out)
{
	static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
	if (left < 2)
		return left;
	if (at[1] != 'u' || left < 6) {
		const char *name = strchr(names, at[1]);
		buf_putc(out, name && at[1] ? values[name - names] : at[1]);
		return 2;
	}
	size_t taken = 6;
	uint32_t code = hex4(at + 2);
	if (code >= 0xd800 && code <= 0xdbff && left >= 12 && at[6] == '\\' && at[7] == 'u') {
		uint32_t low = hex4(at + 8);
		if (low >= 0xdc00 && low <= 0xdfff) {
			code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
			taken = 12;
		}
	}
	char utf8[4];
	char *end = utf8_put(utf8, code);
	buf_add(out, utf8, (size_t)(end - utf8));
	return taken;
}

void json_string_text(struct json string, struct buf *out)
{
	if (string.len < 2)
		return;
	const char *at = string.at + 1, *end = string.at + string.len - 1;
	while (at < end) {
		const char *slash = memchr(at, '\\', (size_t)(end - at));
		if (!slash)
			slash = end;
		buf_add(out, at, (size_t)(slash - at));
		at = slash;
		if (at < end)
			at += unescape(at, (size_t)(end - at), out);
	}
}

bool json_string_equals(struct json string, const char *text, size_t len)
{
	if (json_kind(string) != JSON_STRING || string.len < 2)
		return false;
	if (!memchr(string.at, '\\', string.len))
		return string.len - 2 == len && (!len || memcmp(string.at + 1, text, len) == 0);
	struct buf plain = { 0 };
	json_string_text(string, &plain);
	bool same = plain.len == len && (!len || memcmp(buf_text(&plain), text, len) == 0);
	buf_done(&plain);
	return same;
}

bool json_is_true(struct json value)
{
	return value.len && value.at[0] == 't';
}

enum { NUMBER_LEN_MAX = 400 };

double json_number(struct json number)
{
	char copy[NUMBER_LEN_MAX];
	size_t len = number.len < sizeof copy ? number.len : sizeof copy - 1;
	memcpy(copy, number.at, len);
	copy[len] = '\0';
	return strtod(copy, NULL);
}

bool json_whole(struct json number, int64_t *ret)
{
	char copy[24], *end;
	if (!number.len || number.len >= sizeof copy)
		return false;
	memcpy(copy, number.at, number.len);
	copy[number.len] = '\0';
	errno = 0;
	long long value = strtoll(copy, &end, 10);
	if (errno || *end || end == copy)
		return false;
	*ret = value;
	return true;
}

/* ---- access ---- */

static int64_t length(struct json array)
{
	int64_t n = 0;
	struct json inside = json_inside(array), element;
	while (json_next(&inside, &element))
		n++;
	return n;
}

bool json_element(struct json array, int64_t index, struct json *ret)
{
	if (json_kind(array) != JSON_ARRAY)
		return false;
	if (index < 0)
		index += length(array);
	if (index < 0)
		return false;
	struct json inside = json_inside(array), element;
	while (json_next(&inside, &element)) {
		if (index-- == 0) {
			*ret = element;
			return true;
		}
	}
	return false;
}

bool json_member(struct json bag, const char *key, size_t key_len, struct json *ret)
{
	if (json_kind(bag) != JSON_BAG)
		return false;
	struct json inside = json_inside(bag), name, value;
	while (json_next_pair(&inside, &name, &value)) {
		if (json_string_equals(name, key, key_len)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

/* ---- comparison ---- */

static bool strings_equal(struct json a, struct json b)
{
	struct buf text = { 0 };
	json_string_text(b, &text);
	bool same = json_string_equals(a, buf_text(&text), text.len);
	buf_done(&text);
	return same;
}

static bool numbers_equal(struct json a, struct json b)
{
	int64_t x, y;
	if (json_whole(a, &x) && json_whole(b, &y))
		return x == y;
	return json_number(a) == json_number(b);
}

static bool equal_within(struct json a, struct json b, int depth);

static bool arrays_equal(struct json a, struct json b, int depth)
{
	struct json left = json_inside(a), right = json_inside(b), x, y;
	for (;;) {
		bool more = json_next(&left, &x), other = json_next(&right, &y);
		if (!more || !other)
			return more == other;
		if (!equal_within(x, y, depth - 1))
			return false;
	}
}

static bool bags_equal(struct json a, struct json b, int depth)
{
	struct json left = json_inside(a), right = json_inside(b), key, x, y;
	struct buf name = { 0 };
	size_t n = 0, m = 0;
	bool same = true;
	while (same && json_next_pair(&left, &key, &x)) {
		buf_clear(&name);
		json_string_text(key, &name);
		same =
		    json_member(b, buf_text(&name), name.len, &y) && equal_within(x, y, depth - 1);
		n++;
	}
	while (json_next_pair(&right, &key, &y))
		m++;
	buf_done(&name);
	return same && n == m;
}

/* Values come from json_canonical, so that `depth` is never used up. */
static bool equal_within(struct json a, struct json b, int depth)
{
	enum json_kind kind = json_kind(a);
	if (kind != json_kind(b) || depth <= 0)
		return false;
	switch (kind) {
	case JSON_NUMBER: return numbers_equal(a, b);
	case JSON_STRING: return strings_equal(a, b);
	case JSON_ARRAY: return arrays_equal(a, b, depth);
	case JSON_BAG: return bags_equal(a, b, depth);
	default: return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
	}
}

bool json_same(struct json a, struct json b)
{
	return equal_within(a, b, JSON_DEPTH_MAX + 1);
}

static int compare_strings(struct json a, struct json b)
{
	struct buf x = { 0 }, y = { 0 };
	json_string_text(a, &x);
	json_string_text(b, &y);
	int order = memcmp(buf_text(&x), buf_text(&y), x.len < y.len ? x.len : y.len);
	if (!order)
		order = x.len < y.len ? -1 : x.len > y.len;
	buf_done(&x);
	buf_done(&y);
	return order < 0 ? -1 : order > 0;
}

int json_compare(struct json a, struct json b)
{
	enum json_kind kind = json_kind(a);
	if (kind != json_kind(b))
		return INT_MIN;
	int64_t i, j;
	switch (kind) {
	case JSON_NUMBER:
		if (json_whole(a, &i) && json_whole(b, &j))
			return i < j ? -1 : i > j;
		double x = json_number(a), y = json_number(b);
		return x < y ? -1 : x > y ? 1 : x == y ? 0 : INT_MIN;
	case JSON_STRING: return compare_strings(a, b);
	case JSON_BOOL: return json_is_true(a) - json_is_true(b);
	default: return INT_MIN;
	}
}
