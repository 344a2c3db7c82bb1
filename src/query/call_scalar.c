/* call_scalar: the scalar functions that are more than a template. */
#include <string.h>

#include "query/bind_internal.h"
#include "query/function_rows.h"

#define CALL(name)                                                                                 \
	struct expr *name(struct binder *b, const struct function *row, const struct node *call,   \
	                  struct expr **args, size_t count)
#define UNUSED_ARGS (void)row, (void)call, (void)args, (void)count

/* ---- conditions ---- */

/* case(condition, value, …, else) */
CALL(call_case)
{
	UNUSED_ARGS;
	if (call->count < 3 || call->count % 2 == 0)
		return semantic(b, "SEM0062", call,
		                "'case' takes conditions and values by turns, then one more");
	struct expr **parts = ARENA_ARRAY(b->arena, struct expr *, call->count + 1);
	enum kql_type type = KQL_TYPE_COUNT;
	bool mixed = false;
	size_t n = 0;
	if (!parts)
		return bind_no_memory(b);
	EACH_CHILD(node, call)
	{
		bool is_condition = n % 2 == 0 && node->next;
		parts[n] = is_condition ? bind_condition(b, node) : bind_expr(b, node);
		if (!parts[n])
			return NULL;
		if (!is_condition && type == KQL_TYPE_COUNT)
			type = parts[n]->type;
		else if (!is_condition)
			mixed |= !type_common(type, parts[n]->type, &type);
		n++;
	}
	if (mixed)
		type = KQL_DYNAMIC;
	struct expr *result = widen(b, parts[n - 1], type);
	for (size_t i = 0; i + 1 < n; i += 2)
		parts[i + 1] = widen(b, parts[i + 1], type);
	/* From the last to the first: each is the else of the one before it. */
	for (size_t i = n - 1; i >= 2 && result; i -= 2)
		result = expr_call3(b, type, "(CASE WHEN $0 THEN $1 ELSE $2 END)", parts[i - 2],
		                    parts[i - 1], result);
	return result;
}

CALL(call_coalesce)
{
	UNUSED_ARGS;
	enum kql_type type = args[0]->type;
	if (count < 2)
		return semantic(b, "SEM0062", call, "'coalesce' takes at least 2 arguments");
	if (type != KQL_STRING)
		return expr_call(b, type, "coalesce($*)", args, count);
	for (size_t i = 0; i < count; i++)
		args[i] = expr_call1(b, KQL_STRING, "nullif($0, '')", args[i]);
	struct expr *some = expr_call(b, KQL_STRING, "coalesce($*)", args, count);
	return expr_call1(b, KQL_STRING, "coalesce($0, '')", some);
}

CALL(call_isnull)
{
	UNUSED_ARGS;
	if (args[0]->type == KQL_STRING)
		return expr_value(b, (struct value){ .type = KQL_BOOL, .b = false });
	return expr_call1(b, KQL_BOOL,
	                  args[0]->type == KQL_DYNAMIC ? "k_json_is_null($0)" : "($0 IS NULL)",
	                  args[0]);
}

CALL(call_isnotnull)
{
	struct expr *null = call_isnull(b, row, call, args, count);
	return null ? expr_call1(b, KQL_BOOL, "(NOT $0)", null) : NULL;
}

static struct expr *extreme(struct binder *b, const struct node *call, struct expr **args,
                            size_t count, const char *sql)
{
	enum kql_type type = args[0]->type;
	if (count < 2)
		return semantic(b, "SEM0062", call, "'%s' takes at least 2 arguments", call->text);
	if (type == KQL_DYNAMIC || type == KQL_DECIMAL)
		return semantic(b, "SEM0061", call, "'%s' does not take a %s", call->text,
		                kql_type_name(type));
	return expr_call(b, type, sql, args, count);
}

CALL(call_min_of)
{
	UNUSED_ARGS;
	return extreme(b, call, args, count, "least($*)");
}

CALL(call_max_of)
{
	UNUSED_ARGS;
	return extreme(b, call, args, count, "greatest($*)");
}

