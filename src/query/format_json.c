/* format_json: answers as the Log Analytics API gives them. */
#include <string.h>

#include "query/format.h"

/* Rows were cut: 200, with an error beside the table. */
static void put_partial(struct printer *p)
{
	buf_puts(&p->out,
	         ",\"error\":{\"code\":\"PartialError\",\"message\":\"There were some errors "
	         "when processing your query.\",\"details\":[{\"code\":\"EngineError\","
	         "\"message\":\"Something went wrong processing your query on the server.\","
	         "\"innererror\":{\"code\":");
	buf_json_string(&p->out, p->e->code, strlen(p->e->code));
	buf_puts(&p->out, ",\"message\":");
	buf_json_string(&p->out, p->e->message, strlen(p->e->message));
	buf_puts(&p->out, ",\"severity\":2,\"severityName\":\"Error\"}}]}");
}

/* Clients look for PrimaryResult; tables behind it have the names that fork gave them, or numbers.
 */
static void put_name(struct printer *p, size_t number)
{
	const char *name = query_table_name(p->result);
	if (number == 0)
		buf_puts(&p->out, "\"PrimaryResult\"");
	else if (name)
		buf_json_string(&p->out, name, strlen(name));
	else
		buf_printf(&p->out, "\"Table_%zu\"", number);
}

static void put_table(struct printer *p, size_t number)
{
	buf_puts(&p->out, number ? ",{\"name\":" : "{\"name\":");
	put_name(p, number);
	buf_puts(&p->out, ",\"columns\":[");
	for (size_t i = 0; i < p->count; i++) {
		buf_puts(&p->out, i ? ",{\"name\":" : "{\"name\":");
		buf_json_string(&p->out, p->columns[i].name, strlen(p->columns[i].name));
		buf_printf(&p->out, ",\"type\":\"%s\"}", kql_type_name(p->columns[i].type));
	}
	buf_puts(&p->out, "],\"rows\":[");
	for (bool first = true; query_next(p->result, p->cells, p->e); first = false) {
		buf_puts(&p->out, first ? "[" : ",[");
		for (size_t i = 0; i < p->count; i++) {
			if (i)
				buf_putc(&p->out, ',');
			query_cell_json(&p->out, p->columns[i].type, &p->cells[i]);
		}
		buf_putc(&p->out, ']');
		if (!printer_flush(p, PRINTER_CHUNK))
			return;
	}
	buf_puts(&p->out, "]}");
}

void print_json(struct printer *p)
{
	size_t number = 0;
	buf_puts(&p->out, "{\"tables\":[");
	do
		put_table(p, number++);
	while (printer_next_table(p));
	if (p->stopped)
		return;
	buf_putc(&p->out, ']');
	if (query_render(p->result))
		buf_printf(&p->out, ",\"render\":%s", query_render(p->result));
	if (p->e->class != QUERY_OK)
		put_partial(p);
	else
		printer_completeness_json(p);
	buf_puts(&p->out, "}\n");
}
