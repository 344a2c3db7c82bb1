/* bind_call: calls of functions: which overload, which conversions, which result. */
#include <string.h>
#include <strings.h>

#include "query/bind_internal.h"

enum { PARAMS_MAX = 8 };

struct parameter {
	char type[16];
	bool optional, repeated;
};

struct signature {
	struct parameter items[PARAMS_MAX];
	size_t count, least;
	bool raw, open; /* open: the last one repeats */
};

static void parameter_read(struct parameter *p, const char *word, size_t len)
{
	const char *colon = memchr(word, ':', len);
	size_t skip = colon ? (size_t)(colon + 1 - word) : 0;
	word += skip;
	len -= skip;
	*p = (struct parameter){ .optional = word[len - 1] == '?',
		                 .repeated = word[len - 1] == '*' };
	len -= p->optional || p->repeated;
	if (len >= sizeof p->type)
		len = sizeof p->type - 1;
	memcpy(p->type, word, len);
}

static struct signature signature_read(const char *params)
{
	struct signature s = { .raw = strncmp(params, "raw", 3) == 0 };
	if (s.raw)
		return s;
	for (const char *at = params; *at && s.count < PARAMS_MAX; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		struct parameter *p = &s.items[s.count++];
		parameter_read(p, at, len);
		s.least += !p->optional;
		s.open |= p->repeated;
		at += len;
	}
	return s;
}

static const struct parameter *parameter_of(const struct signature *s, size_t i)
{
	return &s->items[i < s->count ? i : s->count - 1];
}

/* ---- what fits ---- */

static bool is_part(const char *list, const struct expr *arg)
{
	if (arg->kind != EXPR_VALUE || arg->type != KQL_STRING)
		return arg->type == KQL_STRING && arg->constant;
	for (const char *at = list; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		if (len == arg->value.s.len && strncasecmp(at, arg->value.s.at, len) == 0)
			return true;
		at += len;
	}
	return false;
}

/* The date's parts: lists of names, separated by blanks. */
static const char parts[] =
    "year quarter month week day hour minute second millisecond microsecond nanosecond";
static const char parts_of[] = "year quarter month week_of_year day dayofyear hour minute second "
			       "millisecond microsecond nanosecond";

static bool fits(const char *type, const struct expr *arg, const struct node *node,
                 enum function_kind kind)
{
	bool typeof_node = node->kind == NODE_TYPEOF;
	if (strcmp(type, "type") == 0 || typeof_node)
		return strcmp(type, "type") == 0 && typeof_node;
	enum kql_type t = arg->type;
	if (strcmp(type, "any") == 0 || strcmp(type, "text") == 0 || strcmp(type, "json") == 0 ||
	    strcmp(type, "common") == 0)
		return true;
	if (strcmp(type, "string") == 0)
		return t == KQL_STRING || t == KQL_DYNAMIC;
	if (strcmp(type, "plain") == 0)
		return t == KQL_STRING;
	if (strcmp(type, "long") == 0 || strcmp(type, "integer") == 0)
		return type_is_integer(t);
	if (strcmp(type, "number") == 0)
		return type_is_number(t);
	if (strcmp(type, "real") == 0)
		return type_is_number(t) && (t != KQL_DECIMAL || kind == FUNCTION_SCALAR);
	if (strcmp(type, "summable") == 0)
		return type_is_number(t) || t == KQL_DATETIME || t == KQL_TIMESPAN;
	if (strcmp(type, "ordered") == 0)
		return t != KQL_DYNAMIC && t != KQL_DECIMAL;
	if (strcmp(type, "part") == 0)
		return is_part(parts, arg);
	if (strcmp(type, "part_of") == 0)
		return is_part(parts_of, arg);
	if (strcmp(type, "mode") == 0)
		return is_part("normal regex", arg);
	return strcmp(type, kql_type_name(t)) == 0;
}

static bool count_fits(const struct signature *s, size_t count)
{
	return count >= s->least && (s->open || count <= s->count);
}

static bool all_fit(const struct function *row, const struct signature *s, const struct node *call,
                    struct expr **args, size_t count, const struct node **ret_bad)
{
	const struct node *node = call->first;
	for (size_t i = 0; i < count; i++, node = node->next) {
		if (!fits(parameter_of(s, i)->type, args[i], node, row->kind)) {
			*ret_bad = node;
			return false;
		}
	}
	return true;
}

/* ---- conversions ---- */

