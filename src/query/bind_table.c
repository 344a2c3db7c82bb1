/* bind_table: where rows come from, and the pipeline behind it. */
#include <string.h>

#include "query/bind_internal.h"
#include "query/stored_function.h"
#include "query/watchlist.h"

/* clang-format off */
static const struct {
	const char *name;
	operator_binder *bind;
} operators[] = {
	{ "as",              op_as },
	{ "consume",         op_consume },
	{ "count",           op_count },
	{ "datatable",       op_datatable },
	{ "distinct",        op_distinct },
	{ "evaluate",        op_evaluate },
	{ "extend",          op_extend },
	{ "facet",           op_facet },
	{ "filter",          op_where },
	{ "find",            op_find },
	{ "fork",            op_fork },
	{ "getschema",       op_getschema },
	{ "invoke",          op_invoke },
	{ "join",            op_join },
	{ "limit",           op_take },
	{ "lookup",          op_join },
	{ "make-series",     op_make_series },
	{ "mv-apply",        op_mv_apply },
	{ "mv-expand",       op_mv_expand },
	{ "mvapply",         op_mv_apply },
	{ "mvexpand",        op_mv_expand },
	{ "order",           op_sort },
	{ "parse",           op_parse },
	{ "parse-kv",        op_parse_kv },
	{ "parse-where",     op_parse },
	{ "partition",       op_partition },
	{ "print",           op_print },
	{ "project",         op_project },
	{ "project-away",    op_project_away },
	{ "project-keep",    op_project_keep },
	{ "project-rename",  op_project_rename },
	{ "project-reorder", op_project_reorder },
	{ "range",           op_range },
	{ "render",          op_render },
	{ "sample",          op_sample },
	{ "sample-distinct", op_sample_distinct },
	{ "scan",            op_scan },
	{ "search",          op_search },
	{ "serialize",       op_serialize },
	{ "sort",            op_sort },
	{ "summarize",       op_summarize },
	{ "take",            op_take },
	{ "top",             op_top },
	{ "top-hitters",     op_top_hitters },
	{ "top-nested",      op_top_nested },
	{ "union",           op_union },
	{ "where",           op_where },
};
/* clang-format on */

struct rowset *bind_operator(struct binder *b, const struct node *node, struct rowset *input)
{
	for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
		if (!node_is(node, operators[i].name))
			continue;
		struct rowset *row = b->row;
		b->row = input;
		struct rowset *output = operators[i].bind(b, node, input);
		b->row = row;
		return output;
	}
	return semantic(b, "SEM0001", node, "The operator '%s' is not supported", node->text);
}

struct rowset *bind_operators(struct binder *b, const struct node *first, struct rowset *input)
{
	for (const struct node *node = first; node && input; node = node->next) {
		if (b->render.visualization)
			return semantic(b, "SEM0040", node, "Nothing may follow render");
		input = bind_operator(b, node, input);
	}
	return input;
}

/* ---- sources ---- */

/* The segments of the query's time may hold rows outside of it. */
static bool within_time(struct binder *b, struct rowset *rows)
{
	const struct time_range *time = &b->options->time;
	const struct column_ref *column = rowset_find(rows, "TimeGenerated");
	if ((time->from == INT64_MIN && time->to == INT64_MAX) || !column)
		return true;
	struct value from = { .type = KQL_DATETIME, .i = time->from };
	struct value to = { .type = KQL_DATETIME, .i = time->to };
	return rowset_filter(b, rows,
	                     expr_call3(b, KQL_BOOL, "($0 BETWEEN $1 AND $2)",
	                                expr_column(b, column->id, KQL_DATETIME),
	                                expr_value(b, from), expr_value(b, to)));
}

