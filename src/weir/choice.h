/* choice: words to choose from, written as "table|json|csv". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether `word` is one of them. */
bool choice_has(const char *choices, const char *word);

/* Its number, from 0, in the order in which they are written; it must be one of them. */
size_t choice_number(const char *choices, const char *word);
