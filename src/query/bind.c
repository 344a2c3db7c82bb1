#include "query/bind.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "query/bind_internal.h"

/* ---- errors and bounds ---- */

void *semantic(struct binder *b, const char *code, const struct node *at, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	query_error_set(b->e, QUERY_SEMANTIC, code, at ? at->at : 0, at ? at->len : 0, "%s", text);
	return NULL;
}

void *bind_no_memory(struct binder *b)
{
	query_error_set(b->e, QUERY_LIMIT, "LIM0001", 0, 0, "The query is too complex");
	return NULL;
}

bool bind_enter(struct binder *b, const struct node *at)
{
	if (++b->work > BIND_NODES_MAX) {
		bind_no_memory(b);
		return false;
	}
	if (++b->depth <= BIND_DEPTH_MAX + AST_DEPTH_MAX * 4)
		return true;
	semantic(b, "SEM0002", at, "The query is nested too deeply");
	return false;
}

void bind_leave(struct binder *b)
{
	b->depth--;
}

/* ---- scopes ---- */

const struct scope *scope_find(const struct scope *scope, const char *name)
{
	for (; scope; scope = scope->next)
		if (strcmp(scope->name, name) == 0)
			return scope;
	return NULL;
}

static struct scope *scope_new(struct binder *b, int kind, const char *name)
{
	struct scope *scope = ARENA_NEW(b->arena, struct scope);
	if (!scope)
		return bind_no_memory(b);
	scope->kind = kind;
	scope->name = name;
	scope->next = scope->outer = b->scope;
	return scope;
}

static bool scope_push(struct binder *b, struct scope *scope)
{
	if (!scope)
		return false;
	b->scope = scope;
	return true;
}

static bool push_value(struct binder *b, const char *name, struct expr *value)
{
	struct scope *scope = value ? scope_new(b, SCOPE_VALUE, name) : NULL;
	if (scope)
		scope->value = value;
	return scope_push(b, scope);
}

int workspace_table(const char *name)
{
	return table_find(name);
}

/* ---- let ---- */

static bool is_call_of(const struct node *node, const char *name)
{
	return node->kind == NODE_CALL && node_is(node, name);
}

/* materialize(T), or a pipeline that is nothing else */
static const struct node *materialized(const struct node *node)
{
	if (node->kind == NODE_PIPELINE && node->count == 1)
		node = node->first;
	return is_call_of(node, "materialize") && node->count == 1 ? node->first : NULL;
}

/* What is bound once serves the first use, or, shared, every one. */
static bool scope_fill(struct binder *b, struct scope *scope, struct rowset *table)
{
	if (scope->kind == SCOPE_SHARED) {
		scope->table = rowset_share(b, table);
		return scope->table;
	}
	scope->ready = ARENA_NEW(b->arena, struct rowset *);
	if (!scope->ready)
		return bind_no_memory(b);
	*scope->ready = table;
	return true;
}

/* How often a name stands in a tree, up to `most`. */
static unsigned uses_in(const struct node *node, const char *name, unsigned most)
{
	unsigned count =
	    (node->kind == NODE_NAME || node->kind == NODE_CALL) && node_is(node, name);
	for (const struct node *child = node->first; child && count < most; child = child->next)
		count += uses_in(child, name, most - count);
	return count;
}

/* Whether rows are grouped or joined anywhere in it: work that is not to be done twice.  What only
 * filters is better done where it is used, with the filters of each use. */
static bool is_work(const struct rel *rel, unsigned depth)
{
	if (!rel || depth > BIND_DEPTH_MAX)
		return false;
	if (rel->kind == REL_AGGREGATE || rel->kind == REL_JOIN)
		return true;
	for (size_t i = 0; i < rel->input_count && rel->kind == REL_UNION; i++)
		if (is_work(rel->inputs[i].rel, depth + 1))
			return true;
	return is_work(rel->left, depth + 1) || is_work(rel->right, depth + 1);
}

static bool is_used_again(struct binder *b, const struct node *let)
{
	unsigned uses = 0;
	if (b->lets_counted++ >= LETS_COUNTED_MAX)
		return false;
	for (const struct node *later = let->next; later && uses < 2; later = later->next)
		uses += uses_in(later, let->text, 2);
	return uses >= 2;
}

static bool let_table(struct binder *b, const struct node *node)
{
	const struct node *value = node->first, *inner = materialized(value);
	struct rowset *table = bind_table(b, inner ? inner : value);
	if (!table)
		return false;
	bool once = inner || (is_work(table->rel, 0) && is_used_again(b, node));
	struct scope *scope = scope_new(b, once ? SCOPE_SHARED : SCOPE_TABULAR, node->text);
	if (!scope)
		return false;
	scope->node = value;
	if (!scope_fill(b, scope, table))
		return false;
	return scope_push(b, scope);
}

