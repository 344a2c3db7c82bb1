/* json_canonical: any JSON text to the compact form (contract in query/json.h). */
#include <ctype.h>
#include <string.h>

#include "core/base/ticks.h"
#include "core/base/utf8.h"
#include "query/json.h"
#include "query/lex_string.h"
#include "query/literal.h"

struct reader {
	const char *at, *end;
	struct buf *out;
	bool relaxed;
	struct arena arena; /* of strings of the relaxed form */
};

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
		r->at++;
}

static bool take(struct reader *r, char c)
{
	skip_blanks(r);
	if (r->at >= r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* The text of an RFC 8259 string at r->at[0] == '"'. */
static bool read_string(struct reader *r)
{
	const char *start = r->at++;
	for (; r->at < r->end; r->at++) {
		unsigned char c = (unsigned char)*r->at;
		if (c == '"')
			break;
		if (c == '\\') {
			if (++r->at >= r->end || !*r->at || !strchr("\"\\/bfnrtu", *r->at))
				return false;
			for (int i = 0; *r->at == 'u' && i < 4; i++)
				if (r->end - r->at < 5 || !isxdigit((unsigned char)r->at[i + 1]))
					return false;
		} else if (c < 0x20) {
			return false;
		}
	}
	if (r->at >= r->end)
		return false;
	r->at++;
	struct buf text = { 0 };
	json_string_text((struct json){ start, (size_t)(r->at - start) }, &text);
	buf_json_string(r->out, buf_text(&text), text.len);
	buf_done(&text);
	return true;
}

/* A KQL string: 'single quotes' or "double". */
static bool read_kql_string(struct reader *r)
{
	struct string_read s = { .text = r->at, .len = (size_t)(r->end - r->at) };
	if (!string_read(&s, &r->arena))
		return false;
	r->at += s.at;
	buf_json_string(r->out, s.value, s.value_len);
	return true;
}

static bool read_number(struct reader *r)
{
	const char *start = r->at, *at = r->at;
	at += at < r->end && *at == '-';
	const char *whole = at;
	while (at < r->end && isdigit((unsigned char)*at))
		at++;
	if (at == whole || (*whole == '0' && at > whole + 1))
		return false;
	if (at < r->end && *at == '.') {
		const char *fraction = ++at;
		while (at < r->end && isdigit((unsigned char)*at))
			at++;
		if (at == fraction)
			return false;
	}
	if (at < r->end && (*at | 0x20) == 'e') {
		at++;
		at += at < r->end && (*at == '+' || *at == '-');
		const char *exponent = at;
		while (at < r->end && isdigit((unsigned char)*at))
			at++;
		if (at == exponent)
			return false;
	}
	buf_add(r->out, start, (size_t)(at - start));
	r->at = at;
	return true;
}

/* datetime(…) and timespan(…) become their texts. */
static bool typed_put(struct reader *r, enum kql_type type, const char *text, size_t len)
{
	int64_t number;
	char put[TICKS_TEXT_MAX];
	switch (type) {
	case KQL_DATETIME:
		if (!datetime_parse(text, len, &number))
			return false;
		struct date d = ticks_to_date(number);
		int64_t of_day = number % TICKS_PER_DAY;
		buf_printf(r->out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%07dZ\"", d.year, d.month,
		           d.day, (int)(of_day / TICKS_PER_HOUR),
		           (int)(of_day / TICKS_PER_MINUTE % 60),
		           (int)(of_day / TICKS_PER_SECOND % 60), (int)(of_day % TICKS_PER_SECOND));
		return true;
	case KQL_TIMESPAN:
		if (!timespan_parse(text, len, &number))
			return false;
		timespan_format(number, put);
		buf_printf(r->out, "\"%s\"", put);
		return true;
	case KQL_INT:
	case KQL_LONG:
		if (!long_parse(text, len, &number))
			return false;
		buf_i64(r->out, number);
		return true;
	default: return false;
	}
}

static bool read_typed(struct reader *r, size_t name_len)
{
	enum kql_type type = type_of_name(r->at, name_len);
	const char *open = r->at + name_len;
	const char *close = open < r->end ? memchr(open, ')', (size_t)(r->end - open)) : NULL;
	if (!r->relaxed || open >= r->end || *open != '(' || !close)
		return false;
	if (!typed_put(r, type, open + 1, (size_t)(close - open - 1)))
		return false;
	r->at = close + 1;
	return true;
}

static bool read_word(struct reader *r)
{
	static const char *const words[] = { "null", "true", "false" };
	size_t len = 0;
	while (r->at + len < r->end && isalpha((unsigned char)r->at[len]))
		len++;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strlen(words[i]) == len && memcmp(words[i], r->at, len) == 0) {
			buf_add(r->out, r->at, len);
			r->at += len;
			return true;
		}
	}
	return len && read_typed(r, len);
}

static bool read_scalar(struct reader *r)
{
	if (r->at >= r->end)
		return false;
	char c = *r->at;
	if (r->relaxed && string_starts(r->at, (size_t)(r->end - r->at)))
		return read_kql_string(r);
	if (c == '"')
		return read_string(r);
	if (c == '-' || isdigit((unsigned char)c))
		return read_number(r);
	return read_word(r);
}

static bool read_key(struct reader *r)
{
	skip_blanks(r);
	if (r->at >= r->end || (*r->at != '"' && !(r->relaxed && *r->at == '\'')))
		return false;
	bool ok = r->relaxed ? read_kql_string(r) : read_string(r);
	if (!ok || !take(r, ':'))
		return false;
	buf_putc(r->out, ':');
	return true;
}

/* Closes as many arrays and bags as end here; true with *depth 0 at the end of the whole value. */
static bool close_all(struct reader *r, const char *closers, size_t *depth)
{
	while (*depth) {
		char closer = closers[*depth - 1];
		if (take(r, ',')) {
			buf_putc(r->out, ',');
			return closer != '}' || read_key(r);
		}
		if (!take(r, closer))
			return false;
		buf_putc(r->out, closer);
		--*depth;
	}
	return true;
}

static bool read_value(struct reader *r)
{
	char closers[JSON_DEPTH_MAX];
	size_t depth = 0;
	do {
		skip_blanks(r);
		char c = r->at < r->end ? *r->at : '\0';
		if (c == '[' || c == '{') {
			if (depth == JSON_DEPTH_MAX)
				return false;
			closers[depth++] = c == '[' ? ']' : '}';
			buf_putc(r->out, c);
			r->at++;
			skip_blanks(r);
			if (r->at < r->end && *r->at == closers[depth - 1]) {
				if (!close_all(r, closers, &depth))
					return false;
			} else if (c == '{' && !read_key(r)) {
				return false;
			}
			continue;
		}
		if (!read_scalar(r) || !close_all(r, closers, &depth))
			return false;
	} while (depth);
	skip_blanks(r);
	return r->at == r->end;
}

bool json_canonical(struct buf *out, const char *text, size_t len, bool relaxed)
{
	struct reader r = { .at = text, .end = text + len, .out = out, .relaxed = relaxed };
	arena_init(&r.arena, 2 * len + 65536);
	bool ok = read_value(&r) && !out->failed;
	arena_done(&r.arena);
	return ok;
}
