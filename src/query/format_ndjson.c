/* format_ndjson: one JSON object a line, keys being the columns' names; a dynamic is itself, not a
 * text that holds it. */
#include <string.h>

#include "query/format.h"

void print_ndjson(struct printer *p)
{
	while (query_next(p->result, p->cells, p->e)) {
		for (size_t i = 0; i < p->count; i++) {
			const struct query_cell *cell = &p->cells[i];
			buf_puts(&p->out, i ? "," : "{");
			buf_json_string(&p->out, p->columns[i].name, strlen(p->columns[i].name));
			buf_putc(&p->out, ':');
			if (p->columns[i].type == KQL_DYNAMIC && !cell->null)
				buf_add(&p->out, cell->s.at, cell->s.len);
			else
				query_cell_json(&p->out, p->columns[i].type, cell);
		}
		buf_puts(&p->out, p->count ? "}\n" : "{}\n");
		if (!printer_flush(p, PRINTER_CHUNK))
			return;
	}
}
