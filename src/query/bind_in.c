/* bind_in: in, has_any, has_all over lists, arrays and tables; and * in conditions. */
#include <string.h>

#include "query/bind_internal.h"
#include "query/json.h"

enum { ARRAY_TEXTS = 1000 };

static bool is_case_blind(enum binary_op op)
{
	return op == BINARY_IN_CI || op == BINARY_NOT_IN_CI;
}

static struct expr *fold(struct binder *b, enum binary_op op, struct expr *expr)
{
	if (!expr || !is_case_blind(op) || expr->type != KQL_STRING)
		return expr;
	return expr_call1(b, KQL_STRING, "lower($0)", expr);
}

static struct expr *any_of(struct binder *b, struct expr *one, struct expr *other)
{
	if (!one || !other)
		return one ? one : other;
	return expr_call2(b, KQL_BOOL, "($|)", one, other);
}

/* value in (a, b, c): scalars of one kind in one SQL list */
static struct expr *in_scalars(struct binder *b, const struct node *node, struct expr *value,
                               struct expr **items, size_t count)
{
	enum kql_type type = value->type;
	for (size_t i = 1; i < count; i++) {
		bool numbers = type_is_number(type) && type_is_number(items[i]->type);
		if (type == KQL_DYNAMIC || items[i]->type == type)
			continue;
		if (!numbers)
			return semantic(
			    b, "SEM0024", node, "The operator '%s' is not defined for %s and %s",
			    node->text, kql_type_name(value->type), kql_type_name(items[i]->type));
		type = type_widest(type, items[i]->type);
	}
	items[0] = value;
	for (size_t i = 0; i < count; i++)
		items[i] = fold(b, node->op, widen(b, items[i], type));
	const char *plain = type == KQL_DYNAMIC ? "k_json_in($*)" : "($0 IN ($1*))";
	struct expr *expr = expr_call(b, KQL_BOOL, plain, items, count);
	if (expr)
		expr->membership = type == KQL_STRING;
	if (!expr || type == KQL_STRING || type == KQL_DYNAMIC)
		return expr;
	expr->filter = plain;
	expr->sql = "coalesce($0 IN ($1*), FALSE)";
	return expr;
}

/* The texts of a constant array as expressions, from number 1 on; 1 where it is not known, has
 * other elements, or too many. */
static size_t texts_of(struct binder *b, const struct expr *array, struct expr *ret[ARRAY_TEXTS])
{
	struct json element, inside;
	size_t count = 1;
	if (array->kind != EXPR_VALUE || array->value.null)
		return 1;
	inside = json_inside((struct json){ array->value.s.at, array->value.s.len });
	while (json_next(&inside, &element)) {
		struct buf text = { 0 };
		if (count == ARRAY_TEXTS || json_kind(element) != JSON_STRING)
			return 1;
		json_string_text(element, &text);
		const char *kept = arena_strndup(b->arena, buf_text(&text), text.len);
		struct value value = { .type = KQL_STRING, .s = { kept, text.len } };
		bool ok = kept && !text.failed;
		buf_done(&text);
		ret[count] = ok ? expr_value(b, value) : NULL;
		if (!ret[count++])
			return 1;
	}
	return count;
}

/* Texts among texts are asked for as such, which the database and its files are quicker at. */
static struct expr *in_array(struct binder *b, const struct node *node, struct expr *value,
                             struct expr *array)
{
	struct expr *items[ARRAY_TEXTS];
	size_t count = value->type == KQL_STRING ? texts_of(b, array, items) : 1;
	if (count > 1)
		return in_scalars(b, node, value, items, count);
	return expr_call2(b, KQL_BOOL,
	                  is_case_blind(node->op) ? "k_json_holds(lower($0), lower($1))"
	                                          : "k_json_holds($0, $1)",
	                  as_json(b, value), array);
}

static struct expr *in_table(struct binder *b, const struct node *node, struct expr *value,
                             const struct node *item)
{
	struct rowset *table = bind_table(b, item);
	if (!table)
		return NULL;
	if (!table->count)
		return semantic(b, "SEM0025", item, "The table has no column");
	struct rowset *row = b->row;
	struct expr *column = expr_column(b, table->columns[0].id, table->columns[0].type);
	enum kql_type type = KQL_STRING;
	if (!column)
		return NULL;
	if (!type_common(value->type, column->type, &type))
		return semantic(b, "SEM0024", item,
		                "The operator '%s' is not defined for %s and %s", node->text,
		                kql_type_name(value->type), kql_type_name(column->type));
	b->row = table;
	unsigned id = rowset_compute(b, table, fold(b, node->op, widen(b, column, type)));
	b->row = row;
	struct expr *in = expr_call1(b, KQL_BOOL, "", fold(b, node->op, widen(b, value, type)));
	if (!in || !id)
		return NULL;
	in->kind = EXPR_IN;
	in->rel = table->rel;
	in->column = id;
	return in;
}

