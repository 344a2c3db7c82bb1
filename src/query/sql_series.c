/* sql_series: the functions of series (see sql_functions.h and series.h). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/series.h"
#include "query/sql_json.h"

enum { SERIES_MAX = 1048576 };

/* An array's numbers; what is no number is NaN. */
struct numbers {
	double *at;
	size_t count;
	bool whole; /* all of them are */
};

static bool numbers_of(const struct db_cell *cell, struct numbers *ret)
{
	struct json inside = json_inside(cell_json(cell)), item;
	size_t count = 0;
	int64_t whole;
	*ret = (struct numbers){ .whole = true };
	if (json_kind(cell_json(cell)) != JSON_ARRAY)
		return false;
	for (struct json all = inside; json_next(&all, &item);)
		count++;
	if (count > SERIES_MAX)
		return false;
	ret->at = malloc((count + 1) * sizeof *ret->at);
	while (ret->at && json_next(&inside, &item)) {
		bool number = json_kind(item) == JSON_NUMBER;
		ret->whole &= !number || json_whole(item, &whole);
		ret->at[ret->count++] = number ? json_number(item) : NAN;
	}
	return ret->at;
}

static void put_number(struct buf *out, double value, bool whole)
{
	if (isnan(value))
		buf_puts(out, "null");
	else if (whole && fabs(value) < 9e15)
		buf_printf(out, "%.0f", value);
	else
		put_json_real(out, value);
}

static void put_array(struct buf *out, const double *values, size_t count, bool whole)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_putc(out, ',');
		put_number(out, values[i], whole);
	}
	buf_putc(out, ']');
}

static void answer_array(struct db_answer *ret, const double *values, size_t count, bool whole)
{
	buf_clear(&ret->scratch);
	put_array(&ret->scratch, values, count, whole);
	db_answer_scratch(ret);
}

static void put_member(struct buf *out, const char *name, double value, bool whole)
{
	buf_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", name);
	put_number(out, value, whole);
}

/* ---- fits and statistics ---- */

SQL(fit_line)
{
	struct numbers y;
	if (any_null(a, n) || !numbers_of(a, &y))
		return;
	struct line line = series_line(y.at, y.count);
	buf_putc(&ret->scratch, '{');
	put_member(&ret->scratch, "rsquare", line.rsquare, false);
	put_member(&ret->scratch, "slope", line.slope, false);
	put_member(&ret->scratch, "variance", line.variance, false);
	put_member(&ret->scratch, "rvariance", line.rvariance, false);
	put_member(&ret->scratch, "interception", line.intercept, false);
	for (size_t i = 0; i < y.count; i++)
		y.at[i] = line.intercept + line.slope * (double)i;
	buf_puts(&ret->scratch, ",\"line_fit\":");
	put_array(&ret->scratch, y.at, y.count, false);
	buf_putc(&ret->scratch, '}');
	db_answer_scratch(ret);
	free(y.at);
}

SQL(stats)
{
	struct numbers y;
	if (any_null(a, n) || !numbers_of(a, &y))
		return;
	size_t least = 0, most = 0, first = 0;
	while (first < y.count && isnan(y.at[first]))
		first++;
	least = most = first;
	for (size_t i = first; i < y.count; i++) {
		if (y.at[i] < y.at[least])
			least = i;
		if (y.at[i] > y.at[most])
			most = i;
	}
	bool some = first < y.count;
	buf_putc(&ret->scratch, '{');
	put_member(&ret->scratch, "min", some ? y.at[least] : NAN, false);
	put_member(&ret->scratch, "min_idx", some ? (double)least : NAN, true);
	put_member(&ret->scratch, "max", some ? y.at[most] : NAN, false);
	put_member(&ret->scratch, "max_idx", some ? (double)most : NAN, true);
	put_member(&ret->scratch, "avg", series_mean(y.at, y.count), false);
	put_member(&ret->scratch, "stdev", sqrt(series_variance(y.at, y.count)), false);
	put_member(&ret->scratch, "variance", series_variance(y.at, y.count), false);
	buf_putc(&ret->scratch, '}');
	db_answer_scratch(ret);
	free(y.at);
}

/* ---- filling ---- */

/* A value to be filled: null, or the placeholder given. */
static bool is_missing(double value, const struct db_cell *placeholder)
{
	return isnan(value) || (placeholder && !placeholder->null && value == placeholder->f);
}