CALL(call_column_ifexists)
{
	UNUSED_ARGS;
	struct value name;
	if (call->count != 2)
		return semantic(b, "SEM0062", call, "'%s' takes a name and a default", call->text);
	if (!bind_constant(b, call->first, &name))
		return NULL;
	if (name.type != KQL_STRING)
		return semantic(b, "SEM0061", call->first, "A column's name is a string");
	struct column_ref *column = b->row ? rowset_find(b->row, name.s.at) : NULL;
	if (column) {
		struct expr *expr = expr_column(b, column->id, column->type);
		if (expr)
			expr->name = column->name;
		return expr;
	}
	/* The default's own name is not proposed. */
	struct expr *other = bind_expr(b, call->last);
	struct expr *unnamed = other ? expr_new(b, other->kind, other->type) : NULL;
	if (unnamed) {
		*unnamed = *other;
		unnamed->name = NULL;
	}
	return unnamed;
}

CALL(call_toscalar)
{
	UNUSED_ARGS;
	if (call->count != 1)
		return semantic(b, "SEM0062", call, "'toscalar' takes one table");
	const struct scope *found =
	    scope_find(b->scope, call->first->text ? call->first->text : "");
	if (call->first->kind == NODE_NAME && found && found->kind == SCOPE_VALUE)
		return found->value;
	if (!node_is_tabular(b, call->first) && call->first->kind != NODE_NAME)
		return bind_expr(b, call->first);
	struct rowset *rows = bind_table(b, call->first);
	if (!rows)
		return NULL;
	if (!rows->count)
		return semantic(b, "SEM0025", call, "The table has no column");
	struct rel *limit = rel_new(b, REL_LIMIT, rows->rel);
	struct expr *expr = expr_new(b, EXPR_SUBQUERY, rows->columns[0].type);
	if (!limit || !expr)
		return NULL;
	limit->order = rows->order;
	limit->order_count = rows->order_count;
	limit->count = 1;
	expr->rel = limit;
	expr->column = rows->columns[0].id;
	expr->constant = true;
	return expr->type == KQL_STRING ? expr_call1(b, KQL_STRING, "coalesce($0, '')", expr)
	                                : expr;
}

/* ---- conversions ---- */

CALL(call_convert)
{
	UNUSED_ARGS;
	enum kql_type type = type_of_name(row->result, strlen(row->result));
	/* parse_json of a dynamic is that dynamic, but its parameter has made a text of it. */
	return args[0]->type == type ? expr_call1(b, type, "$0", args[0])
	                             : convert(b, args[0], type);
}

CALL(call_gettype)
{
	UNUSED_ARGS;
	if (args[0]->type == KQL_DYNAMIC)
		return expr_call1(b, KQL_STRING, "k_json_type($0)", args[0]);
	return expr_text(b, kql_type_name(args[0]->type));
}

/* ---- numbers ---- */

/* Numbers as one type of them; a timespan goes with its own kind. */
static bool bin_types(struct binder *b, const struct node *call, struct expr **args, size_t count,
                      enum kql_type *ret)
{
	enum kql_type type = args[0]->type;
	bool numbers = true;
	for (size_t i = 0; i < count; i++)
		numbers &= type_is_number(args[i]->type);
	if (numbers) {
		type = KQL_LONG;
		for (size_t i = 0; i < count; i++)
			type = type_widest(type, args[i]->type);
		for (size_t i = 0; i < count; i++)
			args[i] = widen(b, args[i], type);
		*ret = type;
		return true;
	}
	bool times = (type == KQL_DATETIME || type == KQL_TIMESPAN) &&
	             (args[1]->type == KQL_TIMESPAN || args[1]->type == type) &&
	             (count < 3 || args[2]->type == type);
	*ret = type;
	return times || semantic(b, "SEM0061", call, "'%s' is not defined for %s and %s",
	                         call->text, kql_type_name(type), kql_type_name(args[1]->type));
}