static struct rowset *workspace_rows(struct binder *b, int id)
{
	enum table_id table = (enum table_id)id;
	struct rel *rel = rel_new(b, REL_TABLE, NULL);
	struct rowset *rows = rowset_new(b, rel, COLUMN_COUNT);
	if (!rows)
		return NULL;
	rel->filter = (struct segment_filter){ .table = table,
		                               .time = b->options->time,
		                               .recorded = TIME_RANGE_ALL };
	rel->first_id = b->next_id;
	for (int c = 0; c < COLUMN_COUNT; c++) {
		if (!column_in((enum column_id)c, table))
			continue;
		rows->columns[rows->count++] =
		    (struct column_ref){ columns[c].name, column_type((enum column_id)c, table),
			                 b->next_id++ };
	}
	rows->source = tables[table].name;
	return within_time(b, rows) ? rows : NULL;
}

static void *unknown_table(struct binder *b, const struct node *node)
{
	struct nearest near = nearest_to(node->text);
	for (const struct scope *s = b->scope; s; s = s->next)
		nearest_offer(&near, s->name);
	for (int i = 0; b->options->has_workspace && i < TABLE_COUNT; i++)
		nearest_offer(&near, tables[i].name);
	return semantic(b, "SEM0100", node,
	                "Failed to resolve table or column expression named '%s'%s%s%s", node->text,
	                near.best ? "; did you mean '" : "", near.best ? near.best : "",
	                near.best ? "'?" : "");
}

/* A function without parameters that may be named as a table is. */
bool scope_is_view(const struct scope *scope)
{
	return scope->kind == SCOPE_FUNCTION && scope->node->text && node_is(scope->node, "view") &&
	       scope->node->count == 1;
}

static struct rowset *scope_rows(struct binder *b, const struct node *node,
                                 const struct scope *found)
{
	if (found->kind == SCOPE_SHARED)
		return rowset_refer(b, found->table);
	if (found->kind == SCOPE_FUNCTION && found->node->count == 1) {
		struct node call = { .kind = NODE_CALL, .at = node->at, .len = node->len };
		call.text = found->name;
		return bind_function_table(b, found, &call, NULL);
	}
	if (found->kind != SCOPE_TABULAR)
		return semantic(b, "SEM0014", node, "'%s' is a %s where a table is expected",
		                node->text, found->kind == SCOPE_FUNCTION ? "function" : "scalar");
	if (found->ready && *found->ready) {
		struct rowset *ready = *found->ready;
		*found->ready = NULL;
		return ready;
	}
	const struct scope *scope = b->scope;
	struct rowset *row = b->row;
	b->scope = found->outer;
	b->row = NULL;
	struct rowset *rows = bind_table(b, found->node);
	b->scope = scope;
	b->row = row;
	return rows;
}

static struct rowset *named_rows(struct binder *b, const struct node *node)
{
	const struct scope *found = scope_find(b->scope, node->text);
	if (found) {
		struct rowset *rows = scope_rows(b, node, found);
		if (rows && !rows->source)
			rows->source = node->text;
		return rows;
	}
	int id = b->options->has_workspace ? workspace_table(node->text) : -1;
	return id < 0 ? unknown_table(b, node) : workspace_rows(b, id);
}

/* workspace("name").T, database("name").T: this workspace's T */
static bool is_elsewhere(const struct node *node)
{
	static const char *const names[] = { "workspace", "database", "cluster", "app",
		                             "resource" };
	const struct node *base = node->first;
	while (node->kind == NODE_MEMBER && base && base->kind == NODE_MEMBER)
		base = base->first;
	for (size_t i = 0; node->kind == NODE_MEMBER && base && i < ARRAY_LEN(names); i++)
		if (base->kind == NODE_CALL && node_is(base, names[i]))
			return true;
	return false;
}

/* What is called: a let, or a function that every query sees. */
static const struct scope *function_scope(const struct binder *b, const struct node *call)
{
	const struct scope *found = scope_find(b->scope, call->text);
	return found ? found : stored_function_find(b, call->text);
}

