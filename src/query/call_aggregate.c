/* call_aggregate: the aggregates that are more than a template. */
#include <string.h>

#include "query/bind_internal.h"
#include "query/function_rows.h"
#include "query/json.h"

#define CALL(name)                                                                                 \
	struct expr *name(struct binder *b, const struct function *row, const struct node *call,   \
	                  struct expr **args, size_t count)
#define UNUSED_ARGS (void)row, (void)call, (void)args, (void)count

enum { LIST_MAX = 1048576, LEGACY_LIST_MAX = 128, PERCENTILES_MAX = 100 };

/* Computed once below the groups, so that it may be named more than once. */
static struct expr *pinned(struct binder *b, struct expr *expr)
{
	if (!expr)
		return NULL;
	const char *name = expr->name;
	struct expr *column = expr_column(b, rowset_compute(b, b->row, expr), expr->type);
	if (column)
		column->name = name;
	return column;
}

static struct expr *never_null(struct binder *b, struct expr *expr)
{
	return expr && expr->type == KQL_STRING
	           ? expr_call1(b, KQL_STRING, "coalesce($0, '')", expr)
	           : expr;
}

static struct multi *multi_new(struct binder *b, size_t room)
{
	struct multi *multi = ARENA_NEW(b->arena, struct multi);
	if (!multi)
		return bind_no_memory(b);
	multi->columns = ARENA_ARRAY(b->arena, struct multi_column, room + 1);
	return multi->columns ? multi : bind_no_memory(b);
}

/* The value of several columns; where one is needed its first one is. */
static struct expr *multi_expr(struct binder *b, struct multi *multi)
{
	if (!multi->count || !multi->columns[0].expr)
		return NULL;
	struct expr *expr = expr_new(b, multi->columns[0].expr->kind, KQL_LONG);
	if (!expr)
		return NULL;
	*expr = *multi->columns[0].expr;
	expr->name = multi->columns[0].name;
	expr->multi = multi;
	return expr;
}

static bool multi_put(struct multi *multi, const char *name, struct expr *expr)
{
	multi->columns[multi->count++] = (struct multi_column){ name, expr };
	return expr && name;
}

/* ---- percentiles ---- */

static bool percent_of(struct binder *b, const struct node *node, double *ret)
{
	struct value value;
	if (!bind_constant(b, node, &value))
		return false;
	*ret = value.type == KQL_REAL ? value.f : (double)value.i;
	if ((!type_is_integer(value.type) && value.type != KQL_REAL) || value.null ||
	    !(*ret >= 0) || *ret > 100)
		return semantic(b, "SEM0073", node, "A percentile is a number from 0 to 100");
	return true;
}

static struct expr *percentile_of(struct binder *b, struct expr *value, double percent)
{
	enum kql_type type = value->type == KQL_INT ? KQL_LONG : value->type;
	const char *sql = arena_printf(b->arena, "quantile_disc($0, %.12g)", percent / 100);
	return sql ? never_null(b, expr_call1(b, type, sql, value)) : bind_no_memory(b);
}

/* "95", "99_9" */
static const char *percentile_name(struct binder *b, const char *column, double percent)
{
	char *name = arena_printf(b->arena, "percentile_%s_%.10g", column ? column : "", percent);
	char *dot = name ? strrchr(name, '.') : NULL;
	if (dot)
		*dot = '_';
	return name;
}

static struct expr *percentile_value(struct binder *b, const struct node *call)
{
	if (call->count < 2 || call->count > PERCENTILES_MAX)
		return semantic(b, "SEM0062", call, "'%s' takes a value and percentages",
		                call->text);
	struct expr *value = bind_expr(b, call->first);
	if (value && (value->type == KQL_DYNAMIC || value->type == KQL_DECIMAL))
		return semantic(b, "SEM0061", call->first, "'%s' does not take a %s", call->text,
		                kql_type_name(value->type));
	return pinned(b, value);
}

/* sampling_error95: see sql_sampling.c. */
CALL(aggregate_sampling_error)
{
	(void)row, (void)call;
	for (size_t i = 0; i < count; i++)
		if (!(args[i] = pinned(b, args[i])))
			return NULL;
	return expr_call(b, KQL_REAL,
	                 "k_sampling_error(sum(k_sampling_variance($0, $1, $2, $3)), "
	                 "sum(k_sampling_weight($1, $2, 1)), sum(k_sampling_weight($1, $2, 2)), "
	                 "max(k_sampling_longest($0, $1)))",
	                 args, count);
}

