#include "query/lex.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/utf8.h"
#include "query/lex_string.h"
#include "query/literal.h"

struct lexer {
	const char *text;
	size_t len, at;
	struct arena *arena;
	struct token_list *list;
	size_t room;
	struct query_error *e;
};

static bool fail(struct lexer *x, const char *code, size_t at, size_t len, const char *message)
{
	return query_error_set(x->e, QUERY_SYNTAX, code, at, len, "%s", message);
}

static bool text_check(struct lexer *x)
{
	if (x->len > QUERY_TEXT_MAX)
		return query_error_set(x->e, QUERY_LIMIT, "SYN0005", 0, 0,
		                       "The query is longer than %d bytes", QUERY_TEXT_MAX);
	for (size_t i = 0; i < x->len;) {
		size_t n = utf8_length(x->text + i, x->len - i);
		if (!n)
			return fail(x, "SYN0004", i, 1, "The query is not valid UTF-8 here");
		if (x->text[i] == '\0')
			return fail(x, "SYN0004", i, 1, "The query holds a NUL character here");
		i += n;
	}
	return true;
}

static bool add(struct lexer *x, struct token token)
{
	if (x->list->count == x->room) {
		size_t room = x->room ? x->room * 2 : 128;
		struct token *items = realloc(x->list->items, room * sizeof *items);
		if (!items)
			return query_error_set(x->e, QUERY_LIMIT, "SYN0005", x->at, 0,
			                       "No memory to read the query");
		x->list->items = items;
		x->room = room;
	}
	x->list->items[x->list->count++] = token;
	return true;
}

static char peek(const struct lexer *x, size_t ahead)
{
	return x->at + ahead < x->len ? x->text[x->at + ahead] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void skip_blanks(struct lexer *x)
{
	for (;;) {
		char c = peek(x, 0);
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v') {
			x->at++;
		} else if (c == '/' && peek(x, 1) == '/') {
			while (x->at < x->len && x->text[x->at] != '\n')
				x->at++;
		} else if (x->len - x->at >= 3 && memcmp(x->text + x->at, "\xef\xbb\xbf", 3) == 0) {
			x->at += 3; /* byte order mark */
		} else {
			return;
		}
	}
}

static size_t word_end(const struct lexer *x, size_t from)
{
	while (from < x->len && (is_letter(x->text[from]) || is_digit(x->text[from])))
		from++;
	return from;
}

/* ---- numbers ---- */

static size_t digits_end(const struct lexer *x, size_t from)
{
	while (from < x->len && is_digit(x->text[from]))
		from++;
	return from;
}

static size_t hex_end(const struct lexer *x, size_t from)
{
	while (from < x->len && isxdigit((unsigned char)x->text[from]))
		from++;
	return from;
}

/* Past ".25" and "e-3" where they follow; "1..5" has no fraction. */
static size_t real_end(const struct lexer *x, size_t from)
{
	size_t end = from;
	if (end + 1 < x->len && x->text[end] == '.' && is_digit(x->text[end + 1]))
		end = digits_end(x, end + 1);
	if (end < x->len && (x->text[end] == 'e' || x->text[end] == 'E')) {
		size_t exponent = end + 1;
		if (exponent < x->len && (x->text[exponent] == '+' || x->text[exponent] == '-'))
			exponent++;
		size_t stop = digits_end(x, exponent);
		if (stop > exponent && stop == word_end(x, stop))
			end = stop;
	}
	return end;
}

static bool number_add(struct lexer *x, struct token token, size_t number_len)
{
	char digits[512];
	if (number_len >= sizeof digits)
		return fail(x, "SYN0006", token.at, token.len, "The number is too long");
	memcpy(digits, x->text + token.at, number_len);
	digits[number_len] = '\0';
	if (token.kind == TOKEN_LONG) {
		errno = 0;
		bool hex = number_len > 2 && (digits[1] == 'x' || digits[1] == 'X');
		token.number =
		    hex ? (int64_t)strtoull(digits + 2, NULL, 16) : strtoll(digits, NULL, 10);
		if (errno)
			return fail(x, "SYN0006", token.at, token.len,
			            "The number does not fit a long");
	} else if (token.kind == TOKEN_REAL) {
		token.real = strtod(digits, NULL);
	}
	return add(x, token);
}