/* What a list holds is told apart: tables, arrays and plain scalars. */
static struct expr *bind_list(struct binder *b, const struct node *node, struct expr *value)
{
	const struct node *list = node->last;
	struct expr **scalars = ARENA_ARRAY(b->arena, struct expr *, list->count + 2);
	size_t count = 1;
	struct expr *result = NULL;
	if (!scalars)
		return bind_no_memory(b);
	EACH_CHILD(item, list)
	{
		struct expr *part = NULL;
		if (node_is_tabular(b, item)) {
			part = in_table(b, node, value, item);
		} else {
			struct expr *bound = bind_expr(b, item);
			if (!bound)
				return NULL;
			if (bound->type != KQL_DYNAMIC) {
				scalars[count++] = bound;
				continue;
			}
			part = in_array(b, node, value, bound);
		}
		if (!part)
			return NULL;
		result = any_of(b, result, part);
	}
	if (count > 1)
		result = any_of(b, result, in_scalars(b, node, value, scalars, count));
	if (!result && b->e->class == QUERY_OK)
		return expr_value(b, (struct value){ .type = KQL_BOOL, .b = false });
	return result;
}

/* has_any, has_all: items are texts or arrays of texts */
static struct expr *bind_terms(struct binder *b, const struct node *node, struct expr *value)
{
	bool all = node->op == BINARY_HAS_ALL;
	if (value->type != KQL_STRING && value->type != KQL_DYNAMIC)
		return semantic(b, "SEM0024", node, "The operator '%s' is not defined for %s",
		                node->text, kql_type_name(value->type));
	struct expr **parts = ARENA_ARRAY(b->arena, struct expr *, node->last->count + 1);
	size_t count = 0;
	struct expr *text = expr_call1(b, KQL_STRING, "lower($0)", as_text(b, value));
	if (!parts)
		return bind_no_memory(b);
	EACH_CHILD(item, node->last)
	{
		struct expr *term;
		if (node_is_tabular(b, item)) {
			struct rowset *table = bind_table(b, item);
			term = table ? rowset_array(b, item, table) : NULL;
		} else {
			term = bind_expr(b, item);
		}
		if (!term)
			return NULL;
		if (term->type == KQL_DYNAMIC)
			parts[count++] = expr_call2(b, KQL_BOOL,
			                            all ? "k_has_all($0, lower($1))"
			                                : "k_has_any($0, lower($1))",
			                            text, term);
		else
			parts[count++] =
			    expr_call2(b, KQL_BOOL, "k_has($0, lower($1))", text, as_text(b, term));
	}
	return expr_call(b, KQL_BOOL, all ? "($&)" : "($|)", parts, count);
}

struct expr *bind_in(struct binder *b, const struct node *node)
{
	struct expr *value = bind_expr(b, node->first);
	if (!value)
		return NULL;
	if (node->op == BINARY_HAS_ANY || node->op == BINARY_HAS_ALL)
		return node->last->count ? bind_terms(b, node, value)
		                         : semantic(b, "SEM0025", node, "The list is empty");
	struct expr *in = bind_list(b, node, value);
	bool negated = node->op == BINARY_NOT_IN || node->op == BINARY_NOT_IN_CI;
	if (!in || !negated)
		return in;
	/* Below NOT, null and false differ. */
	return expr_call1(b, KQL_BOOL, "(NOT coalesce($0, FALSE))", in);
}

/* ---- * has "x", and the terms of search ---- */

/* A search term with stars: "abc*" is a prefix of a word, "*abc*" is anywhere in it. */
static enum binary_op search_operator(const char **text, size_t *len, bool cs)
{
	bool head = *len && (*text)[0] == '*', tail = *len > 1 && (*text)[*len - 1] == '*';
	*text += head;
	*len -= (size_t)head + tail;
	if (cs)
		return head && tail ? BINARY_CONTAINS_CS
		       : head       ? BINARY_HASSUFFIX_CS
		       : tail       ? BINARY_HASPREFIX_CS
		                    : BINARY_HAS_CS;
	return head && tail ? BINARY_CONTAINS
	       : head       ? BINARY_HASSUFFIX
	       : tail       ? BINARY_HASPREFIX
	                    : BINARY_HAS;
}

struct expr *bind_star(struct binder *b, const struct node *node)
{
	enum binary_op op = node->op;
	struct expr *text;
	if (node->kind == NODE_LITERAL) {
		struct value value = node->value;
		op = search_operator(&value.s.at, &value.s.len, b->case_counts);
		text = expr_value(b, value);
	} else {
		if (binary_rows[op].level != 7 && op != BINARY_EQ)
			return semantic(b, "SEM0024", node, "The operator '%s' does not go with *",
			                node->text);
		bool search = b->search;
		b->search = false;
		text = bind_expr(b, node->last);
		b->search = search;
	}
	if (!text || !b->row)
		return text ? semantic(b, "SEM0026", node, "There are no columns to search") : NULL;
	if (text->type != KQL_STRING)
		return semantic(b, "SEM0024", node, "* is compared with texts only");
	struct expr **parts = ARENA_ARRAY(b->arena, struct expr *, b->row->count + 1);
	size_t count = 0;
	if (!parts)
		return bind_no_memory(b);
	for (size_t i = 0; i < b->row->count; i++) {
		const struct column_ref *c = &b->row->columns[i];
		struct expr *column = as_text(b, expr_column(b, c->id, c->type));
		parts[count++] = op == BINARY_EQ ? compare(b, node, op, column, text)
		                                 : text_operator(b, op, column, text);
	}
	if (!count)
		return expr_value(b, (struct value){ .type = KQL_BOOL });
	return expr_call(b, KQL_BOOL, "($|)", parts, count);
}
