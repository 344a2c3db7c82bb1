/* bind_expr: scalar expressions. */
#include <stdio.h>
#include <string.h>

#include "query/bind_internal.h"

/* ---- constants ---- */

bool expr_constant(struct binder *b, const struct node *at, const struct expr *expr,
                   struct value *ret)
{
	if (!expr)
		return false;
	if (!expr->constant) {
		semantic(b, "SEM0010", at, "The expression must be a constant");
		return false;
	}
	if (expr->kind == EXPR_VALUE) {
		*ret = expr->value;
		return true;
	}
	/* No row is around a constant. */
	const struct bind_options *o = b->options;
	struct shared *local = b->local ? *b->local_first : NULL;
	if (b->local)
		*b->local_first = NULL;
	bool known = o->eval && o->eval(o->eval_context, expr, b->shared, ret, b->arena);
	if (b->local)
		*b->local_first = local;
	if (!known) {
		semantic(b, "SEM0010", at, "The expression cannot be computed beforehand");
		return false;
	}
	return true;
}

bool bind_constant(struct binder *b, const struct node *node, struct value *ret)
{
	struct rowset *row = b->row;
	b->row = NULL;
	struct expr *expr = bind_expr(b, node);
	b->row = row;
	return expr_constant(b, node, expr, ret);
}

bool bind_count(struct binder *b, const struct node *node, int64_t *ret)
{
	struct value value;
	if (!bind_constant(b, node, &value))
		return false;
	if (!type_is_integer(value.type) || value.null) {
		semantic(b, "SEM0011", node, "A number of rows is a whole number");
		return false;
	}
	*ret = value.i < 0 ? 0 : value.i;
	return true;
}

/* ---- names ---- */

struct expr *unknown_name(struct binder *b, const struct node *node, const struct rowset *table)
{
	struct nearest near = nearest_to(node->text);
	for (size_t i = 0; table && i < table->count; i++)
		nearest_offer(&near, table->columns[i].name);
	for (const struct scope *s = b->scope; s; s = s->next)
		nearest_offer(&near, s->name);
	return semantic(b, "SEM0100", node,
	                "Failed to resolve column or scalar expression named '%s'%s%s%s",
	                node->text, near.best ? "; did you mean '" : "", near.best ? near.best : "",
	                near.best ? "'?" : "");
}

struct column_ref *bind_column(struct binder *b, const struct node *node,
                               const struct rowset *table)
{
	struct column_ref *column = NULL;
	if (node->kind == NODE_NAME)
		column = rowset_find(table, node->text);
	if (!column && node->kind == NODE_NAME)
		unknown_name(b, node, table);
	else if (!column)
		semantic(b, "SEM0012", node, "A column's name is expected");
	return column;
}

static struct expr *column_expr(struct binder *b, const struct node *node,
                                const struct column_ref *column)
{
	if (b->aggregates && !b->in_aggregate)
		return semantic(b, "SEM0013", node,
		                "The column '%s' must be inside an aggregate function or in by",
		                node->text);
	struct expr *expr = expr_column(b, column->id, column->type);
	if (expr)
		expr->name = column->name;
	return expr;
}

static struct expr *bind_name(struct binder *b, const struct node *node)
{
	struct column_ref *column = b->row ? rowset_find(b->row, node->text) : NULL;
	if (!column && b->outer)
		column = rowset_find(b->outer, node->text);
	if (column)
		return column_expr(b, node, column);
	const struct scope *found = scope_find(b->scope, node->text);
	if (found && found->kind == SCOPE_VALUE) {
		struct expr *copy = expr_new(b, found->value->kind, found->value->type);
		if (!copy)
			return NULL;
		*copy = *found->value;
		copy->name = node->text;
		return copy;
	}
	if (found)
		return semantic(b, "SEM0014", node, "'%s' is a %s where a scalar is expected",
		                node->text, found->kind == SCOPE_FUNCTION ? "function" : "table");
	if (b->options->has_workspace && workspace_table(node->text) >= 0)
		return semantic(b, "SEM0014", node, "'%s' is a table where a scalar is expected",
		                node->text);
	return unknown_name(b, node, b->row);
}

/* ---- dynamic access ---- */

static const char *joined_name(struct binder *b, const char *base, const char *tail, size_t len)
{
	return base ? arena_printf(b->arena, "%s_%.*s", base, (int)len, tail)
	            : arena_strndup(b->arena, tail, len);
}

/* $left.a and $right.b in a join's condition */
static struct expr *bind_side(struct binder *b, const struct node *node, struct rowset *side)
{
	struct column_ref *column = rowset_find(side, node->text);
	return column ? column_expr(b, node, column) : unknown_name(b, node, side);
}

/* step.column in a step of scan, or NULL */
static struct expr *step_value(const struct binder *b, const struct node *node)
{
	const struct node *base = node->first;
	for (size_t i = 0; i < b->step_value_count && base->kind == NODE_NAME; i++)
		if (node_is(base, b->step_values[i].step) &&
		    node_is(node, b->step_values[i].column))
			return b->step_values[i].value;
	return NULL;
}

static struct expr *bind_member(struct binder *b, const struct node *node)
{
	const struct node *base = node->first;
	struct expr *of_step = step_value(b, node);
	if (of_step)
		return of_step;
	if (b->right && base->kind == NODE_NAME && node_is(base, "$left"))
		return bind_side(b, node, b->row);
	if (b->right && base->kind == NODE_NAME && node_is(base, "$right"))
		return bind_side(b, node, b->right);
	struct expr *bag = bind_expr(b, base);
	if (!bag)
		return NULL;
	if (bag->type != KQL_DYNAMIC)
		return semantic(b, "SEM0015", node, "A %s has no property '%s'",
		                kql_type_name(bag->type), node->text);
	struct value key = { .type = KQL_STRING, .s = { node->text, node->text_len } };
	struct expr *expr = expr_call2(b, KQL_DYNAMIC, "k_member($0, $1)", bag, expr_value(b, key));
	if (expr)
		expr->name = joined_name(b, bag->name, node->text, node->text_len);
	return expr;
}

