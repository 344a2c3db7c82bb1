/* sql_json: dynamic values, one at a time (see sql_functions.h and json.h). */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "core/base/ticks.h"
#include "query/json.h"
#include "query/literal.h"
#include "query/sql_functions.h"
#include "query/sql_json.h"

struct json cell_json(const struct db_cell *cell)
{
	if (cell->null)
		return (struct json){ "", 0 };
	return (struct json){ cell->s.at, cell->s.len };
}

bool json_is_nothing(struct json value)
{
	enum json_kind kind = json_kind(value);
	return kind == JSON_NONE || kind == JSON_NULL;
}

void answer_json(struct db_answer *ret, struct json value)
{
	if (!json_is_nothing(value))
		db_answer_text(ret, value.at, value.len);
}

void put_value(struct buf *out, const struct db_cell *cell)
{
	if (cell->null)
		buf_puts(out, "null");
	else
		buf_add(out, cell->s.at, cell->s.len);
}

/* ---- making ---- */

/* What is no JSON is a text. */
SQL(parse)
{
	if (any_null(a, n) || !a[0].s.len)
		return;
	if (!json_canonical(&ret->scratch, a[0].s.at, a[0].s.len, false)) {
		buf_clear(&ret->scratch);
		buf_json_string(&ret->scratch, a[0].s.at, a[0].s.len);
	}
	if (strcmp(buf_text(&ret->scratch), "null") != 0)
		db_answer_scratch(ret);
}

SQL(of_text)
{
	if (any_null(a, n))
		return;
	buf_json_string(&ret->scratch, a[0].s.at, a[0].s.len);
	db_answer_scratch(ret);
}

void put_json_real(struct buf *out, double value)
{
	if (isnan(value))
		buf_puts(out, "\"NaN\"");
	else if (isinf(value))
		buf_puts(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else if (value == trunc(value) && fabs(value) < 1e15)
		buf_printf(out, "%.1f", value);
	else
		buf_double(out, value);
}

void put_datetime_text(struct buf *out, int64_t ticks)
{
	struct date d = ticks_to_date(ticks);
	int64_t day = ticks % TICKS_PER_DAY;
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%07dZ", d.year, d.month, d.day,
	           (int)(day / TICKS_PER_HOUR), (int)(day / TICKS_PER_MINUTE % 60),
	           (int)(day / TICKS_PER_SECOND % 60), (int)(day % TICKS_PER_SECOND));
}

void put_datetime(struct buf *out, int64_t ticks)
{
	buf_putc(out, '"');
	put_datetime_text(out, ticks);
	buf_putc(out, '"');
}

SQL(of_real)
{
	if (any_null(a, n))
		return;
	put_json_real(&ret->scratch, a[0].f);
	db_answer_scratch(ret);
}

SQL(of_bool)
{
	if (!any_null(a, n))
		db_answer_text(ret, a[0].b ? "true" : "false", a[0].b ? 4 : 5);
}

/* ---- parts ---- */

SQL(member)
{
	struct json value;
	if (!any_null(a, n) && json_member(cell_json(a), a[1].s.at, a[1].s.len, &value))
		answer_json(ret, value);
}

SQL(element)
{
	struct json value;
	if (!any_null(a, n) && json_element(cell_json(a), a[1].i, &value))
		answer_json(ret, value);
}

/* The index is a dynamic itself: a key or a number. */
SQL(member_or_element)
{
	struct json value, index = cell_json(&a[1]);
	int64_t number;
	if (any_null(a, n))
		return;
	if (json_kind(index) == JSON_STRING) {
		json_string_text(index, &ret->scratch);
		if (json_member(cell_json(a), buf_text(&ret->scratch), ret->scratch.len, &value))
			answer_json(ret, value);
	} else if (json_whole(index, &number) && json_element(cell_json(a), number, &value)) {
		answer_json(ret, value);
	}
}

/* One step of a path at *at: ".name", "['name']" or "[0]". */
static bool path_step(const char **at, const char *end, struct json value, struct json *ret)
{
	const char *p = *at;
	if (*p == '.') {
		size_t len = 0;
		for (p++; p + len < end && p[len] != '.' && p[len] != '['; len++)
			;
		*at = p + len;
		return json_member(value, p, len, ret);
	}
	const char *close = *p == '[' ? memchr(p, ']', (size_t)(end - p)) : NULL;
	int64_t index;
	if (!close)
		return false;
	*at = close + 1;
	if (close - p > 2 && (p[1] == '\'' || p[1] == '"'))
		return json_member(value, p + 2, (size_t)(close - p) - 3, ret);
	return long_parse(p + 1, (size_t)(close - p) - 1, &index) &&
	       json_element(value, index, ret);
}

