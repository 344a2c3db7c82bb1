/* call_window: functions of a row's neighbours.
 *
 * The rows are numbered by then (order_number): $… OVER (ORDER BY that number).  Each call becomes
 * a column below the operator that makes it. */
#include <string.h>

#include "query/bind_internal.h"
#include "query/function_rows.h"

#define CALL(name)                                                                                 \
	struct expr *name(struct binder *b, const struct function *row, const struct node *call,   \
	                  struct expr **args, size_t count)
#define UNUSED_ARGS (void)row, (void)call, (void)args, (void)count

static struct expr *row_order(struct binder *b)
{
	return expr_column(b, b->row->order[0].id, KQL_LONG);
}

static struct expr *hidden(struct binder *b, struct expr *expr)
{
	return expr ? expr_column(b, rowset_compute(b, b->row, expr), expr->type) : NULL;
}

static struct expr *not_constant(struct expr *expr)
{
	if (expr)
		expr->constant = false;
	return expr;
}

/* How many rows up to this one asked for a restart: the number of its stretch. */
static struct expr *stretch(struct binder *b, struct expr *restart)
{
	if (!restart)
		return expr_long(b, 0);
	return hidden(b,
	              not_constant(expr_call2(
			  b, KQL_LONG,
			  "coalesce(CAST(sum(CAST($0 AS INTEGER)) OVER (ORDER BY $1 ROWS UNBOUNDED "
			  "PRECEDING) AS BIGINT), 0)",
			  restart, row_order(b))));
}

CALL(window_row_number)
{
	UNUSED_ARGS;
	struct expr *all[] = { count > 0 ? args[0] : expr_long(b, 1),
		               stretch(b, count > 1 ? args[1] : NULL), row_order(b) };
	return not_constant(expr_call(
	    b, KQL_LONG, "k_add($0, row_number() OVER (PARTITION BY $1 ORDER BY $2) - 1)", all, 3));
}

/* prev(value, offset, default), next(…) */
CALL(window_neighbour)
{
	UNUSED_ARGS;
	struct value offset = { .type = KQL_LONG, .i = 1 };
	if (call->count < 1 || call->count > 3)
		return semantic(b, "SEM0062", call, "'%s' takes 1 to 3 arguments", call->text);
	struct expr *value = bind_expr(b, call->first);
	if (!value)
		return NULL;
	if (call->count > 1 && !bind_constant(b, node_child(call, 1), &offset))
		return NULL;
	if (!type_is_integer(offset.type) || offset.null || offset.i < 0 || offset.i > INT32_MAX)
		return semantic(b, "SEM0061", node_child(call, 1), "The offset is a whole number");
	struct expr *other = call->count > 2 ? bind_expr(b, call->last) : expr_null(b, value->type);
	if (!other)
		return NULL;
	if (other->type != value->type &&
	    !(type_is_number(other->type) && type_is_number(value->type)))
		return semantic(b, "SEM0061", call->last, "The default must be of type %s",
		                kql_type_name(value->type));
	const char *sql =
	    arena_printf(b->arena, "%s($0, %lld, $1) OVER (ORDER BY $2)",
	                 strcmp(row->name, "prev") == 0 ? "lag" : "lead", (long long)offset.i);
	if (!sql)
		return bind_no_memory(b);
	return not_constant(
	    expr_call3(b, value->type, sql, value, convert(b, other, value->type), row_order(b)));
}

CALL(window_cumsum)
{
	UNUSED_ARGS;
	enum kql_type type = args[0]->type;
	bool real = type == KQL_REAL;
	if (type == KQL_DECIMAL)
		return semantic(b, "SEM0061", call, "'%s' does not take a decimal", call->text);
	struct expr *all[] = { args[0], stretch(b, count > 1 ? args[1] : NULL), row_order(b) };
	return not_constant(expr_call(
	    b, type,
	    real
		? "coalesce(sum($0) OVER (PARTITION BY $1 ORDER BY $2 ROWS UNBOUNDED PRECEDING), 0)"
		: "TRY_CAST(coalesce(sum($0) OVER (PARTITION BY $1 ORDER BY $2 ROWS UNBOUNDED "
		  "PRECEDING), 0) AS BIGINT)",
	    all, 3));
}

/* The number of the row in its stretch where its value differs from the one before, else null. */
CALL(window_rank)
{
	UNUSED_ARGS;
	bool dense = strcmp(row->name, "row_rank_dense") == 0;
	struct expr *group = stretch(b, count > 1 ? args[1] : NULL);
	struct expr *value = hidden(b, args[0]);
	struct expr *all[] = { value, group, row_order(b) };
	struct expr *before =
	    hidden(b, not_constant(expr_call(
			  b, args[0]->type, "lag($0) OVER (PARTITION BY $1 ORDER BY $2)", all, 3)));
	struct expr *number =
	    hidden(b, not_constant(expr_call(
			  b, KQL_LONG, "row_number() OVER (PARTITION BY $1 ORDER BY $2)", all, 3)));
	struct expr *change =
	    hidden(b, expr_call3(b, KQL_LONG,
	                         dense ? "CAST($2 = 1 OR $0 IS DISTINCT FROM $1 AS BIGINT)"
	                               : "(CASE WHEN $2 = 1 OR $0 IS DISTINCT FROM $1 THEN $2 END)",
	                         value, before, number));
	struct expr *last[] = { change, group, row_order(b) };
	return not_constant(
	    expr_call(b, KQL_LONG,
	              dense ? "CAST(sum($0) OVER (PARTITION BY $1 ORDER BY $2 ROWS UNBOUNDED "
	                      "PRECEDING) AS BIGINT)"
	                    : "max($0) OVER (PARTITION BY $1 ORDER BY $2 ROWS UNBOUNDED PRECEDING)",
	              last, 3));
}

CALL(window_session)
{
	UNUSED_ARGS;
	return semantic(b, "SEM0001", call, "'%s' is not supported", call->text);
}
