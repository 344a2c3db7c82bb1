/* bind_binary: the binary operators and what they do to which types. */
#include <string.h>

#include "query/bind_internal.h"

static struct expr *undefined(struct binder *b, const struct node *node, const struct expr *l,
                              const struct expr *r)
{
	return semantic(b, "SEM0024", node, "The operator '%s' is not defined for %s and %s",
	                node->text, kql_type_name(l->type), kql_type_name(r->type));
}

/* ---- arithmetic ---- */

/* clang-format off */
static const struct {
	enum binary_op op;
	enum kql_type left, right, result;
	const char *sql;
} times[] = {
	{ BINARY_ADD, KQL_DATETIME, KQL_TIMESPAN, KQL_DATETIME, "k_datetime_of_long(k_add($0, $1))" },
	{ BINARY_ADD, KQL_TIMESPAN, KQL_DATETIME, KQL_DATETIME, "k_datetime_of_long(k_add($0, $1))" },
	{ BINARY_ADD, KQL_TIMESPAN, KQL_TIMESPAN, KQL_TIMESPAN, "k_add($0, $1)" },
	{ BINARY_SUB, KQL_DATETIME, KQL_DATETIME, KQL_TIMESPAN, "k_sub($0, $1)" },
	{ BINARY_SUB, KQL_DATETIME, KQL_TIMESPAN, KQL_DATETIME, "k_datetime_of_long(k_sub($0, $1))" },
	{ BINARY_SUB, KQL_TIMESPAN, KQL_TIMESPAN, KQL_TIMESPAN, "k_sub($0, $1)" },
	{ BINARY_MUL, KQL_TIMESPAN, KQL_LONG,     KQL_TIMESPAN, "k_mul($0, $1)" },
	{ BINARY_MUL, KQL_LONG,     KQL_TIMESPAN, KQL_TIMESPAN, "k_mul($0, $1)" },
	{ BINARY_MUL, KQL_TIMESPAN, KQL_REAL,     KQL_TIMESPAN, "k_long_of_real(CAST($0 AS DOUBLE) * $1)" },
	{ BINARY_MUL, KQL_REAL,     KQL_TIMESPAN, KQL_TIMESPAN, "k_long_of_real($0 * CAST($1 AS DOUBLE))" },
	{ BINARY_DIV, KQL_TIMESPAN, KQL_TIMESPAN, KQL_REAL,     "k_div_real(CAST($0 AS DOUBLE), CAST($1 AS DOUBLE))" },
	{ BINARY_DIV, KQL_TIMESPAN, KQL_LONG,     KQL_TIMESPAN, "k_div($0, $1)" },
	{ BINARY_DIV, KQL_TIMESPAN, KQL_REAL,     KQL_TIMESPAN, "k_long_of_real(k_div_real(CAST($0 AS DOUBLE), $1))" },
	{ BINARY_MOD, KQL_TIMESPAN, KQL_TIMESPAN, KQL_TIMESPAN, "k_mod($0, $1)" },
	{ BINARY_MOD, KQL_DATETIME, KQL_TIMESPAN, KQL_TIMESPAN, "k_mod($0, $1)" },
};

static const struct {
	enum binary_op op;
	const char *whole, *real, *decimal;
} numbers[] = {
	{ BINARY_ADD, "k_add($0, $1)", "($0 + $1)",          "k_decimal_add($0, $1)" },
	{ BINARY_SUB, "k_sub($0, $1)", "($0 - $1)",          "k_decimal_sub($0, $1)" },
	{ BINARY_MUL, "k_mul($0, $1)", "($0 * $1)",          "k_decimal_mul($0, $1)" },
	{ BINARY_DIV, "k_div($0, $1)", "k_div_real($0, $1)", "k_decimal_div($0, $1)" },
	{ BINARY_MOD, "k_mod($0, $1)", "k_mod_real($0, $1)", "k_decimal_mod($0, $1)" },
};
/* clang-format on */

static struct expr *time_arithmetic(struct binder *b, const struct node *node, struct expr *l,
                                    struct expr *r)
{
	enum kql_type left = l->type == KQL_INT ? KQL_LONG : l->type;
	enum kql_type right = r->type == KQL_INT ? KQL_LONG : r->type;
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (times[i].op == node->op && times[i].left == left && times[i].right == right)
			return expr_call2(b, times[i].result, times[i].sql, l, r);
	return undefined(b, node, l, r);
}

static struct expr *number_arithmetic(struct binder *b, const struct node *node, struct expr *l,
                                      struct expr *r)
{
	enum kql_type type = type_widest(type_widest(l->type, r->type), KQL_LONG);
	l = widen(b, l, type);
	r = widen(b, r, type);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (numbers[i].op == node->op)
			return expr_call2(b, type,
			                  type == KQL_LONG   ? numbers[i].whole
			                  : type == KQL_REAL ? numbers[i].real
			                                     : numbers[i].decimal,
			                  l, r);
	return NULL;
}