static struct expr *bin_call(struct binder *b, const struct node *call, size_t count,
                             const char *whole, const char *real)
{
	struct expr *args[3] = { 0 };
	enum kql_type type;
	if (call->count != count)
		return semantic(b, "SEM0062", call, "'%s' takes %zu arguments", call->text, count);
	for (size_t i = 0; i < count; i++) {
		args[i] = bind_expr(b, node_child(call, i));
		if (!args[i])
			return NULL;
	}
	const char *name = args[0]->name;
	if (!bin_types(b, call, args, count, &type))
		return NULL;
	struct expr *expr;
	if (type == KQL_DECIMAL) {
		for (size_t i = 0; i < count; i++)
			args[i] = convert(b, args[i], KQL_REAL);
		expr = convert(b, expr_call(b, KQL_REAL, real, args, count), KQL_DECIMAL);
	} else {
		expr = expr_call(b, type, type == KQL_REAL ? real : whole, args, count);
	}
	if (expr)
		expr->name = name;
	return expr;
}

CALL(call_bin)
{
	UNUSED_ARGS;
	return bin_call(b, call, 2, "k_bin($0, $1)", "k_bin_real($0, $1)");
}

CALL(call_bin_at)
{
	UNUSED_ARGS;
	return bin_call(b, call, 3, "k_bin_at($0, $1, $2)", "k_bin_at_real($0, $1, $2)");
}

/* The type of the argument stays; whole numbers change only for negative precisions. */
static struct expr *over_real(struct binder *b, const char *sql, struct expr **args, size_t count)
{
	enum kql_type type = args[0]->type;
	args[0] = convert(b, args[0], KQL_REAL);
	return convert(b, expr_call(b, KQL_REAL, sql, args, count), type);
}

CALL(call_round)
{
	UNUSED_ARGS;
	if (type_is_integer(args[0]->type) && count == 1)
		return expr_call1(b, args[0]->type, "$0", args[0]);
	return over_real(b, "k_round($*)", args, count);
}

CALL(call_ceiling)
{
	UNUSED_ARGS;
	if (type_is_integer(args[0]->type))
		return expr_call1(b, args[0]->type, "$0", args[0]);
	return over_real(b, "ceil($0)", args, count);
}

/* ---- time ---- */

static struct expr *now(struct binder *b)
{
	return expr_value(b, (struct value){ .type = KQL_DATETIME, .i = b->now });
}

CALL(call_now)
{
	UNUSED_ARGS;
	if (!count)
		return now(b);
	return expr_call2(b, KQL_DATETIME, "k_datetime_of_long(k_add($0, $1))", now(b), args[0]);
}

CALL(call_ago)
{
	UNUSED_ARGS;
	return expr_call2(b, KQL_DATETIME, "k_datetime_of_long(k_sub($0, $1))", now(b), args[0]);
}

CALL(call_ingestion_time)
{
	UNUSED_ARGS;
	struct column_ref *column = b->row ? rowset_find(b->row, "TimeGenerated") : NULL;
	struct expr *expr = column && column->type == KQL_DATETIME
	                        ? expr_column(b, column->id, KQL_DATETIME)
	                        : expr_null(b, KQL_DATETIME);
	if (expr)
		expr->name = "$IngestionTime";
	return expr;
}

/* ---- dynamic ---- */

/* bag_pack(key, value, …) */
CALL(call_bag_pack)
{
	UNUSED_ARGS;
	struct expr **parts = ARENA_ARRAY(b->arena, struct expr *, call->count + 1);
	size_t n = 0;
	if (!parts)
		return bind_no_memory(b);
	if (!call->count || call->count % 2)
		return semantic(b, "SEM0062", call, "'%s' takes keys and values by turns",
		                call->text);
	EACH_CHILD(node, call)
	{
		struct expr *part = bind_expr(b, node);
		if (!part)
			return NULL;
		if (n % 2 == 0 && part->type != KQL_STRING && part->type != KQL_DYNAMIC)
			return semantic(b, "SEM0061", node, "A key is a string");
		parts[n] = n % 2 == 0 ? as_text(b, part) : as_json(b, part);
		n++;
	}
	return expr_call(b, KQL_DYNAMIC, "k_bag($*)", parts, n);
}

struct expr *pack_columns(struct binder *b, const struct column_ref *list, size_t count,
                          const char *sql)
{
	struct expr **parts = ARENA_ARRAY(b->arena, struct expr *, count * 2 + 1);
	if (!parts)
		return bind_no_memory(b);
	for (size_t i = 0; i < count; i++) {
		parts[i * 2] = expr_text(b, list[i].name);
		parts[i * 2 + 1] = as_json(b, expr_column(b, list[i].id, list[i].type));
	}
	return expr_call(b, KQL_DYNAMIC, sql, parts, count * 2);
}

