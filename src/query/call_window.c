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
	bool dense = strcmp(row->name, "row_rank_min") != 0;
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

/* [[time, restart], …] of all rows in their order */
static struct expr *session_rows(struct binder *b, struct rowset *rows, const char *time,
                                 const char *restart)
{
	const struct column_ref *t = rowset_find(rows, time), *r = rowset_find(rows, restart);
	struct expr *all[] = { expr_column(b, t->id, KQL_LONG),
		               expr_call1(b, KQL_DYNAMIC, "k_json_of_bool($0)",
		                          expr_column(b, r->id, KQL_BOOL)),
		               expr_column(b, rows->order[0].id, KQL_LONG) };
	return expr_call(
	    b, KQL_DYNAMIC,
	    "concat('[', string_agg(concat('[', coalesce(CAST($0 AS VARCHAR), 'null'), ',', "
	    "coalesce($1, 'false'), ']'), ',' ORDER BY $2), ']')",
	    all, 3);
}

/* One row with the list of all session starts, then a row each, numbered from 0. */
static struct rel *session_starts(struct binder *b, struct expr *rows_json, struct rowset *rows,
                                  struct expr *from_first, struct expr *between, unsigned ids[2])
{
	struct made made = { .name = "", .expr = rows_json };
	struct made_list by = { 0 }, list = { .items = &made, .count = 1 };
	unsigned id;
	struct rowset *one = rows_json ? rowset_group(b, rows, &by, &list, &id) : NULL;
	if (!one)
		return NULL;
	unsigned starts =
	    rowset_compute(b, one,
	                   expr_call3(b, KQL_DYNAMIC, "k_sessions($0, $1, $2)",
	                              expr_column(b, id, KQL_DYNAMIC), from_first, between));
	struct rel *rel = starts ? rel_new(b, REL_UNNEST, one->rel) : NULL;
	if (!rel)
		return NULL;
	struct expr *column = expr_column(b, starts, KQL_DYNAMIC);
	rel->computed = ARENA_ARRAY(b->arena, struct computed, 2);
	if (!rel->computed)
		return bind_no_memory(b);
	rel->computed_count = 2;
	ids[0] = b->next_id++;
	ids[1] = b->next_id++;
	rel->computed[0] = (struct computed){ ids[0], column };
	rel->computed[1] =
	    (struct computed){ ids[1], expr_call1(b, KQL_LONG, "range(len($0))", column) };
	return rel->computed[1].expr ? rel : NULL;
}

/* A session depends on the one before it, so all are worked out in one go and joined by row number.
 */
CALL(window_session)
{
	UNUSED_ARGS;
	struct value limits[2];
	for (size_t i = 0; i < 2; i++)
		if (!expr_constant(b, node_child(call, i + 1), args[i + 1], &limits[i]))
			return NULL;
	struct expr *restart =
	    count > 3 ? args[3] : expr_value(b, (struct value){ .type = KQL_BOOL, .b = false });
	struct rowset *rows = rowset_copy(b, b->row);
	if (!rows)
		return NULL;
	/* Rows are numbered from 1 without gaps, whatever numbered them before. */
	rows->order_unique = false;
	if (!order_number(b, rows) ||
	    !rowset_add(b, rows, "\1time", KQL_LONG, rowset_compute(b, rows, args[0])) ||
	    !rowset_add(b, rows, "\1restart", KQL_BOOL, rowset_compute(b, rows, restart)))
		return NULL;
	struct rowset *shared = rowset_share(b, rows),
		      *again = shared ? rowset_refer(b, shared) : NULL;
	unsigned ids[2] = { 0 };
	struct rel *starts =
	    again ? session_starts(b, session_rows(b, again, "\1time", "\1restart"), again,
	                           expr_value(b, limits[0]), expr_value(b, limits[1]), ids)
		  : NULL;
	struct rel *join = starts ? rel_new(b, REL_JOIN, shared->rel) : NULL;
	if (!join)
		return NULL;
	join->right = starts;
	join->join = JOIN_LEFT_OUTER;
	join->where =
	    expr_call2(b, KQL_BOOL, "($0 = $1 + 1)", expr_column(b, shared->order[0].id, KQL_LONG),
	               expr_column(b, ids[1], KQL_LONG));
	b->row->rel = join;
	return not_constant(expr_call1(b, KQL_DATETIME, "TRY_CAST($0 AS BIGINT)",
	                               expr_column(b, ids[0], KQL_DYNAMIC)));
}