/* A dynamic operand takes the type of the other; two of them count as reals. */
static struct expr *arithmetic(struct binder *b, const struct node *node, struct expr *l,
                               struct expr *r)
{
	static const char exact[] = "k_whole_of_json($0)";
	if (l->type == KQL_DYNAMIC && r->type == KQL_DYNAMIC) {
		l = convert(b, l, KQL_REAL);
		r = convert(b, r, KQL_REAL);
	} else if (l->type == KQL_DYNAMIC && r->type != KQL_STRING) {
		l = type_is_integer(r->type) ? expr_call1(b, KQL_LONG, exact, l)
		                             : convert(b, l, r->type);
	} else if (r->type == KQL_DYNAMIC && l->type != KQL_STRING) {
		r = type_is_integer(l->type) ? expr_call1(b, KQL_LONG, exact, r)
		                             : convert(b, r, l->type);
	}
	if (!l || !r)
		return NULL;
	if (type_is_number(l->type) && type_is_number(r->type))
		return number_arithmetic(b, node, l, r);
	return time_arithmetic(b, node, l, r);
}

/* ---- comparison ---- */

/* One null: unequal; two: null. */
static struct expr *equality(struct binder *b, bool negated, struct expr *l, struct expr *r)
{
	bool known =
	    (l->kind == EXPR_VALUE && !l->value.null) || (r->kind == EXPR_VALUE && !r->value.null);
	const char *filter = negated ? "($0 IS DISTINCT FROM $1)" : "($0 = $1)", *value;
	if (l->type == KQL_STRING)
		filter = value = negated ? "($0 <> $1)" : "($0 = $1)";
	else if (known)
		value = negated ? filter : "($0 IS NOT DISTINCT FROM $1)";
	else if (l->type == KQL_GUID || l->type == KQL_DECIMAL)
		value = negated ? "k_ne_text($0, $1)" : "k_eq_text($0, $1)";
	else if (l->type == KQL_BOOL)
		value = negated ? "k_ne(CAST($0 AS BIGINT), CAST($1 AS BIGINT))"
		                : "k_eq(CAST($0 AS BIGINT), CAST($1 AS BIGINT))";
	else
		value = negated ? "k_ne($0, $1)" : "k_eq($0, $1)";
	struct expr *expr = expr_call2(b, KQL_BOOL, value, l, r);
	if (expr)
		expr->filter = filter;
	return expr;
}

static struct expr *real_equality(struct binder *b, bool negated, struct expr *l, struct expr *r)
{
	return expr_call2(b, KQL_BOOL, negated ? "k_ne_real($0, $1)" : "k_eq_real($0, $1)", l, r);
}

static const char *order_sql(enum binary_op op, enum kql_type type)
{
	static const char *const plain[] = { "($0 < $1)", "($0 <= $1)", "($0 > $1)", "($0 >= $1)" };
	static const char *const real[] = { "k_lt_real($0, $1)", "k_le_real($0, $1)",
		                            "k_lt_real($1, $0)", "k_le_real($1, $0)" };
	static const char *const json[] = { "(k_json_order($0, $1) < 0)",
		                            "(k_json_order($0, $1) <= 0)",
		                            "(k_json_order($0, $1) > 0)",
		                            "(k_json_order($0, $1) >= 0)" };
	static const char *const decimal[] = { "(k_decimal_order($0, $1) < 0)",
		                               "(k_decimal_order($0, $1) <= 0)",
		                               "(k_decimal_order($0, $1) > 0)",
		                               "(k_decimal_order($0, $1) >= 0)" };
	size_t i = op - BINARY_LT;
	return type == KQL_REAL      ? real[i]
	       : type == KQL_DYNAMIC ? json[i]
	       : type == KQL_DECIMAL ? decimal[i]
	                             : plain[i];
}

/* Both operands as the type in which they are compared; false where there is none. */
static bool comparable(struct binder *b, enum binary_op op, struct expr **l, struct expr **r)
{
	enum kql_type left = (*l)->type, right = (*r)->type, type;
	bool equal = op == BINARY_EQ || op == BINARY_NE || op == BINARY_NE_SQL;
	if (left == KQL_DYNAMIC || right == KQL_DYNAMIC)
		type = KQL_DYNAMIC;
	else if (type_is_number(left) && type_is_number(right))
		type = type_widest(left, right);
	else if (equal && ((left == KQL_BOOL && type_is_integer(right)) ||
	                   (right == KQL_BOOL && type_is_integer(left))))
		type = KQL_LONG;
	else if (equal && ((left == KQL_GUID && right == KQL_STRING) ||
	                   (left == KQL_STRING && right == KQL_GUID)))
		type = KQL_STRING;
	else if (left == right && (equal || (left != KQL_STRING && left != KQL_GUID)))
		type = left;
	else
		return false;
	*l = widen(b, *l, type);
	*r = widen(b, *r, type);
	return true;
}