CALL(aggregate_percentiles)
{
	UNUSED_ARGS;
	struct expr *value = percentile_value(b, call);
	struct multi *multi = value ? multi_new(b, call->count) : NULL;
	if (!multi)
		return NULL;
	for (const struct node *node = call->first->next; node; node = node->next) {
		double percent;
		if (!percent_of(b, node, &percent) ||
		    !multi_put(multi, percentile_name(b, value->name, percent),
		               percentile_of(b, value, percent)))
			return NULL;
	}
	struct expr *expr = multi_expr(b, multi);
	if (expr && multi->count == 1)
		expr->multi = NULL;
	return expr;
}

/* percentilew(value, weight, percent, …): values and weights go to one function as pairs. */
CALL(aggregate_weighted)
{
	UNUSED_ARGS;
	if (call->count < 3 || call->count > PERCENTILES_MAX)
		return semantic(b, "SEM0062", call, "'%s' takes a value, a weight and percentages",
		                call->text);
	struct expr *value = bind_expr(b, call->first);
	struct expr *weight =
	    value ? bind_typed(b, call->first->next, KQL_LONG, "The weight") : NULL;
	if (!weight)
		return NULL;
	if (!type_is_number(value->type) || value->type == KQL_DECIMAL)
		return semantic(b, "SEM0061", call->first, "'%s' does not take a %s", call->text,
		                kql_type_name(value->type));
	enum kql_type type = value->type == KQL_INT ? KQL_LONG : value->type;
	const char *name = value->name;
	struct expr *pairs =
	    expr_call2(b, KQL_DYNAMIC, "string_agg(concat('[', $0, ',', $1, ']'), ',')",
	               as_json(b, value), weight);
	struct multi *multi = multi_new(b, call->count);
	for (const struct node *node = node_child(call, 2); multi && node; node = node->next) {
		double percent;
		if (!percent_of(b, node, &percent))
			return NULL;
		struct expr *cut = expr_value(b, (struct value){ .type = KQL_REAL, .f = percent });
		struct expr *one = convert(
		    b,
		    expr_call2(b, KQL_DYNAMIC, "k_weighted(concat('[', $0, ']'), $1)", pairs, cut),
		    type);
		if (!multi_put(multi, percentile_name(b, name, percent), one))
			return NULL;
	}
	struct expr *expr = multi ? multi_expr(b, multi) : NULL;
	if (expr && multi->count == 1)
		expr->multi = NULL;
	return expr;
}

static size_t percents_of(struct binder *b, const struct node *call, double *list)
{
	size_t n = 0;
	struct expr *first = bind_expr(b, node_child(call, 1));
	struct value value;
	if (!first)
		return 0;
	if (first->type != KQL_DYNAMIC) {
		for (const struct node *node = call->first->next; node; node = node->next)
			if (!percent_of(b, node, &list[n++]))
				return 0;
		return n;
	}
	struct json inside = { 0 }, item;
	if (!expr_constant(b, call->last, first, &value))
		return 0;
	if (!value.null)
		inside = json_inside((struct json){ value.s.at, value.s.len });
	while (n < PERCENTILES_MAX && json_next(&inside, &item)) {
		list[n] = json_number(item);
		if (json_kind(item) != JSON_NUMBER || !(list[n] >= 0) || list[n++] > 100)
			return 0;
	}
	return n;
}

CALL(aggregate_percentiles_array)
{
	UNUSED_ARGS;
	double list[PERCENTILES_MAX];
	struct expr *parts[PERCENTILES_MAX];
	struct expr *value = percentile_value(b, call);
	size_t n = value ? percents_of(b, call, list) : 0;
	if (!n)
		return semantic(b, "SEM0073", call, "A percentile is a number from 0 to 100");
	for (size_t i = 0; i < n; i++)
		parts[i] = as_json(b, percentile_of(b, value, list[i]));
	struct expr *array = expr_call(b, KQL_DYNAMIC, "k_array($*)", parts, n);
	if (array)
		array->name =
		    arena_printf(b->arena, "percentiles_%s", value->name ? value->name : "");
	return array;
}

/* ---- arg_max, arg_min ---- */

struct arg_call {
	const struct function *row;
	const struct node *call;
	struct expr *key;
	const char *word; /* "max" or "min" */
	bool prefixed;    /* argmax: all names get max_key_ in front */
	struct multi *multi;
};

/* Where all keys are null the values of one of the rows are given all the same. */
static struct expr *arg_value(struct binder *b, const struct arg_call *a, struct expr *value)
{
	enum { PLAIN, WHOLE, REAL };
	static const char *const sql[2][3] = {
		{ "arg_min_null($1, $0)", "arg_min_null($1, coalesce($0, 9223372036854775807))",
		  "arg_min_null($1, coalesce($0, 'inf'::DOUBLE))" },
		{ "arg_max_null($1, $0)", "arg_max_null($1, coalesce($0, -9223372036854775808))",
		  "arg_max_null($1, coalesce($0, '-inf'::DOUBLE))" },
	};
	enum kql_type type = a->key->type;
	bool whole = type_is_integer(type) || type == KQL_DATETIME || type == KQL_TIMESPAN;
	int how = type == KQL_REAL ? REAL : whole ? WHOLE : PLAIN;
	struct expr *best =
	    expr_call2(b, value->type, sql[strcmp(a->word, "max") == 0][how], a->key, value);
	if (best)
		best->single = how == PLAIN ? "(CASE WHEN $0 IS NULL THEN NULL ELSE $1 END)" : "$1";
	return never_null(b, best);
}

