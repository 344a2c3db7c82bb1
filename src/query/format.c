/* format: cells, errors and whole answers as text (contract in query/query.h). */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/ticks.h"
#include "core/base/utf8.h"
#include "query/format.h"

static void put_real(struct buf *out, double value, bool quoted)
{
	const char *word = isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
	if (isfinite(value))
		buf_double(out, value);
	else
		buf_printf(out, quoted ? "\"%s\"" : "%s", word);
}

void query_cell_text(struct buf *out, enum kql_type type, const struct query_cell *cell)
{
	char text[TICKS_TEXT_MAX];
	if (cell->null)
		return;
	switch (type) {
	case KQL_BOOL: buf_puts(out, cell->b ? "true" : "false"); break;
	case KQL_INT:
	case KQL_LONG: buf_i64(out, cell->i); break;
	case KQL_REAL: put_real(out, cell->f, false); break;
	case KQL_DATETIME: buf_add(out, text, ticks_format(cell->i, text)); break;
	case KQL_TIMESPAN: buf_add(out, text, timespan_format(cell->i, text)); break;
	default: buf_add(out, cell->s.at, cell->s.len); break;
	}
}

void query_cell_json(struct buf *out, enum kql_type type, const struct query_cell *cell)
{
	if (cell->null) {
		buf_puts(out, "null");
		return;
	}
	switch (type) {
	case KQL_BOOL:
	case KQL_INT:
	case KQL_LONG: query_cell_text(out, type, cell); break;
	case KQL_REAL: put_real(out, cell->f, true); break;
	case KQL_DATETIME:
	case KQL_TIMESPAN:
		buf_putc(out, '"');
		query_cell_text(out, type, cell);
		buf_putc(out, '"');
		break;
	default: buf_json_string(out, cell->s.at, cell->s.len); break;
	}
}

/* "2026-11-05 06:07:08.25+01:00", by TZ. */
static void put_local(struct buf *out, int64_t ticks)
{
	char utc[TICKS_TEXT_MAX], day[64];
	time_t seconds = (time_t)((ticks - TICKS_UNIX_EPOCH) / TICKS_PER_SECOND -
	                          ((ticks - TICKS_UNIX_EPOCH) % TICKS_PER_SECOND < 0));
	struct tm tm;
	size_t len = ticks_format(ticks, utc);
	if (!localtime_r(&seconds, &tm) || !strftime(day, sizeof day, "%F %T", &tm)) {
		buf_add(out, utc, len);
		return;
	}
	buf_puts(out, day);
	if (len > strlen("2026-11-05T06:07:08Z"))
		buf_add(out, utc + 19, len - 20);
	long minutes = tm.tm_gmtoff / 60;
	buf_printf(out, "%c%02ld:%02ld", minutes < 0 ? '-' : '+', labs(minutes) / 60,
	           labs(minutes) % 60);
}

void printer_cell(const struct printer *p, struct buf *out, size_t column)
{
	const struct query_cell *cell = &p->cells[column];
	if (p->local && p->columns[column].type == KQL_DATETIME && !cell->null)
		put_local(out, cell->i);
	else
		query_cell_text(out, p->columns[column].type, cell);
}

/* ---- errors ---- */

static void put_key_text(struct buf *out, const char *key, const char *text)
{
	buf_printf(out, "\"%s\":", key);
	buf_json_string(out, text, strlen(text));
}

/* As the API nests them: what it is to the client, to the engine, and in detail. */
void query_error_json(struct buf *out, const struct query_error *e)
{
	bool syntax = e->class == QUERY_SYNTAX, bad = syntax || e->class == QUERY_SEMANTIC;
	buf_puts(out, "{\"error\":{");
	put_key_text(out, "message", bad ? "The request had some invalid properties" : e->message);
	buf_putc(out, ',');
	put_key_text(out, "code", bad ? "BadArgumentError" : "QueryExecutionError");
	buf_puts(out, ",\"innererror\":{");
	if (bad) {
		put_key_text(out, "code", syntax ? "SyntaxError" : "SemanticError");
		buf_putc(out, ',');
		put_key_text(out, "message",
		             syntax ? "A recognition error occurred in the query."
		                    : "A semantic error occurred.");
		buf_puts(out, ",\"innererror\":{");
	}
	put_key_text(out, "code", e->code);
	buf_putc(out, ',');
	put_key_text(out, "message", e->message);
	if (e->line) {
		buf_printf(out, ",\"line\":%u,\"pos\":%u,", e->line, e->pos);
		put_key_text(out, "token", e->token);
	}
	buf_puts(out, bad ? "}}}}" : "}}}");
}

