/* expr: making bound expressions (see bound.h). */
#include <string.h>

#include "query/bind_internal.h"

enum { LOOK_STEPS = 100000 };

struct expr *expr_new(struct binder *b, enum expr_kind kind, enum kql_type type)
{
	struct expr *expr = ARENA_NEW(b->arena, struct expr);
	if (!expr || ++b->work > BIND_NODES_MAX)
		return bind_no_memory(b);
	expr->kind = kind;
	expr->type = type;
	expr->depth = 1;
	return expr;
}

struct expr *expr_value(struct binder *b, struct value value)
{
	struct expr *expr = expr_new(b, EXPR_VALUE, value.type);
	if (expr) {
		expr->value = value;
		expr->constant = true;
	}
	return expr;
}

struct expr *expr_long(struct binder *b, int64_t value)
{
	return expr_value(b, (struct value){ .type = KQL_LONG, .i = value });
}

struct expr *expr_text(struct binder *b, const char *text)
{
	return expr_value(b, (struct value){ .type = KQL_STRING, .s = { text, strlen(text) } });
}

struct expr *expr_null(struct binder *b, enum kql_type type)
{
	if (type == KQL_STRING)
		return expr_text(b, "");
	return expr_value(b, (struct value){ .type = type, .null = true });
}

struct expr *expr_column(struct binder *b, unsigned id, enum kql_type type)
{
	struct expr *expr = expr_new(b, EXPR_COLUMN, type);
	if (expr)
		expr->column = id;
	return expr;
}

struct expr *expr_call(struct binder *b, enum kql_type type, const char *sql, struct expr **args,
                       size_t count)
{
	struct expr *expr = expr_new(b, EXPR_CALL, type);
	if (!expr)
		return NULL;
	expr->sql = sql;
	expr->args = ARENA_ARRAY(b->arena, struct expr *, count + 1);
	if (!expr->args)
		return bind_no_memory(b);
	expr->count = count;
	expr->constant = true;
	for (size_t i = 0; i < count; i++) {
		if (!args[i])
			return NULL;
		expr->args[i] = args[i];
		expr->constant &= args[i]->constant;
		expr->aggregate |= args[i]->aggregate;
		if (expr->depth <= args[i]->depth)
			expr->depth = args[i]->depth + 1;
	}
	if (expr->depth > EXPR_DEPTH_MAX)
		return semantic(b, "SEM0002", NULL, "An expression is nested too deeply");
	return expr;
}

struct expr *expr_call1(struct binder *b, enum kql_type type, const char *sql, struct expr *a)
{
	return expr_call(b, type, sql, &a, 1);
}

struct expr *expr_call2(struct binder *b, enum kql_type type, const char *sql, struct expr *a,
                        struct expr *c)
{
	struct expr *args[] = { a, c };
	return expr_call(b, type, sql, args, 2);
}

struct expr *expr_call3(struct binder *b, enum kql_type type, const char *sql, struct expr *a,
                        struct expr *c, struct expr *d)
{
	struct expr *args[] = { a, c, d };
	return expr_call(b, type, sql, args, 3);
}

/* Expressions are shared freely: after so many steps it is taken for granted. */
static bool look(const struct expr *expr, unsigned *steps)
{
	if (++*steps > LOOK_STEPS || (expr->kind == EXPR_CALL && strstr(expr->sql, " OVER ")))
		return true;
	for (size_t i = 0; i < expr->count; i++)
		if (look(expr->args[i], steps))
			return true;
	return false;
}

bool expr_looks_around(const struct expr *expr)
{
	unsigned steps = 0;
	return look(expr, &steps);
}
