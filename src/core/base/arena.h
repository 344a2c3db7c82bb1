/* arena: memory that is given back all at once.
 *
 * For work with one end: a query, a file, a configuration.  Blocks double from 4 KiB up to 1 MiB
 * each; an allocation beyond the arena's limit yields NULL and sets `exhausted`, so that a caller
 * may check once at the end.  Not for use by several threads at once. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"

struct arena_block; /* opaque */

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used;                /* bytes handed out */
	size_t limit;               /* most bytes that may be handed out */
	bool exhausted;             /* an allocation was refused */
};

/* An empty arena that will hand out at most `limit` bytes. */
void arena_init(struct arena *a, size_t limit);

/* Gives back everything; the arena is empty and usable again. */
void arena_done(struct arena *a);

/* Zeroed memory aligned to 16 bytes, or NULL. */
MUST_CHECK void *arena_alloc(struct arena *a, size_t len);

/* A copy of len bytes with a NUL behind them, or NULL. */
MUST_CHECK char *arena_strndup(struct arena *a, const char *text, size_t len);
MUST_CHECK char *arena_strdup(struct arena *a, const char *text);
MUST_CHECK char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);

/* One zeroed T, or `n` of them; NULL where the product overflows. */
MUST_CHECK void *arena_alloc_array(struct arena *a, size_t n, size_t each);
#define ARENA_NEW(arena, T)      ((T *)arena_alloc((arena), sizeof(T)))
#define ARENA_ARRAY(arena, T, n) ((T *)arena_alloc_array((arena), (n), sizeof(T)))