bool bind_let(struct binder *b, const struct node *node)
{
	const struct node *value = node->first;
	if (value->kind == NODE_FUNCTION) {
		struct scope *scope = scope_new(b, SCOPE_FUNCTION, node->text);
		if (scope)
			scope->node = value;
		return scope_push(b, scope);
	}
	if (node_is_tabular(b, value))
		return let_table(b, node);
	return push_value(b, node->text, bind_expr(b, value));
}

static bool let_is_new(struct binder *b, const struct node *body, const struct node *let)
{
	EACH_CHILD(other, body)
	{
		if (other == let)
			return true;
		if (other->kind == NODE_LET && node_is(other, let->text))
			return semantic(b, "SEM0030", let, "The name '%s' is bound twice",
			                let->text);
	}
	return true;
}

/* declare query_parameters: the defaults are the values */
static bool bind_declare(struct binder *b, const struct node *node)
{
	EACH_CHILD(column, node)
	{
		if (!column->first)
			return semantic(b, "SEM0031", column, "The parameter '%s' has no value",
			                column->text);
		if (!push_value(b, column->text,
		                bind_typed(b, column->first, column->type, "The default")))
			return false;
	}
	return true;
}

/* ---- functions that queries define ---- */

static const struct node *body_result(const struct node *body)
{
	return body->last && body->last->kind != NODE_LET && body->last->kind != NODE_SET
	           ? body->last
	           : NULL;
}

static const struct node *argument_for(const struct node *call, const struct node *parameter,
                                       size_t position)
{
	EACH_CHILD(arg, call)
	if (arg->kind == NODE_NAMED && strcmp(arg->text, parameter->text) == 0)
		return arg->first;
	const struct node *arg = node_child(call, position);
	return arg && arg->kind != NODE_NAMED ? arg : NULL;
}

static bool columns_present(struct binder *b, const struct node *at, const struct node *parameter,
                            const struct rowset *table)
{
	EACH_CHILD(column, parameter)
	{
		const struct column_ref *found = rowset_find(table, column->text);
		if (!found || found->type != column->type)
			return semantic(b, "SEM0032", at, "The table has no column '%s' of type %s",
			                column->text, kql_type_name(column->type));
	}
	return true;
}

/* A table passed: piped in by invoke, or an expression of the caller's. */
static struct scope *pass_table(struct binder *b, const struct node *call,
                                const struct node *parameter, const struct node *arg,
                                struct rowset *piped)
{
	struct scope *scope = scope_new(b, piped ? SCOPE_SHARED : SCOPE_TABULAR, parameter->text);
	struct rowset *table = piped ? piped : bind_table(b, arg);
	if (!scope || !table || !columns_present(b, arg ? arg : call, parameter, table))
		return NULL;
	scope->node = arg;
	scope->outer = b->scope;
	return scope_fill(b, scope, table) ? scope : NULL;
}

static struct scope *pass_value(struct binder *b, const struct node *call,
                                const struct node *parameter, const struct node *arg)
{
	if (!arg)
		arg = parameter->first;
	if (!arg)
		return semantic(b, "SEM0033", call, "'%s' needs a value for '%s'", call->text,
		                parameter->text);
	struct expr *value = bind_expr(b, arg);
	if (!value)
		return NULL;
	bool fits = value->type == parameter->type || value->type == KQL_DYNAMIC ||
	            parameter->type == KQL_DYNAMIC ||
	            (type_is_number(value->type) && type_is_number(parameter->type));
	if (!fits)
		return semantic(b, "SEM0033", arg, "'%s' is of type %s, not %s", parameter->text,
		                kql_type_name(parameter->type), kql_type_name(value->type));
	struct scope *scope = scope_new(b, SCOPE_VALUE, parameter->text);
	if (scope)
		scope->value = value->type == KQL_DYNAMIC ? convert(b, value, parameter->type)
		                                          : widen(b, value, parameter->type);
	return scope && scope->value ? scope : NULL;
}

/* Arguments are bound where the call stands, then linked in front of what the function sees. */
static const struct scope *pass_all(struct binder *b, const struct scope *function,
                                    const struct node *call, struct rowset *piped)
{
	const struct scope *inner = function->outer;
	size_t position = 0, given = call->count + (piped ? 1 : 0);
	EACH_CHILD(parameter, function->node)
	{
		if (parameter->kind == NODE_BODY)
			break;
		bool tabular = parameter->kind == NODE_TABLE;
		struct rowset *in = tabular && piped && position == 0 ? piped : NULL;
		const struct node *arg =
		    in ? NULL : argument_for(call, parameter, position - (piped ? 1 : 0));
		if (tabular && !in && !arg)
			return semantic(b, "SEM0033", call, "'%s' needs a table for '%s'",
			                call->text, parameter->text);
		struct scope *scope = tabular ? pass_table(b, call, parameter, arg, in)
		                              : pass_value(b, call, parameter, arg);
		if (!scope)
			return NULL;
		scope->next = inner;
		inner = scope;
		position++;
	}
	if (given > position)
		return semantic(b, "SEM0033", call, "'%s' takes %zu argument%s", call->text,
		                position, position == 1 ? "" : "s");
	return inner ? inner : function;
}

