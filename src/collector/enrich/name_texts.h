/* name_texts: different texts of names, by numbers of 16 bits, each counted as often as it is used.
 *
 * Number 0 is "" and always there.  Bound: NAME_TEXTS texts of NAME_TEXT octets (core/flow/name.h),
 * 7 MiB.  One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"

enum { NAME_TEXTS = 65535 }; /* "" among them */

struct name_texts; /* opaque */

MUST_CHECK struct name_texts *name_texts_new(void); /* NULL where memory is short */
void name_texts_free(struct name_texts *texts);     /* NULL is fine */

/* The number of a text, which counts once more; 0 where there is no room or no memory.  The text
 * is copied and not "". */
MUST_CHECK uint16_t name_texts_take(struct name_texts *texts, const char *text);

/* Counts it once less; a text that counts nothing is forgotten, and its number free. */
void name_texts_put(struct name_texts *texts, uint16_t number);

/* All of them by number; of no meaning where a number is free.  And one more than the highest
 * number that was ever used. */
const char *const *name_texts_items(const struct name_texts *texts);
size_t name_texts_high(const struct name_texts *texts);

size_t name_texts_memory(const struct name_texts *texts); /* octets, about */
size_t name_texts_bound(void);