static struct expr *passed(struct binder *b, const char *type, struct expr *arg,
                           enum kql_type common)
{
	if (strcmp(type, "text") == 0 || strcmp(type, "string") == 0)
		return as_text(b, arg);
	if (strcmp(type, "real") == 0)
		return widen(b, arg, KQL_REAL);
	if (strcmp(type, "json") == 0)
		return as_json(b, arg);
	if (strcmp(type, "common") == 0)
		return common == KQL_DYNAMIC || arg->type == KQL_DYNAMIC
		           ? convert(b, as_json(b, arg), common)
		           : widen(b, arg, common);
	return arg;
}

/* The one type that all "common" arguments take; a mixture becomes dynamic. */
static enum kql_type common_type(const struct signature *s, struct expr **args, size_t count)
{
	enum kql_type type = KQL_TYPE_COUNT;
	bool mixed = false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(parameter_of(s, i)->type, "common") != 0)
			continue;
		if (type == KQL_TYPE_COUNT)
			type = args[i]->type;
		else
			mixed |= !type_common(type, args[i]->type, &type);
	}
	return mixed ? KQL_DYNAMIC : type;
}

static enum kql_type result_type(const struct function *row, struct expr **args, size_t count,
                                 enum kql_type common, const struct node *call)
{
	const char *result = row->result;
	if (strcmp(result, "same") == 0)
		return count ? args[0]->type : KQL_STRING;
	if (strcmp(result, "common") == 0)
		return common;
	if (strcmp(result, "typeof") == 0)
		return call->last && call->last->kind == NODE_TYPEOF ? call->last->type
		                                                     : KQL_STRING;
	return type_of_name(result, strlen(result));
}

/* ---- naming ---- */

static void call_name_set(struct binder *b, struct expr *expr, const struct function *row,
                          const char *first)
{
	if (row->naming == NAMING_NONE && row->bind && row->kind == FUNCTION_SCALAR)
		return; /* the binder's business */
	expr->name = NULL;
	if (row->naming == NAMING_FIRST)
		expr->name = first;
	else if (row->naming == NAMING_PREFIX_FIRST)
		expr->name = arena_printf(b->arena, "%s_%s", row->prefix ? row->prefix : row->name,
		                          first ? first : "");
}

/* ---- errors ---- */

static void *no_such_function(struct binder *b, const struct node *call)
{
	struct nearest near = nearest_to(call->text);
	const struct function *rows;
	for (size_t i = 0, n = functions(&rows); i < n; i++)
		nearest_offer(&near, rows[i].name);
	for (const struct scope *s = b->scope; s; s = s->next)
		if (s->kind == SCOPE_FUNCTION)
			nearest_offer(&near, s->name);
	return semantic(b, "SEM0260", call, "Unknown function: '%s'%s%s%s", call->text,
	                near.best ? "; did you mean '" : "", near.best ? near.best : "",
	                near.best ? "'?" : "");
}

static void *no_overload(struct binder *b, const struct function *first, const struct node *call,
                         size_t count, const struct node *bad, const char *bad_type)
{
	if (bad)
		return semantic(b, "SEM0061", bad, "'%s' does not take a %s here; it is %s(%s)",
		                call->text, bad_type, call->text, first->params);
	return semantic(b, "SEM0062", call, "'%s' does not take %zu argument%s; it is %s(%s)",
	                call->text, count, count == 1 ? "" : "s", call->text, first->params);
}

/* ---- the call ---- */

static struct expr *call_row(struct binder *b, const struct function *row,
                             const struct signature *s, const struct node *call, struct expr **args,
                             size_t count)
{
	const char *first = count ? args[0]->name : NULL;
	enum kql_type common = common_type(s, args, count);
	enum kql_type type = result_type(row, args, count, common, call);
	struct expr **converted = ARENA_ARRAY(b->arena, struct expr *, count + 1);
	if (!converted)
		return bind_no_memory(b);
	for (size_t i = 0; i < count; i++) {
		converted[i] = passed(b, parameter_of(s, i)->type, args[i], common);
		if (!converted[i])
			return NULL;
	}
	struct expr *expr;
	if (row->bind) {
		expr = row->bind(b, row, call, converted, count);
	} else {
		expr = expr_call(b, type, row->sql, converted, count);
		if (expr && row->is_volatile)
			expr->constant = false;
	}
	if (!expr)
		return NULL;
	if (strcmp(row->result, "common") == 0 && type != KQL_TYPE_COUNT && expr->type != type)
		expr->type = type;
	call_name_set(b, expr, row, first);
	return expr;
}