static const char *arg_name(struct binder *b, const struct arg_call *a, const char *name)
{
	const char *key = a->key->name ? a->key->name : "";
	if (!name)
		return arena_printf(b->arena, "%s_%s_arg%zu", a->word, key, a->multi->count);
	return a->prefixed ? arena_printf(b->arena, "%s_%s_%s", a->word, key, name) : name;
}

static bool is_key_or_by(const struct binder *b, const struct arg_call *a,
                         const struct column_ref *column)
{
	for (size_t i = 0; b->by && i < b->by->count; i++)
		if (b->by->items[i].name && strcmp(b->by->items[i].name, column->name) == 0)
			return true;
	return a->call->first->kind == NODE_NAME && strcmp(a->call->first->text, column->name) == 0;
}

static bool arg_star(struct binder *b, struct arg_call *a)
{
	size_t count = b->row->count;
	struct multi *wider = multi_new(b, a->call->count + count + a->multi->count);
	if (!wider)
		return false;
	memcpy(wider->columns, a->multi->columns, a->multi->count * sizeof *wider->columns);
	wider->count = a->multi->count;
	a->multi = wider;
	for (size_t i = 0; i < count; i++) {
		const struct column_ref *c = &b->row->columns[i];
		if (is_key_or_by(b, a, c))
			continue;
		struct expr *value = expr_column(b, c->id, c->type);
		if (!value || !multi_put(a->multi, arg_name(b, a, c->name), arg_value(b, a, value)))
			return false;
	}
	return true;
}

static bool arg_returned(struct binder *b, struct arg_call *a)
{
	for (const struct node *node = a->call->first->next; node; node = node->next) {
		if (node->kind == NODE_STAR) {
			if (node->next)
				return semantic(b, "SEM0074", node, "* must come last");
			return arg_star(b, a);
		}
		bool named = node->kind == NODE_NAMED;
		struct expr *value = bind_expr(b, named ? node->first : node);
		if (!value)
			return false;
		const char *name = named ? node->text : arg_name(b, a, value->name);
		if (!multi_put(a->multi, name, arg_value(b, a, value)))
			return false;
	}
	return true;
}

CALL(aggregate_arg)
{
	UNUSED_ARGS;
	bool max = strstr(row->name, "max");
	struct arg_call a = {
		.row = row, .call = call, .word = max ? "max" : "min", .prefixed = row->prefix
	};
	if (!call->count || call->first->kind == NODE_STAR)
		return semantic(b, "SEM0062", call, "'%s' takes a value, then what to return",
		                call->text);
	a.key = bind_expr(b, call->first);
	if (!a.key)
		return NULL;
	if (a.key->type == KQL_DYNAMIC || a.key->type == KQL_DECIMAL)
		return semantic(b, "SEM0061", call->first, "'%s' does not take a %s", call->text,
		                kql_type_name(a.key->type));
	a.key = pinned(b, a.key);
	a.multi = a.key ? multi_new(b, call->count) : NULL;
	if (!a.multi)
		return NULL;
	const char *name = a.key->name;
	if (!name || a.prefixed)
		name = arena_printf(b->arena, "%s_%s", a.word, name ? name : "");
	struct expr *best = expr_call1(b, a.key->type, max ? "max($0)" : "min($0)", a.key);
	if (best)
		best->single = "$0";
	if (!multi_put(a.multi, name, never_null(b, best)) || !arg_returned(b, &a))
		return NULL;
	return multi_expr(b, a.multi);
}

/* ---- take_any ---- */

static struct expr *any_one(struct binder *b, struct expr *value, bool alone)
{
	if (!value)
		return NULL;
	const char *sql = !alone                      ? "first($0)"
	                  : value->type == KQL_STRING ? "any_value(nullif($0, ''))"
	                                              : "any_value($0)";
	return never_null(b, expr_call1(b, value->type, sql, value));
}

static const char *any_name(struct binder *b, const struct function *row, const char *name)
{
	if (!row->prefix)
		return name;
	return arena_printf(b->arena, "any_%s", name ? name : "");
}

