/* lex: KQL text to tokens.
 *
 * The text is checked first: valid UTF-8, no NUL, at most QUERY_TEXT_MAX bytes.  Comments and
 * blanks are left out.  KQL has few words that mean something everywhere, so every word is a
 * TOKEN_NAME and the parser decides; signs of one to three characters are TOKEN_SIGN.  A typed
 * literal such as datetime(2026-11-05) or dynamic([1, 2]) is one token, since its inside is not
 * KQL. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/attr.h"
#include "query/error.h"

enum { QUERY_TEXT_MAX = 512 * 1024 };

enum token_kind {
	TOKEN_END,
	TOKEN_NAME,     /* text: SourceIp, where, 5tuple, $left */
	TOKEN_SIGN,     /* text: "|", "==", ".." */
	TOKEN_STRING,   /* text: what it stands for, escapes resolved */
	TOKEN_LONG,     /* number */
	TOKEN_REAL,     /* real */
	TOKEN_TIMESPAN, /* number: ticks */
	TOKEN_LITERAL,  /* name ( text ): type name before, text inside the parentheses */
};

struct token {
	enum token_kind kind;
	uint32_t at, len; /* in the query */
	const char *text; /* into the query or the arena */
	uint32_t text_len;
	uint32_t name_len; /* TOKEN_LITERAL: of the type name that stands at `at` */
	union {
		int64_t number;
		double real;
	};
};

struct token_list {
	struct token *items; /* ends with TOKEN_END */
	size_t count;
};

/* Text goes to the arena; the list to the heap: token_list_done gives it back. */
MUST_CHECK bool lex(const char *query, size_t len, struct arena *arena, struct token_list *ret,
                    struct query_error *e);
void token_list_done(struct token_list *list);
