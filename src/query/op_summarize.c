/* op_summarize: the operators that fold rows into groups. */
#include <string.h>

#include "query/bind_internal.h"

static bool keys_check(struct binder *b, const struct made_list *by)
{
	for (size_t i = 0; i < by->count; i++)
		if (by->items[i].expr->type == KQL_DYNAMIC)
			return semantic(b, "SEM0051", by->items[i].node,
			                "Rows cannot be grouped by a dynamic; convert it first");
	return true;
}

/* Groups input by `by`; the aggregates of `list` see the rows of each group. */
struct rowset *rowset_group(struct binder *b, struct rowset *input, const struct made_list *by,
                            const struct made_list *list, unsigned *ids)
{
	struct rel *rel = rel_new(b, REL_AGGREGATE, input->rel);
	struct rowset *output = rowset_new(b, rel, by->count + list->count);
	if (!output)
		return NULL;
	rel->computed = ARENA_ARRAY(b->arena, struct computed, by->count + list->count + 1);
	if (!rel->computed)
		return bind_no_memory(b);
	rel->keys = by->count;
	for (size_t i = 0; i < by->count + list->count; i++) {
		const struct made *made =
		    i < by->count ? &by->items[i] : &list->items[i - by->count];
		rel->computed[i] = (struct computed){ b->next_id++, made->expr };
		ids[i] = rel->computed[i].id;
	}
	rel->computed_count = by->count + list->count;
	rel->order = input->order;
	rel->order_count = input->order_count;
	return output;
}

bool aggregates_bind(struct binder *b, const struct node *group, const struct made_list *by,
                     struct made_list *ret)
{
	b->aggregates = true;
	b->by = by;
	bool ok = made_bind(b, group, ret);
	b->aggregates = false;
	b->by = NULL;
	return ok;
}

struct rowset *op_summarize(struct binder *b, const struct node *node, struct rowset *input)
{
	struct made_list by = { 0 }, list = { 0 };
	const struct node *by_group = node_group(node, "by");
	if (by_group && (!made_bind(b, by_group, &by) || !keys_check(b, &by)))
		return NULL;
	if (!aggregates_bind(b, node_group(node, ""), &by, &list))
		return NULL;
	/* What an aggregate proposes gives way to keys and to other names. */
	for (size_t i = 0; i < list.count; i++)
		list.items[i].given &= list.items[i].node->kind == NODE_NAMED;
	unsigned *ids = ARENA_ARRAY(b->arena, unsigned, by.count + list.count + 1);
	struct rowset *output = ids ? rowset_group(b, input, &by, &list, ids) : NULL;
	if (!output || !made_add(b, &by, ids, output, "Column", 1))
		return NULL;
	size_t number = 1;
	for (size_t i = 0; i < by.count; i++)
		number += !by.items[i].name;
	return made_add(b, &list, ids + by.count, output, "Column", number) ? output : NULL;
}

static struct rowset *group_by(struct binder *b, struct rowset *input, const struct made_list *by)
{
	struct made_list none = { 0 };
	unsigned *ids = ARENA_ARRAY(b->arena, unsigned, by->count + 1);
	if (!ids || !keys_check(b, by))
		return NULL;
	struct rowset *output = rowset_group(b, input, by, &none, ids);
	return output && made_add(b, by, ids, output, "Column", 1) ? output : NULL;
}

static bool made_all(struct binder *b, const struct node *node, const struct rowset *input,
                     struct made_list *ret)
{
	ret->items = ARENA_ARRAY(b->arena, struct made, input->count + 1);
	if (!ret->items)
		return bind_no_memory(b);
	for (size_t i = 0; i < input->count; i++) {
		const struct column_ref *c = &input->columns[i];
		struct expr *column = expr_column(b, c->id, c->type);
		if (!column)
			return false;
		ret->items[ret->count++] =
		    (struct made){ .node = node, .name = c->name, .given = true, .expr = column };
	}
	return true;
}

struct rowset *op_distinct(struct binder *b, const struct node *node, struct rowset *input)
{
	struct made_list by = { 0 };
	const struct node *group = node_group(node, "");
	bool star = group->first->kind == NODE_STAR;
	if (star ? !made_all(b, group->first, input, &by) : !made_bind(b, group, &by))
		return NULL;
	return group_by(b, input, &by);
}

struct rowset *op_count(struct binder *b, const struct node *node, struct rowset *input)
{
	const struct node *as = node_group(node, "as");
	struct expr *count = expr_call(b, KQL_LONG, "count(*)", NULL, 0);
	if (!count)
		return NULL;
	count->aggregate = true;
	count->constant = false;
	struct made made = {
		.node = node, .name = as ? as->first->text : "Count", .given = true, .expr = count
	};
	struct made_list by = { 0 }, list = { .items = &made, .count = 1 };
	unsigned id;
	struct rowset *output = rowset_group(b, input, &by, &list, &id);
	return output && rowset_add(b, output, made.name, KQL_LONG, id) ? output : NULL;
}

struct rowset *op_sample_distinct(struct binder *b, const struct node *node, struct rowset *input)
{
	int64_t count;
	struct made_list by = { 0 };
	if (!bind_column(b, node_group(node, "of")->first, input) ||
	    !bind_count(b, node_group(node, "")->first, &count) ||
	    !made_bind(b, node_group(node, "of"), &by))
		return NULL;
	struct rowset *output = group_by(b, input, &by);
	struct rel *limit = output ? rel_new(b, REL_LIMIT, output->rel) : NULL;
	if (!limit)
		return NULL;
	limit->count = count;
	output->rel = limit;
	return output;
}

/* The first column of a table as an array. */
struct expr *rowset_array(struct binder *b, const struct node *at, struct rowset *table)
{
	if (!table->count)
		return semantic(b, "SEM0025", at, "The table has no column");
	struct expr *column = expr_column(b, table->columns[0].id, table->columns[0].type);
	struct expr *gathered =
	    expr_call1(b, KQL_DYNAMIC, "concat('[', string_agg($0, ','), ']')", as_json(b, column));
	struct made made = { .node = at, .name = "", .expr = gathered };
	struct made_list by = { 0 }, list = { .items = &made, .count = 1 };
	struct expr *array = expr_new(b, EXPR_SUBQUERY, KQL_DYNAMIC);
	unsigned id;
	struct rowset *grouped = gathered ? rowset_group(b, table, &by, &list, &id) : NULL;
	if (!grouped || !array)
		return NULL;
	array->rel = grouped->rel;
	array->column = id;
	array->constant = true;
	return array;
}