static bool bind_body_lets(struct binder *b, const struct node *body)
{
	EACH_CHILD(statement, body)
	if (statement->kind == NODE_LET &&
	    (!let_is_new(b, body, statement) || !bind_let(b, statement)))
		return false;
	return true;
}

struct rowset *bind_body(struct binder *b, const struct node *body)
{
	const struct node *result = body_result(body);
	if (!bind_body_lets(b, body))
		return NULL;
	return result ? bind_table(b, result)
	              : semantic(b, "SEM0034", body, "The function returns nothing");
}

struct rowset *bind_function_table(struct binder *b, const struct scope *function,
                                   const struct node *call, struct rowset *piped)
{
	if (!bind_enter(b, call))
		return NULL;
	const struct scope *outer = b->scope, *inner = pass_all(b, function, call, piped);
	struct rowset *row = b->row, *table = NULL;
	if (inner) {
		b->scope = inner;
		b->row = NULL;
		table = bind_body(b, function->node->last);
	}
	b->scope = outer;
	b->row = row;
	bind_leave(b);
	return table;
}

struct expr *bind_function_value(struct binder *b, const struct scope *function,
                                 const struct node *call)
{
	const struct scope *outer = b->scope, *inner = pass_all(b, function, call, NULL);
	if (!inner)
		return NULL;
	struct rowset *row = b->row;
	struct expr *value = NULL;
	const struct node *body = function->node->last, *result = body_result(body);
	b->scope = inner;
	b->row = NULL;
	if (!result)
		semantic(b, "SEM0034", call, "The function '%s' returns nothing", call->text);
	else if (bind_body_lets(b, body))
		value = bind_expr(b, result);
	b->scope = outer;
	b->row = row;
	if (!value)
		return NULL;
	struct expr *unnamed = expr_new(b, value->kind, value->type);
	if (unnamed) {
		*unnamed = *value;
		unnamed->name = NULL;
	}
	return unnamed;
}

/* ---- the query ---- */

/* Of all request properties query_now alone changes what an answer is; others are of no effect. */
static bool bind_set(struct binder *b, const struct node *node)
{
	struct value value;
	if (strcmp(node->text, "query_now") != 0)
		return true;
	if (!node->count)
		return semantic(b, "SEM0075", node, "query_now is set to a datetime");
	if (!bind_constant(b, node->first, &value))
		return false;
	if (value.type != KQL_DATETIME || value.null)
		return semantic(b, "SEM0075", node->first, "query_now is set to a datetime");
	b->now = value.i;
	return true;
}

bool result_add(struct binder *b, const struct node *at, const char *name, struct rowset *table)
{
	if (b->result_count == BIND_RESULTS_MAX)
		return semantic(b, "SEM0035", at, "A query gives at most %d tables",
		                BIND_RESULTS_MAX);
	b->results[b->result_count++] = (struct bound_result){ name, table };
	return table;
}

/* A table, or several: then its last operator has added them. */
static bool bind_results(struct binder *b, const struct node *node)
{
	size_t before = b->result_count;
	b->statement = node;
	struct rowset *table = bind_table(b, node);
	b->statement = NULL;
	return table && (b->result_count > before || result_add(b, node, NULL, table));
}

static bool bind_statement(struct binder *b, const struct node *body, const struct node *node)
{
	switch (node->kind) {
	case NODE_LET: return let_is_new(b, body, node) && bind_let(b, node);
	case NODE_SET: return bind_set(b, node);
	case NODE_DECLARE: return bind_declare(b, node);
	default: break;
	}
	if (!node_is_tabular(b, node) && node->kind != NODE_NAME)
		return semantic(b, "SEM0036", node, "A table is expected, not a scalar");
	return bind_results(b, node);
}

bool bind_query(const struct node *body, const struct bind_options *options,
                struct bound_query *ret, struct query_error *e)
{
	struct binder b = { .options = options,
		            .arena = options->arena,
		            .e = e,
		            .next_id = 1,
		            .now = options->now };
	EACH_CHILD(statement, body)
	if (!bind_statement(&b, body, statement)) {
		bind_no_memory(&b); /* of no effect where an error is set */
		return false;
	}
	if (!b.result_count)
		return query_error_set(e, QUERY_SEMANTIC, "SEM0037", body->at, 0,
		                       "The query has no tabular expression");
	struct bound_result *results =
	    ARENA_ARRAY(options->arena, struct bound_result, b.result_count);
	if (!results)
		return bind_no_memory(&b);
	memcpy(results, b.results, b.result_count * sizeof *results);
	*ret = (struct bound_query){ results[0].table, results,  b.result_count,
		                     b.shared,         b.render, b.next_id };
	return true;
}
