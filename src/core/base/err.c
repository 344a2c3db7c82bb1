#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void hide_control_characters(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

bool err_set(struct err *e, enum err_code code, const char *format, ...)
{
	if (!e)
		return false;
	e->code = code;
	va_list args;
	va_start(args, format);
	vsnprintf(e->text, sizeof e->text, format, args);
	va_end(args);
	hide_control_characters(e->text);
	return false;
}

bool err_wrap(struct err *e, const char *format, ...)
{
	if (!e)
		return false;
	char whole[sizeof e->text];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(whole, sizeof whole, format, args);
	va_end(args);
	size_t used = n < 0 ? 0 : (size_t)n;
	if (used < sizeof whole)
		snprintf(whole + used, sizeof whole - used, ": %.*s", (int)(sizeof whole - used),
		         e->text);
	memcpy(e->text, whole, sizeof whole);
	hide_control_characters(e->text);
	return false;
}

int err_exit_status(const struct err *e)
{
	switch (e->code) {
	case ERR_NONE: return 0;
	case ERR_USAGE:
	case ERR_CONFIG: return 2;
	default: return 1;
	}
}