static struct expr *compare_as(struct binder *b, const struct node *node, enum binary_op op,
                               struct expr *l, struct expr *r)
{
	if (!l || !r)
		return NULL;
	const struct expr *left = l, *right = r;
	if (!comparable(b, op, &l, &r))
		return undefined(b, node, left, right);
	if (!l || !r)
		return NULL;
	if (op >= BINARY_LT && op <= BINARY_GE)
		return expr_call2(b, KQL_BOOL, order_sql(op, l->type), l, r);
	bool negated = op != BINARY_EQ;
	if (l->type == KQL_REAL)
		return real_equality(b, negated, l, r);
	if (l->type == KQL_DYNAMIC)
		return expr_call2(b, KQL_BOOL, negated ? "k_json_ne($0, $1)" : "k_json_eq($0, $1)",
		                  l, r);
	if (l->type == KQL_DECIMAL)
		return equality(b, negated, expr_call1(b, KQL_DECIMAL, "k_decimal_plain($0)", l),
		                expr_call1(b, KQL_DECIMAL, "k_decimal_plain($0)", r));
	return equality(b, negated, l, r);
}

struct expr *compare(struct binder *b, const struct node *node, enum binary_op op, struct expr *l,
                     struct expr *r)
{
	struct expr *expr = compare_as(b, node, op, l, r);
	if (expr) {
		expr->comparison = true;
		expr->op = (int)op;
	}
	return expr;
}

static struct expr *bind_between(struct binder *b, const struct node *node)
{
	struct expr *value = bind_expr(b, node->first);
	struct expr *low = value ? bind_expr(b, node->last->first) : NULL;
	struct expr *high = low ? bind_expr(b, node->last->last) : NULL;
	if (!high)
		return NULL;
	/* A timespan on the right counts from the left bound. */
	if (low->type == KQL_DATETIME && high->type == KQL_TIMESPAN)
		high = expr_call2(b, KQL_DATETIME, "k_datetime_of_long(k_add($0, $1))", low, high);
	struct expr *from = compare(b, node, BINARY_GE, value, low);
	struct expr *to = from ? compare(b, node, BINARY_LE, value, high) : NULL;
	struct expr *both = to ? expr_call2(b, KQL_BOOL, "($&)", from, to) : NULL;
	if (both)
		both->is_and_or = true;
	if (!both || node->op == BINARY_BETWEEN)
		return both;
	return expr_call1(b, KQL_BOOL, "(NOT $0)", both);
}

/* ---- and, or ---- */

/* a or b or c becomes one call of three arguments. */
static struct expr *bind_logic(struct binder *b, const struct node *node)
{
	const char *sql = node->op == BINARY_AND ? "($&)" : "($|)";
	struct expr *l = bind_expr(b, node->first);
	struct expr *r = l ? bind_expr(b, node->last) : NULL;
	if (!r)
		return NULL;
	struct expr *sides[] = { l, r };
	for (size_t i = 0; i < 2; i++) {
		if (sides[i]->type == KQL_DYNAMIC)
			sides[i] = convert(b, sides[i], KQL_BOOL);
		else if (sides[i]->type != KQL_BOOL)
			return undefined(b, node, l, r);
	}
	if (!sides[0] || !sides[1])
		return NULL;
	size_t left = sides[0]->sql == sql && !node->first->parenthesised ? sides[0]->count : 0;
	struct expr **all = ARENA_ARRAY(b->arena, struct expr *, left + 3);
	if (!all)
		return bind_no_memory(b);
	size_t count = 0;
	for (size_t i = 0; i < left; i++)
		all[count++] = sides[0]->args[i];
	if (!left)
		all[count++] = sides[0];
	all[count++] = sides[1];
	struct expr *expr = expr_call(b, KQL_BOOL, sql, all, count);
	if (expr)
		expr->is_and_or = true;
	return expr;
}

/* ---- strings ---- */

