/* format_csv: answers as RFC 4180 has them: a header, CR LF, quotes where needed. */
#include <string.h>

#include "query/format.h"

static void put_field(struct buf *out, const char *text, size_t len)
{
	bool quote = false;
	for (size_t i = 0; i < len; i++)
		quote |= text[i] == '"' || text[i] == ',' || text[i] == '\n' || text[i] == '\r';
	if (!quote) {
		buf_add(out, text, len);
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, text[i]);
	}
	buf_putc(out, '"');
}

void print_csv(struct printer *p)
{
	struct buf field = { 0 };
	for (size_t i = 0; i < p->count; i++) {
		if (i)
			buf_putc(&p->out, ',');
		put_field(&p->out, p->columns[i].name, strlen(p->columns[i].name));
	}
	buf_puts(&p->out, "\r\n");
	while (query_next(p->result, p->cells, p->e)) {
		for (size_t i = 0; i < p->count; i++) {
			if (i)
				buf_putc(&p->out, ',');
			buf_clear(&field);
			query_cell_text(&field, p->columns[i].type, &p->cells[i]);
			put_field(&p->out, buf_text(&field), field.len);
		}
		buf_puts(&p->out, "\r\n");
		if (!printer_flush(p, PRINTER_CHUNK))
			break;
	}
	buf_done(&field);
}
