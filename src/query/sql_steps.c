/* sql_steps: what make-series needs: steps of an axis (see sql_functions.h). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "query/sql_json.h"

enum { SERIES_MAX = 1048576 };

static void answer_count(struct db_answer *ret, double steps)
{
	if (steps >= 0)
		db_answer_i64(ret, steps < SERIES_MAX ? (int64_t)steps : SERIES_MAX);
	else
		db_answer_i64(ret, 0);
}

/* count(from, to, step, to included) */
SQL(series_count)
{
	int64_t span;
	if (any_null(a, n) || a[2].i <= 0 || __builtin_sub_overflow(a[1].i, a[0].i, &span))
		return;
	if (span < 0 || (span == 0 && !a[3].b))
		answer_count(ret, 0);
	else
		answer_count(ret, a[3].b ? (double)(span / a[2].i) + 1
		                         : (double)((span - 1) / a[2].i) + 1);
}

SQL(series_count_real)
{
	if (any_null(a, n) || !(a[2].f > 0))
		return;
	double steps = (a[1].f - a[0].f) / a[2].f;
	if (isfinite(steps))
		answer_count(ret, a[3].b ? floor(steps + 1e-9) + 1 : ceil(steps - 1e-9));
}

/* bin(value, from, step, count): null outside */
SQL(series_bin)
{
	int64_t span;
	if (any_null(a, n) || a[2].i <= 0 || __builtin_sub_overflow(a[0].i, a[1].i, &span))
		return;
	if (span >= 0 && span / a[2].i < a[3].i)
		db_answer_i64(ret, span / a[2].i);
}

SQL(series_bin_real)
{
	if (any_null(a, n) || !(a[2].f > 0))
		return;
	double step = floor((a[0].f - a[1].f) / a[2].f);
	if (step >= 0 && step < (double)a[3].i)
		db_answer_i64(ret, (int64_t)step);
}

/* axis(from, step, count, kind) */
SQL(series_axis)
{
	if (any_null(a, n))
		return;
	char kind = a[3].s.at[0], text[TICKS_TEXT_MAX];
	buf_putc(&ret->scratch, '[');
	for (int64_t i = 0; i < a[2].i && i < SERIES_MAX; i++) {
		int64_t value, offset;
		if (__builtin_mul_overflow(i, a[1].i, &offset) ||
		    __builtin_add_overflow(a[0].i, offset, &value))
			break;
		if (i)
			buf_putc(&ret->scratch, ',');
		if (kind == 'l') {
			buf_i64(&ret->scratch, value);
		} else if (kind == 't') {
			timespan_format(value, text);
			buf_printf(&ret->scratch, "\"%s\"", text);
		} else {
			put_datetime(&ret->scratch, value);
		}
	}
	buf_putc(&ret->scratch, ']');
	db_answer_scratch(ret);
}

SQL(series_axis_real)
{
	if (any_null(a, n))
		return;
	buf_putc(&ret->scratch, '[');
	for (int64_t i = 0; i < a[2].i && i < SERIES_MAX; i++) {
		if (i)
			buf_putc(&ret->scratch, ',');
		put_json_real(&ret->scratch, a[0].f + (double)i * a[1].f);
	}
	buf_putc(&ret->scratch, ']');
	db_answer_scratch(ret);
}

/* fill([[step, value], …], count, default): one value a step */
SQL(series_fill)
{
	int64_t count = a[1].null ? 0 : a[1].i, step;
	struct json inside = json_inside(cell_json(a)), pair, value, *values;
	(void)n;
	values = count > 0 && count <= SERIES_MAX ? calloc((size_t)count, sizeof *values) : NULL;
	while (values && json_next(&inside, &pair)) {
		struct json parts = json_inside(pair), number;
		if (json_next(&parts, &number) && json_whole(number, &step) && step >= 0 &&
		    step < count && json_next(&parts, &value))
			values[step] = value;
	}
	buf_putc(&ret->scratch, '[');
	for (int64_t i = 0; values && i < count; i++) {
		if (i)
			buf_putc(&ret->scratch, ',');
		if (values[i].len)
			buf_add(&ret->scratch, values[i].at, values[i].len);
		else
			put_value(&ret->scratch, &a[2]);
	}
	buf_putc(&ret->scratch, ']');
	free(values);
	db_answer_scratch(ret);
}

/* clang-format off */
const struct db_function sql_steps[] = {
	{ "k_series_count",      "iiib", 'i', false, series_count },
	{ "k_series_count_real", "fffb", 'i', false, series_count_real },
	{ "k_series_bin",        "iiii", 'i', false, series_bin },
	{ "k_series_bin_real",   "fffi", 'i', false, series_bin_real },
	{ "k_series_axis",       "iiis", 's', false, series_axis },
	{ "k_series_axis_real",  "ffi",  's', false, series_axis_real },
	{ "k_series_fill",       "sis",  's', false, series_fill },
};
/* clang-format on */
const size_t sql_steps_count = ARRAY_LEN(sql_steps);
