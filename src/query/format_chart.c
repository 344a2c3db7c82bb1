/* format_chart: an answer drawn with characters, as its render says: bars for kinds of categories,
 * for kinds with an axis a plot for each series.
 *
 * x is the column that render names, else the first; y those that it names, else all numbers but x;
 * a text that is neither tells series apart.  Arrays of one row (make-series) are the points of one
 * series.  At most POINTS_MAX points and SERIES_MAX series are drawn; the rest is counted. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "core/base/utf8.h"
#include "query/format.h"
#include "query/json.h"

enum { POINTS_MAX = 20000, SERIES_MAX = 12, PLOT_ROWS = 8, LABEL_MAX = 40, WIDTH_LEAST = 40 };

struct point {
	size_t series;
	double x, y;
	char label[LABEL_MAX * 4 + 1];
};

struct chart {
	struct printer *p;
	const char *kind;
	size_t x;
	struct point *points;
	size_t count, left_out;
	char series[SERIES_MAX][LABEL_MAX * 4 + 1];
	size_t series_count;
	unsigned width;
};

/* At most LABEL_MAX characters of a text. */
static void label_set(char *label, const char *text, size_t len)
{
	size_t at = 0, characters = 0;
	while (at < len && characters < LABEL_MAX) {
		size_t n = utf8_length(text + at, len - at);
		n = n ? n : 1;
		if (at + n > len)
			break;
		memcpy(label + at, text + at, n);
		at += n;
		characters++;
	}
	label[at] = '\0';
	for (size_t i = 0; i < at; i++)
		if ((unsigned char)label[i] < ' ')
			label[i] = ' ';
}