/* The line of the query where it went wrong, and a caret under the place. */
void query_error_text(struct buf *out, const struct query_error *e, const char *text, size_t len)
{
	buf_puts(out, e->message);
	if (!e->located) {
		buf_putc(out, '\n');
		return;
	}
	buf_printf(out, " (line %u, column %u)\n", e->line, e->pos + 1);
	size_t at = e->at < len ? e->at : len, start = at, end = at;
	while (start > 0 && text[start - 1] != '\n')
		start--;
	while (end < len && text[end] != '\n' && text[end] != '\r')
		end++;
	buf_puts(out, "  ");
	for (size_t i = start; i < end; i++)
		buf_putc(out, (unsigned char)text[i] < ' ' ? ' ' : text[i]);
	buf_puts(out, "\n  ");
	for (unsigned i = 0; i < e->pos; i++)
		buf_putc(out, ' ');
	buf_puts(out, "^\n");
}

/* ---- answers ---- */

bool printer_flush(struct printer *p, size_t least)
{
	if (p->out.failed)
		p->stopped = true;
	if (!p->stopped && p->out.len >= least) {
		p->stopped = !p->sink(p->context, buf_text(&p->out), p->out.len);
		buf_clear(&p->out);
	}
	return !p->stopped;
}

/* The columns of the table at hand, and room for one row of it. */
static bool printer_columns(struct printer *p)
{
	free(p->cells);
	p->count = query_columns(p->result, &p->columns);
	p->cells = calloc(p->count + 1, sizeof *p->cells);
	if (!p->cells)
		query_error_set(p->e, QUERY_LIMIT, "LIM0002", 0, 0, "There is no memory left");
	return p->cells;
}

bool printer_next_table(struct printer *p)
{
	return !p->stopped && p->e->class == QUERY_OK && query_next_table(p->result, p->e) &&
	       printer_columns(p);
}

/* A file of rows under one heading holds one table. */
static bool printer_takes(struct printer *p, enum query_format format)
{
	if (format == QUERY_JSON || format == QUERY_TABLE || format == QUERY_CHART ||
	    query_tables(p->result) == 1)
		return true;
	return query_error_set(p->e, QUERY_RUNTIME, "RUN0004", 0, 0,
	                       "The query gives %zu tables, which only the formats table and json "
	                       "have room for",
	                       query_tables(p->result));
}

bool query_print(struct query_session *session, const char *text, size_t len,
                 const struct query_options *options, enum query_format format, query_sink *sink,
                 void *context, struct query_error *e)
{
	static printer_body *const bodies[] = {
		[QUERY_TABLE] = print_table, [QUERY_JSON] = print_json,
		[QUERY_CSV] = print_csv,     [QUERY_NDJSON] = print_ndjson,
		[QUERY_CHART] = print_chart, [QUERY_PARQUET] = print_parquet,
	};
	struct printer p = { .sink = sink, .context = context, .e = e };
	struct query_options own = *options;
	own.explain |= format == QUERY_PARQUET; /* which runs it in its own way */
	p.local = options->local_times;
	p.width = options->width;
	p.result = query_run(session, text, len, &own, e);
	if (p.result && printer_takes(&p, format) && printer_columns(&p))
		bodies[format](&p);
	if (!p.result && format == QUERY_JSON) {
		query_error_json(&p.out, e);
		buf_putc(&p.out, '\n');
	}
	if (e->class == QUERY_OK && (format == QUERY_TABLE || format == QUERY_CHART))
		printer_completeness(&p);
	printer_flush(&p, 1);
	query_result_free(p.result);
	free(p.cells);
	buf_done(&p.out);
	return e->class == QUERY_OK;
}
