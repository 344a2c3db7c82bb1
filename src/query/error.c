#include "query/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/utf8.h"

bool query_error_set(struct query_error *e, enum query_error_class class, const char *code,
                     size_t at, size_t len, const char *format, ...)
{
	if (e->class != QUERY_OK)
		return false;
	e->class = class;
	e->code = code;
	e->at = at;
	e->len = len;
	e->located = class == QUERY_SYNTAX || class == QUERY_SEMANTIC;
	va_list args;
	va_start(args, format);
	vsnprintf(e->message, sizeof e->message, format, args);
	va_end(args);
	/* A cut may have split a character. */
	size_t keep = 0, all = strlen(e->message);
	for (size_t n; keep < all && (n = utf8_length(e->message + keep, all - keep)) > 0;)
		keep += n;
	e->message[keep] = '\0';
	return false;
}

void query_error_locate(struct query_error *e, const char *query, size_t query_len)
{
	if (!e->located)
		return;
	size_t at = e->at < query_len ? e->at : query_len;
	e->line = 1;
	e->pos = 0;
	for (size_t i = 0; i < at;) {
		size_t n = utf8_length(query + i, query_len - i);
		e->pos++;
		if (query[i] == '\n') {
			e->line++;
			e->pos = 0;
		}
		i += n ? n : 1;
	}
	size_t keep = 0, most = e->len < query_len - at ? e->len : query_len - at;
	for (size_t n; keep < most && (n = utf8_length(query + at + keep, most - keep)) > 0;) {
		if (keep + n >= sizeof e->token)
			break;
		keep += n;
	}
	memcpy(e->token, query + at, keep);
	e->token[keep] = '\0';
}

enum { NEAR_LEN_MAX = 64 };

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Levenshtein's distance, letters of either case being equal. */
static size_t edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[NEAR_LEN_MAX + 1];
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = diagonal + (fold(a[i - 1]) != fold(b[j - 1]));
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b_len];
}

void near_try(struct near *near, const char *candidate)
{
	size_t len = strlen(candidate);
	if (!len || near->len > NEAR_LEN_MAX || len > NEAR_LEN_MAX)
		return;
	size_t distance = edits(near->name, near->len, candidate, len);
	size_t most = near->len / 3 < 2 ? near->len / 3 : 2;
	if (distance <= most && (!near->best || distance < near->distance)) {
		near->best = candidate;
		near->distance = distance;
	}
}
