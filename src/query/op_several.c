/* op_several: fork and facet, which give several tables. */
#include <string.h>

#include "query/bind_internal.h"

/* Only at the end of a statement is there somebody to take several tables. */
static bool ends_statement(struct binder *b, const struct node *node)
{
	if (b->statement && b->statement->kind == NODE_PIPELINE && b->statement->last == node)
		return true;
	return semantic(b, "SEM0038", node,
	                "'%s' gives several tables, so it must be the end of the query",
	                node->text);
}

/* What the operators make of one more use of the rows. */
static struct rowset *branch_bind(struct binder *b, const struct node *operators,
                                  const struct rowset *shared)
{
	struct rowset *rows = rowset_refer(b, shared);
	return rows ? bind_operators(b, operators->first, rows) : NULL;
}

struct rowset *op_fork(struct binder *b, const struct node *node, struct rowset *input)
{
	struct rowset *shared = ends_statement(b, node) ? rowset_share(b, input) : NULL;
	if (!shared)
		return NULL;
	EACH_CHILD(branch, node_group(node, ""))
	{
		struct rowset *rows = branch_bind(b, branch->first, shared);
		if (!rows || !result_add(b, branch, *branch->text ? branch->text : NULL, rows))
			return NULL;
	}
	return shared;
}

/* The values of a column and how many rows have each, the most frequent first. */
static struct rowset *facet_values(struct binder *b, const struct node *name,
                                   const struct rowset *shared)
{
	struct rowset *rows = rowset_refer(b, shared);
	const struct column_ref *column = rows ? bind_column(b, name, rows) : NULL;
	struct order_key *order = ARENA_ARRAY(b->arena, struct order_key, 2);
	if (!column || !order)
		return NULL;
	if (column->type == KQL_DYNAMIC)
		return semantic(b, "SEM0051", name,
		                "Rows cannot be grouped by a dynamic; convert it first");
	struct made key = { .name = column->name,
		            .expr = expr_column(b, column->id, column->type) };
	struct made count = { .expr = expr_call(b, KQL_LONG, "count(*)", NULL, 0) };
	struct made_list by = { .items = &key, .count = 1 }, list = { .items = &count, .count = 1 };
	unsigned ids[2];
	struct rowset *output =
	    key.expr && count.expr ? rowset_group(b, rows, &by, &list, ids) : NULL;
	const char *counted = arena_printf(b->arena, "count_%s", column->name);
	if (!output || !counted || !rowset_add(b, output, column->name, column->type, ids[0]) ||
	    !rowset_add(b, output, counted, KQL_LONG, ids[1]))
		return NULL;
	order[0] = (struct order_key){ .id = ids[1], .type = KQL_LONG, .descending = true };
	order[1] = (struct order_key){ .id = ids[0], .type = column->type };
	output->order = order;
	output->order_count = 2;
	return output;
}

struct rowset *op_facet(struct binder *b, const struct node *node, struct rowset *input)
{
	const struct node *with = node_group(node, "with");
	struct rowset *shared = ends_statement(b, node) ? rowset_share(b, input) : NULL;
	if (!shared)
		return NULL;
	if (with) {
		struct rowset *rows = branch_bind(b, with->first, shared);
		if (!rows || !result_add(b, with, NULL, rows))
			return NULL;
	}
	EACH_CHILD(name, node_group(node, "by"))
	{
		struct rowset *values = facet_values(b, name, shared);
		if (!values || !result_add(b, name, name->text, values))
			return NULL;
	}
	return shared;
}
