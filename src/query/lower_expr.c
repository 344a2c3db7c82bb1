/* lower_expr: expressions to SQL. */
#include <math.h>
#include <string.h>

#include "query/lower_internal.h"
#include "workspace/db.h"

bool lower_goes_on(struct lowerer *l)
{
	if (l->e->class != QUERY_OK)
		return false;
	if (!l->sql->failed && l->sql->len <= SQL_TEXT_MAX)
		return true;
	return query_error_set(l->e, QUERY_LIMIT, "LIM0001", 0, 0, "The query is too complex");
}

static const char *sql_type(enum kql_type type)
{
	switch (type) {
	case KQL_BOOL: return "BOOLEAN";
	case KQL_INT:
	case KQL_LONG:
	case KQL_DATETIME:
	case KQL_TIMESPAN: return "BIGINT";
	case KQL_REAL: return "DOUBLE";
	default: return "VARCHAR";
	}
}

static void lower_real(struct buf *sql, double value)
{
	if (isnan(value))
		buf_puts(sql, "'nan'::DOUBLE");
	else if (isinf(value))
		buf_puts(sql, value > 0 ? "'inf'::DOUBLE" : "'-inf'::DOUBLE");
	else
		buf_printf(sql, "(%.17g)::DOUBLE", value);
}

static void lower_value(struct lowerer *l, const struct value *value)
{
	struct buf *sql = l->sql;
	if (value->null) {
		buf_printf(sql, "NULL::%s", sql_type(value->type));
		return;
	}
	switch (value->type) {
	case KQL_BOOL: buf_puts(sql, value->b ? "TRUE" : "FALSE"); break;
	case KQL_INT:
	case KQL_LONG:
	case KQL_DATETIME:
	case KQL_TIMESPAN: buf_printf(sql, "(%lld)::BIGINT", (long long)value->i); break;
	case KQL_REAL: lower_real(sql, value->f); break;
	default: db_quote_text(sql, value->s.at, value->s.len); break;
	}
}

void lower_order(struct lowerer *l, const struct order_key *order, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct order_key *key = &order[i];
		const char *direction = key->descending ? "DESC" : "ASC";
		const char *nulls = key->nulls_first ? "FIRST" : "LAST";
		buf_puts(l->sql, i ? ", " : "ORDER BY ");
		/* NaN stands beside null. */
		if (key->type == KQL_REAL)
			buf_printf(l->sql,
			           "coalesce(isnan(c%u), FALSE) %s, nullif(c%u, 'nan') %s NULLS %s",
			           key->id, key->nulls_first ? "DESC" : "ASC", key->id, direction,
			           nulls);
		else
			buf_printf(l->sql, "c%u %s NULLS %s", key->id, direction, nulls);
	}
}

static void join_args(struct lowerer *l, const struct expr *expr, size_t from, const char *between,
                      bool as_filter)
{
	for (size_t i = from; i < expr->count; i++) {
		if (i > from)
			buf_puts(l->sql, between);
		lower_expr(l, expr->args[i], as_filter);
	}
}

/* One $-sign of a template; returns how many characters it takes. */
static size_t lower_slot(struct lowerer *l, const struct expr *expr, const char *slot,
                         bool as_filter)
{
	if (slot[1] == '*')
		join_args(l, expr, 0, ", ", false);
	else if (slot[1] == '&')
		join_args(l, expr, 0, " AND ", as_filter);
	else if (slot[1] == '|')
		join_args(l, expr, 0, " OR ", as_filter);
	else if (slot[1] == 'O')
		lower_order(l, l->order, l->order_count);
	else if (slot[2] == '*')
		join_args(l, expr, (size_t)(slot[1] - '0'), ", ", false);
	else if ((size_t)(slot[1] - '0') < expr->count)
		lower_expr(l, expr->args[slot[1] - '0'], false);
	return slot[1] >= '0' && slot[1] <= '9' && slot[2] == '*' ? 3 : 2;
}

static void lower_call(struct lowerer *l, const struct expr *expr, bool as_filter)
{
	const char *at = as_filter && expr->filter   ? expr->filter
	                 : l->single && expr->single ? expr->single
	                                             : expr->sql;
	bool through = as_filter && expr->is_and_or;
	while (*at) {
		size_t plain = strcspn(at, "$");
		buf_add(l->sql, at, plain);
		at += plain;
		if (*at)
			at += lower_slot(l, expr, at, through);
	}
}

static void lower_subquery(struct lowerer *l, const struct expr *expr)
{
	const struct order_key *order = l->order;
	size_t order_count = l->order_count;
	bool in = expr->kind == EXPR_IN;
	if (in) {
		buf_puts(l->sql, "(");
		lower_expr(l, expr->args[0], false);
		buf_printf(l->sql, " IN (SELECT c%u FROM ", expr->column);
	} else {
		buf_printf(l->sql, "(SELECT c%u FROM ", expr->column);
	}
	lower_rel(l, expr->rel);
	buf_puts(l->sql, in ? "))" : " LIMIT 1)");
	l->order = order;
	l->order_count = order_count;
}

void lower_expr(struct lowerer *l, const struct expr *expr, bool as_filter)
{
	if (!lower_goes_on(l))
		return;
	switch (expr->kind) {
	case EXPR_VALUE: lower_value(l, &expr->value); break;
	case EXPR_COLUMN: buf_printf(l->sql, "c%u", expr->column); break;
	case EXPR_CALL: lower_call(l, expr, as_filter); break;
	case EXPR_SUBQUERY:
	case EXPR_IN: lower_subquery(l, expr); break;
	}
}
