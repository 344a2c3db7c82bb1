/* format_table: answers for people at a terminal: columns aligned, numbers to the right. */
#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "query/format.h"

/* Widths come from the first rows; later ones may stick out. */
enum { MEASURED_ROWS = 1000 };

struct grid {
	struct buf text; /* the cells of the measured rows, one after the other */
	size_t *ends;    /* where each ends in it */
	size_t rows;
	size_t *widths;
};

static size_t width_of(const char *text, size_t len)
{
	size_t width = 0;
	for (size_t i = 0, n; i < len; i += n ? n : 1, width++)
		n = utf8_length(text + i, len - i);
	return width;
}

static bool is_right(enum kql_type type)
{
	return type == KQL_INT || type == KQL_LONG || type == KQL_REAL || type == KQL_DECIMAL ||
	       type == KQL_TIMESPAN;
}

/* A line break inside a cell would break the table. */
static void put_clean(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_putc(out, (unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i]);
}

static void put_cell(struct printer *p, const struct grid *g, size_t column, const char *text,
                     size_t len)
{
	size_t width = width_of(text, len), pad = g->widths[column];
	bool right = is_right(p->columns[column].type), last = column + 1 == p->count;
	pad = pad > width ? pad - width : 0;
	if (column)
		buf_puts(&p->out, "  ");
	for (size_t i = 0; right && i < pad; i++)
		buf_putc(&p->out, ' ');
	put_clean(&p->out, text, len);
	for (size_t i = 0; !right && !last && i < pad; i++)
		buf_putc(&p->out, ' ');
}

static bool grid_init(struct grid *g, const struct printer *p)
{
	*g = (struct grid){ 0 };
	g->ends = calloc(MEASURED_ROWS * p->count + 1, sizeof *g->ends);
	g->widths = calloc(p->count + 1, sizeof *g->widths);
	for (size_t i = 0; g->widths && i < p->count; i++)
		g->widths[i] = width_of(p->columns[i].name, strlen(p->columns[i].name));
	return g->ends && g->widths;
}

static void grid_done(struct grid *g)
{
	buf_done(&g->text);
	free(g->ends);
	free(g->widths);
}

static void grid_measure(struct grid *g, struct printer *p)
{
	while (g->rows < MEASURED_ROWS && query_next(p->result, p->cells, p->e)) {
		for (size_t i = 0; i < p->count; i++) {
			size_t start = g->text.len;
			printer_cell(p, &g->text, i);
			g->ends[g->rows * p->count + i] = g->text.len;
			size_t width = width_of(buf_text(&g->text) + start, g->text.len - start);
			if (width > g->widths[i])
				g->widths[i] = width;
		}
		g->rows++;
	}
}

static void print_header(struct printer *p, const struct grid *g)
{
	for (size_t i = 0; i < p->count; i++)
		put_cell(p, g, i, p->columns[i].name, strlen(p->columns[i].name));
	buf_putc(&p->out, '\n');
	for (size_t i = 0; i < p->count; i++) {
		buf_puts(&p->out, i ? "  " : "");
		for (size_t k = 0; k < g->widths[i]; k++)
			buf_putc(&p->out, '-');
	}
	buf_putc(&p->out, '\n');
}

static void print_measured(struct printer *p, const struct grid *g)
{
	size_t start = 0;
	for (size_t row = 0; row < g->rows; row++) {
		for (size_t i = 0; i < p->count; i++) {
			size_t end = g->ends[row * p->count + i];
			put_cell(p, g, i, buf_text(&g->text) + start, end - start);
			start = end;
		}
		buf_putc(&p->out, '\n');
		if (!printer_flush(p, PRINTER_CHUNK))
			return;
	}
}

static void print_rest(struct printer *p, const struct grid *g)
{
	struct buf cell = { 0 };
	while (!p->stopped && p->e->class == QUERY_OK && query_next(p->result, p->cells, p->e)) {
		for (size_t i = 0; i < p->count; i++) {
			buf_clear(&cell);
			printer_cell(p, &cell, i);
			put_cell(p, g, i, buf_text(&cell), cell.len);
		}
		buf_putc(&p->out, '\n');
		printer_flush(p, PRINTER_CHUNK);
	}
	buf_done(&cell);
}

static void print_one(struct printer *p)
{
	struct grid grid;
	if (grid_init(&grid, p)) {
		grid_measure(&grid, p);
		if (grid.rows || p->e->class == QUERY_OK) {
			print_header(p, &grid);
			print_measured(p, &grid);
			if (grid.rows == MEASURED_ROWS)
				print_rest(p, &grid);
		}
	} else {
		query_error_set(p->e, QUERY_LIMIT, "LIM0002", 0, 0, "There is no memory left");
	}
	grid_done(&grid);
}

/* Of several tables each has its number, or the name that fork gave it, above it. */
static void put_heading(struct printer *p, size_t number)
{
	const char *name = query_table_name(p->result);
	if (query_tables(p->result) == 1)
		return;
	buf_puts(&p->out, number == 1 ? "" : "\n");
	if (name) {
		put_clean(&p->out, name, strlen(name));
		buf_puts(&p->out, ":\n");
	} else {
		buf_printf(&p->out, "Table %zu:\n", number);
	}
}

void print_table(struct printer *p)
{
	size_t number = 0;
	do {
		put_heading(p, ++number);
		print_one(p);
	} while (printer_next_table(p));
}