/* path(json, "$.a.b[0]") */
SQL(path)
{
	if (any_null(a, n))
		return;
	struct json value = cell_json(a);
	const char *at = a[1].s.at, *end = at + a[1].s.len;
	if (at < end && *at == '$')
		at++;
	while (at < end)
		if (!path_step(&at, end, value, &value))
			return;
	answer_json(ret, value);
}

/* ---- conversions ---- */

SQL(text_of_json)
{
	struct json value = cell_json(a);
	(void)n;
	if (json_is_nothing(value)) {
		answer_empty(ret);
	} else if (json_kind(value) == JSON_STRING) {
		json_string_text(value, &ret->scratch);
		db_answer_scratch(ret);
	} else {
		db_answer_text(ret, value.at, value.len);
	}
}

/* The number that a dynamic is, or that its text says. */
static bool number_of(struct json value, struct buf *scratch, int64_t *whole, double *real,
                      bool *is_whole)
{
	*is_whole = false;
	switch (json_kind(value)) {
	case JSON_NUMBER:
		*is_whole = json_whole(value, whole);
		*real = json_number(value);
		return true;
	case JSON_BOOL:
		*is_whole = true;
		*whole = json_is_true(value);
		*real = (double)*whole;
		return true;
	case JSON_STRING:
		json_string_text(value, scratch);
		*is_whole = long_parse(buf_text(scratch), scratch->len, whole);
		return real_parse(buf_text(scratch), scratch->len, real) || *is_whole;
	default: return false;
	}
}

SQL(long_of_json)
{
	int64_t whole;
	double real;
	bool is_whole;
	if (any_null(a, n) || !number_of(cell_json(a), &ret->scratch, &whole, &real, &is_whole))
		return;
	if (is_whole)
		db_answer_i64(ret, whole);
	else if (fabs(real) < 9223372036854775808.0)
		db_answer_i64(ret, (int64_t)real);
}

/* For arithmetic that was not asked to convert: nothing may be cut off. */
SQL(whole_of_json)
{
	int64_t whole;
	if (!any_null(a, n) && json_kind(cell_json(a)) == JSON_NUMBER &&
	    json_whole(cell_json(a), &whole))
		db_answer_i64(ret, whole);
}

SQL(real_of_json)
{
	int64_t whole;
	double real;
	bool is_whole;
	if (any_null(a, n) || !number_of(cell_json(a), &ret->scratch, &whole, &real, &is_whole))
		return;
	db_answer_f64(ret,
	              is_whole && json_kind(cell_json(a)) == JSON_STRING ? (double)whole : real);
}

SQL(bool_of_json)
{
	struct json value = cell_json(a);
	bool is_true;
	if (any_null(a, n))
		return;
	if (json_kind(value) == JSON_BOOL) {
		db_answer_bool(ret, json_is_true(value));
	} else if (json_kind(value) == JSON_NUMBER) {
		db_answer_bool(ret, json_number(value) != 0);
	} else if (json_kind(value) == JSON_STRING) {
		json_string_text(value, &ret->scratch);
		if (bool_parse(buf_text(&ret->scratch), ret->scratch.len, &is_true))
			db_answer_bool(ret, is_true);
	}
}

SQL(is_null)
{
	(void)n;
	db_answer_bool(ret, json_is_nothing(cell_json(a)));
}

SQL(type_of)
{
	static const char *const names[] = {
		[JSON_NONE] = "null",     [JSON_NULL] = "null",   [JSON_BOOL] = "bool",
		[JSON_STRING] = "string", [JSON_ARRAY] = "array", [JSON_BAG] = "dictionary",
	};
	struct json value = cell_json(a);
	int64_t whole;
	(void)n;
	const char *name = json_kind(value) != JSON_NUMBER ? names[json_kind(value)]
	                   : json_whole(value, &whole)     ? "long"
	                                                   : "double";
	db_answer_text(ret, name, strlen(name));
}

/* ---- comparison ---- */

/* As for other types: one null is unequal, two are null. */
SQL(eq)
{
	(void)n;
	struct json x = cell_json(a), y = cell_json(&a[1]);
	bool null = json_is_nothing(x), other = json_is_nothing(y);
	if (!null || !other)
		db_answer_bool(ret, !null && !other && json_same(x, y));
}

