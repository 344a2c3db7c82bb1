/* plain_rows: rows that are never merged, kept in the order in which they came until they are
 * written.
 *
 * One such set takes rows of every table of plain.h.  Texts are copied: what is valid UTF-8 without
 * the NULs and spaces that pad it at its end, anything else as hexadecimal digits; equal texts one
 * after the other are kept once.
 *
 * Bound: the set is full at PLAIN_OCTETS of rows and texts, and takes PLAIN_SPARE more rows of each
 * table and their texts, so that what comes with one datagram always finds room.  Memory is taken
 * as it is needed and kept while the set lives, but for the texts.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/plain.h"

#define PLAIN_OCTETS ((size_t)64 << 20)
#define PLAIN_SPARE  ((size_t)131072)

struct plain_rows; /* opaque */

MUST_CHECK struct plain_rows *plain_rows_new(struct err *e);
void plain_rows_free(struct plain_rows *all); /* NULL is fine */

/* Copies rows of the struct that the table has.  False where memory or room is short. */
MUST_CHECK bool plain_rows_add(struct plain_rows *all, enum table_id table, const void *rows,
                               size_t count);

/* Whether it is time to write them. */
bool plain_rows_is_full(const struct plain_rows *all);

/* The rows of a table, one behind the other; valid until the next call that is not const. */
const void *plain_rows_of(const struct plain_rows *all, enum table_id table, size_t *ret_count);

/* Brings the rows of each table into the order of their minutes, those of one minute as they came.
 * False where memory is short. */
MUST_CHECK bool plain_rows_sort(struct plain_rows *all, struct err *e);

/* Takes all rows out. */
void plain_rows_clear(struct plain_rows *all);

size_t plain_rows_memory(const struct plain_rows *all);
size_t plain_rows_bound(void);
