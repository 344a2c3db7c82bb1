#include "core/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"

void buf_done(struct buf *b)
{
	free(b->text);
	*b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->text)
		b->text[0] = '\0';
}

const char *buf_text(const struct buf *b)
{
	return b->text ? b->text : "";
}

/* Makes room for `more` bytes and a NUL. */
static bool buf_reserve(struct buf *b, size_t more)
{
	if (b->failed)
		return false;
	if (b->room - b->len > more)
		return true;
	size_t room = b->room ? b->room : 256;
	while (room <= BUF_LIMIT && room - b->len <= more)
		room *= 2;
	char *text = room <= BUF_LIMIT ? realloc(b->text, room) : NULL;
	if (!text) {
		b->failed = true;
		return false;
	}
	b->text = text;
	b->room = room;
	return true;
}

void buf_add(struct buf *b, const char *text, size_t len)
{
	if (!buf_reserve(b, len))
		return;
	if (len)
		memcpy(b->text + b->len, text, len);
	b->len += len;
	b->text[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len >= 0 && buf_reserve(b, (size_t)len)) {
		vsnprintf(b->text + b->len, (size_t)len + 1, format, again);
		b->len += (size_t)len;
	}
	va_end(again);
}

void buf_u64(struct buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	buf_add(b, digits + at, sizeof digits - at);
}

void buf_i64(struct buf *b, int64_t n)
{
	if (n < 0)
		buf_putc(b, '-');
	buf_u64(b, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

void buf_json_string(struct buf *b, const char *text, size_t len)
{
	static const char escapes[32] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'
	};
	buf_putc(b, '"');
	size_t plain = 0; /* where the run of bytes that need no change starts */
	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)text[i];
		size_t n = c < 0x80 ? 1 : utf8_length(text + i, len - i);
		if (n && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
			i += n;
			continue;
		}
		buf_add(b, text + plain, i - plain);
		if (!n)
			buf_puts(b, "\xef\xbf\xbd");
		else if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c < 32 && escapes[c])
			buf_printf(b, "\\%c", escapes[c]);
		else
			buf_printf(b, "\\u%04x", c);
		i += n ? n : 1;
		plain = i;
	}
	buf_add(b, text + plain, len - plain);
	buf_putc(b, '"');
}

void buf_double(struct buf *b, double value)
{
	char text[32];
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_puts(b, text);
}