/* fill_forward(series, placeholder), fill_backward: from the neighbour before or behind */
static void fill_from(const struct db_cell *a, size_t n, struct db_answer *ret, bool backward)
{
	struct numbers y;
	if (a[0].null || !numbers_of(a, &y))
		return;
	double last = NAN;
	for (size_t k = 0; k < y.count; k++) {
		size_t i = backward ? y.count - 1 - k : k;
		if (is_missing(y.at[i], n > 1 ? &a[1] : NULL))
			y.at[i] = last;
		last = y.at[i];
	}
	answer_array(ret, y.at, y.count, y.whole);
	free(y.at);
}

SQL(fill_forward)
{
	fill_from(a, n, ret, false);
}

SQL(fill_backward)
{
	fill_from(a, n, ret, true);
}

/* fill_const(series, value, placeholder) */
SQL(fill_const)
{
	struct numbers y;
	if (a[0].null || a[1].null || !numbers_of(a, &y))
		return;
	for (size_t i = 0; i < y.count; i++)
		if (is_missing(y.at[i], n > 2 ? &a[2] : NULL))
			y.at[i] = a[1].f;
	answer_array(ret, y.at, y.count, y.whole && a[1].f == trunc(a[1].f));
	free(y.at);
}

static void fill_between(double *y, size_t from, size_t to)
{
	for (size_t i = from + 1; i < to; i++)
		y[i] = y[from] + (y[to] - y[from]) * (double)(i - from) / (double)(to - from);
}

/* fill_linear(series, placeholder, fill edges, constant for a series without values) */
SQL(fill_linear)
{
	struct numbers y;
	bool edges = n < 3 || a[2].null || a[2].b;
	if (a[0].null || !numbers_of(a, &y))
		return;
	for (size_t i = 0; i < y.count; i++)
		if (is_missing(y.at[i], n > 1 ? &a[1] : NULL))
			y.at[i] = NAN;
	size_t first = 0, last;
	while (first < y.count && isnan(y.at[first]))
		first++;
	last = first;
	for (size_t i = first; i < y.count; i++) {
		if (isnan(y.at[i]))
			continue;
		fill_between(y.at, last, i);
		last = i;
	}
	for (size_t i = 0; i < y.count && edges; i++) {
		if (first == y.count)
			y.at[i] = n > 3 && !a[3].null ? a[3].f : 0;
		else if (i < first)
			y.at[i] = y.at[first];
		else if (i > last)
			y.at[i] = y.at[last];
	}
	answer_array(ret, y.at, y.count, false);
	free(y.at);
}

/* ---- element by element ---- */

enum binary {
	ADD = '+',
	SUBTRACT = '-',
	MULTIPLY = '*',
	DIVIDE = '/',
	POWER = '^',
	EQUALS = '=',
	NOT_EQUALS = '!',
	LESS = '<',
	LESS_EQUALS = 'l',
	GREATER = '>',
	GREATER_EQUALS = 'g',
};

static double combine(enum binary op, double x, double y)
{
	switch (op) {
	case ADD: return x + y;
	case SUBTRACT: return x - y;
	case MULTIPLY: return x * y;
	case DIVIDE: return x / y;
	default: return pow(x, y);
	}
}

static bool compare(enum binary op, double x, double y)
{
	switch (op) {
	case EQUALS: return x == y;
	case NOT_EQUALS: return x != y;
	case LESS: return x < y;
	case LESS_EQUALS: return x <= y;
	case GREATER: return x > y;
	default: return x >= y;
	}
}

/* A number stands for a series of it as long as the other. */
static bool operand(const struct db_cell *cell, struct numbers *ret, bool *scalar)
{
	struct json value = cell_json(cell);
	int64_t whole;
	*scalar = json_kind(value) == JSON_NUMBER;
	if (!*scalar)
		return numbers_of(cell, ret);
	*ret = (struct numbers){ malloc(sizeof(double)), 1, json_whole(value, &whole) };
	if (ret->at)
		ret->at[0] = json_number(value);
	return ret->at;
}

static double operand_at(const struct numbers *y, bool scalar, size_t i)
{
	return scalar ? y->at[0] : i < y->count ? y->at[i] : NAN;
}

static void put_combined(struct buf *out, enum binary op, double x, double y, bool whole)
{
	bool test = strchr("=!<l>g", (int)op);
	if (isnan(x) || isnan(y))
		buf_puts(out, "null");
	else if (test)
		buf_puts(out, compare(op, x, y) ? "true" : "false");
	else
		put_number(out, combine(op, x, y), whole && op != DIVIDE && op != POWER);
}