static struct rowset *called_rows(struct binder *b, const struct node *node)
{
	const struct scope *found = function_scope(b, node);
	if (found && found->kind == SCOPE_FUNCTION)
		return bind_function_table(b, found, node, NULL);
	if (node_is(node, "materialize") && node->count == 1)
		return bind_table(b, node->first);
	if (node_is(node, "_GetWatchlist") && node->count == 1)
		return bind_watchlist(b, node);
	if (node_is(node, "table") && node->count >= 1) {
		struct value name;
		if (!bind_constant(b, node->first, &name))
			return NULL;
		struct node named = { .kind = NODE_NAME, .at = node->at, .len = node->len };
		named.text = name.type == KQL_STRING ? name.s.at : "";
		named.text_len = strlen(named.text);
		return named_rows(b, &named);
	}
	if (function_find(node->text))
		return semantic(b, "SEM0014", node, "'%s' gives a scalar where a table is expected",
		                node->text);
	return unknown_table(b, node);
}

static struct rowset *bind_source(struct binder *b, const struct node *node)
{
	switch (node->kind) {
	case NODE_NAME: return named_rows(b, node);
	case NODE_CALL: return called_rows(b, node);
	case NODE_PIPELINE: return bind_table(b, node);
	case NODE_OPERATOR: return bind_operator(b, node, NULL);
	case NODE_MEMBER:
		if (is_elsewhere(node))
			return named_rows(b, node);
		break;
	default: break;
	}
	return semantic(b, "SEM0036", node, "A table is expected here");
}

struct rowset *bind_table(struct binder *b, const struct node *node)
{
	if (!bind_enter(b, node))
		return NULL;
	/* What is around a table in a scalar expression does not reach into it. */
	bool aggregates = b->aggregates, windows = b->windows, search = b->search;
	struct rowset *row = b->row, *right = b->right;
	b->aggregates = b->windows = b->search = false;
	b->row = b->right = NULL;
	struct rowset *rows;
	if (node->kind == NODE_PIPELINE) {
		rows = bind_source(b, node->first);
		rows = rows ? bind_operators(b, node->first->next, rows) : NULL;
	} else {
		rows = bind_source(b, node);
	}
	b->aggregates = aggregates;
	b->windows = windows;
	b->search = search;
	b->row = row;
	b->right = right;
	bind_leave(b);
	return rows;
}

/* ---- telling tables from scalars ---- */

static bool body_is_tabular(const struct binder *b, const struct node *function,
                            const struct node *node)
{
	if (node->kind == NODE_NAME) {
		EACH_CHILD(parameter, function)
		if (parameter->kind != NODE_BODY && strcmp(parameter->text, node->text) == 0)
			return parameter->kind == NODE_TABLE;
		EACH_CHILD(let, function->last)
		if (let->kind == NODE_LET && let != node && strcmp(let->text, node->text) == 0)
			return let->first->kind != NODE_NAME && node_is_tabular(b, let->first);
	}
	return node_is_tabular(b, node);
}

static bool call_is_tabular(const struct binder *b, const struct node *node)
{
	const struct scope *found = function_scope(b, node);
	if (!found || found->kind != SCOPE_FUNCTION)
		return node_is(node, "materialize") || node_is(node, "table") ||
		       node_is(node, "_GetWatchlist");
	const struct node *result = found->node->last->last;
	/* A function sees only what was there before it, so this ends. */
	struct binder inner = *b;
	inner.scope = found->outer;
	return result && body_is_tabular(&inner, found->node, result);
}

bool node_is_tabular(const struct binder *b, const struct node *node)
{
	const struct scope *found;
	switch (node->kind) {
	case NODE_PIPELINE:
	case NODE_OPERATOR: return true;
	case NODE_CALL: return call_is_tabular(b, node);
	case NODE_MEMBER: return is_elsewhere(node);
	case NODE_NAME:
		if (b->row && rowset_find(b->row, node->text))
			return false;
		found = scope_find(b->scope, node->text);
		if (found)
			return found->kind == SCOPE_TABULAR || found->kind == SCOPE_SHARED ||
			       scope_is_view(found);
		return b->options->has_workspace && workspace_table(node->text) >= 0;
	default: return false;
	}
}