CALL(call_pack_all)
{
	UNUSED_ARGS;
	struct value skip = { .type = KQL_BOOL };
	if (!b->row)
		return semantic(b, "SEM0026", call, "There are no columns to pack");
	if (call->count && !bind_constant(b, call->first, &skip))
		return NULL;
	return pack_columns(b, b->row->columns, b->row->count,
	                    skip.type == KQL_BOOL && skip.b ? "k_bag_filled($*)" : "k_bag($*)");
}

CALL(call_bag_pack_columns)
{
	UNUSED_ARGS;
	struct column_ref *list = ARENA_ARRAY(b->arena, struct column_ref, call->count + 1);
	size_t n = 0;
	if (!list)
		return bind_no_memory(b);
	EACH_CHILD(node, call)
	{
		struct column_ref *column = b->row ? bind_column(b, node, b->row) : NULL;
		if (!column)
			return NULL;
		list[n++] = *column;
	}
	return pack_columns(b, list, n, "k_bag($*)");
}

CALL(call_array_sort)
{
	UNUSED_ARGS;
	bool descending = strcmp(row->name, "array_sort_desc") == 0;
	const char *name = args[0]->name;
	struct expr *all[] = {
		args[0], expr_value(b, (struct value){ .type = KQL_BOOL, .b = descending }),
		count > 1 ? args[1] : expr_value(b, (struct value){ .type = KQL_BOOL, .b = true })
	};
	struct expr *sorted = expr_call(b, KQL_DYNAMIC, "k_array_sort($0, $1, $2)", all, 3);
	if (sorted)
		sorted->name = arena_printf(b->arena, "%s_sorted", name ? name : "array0");
	return sorted;
}

/* range(from, to[, step]) over numbers or times */
CALL(call_range)
{
	UNUSED_ARGS;
	enum kql_type type = args[0]->type;
	struct expr *step =
	    count > 2 ? args[2]
	    : type_is_number(type)
		? expr_long(b, 1)
		: expr_value(b, (struct value){ .type = KQL_TIMESPAN, .i = INT64_C(36000000000) });
	if (!step)
		return NULL;
	bool times = (type == KQL_DATETIME || type == KQL_TIMESPAN) && args[1]->type == type &&
	             step->type == KQL_TIMESPAN;
	bool numbers =
	    type_is_number(type) && type_is_number(args[1]->type) && type_is_number(step->type);
	if (!times && !numbers)
		return semantic(b, "SEM0061", call, "'range' does not go from %s to %s by %s",
		                kql_type_name(type), kql_type_name(args[1]->type),
		                kql_type_name(step->type));
	bool whole = times || (type_is_integer(type) && type_is_integer(args[1]->type) &&
	                       type_is_integer(step->type));
	struct expr *all[] = { args[0], args[1], step };
	for (int i = 0; i < 3 && !whole; i++)
		all[i] = convert(b, all[i], KQL_REAL);
	return expr_call(b, KQL_DYNAMIC,
	                 !whole                 ? "k_range_real($0, $1, $2)"
	                 : type == KQL_DATETIME ? "k_range($0, $1, $2, 'datetime')"
	                 : type == KQL_TIMESPAN ? "k_range($0, $1, $2, 'timespan')"
	                                        : "k_range($0, $1, $2, 'long')",
	                 all, 3);
}

CALL(call_extract_json)
{
	UNUSED_ARGS;
	struct expr *json = expr_call1(b, KQL_DYNAMIC, "k_json_parse($0)", args[1]);
	struct expr *found = expr_call2(b, KQL_DYNAMIC, "k_json_path($0, $1)", json, args[0]);
	return convert(b, found, call->last->kind == NODE_TYPEOF ? call->last->type : KQL_STRING);
}

CALL(call_percentile_tdigest)
{
	UNUSED_ARGS;
	struct expr *value = expr_call(b, KQL_DYNAMIC, "k_digest_percentile($0, $1)", args, 2);
	return call->last->kind == NODE_TYPEOF ? convert(b, value, call->last->type) : value;
}