/* each(operator, x, y): as long as the longer one */
SQL(each)
{
	struct numbers x = { 0 }, y = { 0 };
	bool x_scalar, y_scalar;
	if (!any_null(a, n) && operand(&a[1], &x, &x_scalar) && operand(&a[2], &y, &y_scalar)) {
		enum binary op = (enum binary)a[0].s.at[0];
		size_t count = x.count > y.count ? x.count : y.count;
		count = x_scalar ? y.count : y_scalar ? x.count : count;
		buf_putc(&ret->scratch, '[');
		for (size_t i = 0; i < count; i++) {
			if (i)
				buf_putc(&ret->scratch, ',');
			put_combined(&ret->scratch, op, operand_at(&x, x_scalar, i),
			             operand_at(&y, y_scalar, i), x.whole && y.whole);
		}
		buf_putc(&ret->scratch, ']');
		db_answer_scratch(ret);
	}
	free(x.at);
	free(y.at);
}

static double sign_of(double x)
{
	return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/* map("abs", series) */
SQL(map)
{
	static const struct {
		const char *name;
		double (*call)(double);
		bool whole; /* whole numbers stay whole */
	} maps[] = {
		{ "abs", fabs, true },    { "exp", exp, false },     { "log", log, false },
		{ "floor", floor, true }, { "ceiling", ceil, true }, { "sign", sign_of, true },
		{ "sin", sin, false },    { "cos", cos, false },     { "tan", tan, false },
		{ "asin", asin, false },  { "acos", acos, false },   { "atan", atan, false },
	};
	struct numbers y;
	if (any_null(a, n) || !numbers_of(&a[1], &y))
		return;
	for (size_t m = 0; m < ARRAY_LEN(maps); m++) {
		if (strlen(maps[m].name) != a[0].s.len ||
		    memcmp(maps[m].name, a[0].s.at, a[0].s.len) != 0)
			continue;
		for (size_t i = 0; i < y.count; i++)
			y.at[i] = isnan(y.at[i]) ? NAN : maps[m].call(y.at[i]);
		answer_array(ret, y.at, y.count, y.whole && maps[m].whole);
	}
	free(y.at);
}

/* ---- to one number ---- */

SQL(product)
{
	struct numbers y;
	double product = 1;
	if (any_null(a, n) || !numbers_of(a, &y))
		return;
	for (size_t i = 0; i < y.count; i++)
		product *= y.at[i];
	if (!isnan(product))
		db_answer_f64(ret, product);
	free(y.at);
}

static double dot(const struct numbers *x, const struct numbers *y)
{
	double sum = 0;
	for (size_t i = 0; i < x->count && i < y->count; i++)
		sum += x->at[i] * y->at[i];
	return sum;
}

static void answer_known(struct db_answer *ret, double value)
{
	if (!isnan(value))
		db_answer_f64(ret, value);
}

SQL(dot_product)
{
	struct numbers x = { 0 }, y = { 0 };
	if (!any_null(a, n) && numbers_of(a, &x) && numbers_of(&a[1], &y))
		answer_known(ret, dot(&x, &y));
	free(x.at);
	free(y.at);
}

SQL(magnitude)
{
	struct numbers y;
	if (any_null(a, n) || !numbers_of(a, &y))
		return;
	answer_known(ret, sqrt(dot(&y, &y)));
	free(y.at);
}

SQL(cosine)
{
	struct numbers x = { 0 }, y = { 0 };
	if (!any_null(a, n) && numbers_of(a, &x) && numbers_of(&a[1], &y) && x.count == y.count)
		answer_known(ret, dot(&x, &y) / sqrt(dot(&x, &x) * dot(&y, &y)));
	free(x.at);
	free(y.at);
}

SQL(pearson)
{
	struct numbers x = { 0 }, y = { 0 };
	if (!any_null(a, n) && numbers_of(a, &x) && numbers_of(&a[1], &y) && x.count == y.count) {
		double mx = series_mean(x.at, x.count), my = series_mean(y.at, y.count);
		for (size_t i = 0; i < x.count; i++) {
			x.at[i] -= mx;
			y.at[i] -= my;
		}
		answer_known(ret, dot(&x, &y) / sqrt(dot(&x, &x) * dot(&y, &y)));
	}
	free(x.at);
	free(y.at);
}

/* fir(series, filter, normalize, center) */
SQL(fir)
{
	struct numbers y = { 0 }, filter = { 0 };
	if (!any_null(a, 2) && numbers_of(a, &y) && numbers_of(&a[1], &filter)) {
		double sum = 0;
		bool negative = false;
		for (size_t i = 0; i < filter.count; i++) {
			sum += filter.at[i];
			negative |= filter.at[i] < 0;
		}
		bool normalize = n > 2 && !a[2].null ? a[2].b : !negative;
		double scale = normalize && sum != 0 ? sum : 1;
		size_t shift = n > 3 && !a[3].null && a[3].b ? filter.count / 2 : 0;
		double *out = calloc(y.count + 1, sizeof *out);
		for (size_t i = 0; out && i < y.count; i++)
			for (size_t k = 0; k < filter.count; k++)
				if (i + shift >= k && i + shift - k < y.count)
					out[i] += filter.at[k] / scale * y.at[i + shift - k];
		if (out)
			answer_array(ret, out, y.count, false);
		free(out);
	}
	free(y.at);
	free(filter.at);
}

/* ---- decomposition ---- */

static enum trend trend_named(struct db_text name)
{
	if (name.len == 7 && memcmp(name.at, "linefit", 7) == 0)
		return TREND_LINE;
	return name.len == 4 && memcmp(name.at, "none", 4) == 0 ? TREND_NONE : TREND_AVERAGE;
}

/* decompose(series, period, trend, test points, threshold) to a bag of four arrays */
SQL(decompose)
{
	struct numbers y;
	if (any_null(a, n) || a[1].i > SERIES_MAX || a[3].i < 0 || !numbers_of(a, &y))
		return;
	double *parts = calloc(4 * y.count + 1, sizeof *parts);
	if (parts) {
		double *baseline = parts, *seasonal = parts + y.count;
		double *trend = parts + 2 * y.count, *rest = parts + 3 * y.count;
		series_split(y.at, y.count, (long)a[1].i, trend_named(a[2].s), (size_t)a[3].i,
		             a[4].f, seasonal, trend);
		for (size_t i = 0; i < y.count; i++) {
			baseline[i] = seasonal[i] + trend[i];
			rest[i] = y.at[i] - baseline[i];
		}
		static const char *const names[] = { "{\"baseline\":", ",\"seasonal\":",
			                             ",\"trend\":", ",\"residual\":" };
		for (int i = 0; i < 4; i++) {
			buf_puts(&ret->scratch, names[i]);
			put_array(&ret->scratch, parts + (size_t)i * y.count, y.count, false);
		}
		buf_putc(&ret->scratch, '}');
		db_answer_scratch(ret);
	}
	free(parts);
	free(y.at);
}

/* anomalies(series, threshold, period, trend, test points, method, seasonality threshold) */
SQL(anomalies)
{
	struct numbers y;
	if (any_null(a, n) || a[2].i > SERIES_MAX || a[4].i < 0 || !numbers_of(a, &y))
		return;
	double *parts = calloc(5 * y.count + 1, sizeof *parts);
	bool quartiles = a[5].s.len == 5 && memcmp(a[5].s.at, "tukey", 5) == 0;
	if (parts) {
		double *flag = parts, *score = parts + y.count, *baseline = parts + 2 * y.count;
		double *trend = parts + 3 * y.count, *rest = parts + 4 * y.count;
		series_split(y.at, y.count, (long)a[2].i, trend_named(a[3].s), (size_t)a[4].i,
		             a[6].f, baseline, trend);
		for (size_t i = 0; i < y.count; i++) {
			baseline[i] += trend[i];
			rest[i] = y.at[i] - baseline[i];
		}
		series_outlier_scores(rest, y.count, quartiles ? 25 : 10, quartiles ? 75 : 90,
		                      (size_t)a[4].i, score);
		for (size_t i = 0; i < y.count; i++)
			flag[i] = score[i] > a[1].f ? 1 : score[i] < -a[1].f ? -1 : 0;
		buf_puts(&ret->scratch, "{\"ad_flag\":");
		put_array(&ret->scratch, flag, y.count, true);
		buf_puts(&ret->scratch, ",\"ad_score\":");
		put_array(&ret->scratch, score, y.count, false);
		buf_puts(&ret->scratch, ",\"baseline\":");
		put_array(&ret->scratch, baseline, y.count, false);
		buf_putc(&ret->scratch, '}');
		db_answer_scratch(ret);
	}
	free(parts);
	free(y.at);
}

/* outliers(series, kind, ignored value, low percentile, high percentile) */
SQL(outliers)
{
	struct numbers y;
	if (a[0].null || a[1].null || !numbers_of(a, &y))
		return;
	bool quartiles = a[1].s.len == 5 && memcmp(a[1].s.at, "tukey", 5) == 0;
	double low = n > 3 && !a[3].null ? a[3].f : quartiles ? 25 : 10;
	double high = n > 4 && !a[4].null ? a[4].f : quartiles ? 75 : 90;
	double *scores = calloc(y.count + 1, sizeof *scores);
	for (size_t i = 0; n > 2 && !a[2].null && i < y.count; i++)
		if (y.at[i] == a[2].f)
			y.at[i] = NAN;
	if (scores && low >= 0 && high <= 100 && low < high) {
		series_outlier_scores(y.at, y.count, low, high, 0, scores);
		answer_array(ret, scores, y.count, false);
	}
	free(scores);
	free(y.at);
}

enum { PERIODS_MAX = 100 };

static void answer_periods(struct db_answer *ret, const double *periods, const double *scores,
                           size_t count)
{
	buf_puts(&ret->scratch, "{\"periods\":");
	put_array(&ret->scratch, periods, count, false);
	buf_puts(&ret->scratch, ",\"scores\":");
	put_array(&ret->scratch, scores, count, false);
	buf_putc(&ret->scratch, '}');
	db_answer_scratch(ret);
}

/* periods_detect(series, shortest, longest, how many) */
SQL(periods_detect)
{
	struct numbers y;
	double periods[PERIODS_MAX], scores[PERIODS_MAX];
	if (any_null(a, n) || !numbers_of(a, &y))
		return;
	size_t most = a[3].i < 0 ? 0 : a[3].i > PERIODS_MAX ? PERIODS_MAX : (size_t)a[3].i;
	size_t count = series_periods(y.at, y.count, a[1].f, a[2].f, most, periods, scores);
	answer_periods(ret, periods, scores, count);
	free(y.at);
}

/* periods_validate(series, period, …) */
SQL(periods_validate)
{
	struct numbers y;
	double periods[PERIODS_MAX], scores[PERIODS_MAX];
	if (any_null(a, n) || n > PERIODS_MAX || !numbers_of(a, &y))
		return;
	for (size_t i = 1; i < n; i++) {
		double score = a[i].f >= 1 && a[i].f < (double)y.count
		                   ? series_autocorrelation(y.at, y.count, (size_t)round(a[i].f))
		                   : 0;
		periods[i - 1] = a[i].f;
		scores[i - 1] = score < 0 ? 0 : score > 1 ? 1 : score;
	}
	answer_periods(ret, periods, scores, n - 1);
	free(y.at);
}

/* clang-format off */
const struct db_function sql_series[] = {
	{ "k_series_fit_line",      "s",       's', false, fit_line },
	{ "k_series_stats",         "s",       's', false, stats },
	{ "k_series_fill_forward",  "sf*",     's', false, fill_forward },
	{ "k_series_fill_backward", "sf*",     's', false, fill_backward },
	{ "k_series_fill_const",    "sff*",    's', false, fill_const },
	{ "k_series_fill_linear",   "sfbf",    's', false, fill_linear },
	{ "k_series_each",          "sss",     's', false, each },
	{ "k_series_map",           "ss",      's', false, map },
	{ "k_series_product",       "s",       'f', false, product },
	{ "k_series_dot_product",   "ss",      'f', false, dot_product },
	{ "k_series_magnitude",     "s",       'f', false, magnitude },
	{ "k_series_cosine",        "ss",      'f', false, cosine },
	{ "k_series_pearson",       "ss",      'f', false, pearson },
	{ "k_series_fir",           "ssb*",    's', false, fir },
	{ "k_series_decompose",     "sisif",   's', false, decompose },
	{ "k_series_anomalies",     "sfisisf", 's', false, anomalies },
	{ "k_series_outliers",      "ssf*",    's', false, outliers },
	{ "k_series_periods",       "sffi",    's', false, periods_detect },
	{ "k_series_validate",      "sf*",     's', false, periods_validate },
};
/* clang-format on */
const size_t sql_series_count = ARRAY_LEN(sql_series);
