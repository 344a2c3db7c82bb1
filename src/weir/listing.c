#include "weir/listing.h"

#include <assert.h>
#include <string.h>

enum { COLUMNS_MAX = 64 };

void listing_init(struct listing *l, const struct listing_column *columns, size_t column_count)
{
	*l = (struct listing){ .columns = columns, .column_count = column_count };
}

void listing_done(struct listing *l)
{
	buf_done(&l->cells);
}

void listing_text(struct listing *l, const char *text)
{
	buf_add(&l->cells, text, strlen(text) + 1);
	l->cell_count++;
}

void listing_number(struct listing *l, int64_t number)
{
	buf_i64(&l->cells, number);
	buf_putc(&l->cells, '\0');
	l->cell_count++;
}

/* ---- table ---- */

/* Characters, not bytes: those that continue a UTF-8 character do not count. */
static size_t width_of(const char *text)
{
	size_t width = 0;
	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void print_cell(const struct listing *l, size_t column, const char *text, size_t width,
                       FILE *out)
{
	int pad = (int)(width - width_of(text));
	bool last = column + 1 == l->column_count;
	if (l->columns[column].is_number)
		fprintf(out, "%*s%s", pad, "", text);
	else
		fprintf(out, "%s%*s", text, last ? 0 : pad, "");
	fputs(last ? "\n" : "  ", out);
}

static void print_table(const struct listing *l, FILE *out)
{
	size_t widths[COLUMNS_MAX];
	for (size_t i = 0; i < l->column_count; i++)
		widths[i] = width_of(l->columns[i].name);
	const char *cell = buf_text(&l->cells);
	for (size_t i = 0; i < l->cell_count; i++, cell += strlen(cell) + 1) {
		size_t *width = &widths[i % l->column_count], wanted = width_of(cell);
		*width = wanted > *width ? wanted : *width;
	}
	for (size_t i = 0; i < l->column_count; i++)
		print_cell(l, i, l->columns[i].name, widths[i], out);
	cell = buf_text(&l->cells);
	for (size_t i = 0; i < l->cell_count; i++, cell += strlen(cell) + 1)
		print_cell(l, i % l->column_count, cell, widths[i % l->column_count], out);
}

/* ---- JSON ---- */

static void add_json_cell(struct buf *json, const struct listing_column *column, const char *text)
{
	buf_json_string(json, column->name, strlen(column->name));
	buf_puts(json, ": ");
	if (!column->is_number)
		buf_json_string(json, text, strlen(text));
	else
		buf_puts(json, *text ? text : "null");
}

static void print_json(const struct listing *l, FILE *out)
{
	struct buf line = { 0 };
	const char *cell = buf_text(&l->cells);
	fputc('[', out);
	for (size_t i = 0; i < l->cell_count; i++, cell += strlen(cell) + 1) {
		size_t column = i % l->column_count;
		buf_puts(&line, column ? ", " : i ? ",\n  {" : "\n  {");
		add_json_cell(&line, &l->columns[column], cell);
		if (column + 1 < l->column_count)
			continue;
		fprintf(out, "%s}", buf_text(&line));
		buf_clear(&line);
	}
	fputs(l->cell_count ? "\n]\n" : "]\n", out);
	buf_done(&line);
}

/* ---- CSV, RFC 4180 ---- */

static void print_csv_cell(const struct listing *l, size_t column, const char *text, FILE *out)
{
	bool quoted = strpbrk(text, ",\"\r\n");
	if (quoted)
		fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	if (quoted)
		fputc('"', out);
	fputs(column + 1 < l->column_count ? "," : "\r\n", out);
}

static void print_csv(const struct listing *l, FILE *out)
{
	for (size_t i = 0; i < l->column_count; i++)
		print_csv_cell(l, i, l->columns[i].name, out);
	const char *cell = buf_text(&l->cells);
	for (size_t i = 0; i < l->cell_count; i++, cell += strlen(cell) + 1)
		print_csv_cell(l, i % l->column_count, cell, out);
}

bool listing_print(const struct listing *l, const char *format, FILE *out, struct err *e)
{
	assert(l->column_count > 0 && l->column_count <= COLUMNS_MAX);
	if (l->cells.failed)
		return err_set(e, ERR_NOMEM, "too much to show");
	if (strcmp(format, "json") == 0)
		print_json(l, out);
	else if (strcmp(format, "csv") == 0)
		print_csv(l, out);
	else
		print_table(l, out);
	return true;
}
