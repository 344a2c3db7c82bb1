/* op_search: search and partition: pipelines over several tables or per value. */
#include <string.h>

#include "query/bind_internal.h"

/* ---- search ---- */

/* The tables named, or all of them. */
bool tables_collect(struct binder *b, const struct node *node, struct union_tables *ret)
{
	const struct node *in = node_group(node, "in");
	struct node all = { .kind = NODE_PATTERN, .at = node->at, .len = node->len, .text = "*" };
	struct node group = { .kind = NODE_GROUP, .text = "in", .first = &all, .last = &all };
	ret->items = ARENA_ARRAY(b->arena, struct rowset *, UNION_TABLES_MAX);
	if (!ret->items)
		return bind_no_memory(b);
	return union_collect(b, in ? in : &group, false, ret);
}

struct rowset *searched(struct binder *b, const struct node *node, struct rowset *rows)
{
	struct rowset *row = b->row;
	b->row = rows;
	b->search = true;
	struct expr *where = bind_condition(b, node_group(node, "")->first);
	b->search = false;
	b->row = row;
	return where && rowset_filter(b, rows, where) ? rows : NULL;
}

/* Where a table is piped in, its name is not known any more. */
static struct rowset *piped_table(struct binder *b, struct rowset *input)
{
	struct union_tables one = { .items = &input, .count = 1 };
	struct rowset *named = rowset_copy(b, input);
	if (!named)
		return NULL;
	if (!named->source)
		named->source = "";
	one.items = &named;
	return union_make(b, &one, false, "$table");
}

struct rowset *op_search(struct binder *b, const struct node *node, struct rowset *input)
{
	const struct node *kind = node_param(node, "kind");
	struct union_tables tables_ = { 0 };
	struct rowset *rows;
	if (kind && !node_is(kind->first, "default") && !node_is(kind->first, "case_insensitive") &&
	    !node_is(kind->first, "case_sensitive"))
		return semantic(b, "SEM0053", kind, "'%s' is no kind of search", kind->first->text);
	if (input)
		rows = piped_table(b, input);
	else
		rows = tables_collect(b, node, &tables_) ? union_make(b, &tables_, false, "$table")
		                                         : NULL;
	b->case_counts = kind && node_is(kind->first, "case_sensitive");
	rows = rows ? searched(b, node, rows) : NULL;
	b->case_counts = false;
	return rows;
}

/* ---- partition ---- */

static struct rowset *distinct_values(struct binder *b, const struct column_ref *column,
                                      struct rowset *rows)
{
	struct made made = { .name = column->name,
		             .given = true,
		             .expr = expr_column(b, column->id, column->type) };
	struct made_list by = { .items = &made, .count = 1 }, none = { 0 };
	unsigned id;
	struct rowset *values = made.expr ? rowset_group(b, rows, &by, &none, &id) : NULL;
	return values && rowset_add(b, values, column->name, column->type, id) ? values : NULL;
}

/* Each row of `values` with the rows that `right`, which sees it and was bound since local_enter,
 * makes of it. */
static struct rowset *for_each(struct binder *b, struct rowset *values, struct rowset *right,
                               struct shared **outer)
{
	struct shared *own = local_leave(b, outer);
	struct rel *rel = right ? rel_new(b, REL_LATERAL, values->rel) : NULL;
	struct rowset *output = rel ? rowset_copy(b, right) : NULL;
	if (!output)
		return NULL;
	rel->right = right->rel;
	rel->shared = own;
	output->rel = rel;
	order_drop(output);
	return output;
}

/* The subquery has a source of its own, and sees of the row nothing but the value. */
static struct rowset *partition_whole(struct binder *b, const struct node *by,
                                      const struct node *query, struct rowset *input)
{
	const struct column_ref *column = bind_column(b, by, input);
	struct rowset *values = column ? distinct_values(b, column, input) : NULL;
	struct scope *scope = ARENA_NEW(b->arena, struct scope);
	const struct scope *outer = b->scope;
	if (!values || !scope)
		return NULL;
	*scope = (struct scope){
		.kind = SCOPE_VALUE, .name = column->name, .outer = outer, .next = outer
	};
	scope->value = expr_column(b, values->columns[0].id, column->type);
	b->scope = scope;
	struct shared **local = local_enter(b);
	struct rowset *right = scope->value ? bind_table(b, query) : NULL;
	b->scope = outer;
	return for_each(b, values, right, local);
}

/* The subquery runs over the rows of one value at a time. */
struct rowset *op_partition(struct binder *b, const struct node *node, struct rowset *input)
{
	const struct node *by = node_group(node, "by")->first, *sub = node_group(node, "");
	if (!sub)
		return partition_whole(b, by, node_group(node, "whole")->first, input);
	const struct column_ref *column = bind_column(b, by, input);
	struct rowset *shared = column ? rowset_share(b, input) : NULL;
	struct rowset *left = shared ? rowset_refer(b, shared) : NULL;
	struct rowset *right = left ? rowset_refer(b, shared) : NULL;
	if (!right)
		return NULL;
	struct rowset *values = distinct_values(b, rowset_find(left, by->text), left);
	const struct column_ref *own = rowset_find(right, by->text);
	if (!values)
		return NULL;
	struct expr *same = expr_call2(b, KQL_BOOL, "($0 IS NOT DISTINCT FROM $1)",
	                               expr_column(b, own->id, own->type),
	                               expr_column(b, values->columns[0].id, own->type));
	if (!rowset_filter(b, right, same))
		return NULL;
	struct shared **local = local_enter(b);
	return for_each(b, values, bind_operators(b, sub->first->first, right), local);
}
