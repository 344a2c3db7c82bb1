/* buf: text that grows, for SQL, JSON and messages.
 *
 * Always NUL-terminated once anything was added.  A failed allocation or a text longer than
 * BUF_LIMIT sets `failed` and every later call does nothing, so that a caller checks once at the
 * end.  One owner, one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"

#define BUF_LIMIT ((size_t)1 << 30)

struct buf {
	char *text; /* NULL while empty */
	size_t len; /* without the NUL */
	size_t room;
	bool failed;
};

void buf_done(struct buf *b);              /* frees the text; the buf is empty and usable again */
void buf_clear(struct buf *b);             /* empties it but keeps its memory */
const char *buf_text(const struct buf *b); /* never NULL: "" while empty */

void buf_add(struct buf *b, const char *text, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_u64(struct buf *b, uint64_t n);
void buf_i64(struct buf *b, int64_t n);

/* Adds a JSON string, quotes included (RFC 8259 section 7).  Bytes that are not valid UTF-8 become
 * U+FFFD, so that what is written is always JSON. */
void buf_json_string(struct buf *b, const char *text, size_t len);

/* Adds a finite double so that reading it back gives the same double ("0.1", not "0.1000…01"). */
void buf_double(struct buf *b, double value);
