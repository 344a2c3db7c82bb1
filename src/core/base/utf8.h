/* utf8: the length of one character (RFC 3629 section 4). */
#pragma once

#include <stddef.h>

/* How many bytes the character at the start of text takes (1 to 4), or 0 where the bytes are not
 * valid UTF-8: overlong forms, surrogates, beyond U+10FFFF, cut short, or nothing left. */
size_t utf8_length(const char *text, size_t left);
