/* error: why a query was refused or failed, and where.
 *
 * The first error wins; later ones are ignored.  Positions are byte offsets into the query until
 * the end, when query_error_locate turns them into a line and a column.  Texts speak KQL: nothing
 * of the SQL underneath may appear in them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"

enum query_error_class {
	QUERY_OK,
	QUERY_SYNTAX,   /* the text is no KQL */
	QUERY_SEMANTIC, /* it is, but names or types do not fit */
	QUERY_RUNTIME,  /* it failed while it ran */
	QUERY_LIMIT,    /* a stated bound was reached: memory, time, size of the query */
};

struct query_error {
	enum query_error_class class;
	const char *code;  /* "SYN0002", "SEM0100", …; static */
	char message[512]; /* one sentence without a full stop */
	size_t at, len;    /* where in the query, in bytes */
	bool located;      /* at, len and token mean something; else it is all of the query */
	unsigned line;     /* from 1; 0 until it is located */
	unsigned pos;      /* characters before it on its line, from 0 */
	char token[64];    /* what stands there */
};

/* Sets class, code, place and message unless an error is set already.  Always false. */
bool query_error_set(struct query_error *e, enum query_error_class class, const char *code,
                     size_t at, size_t len, const char *format, ...) PRINTF_LIKE(6, 7);

/* Works out line, pos and token from at and len. */
void query_error_locate(struct query_error *e, const char *query, size_t query_len);
