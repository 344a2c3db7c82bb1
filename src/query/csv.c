#include "query/csv.h"

#include <stdbool.h>
#include <string.h>

static const char *find(const char *at, const char *end, const char *marks)
{
	while (at < end && (!*at || !strchr(marks, *at)))
		at++;
	return at;
}

void csv_fields(struct buf *out, const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	struct buf field = { 0 };
	buf_putc(out, '[');
	for (bool more = true, first = true; more; first = false) {
		buf_clear(&field);
		if (at < end && *at == '"') {
			for (at++; at < end && (*at != '"' || (at + 1 < end && at[1] == '"'));
			     at++) {
				buf_putc(&field, *at);
				at += *at == '"';
			}
			at += at < end;
		}
		const char *stop = find(at, end, ",\r\n");
		buf_add(&field, at, (size_t)(stop - at));
		if (!first)
			buf_putc(out, ',');
		buf_json_string(out, buf_text(&field), field.len);
		more = stop < end && *stop == ',';
		at = stop < end ? stop + 1 : end;
	}
	buf_done(&field);
	buf_putc(out, ']');
}
