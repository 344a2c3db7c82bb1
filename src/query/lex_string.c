#include "query/lex_string.h"

#include <stdint.h>
#include <string.h>

#include "query/utf8_put.h"

static bool fences(const char *text, size_t left)
{
	return left >= 3 && (memcmp(text, "```", 3) == 0 || memcmp(text, "~~~", 3) == 0);
}

bool string_starts(const char *text, size_t left)
{
	size_t i = 0;
	if (left && (text[0] == 'h' || text[0] == 'H'))
		i++;
	if (i < left && text[i] == '@')
		i++;
	if (i < left && (text[i] == '"' || text[i] == '\''))
		return true;
	return fences(text + i, left - i);
}

static bool broken(struct string_read *s, const char *problem)
{
	s->problem = problem;
	return false;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads exactly `digits` hexadecimal digits at s->at. */
static bool take_hex(struct string_read *s, int digits, uint32_t *ret)
{
	uint32_t code = 0;
	for (int i = 0; i < digits; i++) {
		int v = s->at < s->len ? hex_value(s->text[s->at]) : -1;
		if (v < 0)
			return broken(s, "The escape sequence is cut short");
		code = code << 4 | (uint32_t)v;
		s->at++;
	}
	*ret = code;
	return true;
}

/* A second half (\uDC00…) that follows a first one. */
static bool take_low_surrogate(struct string_read *s, uint32_t *code)
{
	if (*code < 0xd800 || *code > 0xdbff || s->len - s->at < 6 || s->text[s->at] != '\\' ||
	    s->text[s->at + 1] != 'u')
		return true;
	size_t back = s->at;
	uint32_t low;
	s->at += 2;
	if (!take_hex(s, 4, &low))
		return false;
	if (low >= 0xdc00 && low <= 0xdfff)
		*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
	else
		s->at = back;
	return true;
}

static bool take_octal(struct string_read *s, uint32_t *ret)
{
	uint32_t code = 0;
	for (int i = 0; i < 3 && s->at < s->len; i++) {
		char c = s->text[s->at];
		if (c < '0' || c > '7')
			break;
		code = code * 8 + (uint32_t)(c - '0');
		s->at++;
	}
	*ret = code;
	return true;
}

/* s->at stands behind the backslash. */
static bool take_escape(struct string_read *s, char **out)
{
	static const char names[] = "abfnrtv\\\"'`", values[] = "\a\b\f\n\r\t\v\\\"'`";
	char c = s->at < s->len ? s->text[s->at] : '\0';
	uint32_t code;
	if (c >= '0' && c <= '7') {
		if (!take_octal(s, &code))
			return false;
	} else if (c == 'u' || c == 'U' || c == 'x') {
		s->at++;
		if (!take_hex(s,
		              c == 'x'   ? 2
		              : c == 'u' ? 4
		                         : 8,
		              &code) ||
		    (c == 'u' && !take_low_surrogate(s, &code)))
			return false;
	} else {
		const char *name = c ? strchr(names, c) : NULL;
		if (!name)
			return broken(s, "There is no such escape sequence");
		s->at++;
		*(*out)++ = values[name - names];
		return true;
	}
	*out = utf8_put(*out, code);
	return true;
}

static bool read_escaped(struct string_read *s, char quote, char *out)
{
	char *start = out;
	for (;;) {
		if (s->at >= s->len || s->text[s->at] == '\n' || s->text[s->at] == '\r')
			return broken(s, "The string is not closed");
		char c = s->text[s->at++];
		if (c == quote)
			break;
		if (c != '\\')
			*out++ = c;
		else if (!take_escape(s, &out))
			return false;
	}
	s->value_len = (size_t)(out - start);
	return true;
}

static bool read_verbatim(struct string_read *s, char quote, char *out)
{
	char *start = out;
	for (;;) {
		if (s->at >= s->len)
			return broken(s, "The string is not closed");
		char c = s->text[s->at++];
		if (c == quote) {
			if (s->at >= s->len || s->text[s->at] != quote)
				break;
			s->at++;
		}
		*out++ = c;
	}
	s->value_len = (size_t)(out - start);
	return true;
}

static bool read_fenced(struct string_read *s, char *out)
{
	const char *fence = s->text + s->at;
	s->at += 3;
	size_t start = s->at;
	while (s->len - s->at >= 3 && memcmp(s->text + s->at, fence, 3) != 0)
		s->at++;
	if (s->len - s->at < 3)
		return broken(s, "The string is not closed");
	s->value_len = s->at - start;
	memcpy(out, s->text + start, s->value_len);
	s->at += 3;
	return true;
}

/* How far the literal may reach; what it stands for is never longer than its text. */
static size_t extent(const struct string_read *s, bool verbatim)
{
	const char *from = s->text + s->at, *end = s->text + s->len;
	if (fences(from, s->len - s->at)) {
		const char *close = memmem(from + 3, (size_t)(end - from) - 3, from, 3);
		return close ? (size_t)(close - from) : 0;
	}
	const char *at = from + 1;
	for (; at < end; at++) {
		if (*at == '\\' && !verbatim)
			at++;
		else if (*at == '\n' && !verbatim)
			break;
		else if (*at == *from && verbatim && at + 1 < end && at[1] == *from)
			at++;
		else if (*at == *from)
			break;
	}
	return (size_t)(at - from);
}

bool string_read(struct string_read *s, struct arena *arena)
{
	bool verbatim = false;
	if (s->text[s->at] == 'h' || s->text[s->at] == 'H')
		s->at++;
	if (s->text[s->at] == '@') {
		verbatim = true;
		s->at++;
	}
	size_t start = s->at, room = extent(s, verbatim);
	char *out = arena_alloc(arena, room + 1);
	if (!out)
		return broken(s, "No memory to read the string");
	s->value = out;
	char quote = s->text[start];
	if (fences(s->text + start, s->len - start))
		return read_fenced(s, out);
	s->at++;
	return verbatim ? read_verbatim(s, quote, out) : read_escaped(s, quote, out);
}