/* clang-format off */
static const struct {
	enum binary_op op;
	bool fold, negated;
	const char *sql;
} texts[] = {
	{ BINARY_EQ_CI,            true,  false, "($0 = $1)" },
	{ BINARY_NE_CI,            true,  true,  "($0 = $1)" },
	{ BINARY_HAS,              true,  false, "k_has($0, $1)" },
	{ BINARY_NOT_HAS,          true,  true,  "k_has($0, $1)" },
	{ BINARY_HAS_CS,           false, false, "k_has($0, $1)" },
	{ BINARY_NOT_HAS_CS,       false, true,  "k_has($0, $1)" },
	{ BINARY_CONTAINS,         true,  false, "contains($0, $1)" },
	{ BINARY_NOT_CONTAINS,     true,  true,  "contains($0, $1)" },
	{ BINARY_CONTAINS_CS,      false, false, "contains($0, $1)" },
	{ BINARY_NOT_CONTAINS_CS,  false, true,  "contains($0, $1)" },
	{ BINARY_CONTAINSCS,       false, false, "contains($0, $1)" },
	{ BINARY_NOT_CONTAINSCS,   false, true,  "contains($0, $1)" },
	{ BINARY_STARTS,           true,  false, "starts_with($0, $1)" },
	{ BINARY_NOT_STARTS,       true,  true,  "starts_with($0, $1)" },
	{ BINARY_STARTS_CS,        false, false, "starts_with($0, $1)" },
	{ BINARY_NOT_STARTS_CS,    false, true,  "starts_with($0, $1)" },
	{ BINARY_ENDS,             true,  false, "suffix($0, $1)" },
	{ BINARY_NOT_ENDS,         true,  true,  "suffix($0, $1)" },
	{ BINARY_ENDS_CS,          false, false, "suffix($0, $1)" },
	{ BINARY_NOT_ENDS_CS,      false, true,  "suffix($0, $1)" },
	{ BINARY_HASPREFIX,        true,  false, "k_hasprefix($0, $1)" },
	{ BINARY_NOT_HASPREFIX,    true,  true,  "k_hasprefix($0, $1)" },
	{ BINARY_HASPREFIX_CS,     false, false, "k_hasprefix($0, $1)" },
	{ BINARY_NOT_HASPREFIX_CS, false, true,  "k_hasprefix($0, $1)" },
	{ BINARY_HASSUFFIX,        true,  false, "k_hassuffix($0, $1)" },
	{ BINARY_NOT_HASSUFFIX,    true,  true,  "k_hassuffix($0, $1)" },
	{ BINARY_HASSUFFIX_CS,     false, false, "k_hassuffix($0, $1)" },
	{ BINARY_NOT_HASSUFFIX_CS, false, true,  "k_hassuffix($0, $1)" },
};
/* clang-format on */

struct expr *text_operator(struct binder *b, enum binary_op op, struct expr *l, struct expr *r)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (texts[i].op != op)
			continue;
		if (texts[i].fold) {
			l = expr_call1(b, KQL_STRING, "lower($0)", l);
			r = expr_call1(b, KQL_STRING, "lower($0)", r);
		}
		struct expr *expr = expr_call2(b, KQL_BOOL, texts[i].sql, l, r);
		return texts[i].negated ? expr_call1(b, KQL_BOOL, "(NOT $0)", expr) : expr;
	}
	return NULL;
}

static struct expr *bind_text(struct binder *b, const struct node *node)
{
	bool search = b->search;
	b->search = false;
	struct expr *l = bind_expr(b, node->first);
	struct expr *r = l ? bind_expr(b, node->last) : NULL;
	b->search = search;
	if (!r)
		return NULL;
	bool fits = (l->type == KQL_STRING || l->type == KQL_DYNAMIC) &&
	            (r->type == KQL_STRING || r->type == KQL_DYNAMIC);
	if (!fits)
		return undefined(b, node, l, r);
	l = as_text(b, l);
	r = as_text(b, r);
	if (node->op == BINARY_MATCHES)
		return regex_call(b, node->last, KQL_BOOL, "regexp_matches($0, $1)", l, r);
	return text_operator(b, node->op, l, r);
}

struct expr *bind_binary(struct binder *b, const struct node *node)
{
	switch (node->op) {
	case BINARY_AND:
	case BINARY_OR: return bind_logic(b, node);
	case BINARY_IN:
	case BINARY_NOT_IN:
	case BINARY_IN_CI:
	case BINARY_NOT_IN_CI:
	case BINARY_HAS_ANY:
	case BINARY_HAS_ALL: return bind_in(b, node);
	default: break;
	}
	if (binary_rows[node->op].level == 7)
		return bind_text(b, node);
	bool search = b->search;
	b->search = false;
	struct expr *result = NULL;
	if (node->op == BINARY_BETWEEN || node->op == BINARY_NOT_BETWEEN) {
		result = bind_between(b, node);
	} else {
		struct expr *l = bind_expr(b, node->first);
		struct expr *r = l ? bind_expr(b, node->last) : NULL;
		if (r)
			result = node->op >= BINARY_ADD && node->op <= BINARY_MOD
			             ? arithmetic(b, node, l, r)
			             : compare(b, node, node->op, l, r);
	}
	b->search = search;
	return result;
}