static struct expr **args_bind(struct binder *b, const struct node *call)
{
	struct expr **args = ARENA_ARRAY(b->arena, struct expr *, call->count + 1);
	size_t i = 0;
	if (!args)
		return bind_no_memory(b);
	EACH_CHILD(node, call)
	{
		if (node->kind == NODE_TYPEOF)
			args[i] =
			    expr_null(b, node->type == KQL_TYPE_COUNT ? KQL_STRING : node->type);
		else if (node->kind == NODE_NAMED)
			return semantic(b, "SEM0063", node, "'%s' has no named arguments",
			                call->text);
		else
			args[i] = bind_expr(b, node);
		if (!args[i++])
			return NULL;
	}
	return args;
}

static struct expr *resolve(struct binder *b, const struct function *first, const struct node *call)
{
	struct signature s = signature_read(first->params);
	if (s.raw) {
		struct expr *expr = first->bind(b, first, call, NULL, call->count);
		return expr;
	}
	struct expr **args = args_bind(b, call);
	const struct function *rows, *row = first;
	size_t all_rows = functions(&rows), left = all_rows - (size_t)(first - rows);
	const struct node *bad = NULL;
	if (!args)
		return NULL;
	for (; left && strcmp(row->name, first->name) == 0; row++, left--) {
		s = signature_read(row->params);
		if (count_fits(&s, call->count) && all_fit(row, &s, call, args, call->count, &bad))
			return call_row(b, row, &s, call, args, call->count);
	}
	size_t i = 0;
	EACH_CHILD(node, call)
	{
		if (node == bad)
			break;
		i++;
	}
	return no_overload(b, first, call, call->count, bad,
	                   bad ? kql_type_name(args[i]->type) : "");
}

/* An aggregate's own arguments see columns, but no further aggregates. */
static struct expr *bind_aggregate(struct binder *b, const struct function *row,
                                   const struct node *call)
{
	if (!b->aggregates || b->in_aggregate)
		return semantic(b, "SEM0064", call,
		                "The aggregate function '%s' is not allowed here", call->text);
	b->in_aggregate = true;
	struct expr *expr = resolve(b, row, call);
	b->in_aggregate = false;
	if (expr) {
		expr->aggregate = true;
		expr->constant = false;
	}
	return expr;
}

static struct expr *bind_window(struct binder *b, const struct function *row,
                                const struct node *call)
{
	if (!b->windows || !b->row || b->in_aggregate)
		return semantic(b, "SEM0065", call, "'%s' is not allowed here", call->text);
	if (!b->row->serialized)
		return semantic(b, "SEM0066", call,
		                "'%s' needs rows in a fixed order: sort or serialize them first",
		                call->text);
	if (!order_number(b, b->row))
		return NULL;
	struct expr *expr = resolve(b, row, call);
	if (!expr)
		return NULL;
	/* Computed below, so that where and nested calls see a column. */
	struct expr *column = expr_column(b, rowset_compute(b, b->row, expr), expr->type);
	return column && column->column ? column : NULL;
}

/* The function of the same name that takes values of one row, where there is one; else the same. */
static const struct function *scalar_of(const struct function *first)
{
	const struct function *rows, *end;
	size_t count = functions(&rows);
	end = rows + count;
	for (const struct function *row = first; row < end && strcmp(row->name, first->name) == 0;
	     row++)
		if (row->kind == FUNCTION_SCALAR)
			return row;
	return first;
}

static struct expr *bind_known_call(struct binder *b, const struct node *node)
{
	const struct scope *own = scope_find(b->scope, node->text);
	if (own && own->kind == SCOPE_FUNCTION) {
		bool aggregates = b->aggregates;
		if (node_is_tabular(b, node))
			return semantic(b, "SEM0014", node,
			                "'%s' gives a table where a scalar is expected",
			                node->text);
		struct expr *expr = bind_function_value(b, own, node);
		b->aggregates = aggregates;
		return expr;
	}
	const struct function *row = function_find(node->text);
	if (!row)
		return no_such_function(b, node);
	if (row->kind == FUNCTION_AGGREGATE && (!b->aggregates || b->in_aggregate))
		row = scalar_of(row);
	switch (row->kind) {
	case FUNCTION_AGGREGATE: return bind_aggregate(b, row, node);
	case FUNCTION_WINDOW: return bind_window(b, row, node);
	case FUNCTION_SCALAR: return resolve(b, row, node);
	default: return no_such_function(b, node);
	}
}

/* A text among a function's arguments is no search term. */
struct expr *bind_call(struct binder *b, const struct node *node)
{
	bool search = b->search;
	b->search = false;
	struct expr *expr = bind_known_call(b, node);
	b->search = search;
	return expr;
}

bool call_mentions(const struct node *node, const char *name)
{
	if (node->kind == NODE_NAME && strcmp(node->text, name) == 0)
		return true;
	EACH_CHILD(child, node)
	if (call_mentions(child, name))
		return true;
	return false;
}
