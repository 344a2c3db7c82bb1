/* shell: asking again and again at a terminal: lines that are edited, a history that is kept, words
 * that are completed.
 *
 * A query may have several lines: an empty one ends it, unless a parenthesis is open or the last
 * line ends with a sign that needs more ("|", ",", ";"). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Answers one query; what it returns is not looked at. */
typedef void shell_answer(void *context, const char *text, size_t len);

/* Until the end of the input, or "\\q".  `in` and `out` are a terminal; `words` are what is
 * completed, besides the language's own. */
void shell_run(FILE *in, FILE *out, shell_answer *answer, void *context);

/* Whether the text so far is a query that an empty line may end. */
bool shell_is_whole(const char *text, size_t len);