SQL(ne)
{
	(void)n;
	struct json x = cell_json(a), y = cell_json(&a[1]);
	bool null = json_is_nothing(x), other = json_is_nothing(y);
	if (!null || !other)
		db_answer_bool(ret, null || other || !json_same(x, y));
}

SQL(order)
{
	if (any_null(a, n))
		return;
	int order = json_compare(cell_json(a), cell_json(&a[1]));
	if (order != INT_MIN)
		db_answer_i64(ret, order);
}

/* in(value, item, …) */
SQL(in)
{
	bool found = false;
	for (size_t i = 1; i < n && !found && !a[0].null; i++)
		found = !a[i].null && json_same(cell_json(a), cell_json(&a[i]));
	db_answer_bool(ret, found);
}

/* holds(value, array) */
SQL(holds)
{
	struct json inside = json_inside(cell_json(&a[1])), item;
	bool found = false;
	if (json_kind(cell_json(&a[1])) != JSON_ARRAY)
		found = !any_null(a, n) && json_same(cell_json(a), cell_json(&a[1]));
	else
		while (!a[0].null && !found && json_next(&inside, &item))
			found = json_same(cell_json(a), item);
	db_answer_bool(ret, found);
}

/* ---- the inside ---- */

static void put_path(struct db_answer *ret, const char *path, bool comma)
{
	if (comma)
		buf_putc(&ret->scratch, ',');
	buf_json_string(&ret->scratch, path, strlen(path));
}

enum { TREE_PATHS_MAX = 10000, TREE_DEPTH_MAX = 32 };

static void tree_walk(struct db_answer *ret, struct json value, const char *base, int depth,
                      int *left)
{
	struct json inside = json_inside(value), key, item;
	bool bag = json_kind(value) == JSON_BAG;
	struct buf path = { 0 };
	while (depth && *left > 0 &&
	       (bag ? json_next_pair(&inside, &key, &item) : json_next(&inside, &item))) {
		buf_clear(&path);
		buf_puts(&path, base);
		if (bag) {
			buf_puts(&path, "['");
			json_string_text(key, &path);
			buf_puts(&path, "']");
		} else {
			buf_puts(&path, "[0]");
		}
		put_path(ret, buf_text(&path), ret->scratch.len > 1);
		--*left;
		tree_walk(ret, item, buf_text(&path), depth - 1, left);
		if (!bag)
			break; /* all elements share one path */
	}
	buf_done(&path);
}

SQL(tree_paths)
{
	int left = TREE_PATHS_MAX;
	if (any_null(a, n))
		return;
	buf_putc(&ret->scratch, '[');
	tree_walk(ret, cell_json(a), "", TREE_DEPTH_MAX, &left);
	buf_putc(&ret->scratch, ']');
	db_answer_scratch(ret);
}

/* clang-format off */
const struct db_function sql_json[] = {
	{ "k_json_parse",        "s",   's', false, parse },
	{ "k_json_of_text",      "s",   's', false, of_text },
	{ "k_json_of_real",      "f",   's', false, of_real },
	{ "k_json_of_bool",      "b",   's', false, of_bool },
	{ "k_member",            "ss",  's', false, member },
	{ "k_element",           "si",  's', false, element },
	{ "k_member_or_element", "ss",  's', false, member_or_element },
	{ "k_json_path",         "ss",  's', false, path },
	{ "k_text_of_json",      "s",   's', false, text_of_json },
	{ "k_long_of_json",      "s",   'i', false, long_of_json },
	{ "k_whole_of_json",     "s",   'i', false, whole_of_json },
	{ "k_real_of_json",      "s",   'f', false, real_of_json },
	{ "k_bool_of_json",      "s",   'b', false, bool_of_json },
	{ "k_json_is_null",      "s",   'b', false, is_null },
	{ "k_json_type",         "s",   's', false, type_of },
	{ "k_json_eq",           "ss",  'b', false, eq },
	{ "k_json_ne",           "ss",  'b', false, ne },
	{ "k_json_order",        "ss",  'i', false, order },
	{ "k_json_in",           "ss*", 'b', false, in },
	{ "k_json_holds",        "ss",  'b', false, holds },
	{ "k_tree_paths",        "s",   's', false, tree_paths },
};
/* clang-format on */
const size_t sql_json_count = ARRAY_LEN(sql_json);