/* Several values come from one row, whatever of it is null. */
CALL(aggregate_any)
{
	UNUSED_ARGS;
	bool star = call->count == 1 && call->first->kind == NODE_STAR;
	size_t room = star ? b->row->count : call->count;
	struct multi *multi = multi_new(b, room);
	if (!multi)
		return NULL;
	if (!call->count)
		return semantic(b, "SEM0062", call, "'%s' takes at least one argument", call->text);
	for (size_t i = 0; star && i < room; i++) {
		const struct column_ref *c = &b->row->columns[i];
		if (!multi_put(multi, any_name(b, row, c->name),
		               any_one(b, expr_column(b, c->id, c->type), false)))
			return NULL;
	}
	for (const struct node *node = star ? NULL : call->first; node; node = node->next) {
		struct expr *value = bind_expr(b, node);
		if (!value)
			return NULL;
		const char *name = any_name(b, row, value->name);
		struct expr *one = any_one(b, value, room == 1);
		if (!one)
			return NULL;
		multi->columns[multi->count++] = (struct multi_column){ name, one };
	}
	struct expr *expr = multi_expr(b, multi);
	if (expr && multi->count == 1)
		expr->multi = NULL;
	return expr;
}

CALL(aggregate_anyif)
{
	UNUSED_ARGS;
	const char *sql = args[0]->type == KQL_STRING
	                      ? "any_value(nullif($0, '')) FILTER (WHERE $1)"
	                      : "any_value($0) FILTER (WHERE $1)";
	return never_null(b, expr_call(b, args[0]->type, sql, args, 2));
}

/* ---- lists, sets, bags ---- */

static struct expr *gathered(struct binder *b, const struct function *row, struct expr *value,
                             struct expr *condition, struct expr *most)
{
	bool set = strcmp(row->prefix, "set") == 0, list = strcmp(row->prefix, "list") == 0;
	bool legacy = strcmp(row->name, "makeset") == 0 || strcmp(row->name, "makelist") == 0;
	const char *what = set ? "string_agg(DISTINCT $0, ',')" : "string_agg($0, ',' $O)";
	const char *sql = arena_printf(b->arena, "concat('[', %s%s, ']')", what,
	                               condition ? " FILTER (WHERE $1)" : "");
	if (!sql)
		return bind_no_memory(b);
	struct expr *array = condition ? expr_call2(b, KQL_DYNAMIC, sql, value, condition)
	                               : expr_call1(b, KQL_DYNAMIC, sql, value);
	if (!set && !list)
		return expr_call1(b, KQL_DYNAMIC, "k_bag_merge($0)", array);
	if (!most)
		most = expr_long(b, legacy ? LEGACY_LIST_MAX : LIST_MAX);
	/* Of arrays a set has the elements. */
	bool scalar = value->kind == EXPR_CALL && (strncmp(value->sql, "k_json_of", 9) == 0 ||
	                                           strcmp(value->sql, "CAST($0 AS VARCHAR)") == 0);
	if (set && !scalar)
		array = expr_call1(b, KQL_DYNAMIC, "k_set_union(k_flatten($0))", array);
	return expr_call2(b, KQL_DYNAMIC, "k_array_take($0, $1)", array, most);
}

static bool most_is_constant(struct binder *b, const struct node *call, struct expr **args,
                             size_t count, size_t at)
{
	struct value value;
	return count <= at || expr_constant(b, call->last, args[at], &value);
}

CALL(aggregate_list)
{
	if (!most_is_constant(b, call, args, count, 1))
		return NULL;
	return gathered(b, row, args[0], NULL, count > 1 ? args[1] : NULL);
}

CALL(aggregate_list_if)
{
	if (!most_is_constant(b, call, args, count, 2))
		return NULL;
	return gathered(b, row, args[0], args[1], count > 2 ? args[2] : NULL);
}

CALL(aggregate_list_nulls)
{
	UNUSED_ARGS;
	return gathered(b, row, expr_call1(b, KQL_DYNAMIC, "coalesce($0, 'null')", args[0]), NULL,
	                NULL);
}

/* ---- tdigest ---- */

/* 1001 quantiles at once, as JSON; of times as their texts. */
CALL(aggregate_tdigest)
{
	UNUSED_ARGS;
	if (call->count < 1 || call->count > 2)
		return semantic(b, "SEM0062", call, "'tdigest' takes a value");
	struct expr *value = bind_expr(b, call->first);
	const char *name = value ? value->name : NULL;
	if (value && !type_is_integer(value->type) && value->type != KQL_REAL)
		return semantic(b, "SEM0061", call->first, "'tdigest' does not take a %s",
		                kql_type_name(value->type));
	value = pinned(b, value);
	struct expr *all[] = { value, value };
	struct expr *digest = expr_call(
	    b, KQL_DYNAMIC,
	    "k_digest_make(count($0), CAST(to_json(quantile_disc($1, list_transform(range(1001), "
	    "lambda i: i / 1000))) AS VARCHAR))",
	    all, 2);
	if (digest)
		digest->name = arena_printf(b->arena, "tdigest_%s", name ? name : "");
	return digest;
}