static size_t characters_of(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

/* ---- from cells to points ---- */

static bool is_number(enum kql_type type)
{
	return type == KQL_INT || type == KQL_LONG || type == KQL_REAL || type == KQL_TIMESPAN;
}

static double number_of(enum kql_type type, const struct query_cell *cell)
{
	return cell->null ? NAN : type == KQL_REAL ? cell->f : (double)cell->i;
}

static bool is_y(const struct chart *c, size_t i)
{
	enum kql_type type = c->p->columns[i].type;
	return i != c->x && (is_number(type) || type == KQL_DYNAMIC);
}

/* The series of that name; SERIES_MAX where there are too many. */
static size_t series_of(struct chart *c, const char *name)
{
	for (size_t i = 0; i < c->series_count; i++)
		if (strcmp(c->series[i], name) == 0)
			return i;
	if (c->series_count == SERIES_MAX)
		return SERIES_MAX;
	strcpy(c->series[c->series_count], name);
	return c->series_count++;
}

static void point_add(struct chart *c, size_t series, double x, double y, const char *label)
{
	if (c->count == POINTS_MAX || series == SERIES_MAX) {
		c->left_out++;
		return;
	}
	struct point *point = &c->points[c->count++];
	*point = (struct point){ .series = series, .x = x, .y = y };
	strcpy(point->label, label);
}

/* "east", or "east Bytes" where there are several y. */
static void series_name(const struct chart *c, size_t y, char *name)
{
	struct buf text = { 0 };
	size_t count = 0;
	for (size_t i = 0; i < c->p->count; i++) {
		count += is_y(c, i);
		if (i == c->x || c->p->columns[i].type != KQL_STRING)
			continue;
		buf_printf(&text, "%s%.*s", text.len ? " " : "", (int)c->p->cells[i].s.len,
		           c->p->cells[i].s.at);
	}
	if (count > 1 || !text.len)
		buf_printf(&text, "%s%s", text.len ? " " : "", c->p->columns[y].name);
	label_set(name, buf_text(&text), text.len);
	buf_done(&text);
}

/* x as a number: of times their ticks; of texts the number of the row. */
static double x_of(struct json element, size_t row)
{
	struct buf text = { 0 };
	int64_t ticks;
	double x = (double)row;
	if (json_kind(element) == JSON_NUMBER)
		x = json_number(element);
	else if (json_kind(element) == JSON_STRING) {
		json_string_text(element, &text);
		if (ticks_parse(buf_text(&text), &ticks))
			x = (double)ticks;
	}
	buf_done(&text);
	return x;
}

static void arrays_add(struct chart *c, size_t y, const char *name)
{
	const struct query_cell *xs = &c->p->cells[c->x], *ys = &c->p->cells[y];
	bool has_x = c->p->columns[c->x].type == KQL_DYNAMIC && !xs->null;
	struct json x =
	    json_inside(has_x ? (struct json){ xs->s.at, xs->s.len } : (struct json){ "[]", 2 });
	struct json list = json_inside((struct json){ ys->s.at, ys->s.len }), value, at;
	size_t series = series_of(c, name);
	for (size_t i = 0; json_next(&list, &value); i++) {
		char label[LABEL_MAX * 4 + 1] = "";
		double number = (double)i;
		if (json_next(&x, &at)) {
			number = x_of(at, i);
			bool quoted = json_kind(at) == JSON_STRING && at.len > 2;
			label_set(label, at.at + quoted, at.len - 2 * quoted);
		}
		if (json_kind(value) == JSON_NUMBER)
			point_add(c, series, number, json_number(value), label);
	}
}

static void row_add(struct chart *c, size_t row)
{
	const struct query_cell *x = &c->p->cells[c->x];
	enum kql_type type = c->p->columns[c->x].type;
	struct buf text = { 0 };
	char label[LABEL_MAX * 4 + 1], name[LABEL_MAX * 4 + 1];
	printer_cell(c->p, &text, c->x);
	label_set(label, buf_text(&text), text.len);
	double number = is_number(type)                    ? number_of(type, x)
	                : type == KQL_DATETIME && !x->null ? (double)x->i
	                                                   : (double)row;
	for (size_t i = 0; i < c->p->count; i++) {
		if (!is_y(c, i))
			continue;
		series_name(c, i, name);
		if (c->p->columns[i].type != KQL_DYNAMIC)
			point_add(c, series_of(c, name), number,
			          number_of(c->p->columns[i].type, &c->p->cells[i]), label);
		else if (!c->p->cells[i].null)
			arrays_add(c, i, name);
	}
	buf_done(&text);
}

/* ---- bars ---- */

static void put_number(struct buf *out, double value)
{
	if (value == floor(value) && fabs(value) < 1e15)
		buf_printf(out, "%.0f", value);
	else
		buf_printf(out, "%.4g", value);
}

static void put_padded(struct buf *out, const char *text, size_t width)
{
	buf_puts(out, text);
	for (size_t have = characters_of(text); have < width; have++)
		buf_putc(out, ' ');
}

/* Eighths of a character, from nothing to full. */
static void put_bar(struct buf *out, double share, unsigned width)
{
	static const char *const parts[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	long eighths = share > 0 ? lround(share * width * 8) : 0;
	for (long i = 0; i < eighths / 8; i++)
		buf_puts(out, "█");
	buf_puts(out, parts[eighths % 8]);
}

static void bars(struct chart *c)
{
	double most = 0;
	size_t label = 0, series = 0;
	for (size_t i = 0; i < c->count; i++) {
		const struct point *point = &c->points[i];
		size_t own = characters_of(point->label),
		       name = characters_of(c->series[point->series]);
		most = point->y > most ? point->y : most;
		label = own > label ? own : label;
		series = name > series ? name : series;
	}
	series = c->series_count > 1 ? series + 2 : 0;
	unsigned used = (unsigned)(label + series) + 16;
	unsigned width = c->width > used + 10 ? c->width - used : 10;
	for (size_t i = 0; i < c->count; i++) {
		const struct point *point = &c->points[i];
		put_padded(&c->p->out, point->label, label + 2);
		if (series)
			put_padded(&c->p->out, c->series[point->series], series);
		put_bar(&c->p->out, most > 0 ? point->y / most : 0, width);
		buf_putc(&c->p->out, ' ');
		put_number(&c->p->out, point->y);
		buf_putc(&c->p->out, '\n');
	}
}

/* ---- plots ---- */

struct plot {
	double *sums;
	size_t *counts;
	double least, most, from, to;
	const char *first, *last; /* labels of the ends */
	unsigned width;           /* of sums[]: one for each point where there is room */
	unsigned repeat;          /* characters for each of them */
};

static bool plot_fill(struct plot *plot, const struct chart *c, size_t series)
{
	bool any = false;
	for (size_t i = 0; i < c->count; i++) {
		const struct point *point = &c->points[i];
		if (point->series != series || isnan(point->y))
			continue;
		double share =
		    plot->to > plot->from ? (point->x - plot->from) / (plot->to - plot->from) : 0;
		size_t column = (size_t)(share * (plot->width - 1) + 0.5);
		plot->sums[column] += point->y;
		plot->counts[column]++;
	}
	plot->least = plot->most = 0;
	for (unsigned i = 0; i < plot->width; i++) {
		if (!plot->counts[i])
			continue;
		double mean = plot->sums[i] /= (double)plot->counts[i];
		plot->least = mean < plot->least ? mean : plot->least;
		plot->most = mean > plot->most ? mean : plot->most;
		any = true;
	}
	return any;
}

static void put_plot(struct buf *out, const struct plot *plot)
{
	static const char *const parts[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	double range = plot->most > plot->least ? plot->most - plot->least : 1;
	for (int row = PLOT_ROWS - 1; row >= 0; row--) {
		struct buf mark = { 0 };
		if (row == PLOT_ROWS - 1 || row == 0)
			put_number(&mark, row ? plot->most : plot->least);
		buf_printf(out, "%12s │", buf_text(&mark));
		for (unsigned k = 0; k < plot->width * plot->repeat; k++) {
			unsigned i = k / plot->repeat;
			double level = (plot->sums[i] - plot->least) / range * PLOT_ROWS - row;
			long eighths = plot->counts[i] ? lround(level * 8) : 0;
			eighths = eighths < 0 ? 0 : eighths > 8 ? 8 : eighths;
			if (plot->counts[i] && row == 0 && !eighths)
				eighths = 1;
			buf_puts(out, parts[eighths]);
		}
		buf_putc(out, '\n');
		buf_done(&mark);
	}
	size_t wide = plot->width * plot->repeat, last = characters_of(plot->last);
	buf_printf(out, "%12s └", "");
	for (size_t i = 0; i < wide; i++)
		buf_puts(out, "─");
	buf_printf(out, "\n%14s", "");
	put_padded(out, plot->first, wide > last ? wide - last : characters_of(plot->first) + 1);
	buf_printf(out, "%s\n", plot->last);
}

/* The ends of the axis, and how many columns there are. */
static void plot_measure(struct plot *plot, const struct chart *c)
{
	unsigned most = 1, wide = c->width > WIDTH_LEAST ? c->width - 15 : WIDTH_LEAST - 15;
	for (size_t s = 0; s < c->series_count; s++) {
		unsigned own = 0;
		for (size_t i = 0; i < c->count; i++)
			own += c->points[i].series == s;
		most = own > most ? own : most;
	}
	plot->width = most < wide ? most : wide;
	plot->repeat = wide / plot->width;
	for (size_t i = 0; i < c->count; i++) {
		const struct point *point = &c->points[i];
		if (point->x < plot->from) {
			plot->from = point->x;
			plot->first = point->label;
		}
		if (point->x > plot->to) {
			plot->to = point->x;
			plot->last = point->label;
		}
	}
}

static void plots(struct chart *c)
{
	struct plot plot = { .from = INFINITY, .to = -INFINITY, .first = "", .last = "" };
	plot_measure(&plot, c);
	plot.sums = calloc(plot.width, sizeof *plot.sums);
	plot.counts = calloc(plot.width, sizeof *plot.counts);
	for (size_t s = 0; plot.sums && plot.counts && s < c->series_count; s++) {
		memset(plot.sums, 0, plot.width * sizeof *plot.sums);
		memset(plot.counts, 0, plot.width * sizeof *plot.counts);
		if (!plot_fill(&plot, c, s))
			continue;
		buf_printf(&c->p->out, "%s%s\n", s ? "\n" : "", c->series[s]);
		put_plot(&c->p->out, &plot);
	}
	free(plot.sums);
	free(plot.counts);
}

/* ---- all ---- */

static bool has_axis(const char *kind)
{
	static const char *const kinds[] = { "timechart",    "linechart",    "areachart",
		                             "anomalychart", "scatterchart", "stackedareachart" };
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

/* The first time of a chart over time, as Azure picks it; else the first column. */
static size_t x_column(const struct printer *p, bool axis)
{
	for (size_t i = 0; axis && i < p->count; i++)
		if (p->columns[i].type == KQL_DATETIME)
			return i;
	/* make-series puts the axis last, an array too */
	for (size_t i = p->count; axis && i-- > 1;)
		if (p->columns[i].type == KQL_DYNAMIC)
			return i;
	return 0;
}

void print_chart(struct printer *p)
{
	const char *kind = query_visualization(p->result);
	if (!kind || strcmp(kind, "table") == 0) {
		print_table(p);
		return;
	}
	struct chart chart = { .p = p, .kind = kind, .width = p->width ? p->width : 80 };
	chart.x = x_column(p, has_axis(kind));
	chart.points = calloc(POINTS_MAX, sizeof *chart.points);
	if (!chart.points) {
		query_error_set(p->e, QUERY_LIMIT, "LIM0002", 0, 0, "There is no memory left");
		return;
	}
	for (size_t row = 0; query_next(p->result, p->cells, p->e); row++)
		row_add(&chart, row);
	if (has_axis(kind))
		plots(&chart);
	else
		bars(&chart);
	if (chart.left_out)
		buf_printf(&p->out, "(%zu points are not drawn)\n", chart.left_out);
	free(chart.points);
}