static struct expr *bind_index(struct binder *b, const struct node *node)
{
	struct expr *base = bind_expr(b, node->first);
	struct expr *index = base ? bind_expr(b, node->last) : NULL;
	if (!index)
		return NULL;
	if (base->type != KQL_DYNAMIC)
		return semantic(b, "SEM0015", node, "A %s has no elements",
		                kql_type_name(base->type));
	bool key = index->type == KQL_STRING;
	if (!key && !type_is_integer(index->type) && index->type != KQL_DYNAMIC)
		return semantic(b, "SEM0015", node->last, "An index is a string or a whole number");
	const char *sql = key                          ? "k_member($0, $1)"
	                  : index->type == KQL_DYNAMIC ? "k_member_or_element($0, $1)"
	                                               : "k_element($0, $1)";
	struct expr *expr = expr_call2(b, KQL_DYNAMIC, sql, base, index);
	if (!expr)
		return NULL;
	char number[24] = "";
	struct value *v = &index->value;
	if (index->kind == EXPR_VALUE && !key && !v->null && v->i >= 0)
		snprintf(number, sizeof number, "%lld", (long long)v->i);
	if (index->kind == EXPR_VALUE && key)
		expr->name = joined_name(b, base->name, v->s.at, v->s.len);
	else
		expr->name = joined_name(b, base->name, number, strlen(number));
	return expr;
}

/* ---- the rest ---- */

static struct expr *bind_minus(struct binder *b, const struct node *node)
{
	struct expr *inner = bind_expr(b, node->first);
	if (!inner)
		return NULL;
	if (node_is(node, "+"))
		return type_is_number(inner->type) || inner->type == KQL_TIMESPAN
		           ? expr_call1(b, inner->type, "$0", inner)
		           : semantic(b, "SEM0020", node, "A %s has no sign",
		                      kql_type_name(inner->type));
	if (inner->kind == EXPR_VALUE && !inner->value.null && inner->value.i != INT64_MIN &&
	    (inner->type == KQL_LONG || inner->type == KQL_TIMESPAN)) {
		struct value value = inner->value;
		value.i = -value.i;
		return expr_value(b, value);
	}
	switch (inner->type) {
	case KQL_INT:
	case KQL_LONG: return expr_call1(b, KQL_LONG, "k_sub(0, $0)", inner);
	case KQL_TIMESPAN: return expr_call1(b, KQL_TIMESPAN, "k_sub(0, $0)", inner);
	case KQL_REAL: return expr_call1(b, KQL_REAL, "(-$0)", inner);
	case KQL_DECIMAL: return expr_call1(b, KQL_DECIMAL, "k_decimal_sub('0', $0)", inner);
	case KQL_DYNAMIC:
		return expr_call1(b, KQL_DYNAMIC, "k_json_of_real(-k_real_of_json($0))", inner);
	default:
		return semantic(b, "SEM0020", node, "A %s has no negative",
		                kql_type_name(inner->type));
	}
}

/* A text among search's terms: any column that has it. */
static struct expr *bind_literal(struct binder *b, const struct node *node)
{
	if (b->search && node->value.type == KQL_STRING)
		return bind_star(b, node);
	if (node->value.type == KQL_DECIMAL && !node->value.null) {
		/* 1.50 is 1.5: equal decimals have one text. */
		struct value text = node->value;
		text.type = KQL_STRING;
		return expr_call1(b, KQL_DECIMAL, "k_decimal_of_text($0)", expr_value(b, text));
	}
	return expr_value(b, node->value);
}

static struct expr *bind_kind(struct binder *b, const struct node *node)
{
	switch (node->kind) {
	case NODE_LITERAL: return bind_literal(b, node);
	case NODE_NAME: return bind_name(b, node);
	case NODE_CALL: return bind_call(b, node);
	case NODE_BINARY:
		return node->first->kind == NODE_STAR ? bind_star(b, node) : bind_binary(b, node);
	case NODE_MINUS: return bind_minus(b, node);
	case NODE_MEMBER: return bind_member(b, node);
	case NODE_INDEX: return bind_index(b, node);
	case NODE_PIPELINE:
		return semantic(b, "SEM0014", node, "A table stands where a scalar is expected");
	default: return semantic(b, "SEM0014", node, "A scalar is expected");
	}
}

struct expr *bind_expr(struct binder *b, const struct node *node)
{
	if (!bind_enter(b, node))
		return NULL;
	struct expr *expr = bind_kind(b, node);
	bind_leave(b);
	if (!expr && b->e->class == QUERY_OK)
		bind_no_memory(b);
	return expr;
}

struct expr *bind_typed(struct binder *b, const struct node *node, enum kql_type type,
                        const char *what)
{
	struct expr *expr = bind_expr(b, node);
	if (!expr)
		return NULL;
	bool widens = type_is_number(expr->type) && type_is_number(type) &&
	              type_widest(expr->type, type) == type;
	if (expr->type != type && !widens)
		return semantic(b, "SEM0021", node, "%s must be of type %s, not %s", what,
		                kql_type_name(type), kql_type_name(expr->type));
	return widen(b, expr, type);
}

struct expr *bind_condition(struct binder *b, const struct node *node)
{
	struct expr *expr = bind_expr(b, node);
	if (expr && expr->type != KQL_BOOL)
		return semantic(b, "SEM0021", node, "A condition must be of type bool, not %s",
		                kql_type_name(expr->type));
	return expr;
}