static bool read_number(struct lexer *x)
{
	size_t start = x->at, whole = digits_end(x, start), word = word_end(x, start);
	struct token token = { .kind = TOKEN_LONG, .at = (uint32_t)start };
	size_t number = real_end(x, whole);
	size_t end = word_end(x, number);
	bool hex = word > start + 2 && x->text[start] == '0' &&
	           (x->text[start + 1] | 0x20) == 'x' && hex_end(x, start + 2) == word;
	if (hex) {
		number = end = word;
	} else if (number > whole) {
		token.kind = TOKEN_REAL;
	}
	if (end > number) {
		token.kind = TOKEN_TIMESPAN;
		if (!timespan_from_units(x->text + start, number - start, x->text + number,
		                         end - number, &token.number)) {
			token.kind = TOKEN_NAME;
			end = word;
			if (number > whole)
				return fail(x, "SYN0006", start, word_end(x, number) - start,
				            "This is neither a number nor a timespan");
		}
	}
	x->at = end;
	token.len = (uint32_t)(end - start);
	token.text = x->text + start;
	token.text_len = token.len;
	return number_add(x, token, number - start);
}

/* ---- words and typed literals ---- */

/* Past the parenthesis that closes the one at `open`; quotes hide what is in them. */
static size_t literal_end(const struct lexer *x, size_t open)
{
	size_t depth = 0;
	char quote = '\0';
	for (size_t i = open; i < x->len; i++) {
		char c = x->text[i];
		if (quote) {
			if (c == '\\')
				i++;
			else if (c == quote)
				quote = '\0';
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '(') {
			depth++;
		} else if (c == ')' && --depth == 0) {
			return i + 1;
		}
	}
	return 0;
}

static bool read_name(struct lexer *x)
{
	size_t start = x->at, end = word_end(x, start + 1);
	struct token token = { .kind = TOKEN_NAME,
		               .at = (uint32_t)start,
		               .len = (uint32_t)(end - start),
		               .text = x->text + start,
		               .text_len = (uint32_t)(end - start) };
	x->at = end;
	if (!literal_type_known(token.text, token.len))
		return add(x, token);
	size_t open = end;
	while (open < x->len && (x->text[open] == ' ' || x->text[open] == '\t'))
		open++;
	if (open == x->len || x->text[open] != '(')
		return add(x, token);
	size_t close = literal_end(x, open);
	if (!close)
		return fail(x, "SYN0003", start, end - start, "The literal is not closed with )");
	token.kind = TOKEN_LITERAL;
	token.name_len = token.len;
	token.len = (uint32_t)(close - start);
	token.text = x->text + open + 1;
	token.text_len = (uint32_t)(close - 1 - (open + 1));
	x->at = close;
	return add(x, token);
}

/* ---- strings ---- */

static bool read_string(struct lexer *x)
{
	size_t start = x->at;
	struct string_read string = { .text = x->text, .len = x->len, .at = start };
	if (!string_read(&string, x->arena))
		return fail(x, "SYN0003", start, string.at - start, string.problem);
	x->at = string.at;
	return add(x, (struct token){ .kind = TOKEN_STRING,
	                              .at = (uint32_t)start,
	                              .len = (uint32_t)(x->at - start),
	                              .text = string.value,
	                              .text_len = (uint32_t)string.value_len });
}

/* ---- signs ---- */

static bool read_sign(struct lexer *x)
{
	static const char *const signs[] = { "==", "!=", "<>", "<=", ">=", "=~", "!~", "=>",
		                             "..", "(",  ")",  "[",  "]",  "{",  "}",  ",",
		                             ";",  ":",  "|",  ".",  "+",  "-",  "*",  "/",
		                             "%",  "=",  "<",  ">",  "!",  "~",  "?" };
	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		size_t len = strlen(signs[i]);
		if (x->len - x->at < len || memcmp(x->text + x->at, signs[i], len) != 0)
			continue;
		struct token token = { .kind = TOKEN_SIGN,
			               .at = (uint32_t)x->at,
			               .len = (uint32_t)len,
			               .text = signs[i],
			               .text_len = (uint32_t)len };
		x->at += len;
		return add(x, token);
	}
	size_t n = utf8_length(x->text + x->at, x->len - x->at);
	return fail(x, "SYN0002", x->at, n, "This character has no meaning here");
}

static bool read_one(struct lexer *x)
{
	char c = peek(x, 0);
	if (string_starts(x->text + x->at, x->len - x->at))
		return read_string(x);
	if (is_digit(c))
		return read_number(x);
	if (is_letter(c) || (c == '$' && is_letter(peek(x, 1))))
		return read_name(x);
	return read_sign(x);
}

bool lex(const char *query, size_t len, struct arena *arena, struct token_list *ret,
         struct query_error *e)
{
	*ret = (struct token_list){ 0 };
	struct lexer x = { .text = query, .len = len, .arena = arena, .list = ret, .e = e };
	if (!text_check(&x))
		return false;
	for (skip_blanks(&x); x.at < len; skip_blanks(&x))
		if (!read_one(&x))
			return false;
	return add(&x, (struct token){ .kind = TOKEN_END, .at = (uint32_t)len, .text = "" });
}

void token_list_done(struct token_list *list)
{
	free(list->items);
	*list = (struct token_list){ 0 };
}
