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
	e->line = 1;
	e->pos = 0;
	if (!e->located)
		return;
	size_t at = e->at < query_len ? e->at : query_len;
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
