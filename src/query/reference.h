/* reference: every word of the language that people may look up: what it takes, what it gives, what
 * it does, and an example.
 *
 * Made from the tables that the parser and the binder work with (parse.h, function.h, ast.h) and
 * from example.h.  docs/kql.md is reference_page; the interactive mode completes from
 * reference_words.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/buf.h"

/* Adds the whole page, in Markdown. */
void reference_page(struct buf *out);

/* Adds all that is to be said of one word, for a terminal; false where there is no such word, and
 * then *ret_near, if not NULL, is the nearest one or NULL. */
MUST_CHECK bool reference_word(const char *name, struct buf *out, const char **ret_near);

/* Every word once: operators, scalar operators, functions, plugins. */
size_t reference_words(const char *const **ret);
