/* hex: bytes written as hex digits in a test, as layouts are drawn: "4500 001c", spaces ignored. */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"

struct bytes {
	size_t len;
	uint8_t b[4096];
};

static inline int hex_digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* Appends; the test is wrong where it is no hex or too long. */
static inline void hex_add(struct bytes *to, const char *text)
{
	int high = -1;
	for (; *text; text++) {
		if (*text == ' ')
			continue;
		if (!strchr("0123456789abcdef", *text) || to->len == sizeof to->b)
			abort();
		if (high < 0) {
			high = hex_digit(*text);
			continue;
		}
		to->b[to->len++] = (uint8_t)(high << 4 | hex_digit(*text));
		high = -1;
	}
	if (high >= 0)
		abort();
}

static inline struct bytes hex(const char *text)
{
	struct bytes bytes = { 0 };
	hex_add(&bytes, text);
	return bytes;
}

static inline struct cur hex_cur(const struct bytes *bytes)
{
	return cur_of(bytes->b, bytes->len);
}
