/* op_expand: mv-expand and mv-apply: a row for each element of an array. */
#include <string.h>

#include "query/bind_internal.h"

enum { LEGACY_LIMIT = 128 };

struct item {
	const char *name;
	struct expr *list;  /* column of the elements */
	enum kql_type type; /* that they are turned into */
	unsigned id;        /* of the element */
};

struct expansion {
	struct item *items;
	size_t count;
	const char *index_name; /* NULL: no column of their numbers */
	unsigned index;         /* id of that column, always made */
	int64_t limit;          /* of elements a row; less than 0: all */
	bool pairs;             /* bags become arrays of key and value */
};

static bool item_bind(struct binder *b, const struct node *node, struct rowset *rows,
                      struct expansion *x, struct item *ret)
{
	const struct node *value = node->first, *type = value->next;
	bool named = value->kind == NODE_NAMED;
	if (value->kind == NODE_TUPLE)
		return semantic(b, "SEM0056", value, "One name is to be had here");
	struct expr *array = bind_expr(b, named ? value->first : value);
	if (!array)
		return false;
	if (array->type != KQL_DYNAMIC)
		return semantic(b, "SEM0021", value,
		                "What is expanded must be of type dynamic, not %s",
		                kql_type_name(array->type));
	ret->name = named ? value->text : array->name;
	ret->type = type ? type->type : KQL_DYNAMIC;
	if (ret->type == KQL_TYPE_COUNT)
		return semantic(b, "SEM0056", type, "A type is expected");
	struct expr *list =
	    expr_call1(b, KQL_DYNAMIC, x->pairs ? "k_expand_pairs($0)" : "k_expand($0)", array);
	ret->list = expr_column(b, rowset_compute(b, rows, list), KQL_DYNAMIC);
	return ret->list && ret->list->column;
}

static bool items_bind(struct binder *b, const struct node *node, struct rowset *rows,
                       struct expansion *x)
{
	const struct node *group = node_group(node, ""), *limit = node_group(node, "limit");
	const struct node *index = node_param(node, "with_itemindex");
	const struct node *bags = node_param(node, "bagexpansion");
	if (!bags)
		bags = node_param(node, "kind");
	x->pairs = bags && node_is(bags->first, "array");
	x->index_name = index ? index->first->text : NULL;
	x->limit = node_is(node, "mvexpand") || node_is(node, "mvapply") ? LEGACY_LIMIT : -1;
	x->items = ARENA_ARRAY(b->arena, struct item, group->count);
	if (!x->items)
		return bind_no_memory(b);
	if (limit && !bind_count(b, limit->first, &x->limit))
		return false;
	EACH_CHILD(item, group)
	if (!item_bind(b, item, rows, x, &x->items[x->count++]))
		return false;
	return true;
}

/* The relation of all elements: shorter lists are filled up with nulls. */
static struct rel *unnested(struct binder *b, struct rel *below, struct expansion *x)
{
	struct rel *rel = rel_new(b, REL_UNNEST, below);
	struct expr **lists = ARENA_ARRAY(b->arena, struct expr *, x->count + 1);
	if (!rel || !lists)
		return NULL;
	rel->computed = ARENA_ARRAY(b->arena, struct computed, x->count + 2);
	if (!rel->computed)
		return bind_no_memory(b);
	for (size_t i = 0; i < x->count; i++) {
		x->items[i].id = b->next_id++;
		lists[i] = expr_call1(b, KQL_LONG, "len($0)", x->items[i].list);
		rel->computed[rel->computed_count++] =
		    (struct computed){ x->items[i].id, x->items[i].list };
	}
	x->index = b->next_id++;
	rel->computed[rel->computed_count++] =
	    (struct computed){ x->index,
		               expr_call(b, KQL_LONG, "range(greatest($*))", lists, x->count) };
	return rel->computed[x->count].expr ? rel : NULL;
}

static bool limit_apply(struct binder *b, struct rowset *rows, const struct expansion *x)
{
	if (x->limit < 0)
		return true;
	struct rel *filter = rel_new(b, REL_FILTER, rows->rel);
	struct expr *where = expr_call2(b, KQL_BOOL, "($0 < $1)",
	                                expr_column(b, x->index, KQL_LONG), expr_long(b, x->limit));
	if (!filter || !where)
		return false;
	filter->where = where;
	rows->rel = filter;
	return true;
}

/* Elements take the place of a column of their name, or come behind the others. */
static bool elements_add(struct binder *b, struct rowset *rows, const struct expansion *x)
{
	for (size_t i = 0; i < x->count; i++) {
		const struct item *item = &x->items[i];
		struct expr *element =
		    convert(b, expr_column(b, item->id, KQL_DYNAMIC), item->type);
		unsigned id = rowset_compute(b, rows, element);
		const char *name = item->name ? item->name : name_unique(b, rows, "Column1");
		struct column_ref *old = name ? rowset_find(rows, name) : NULL;
		if (!id || !name)
			return false;
		if (old)
			*old = (struct column_ref){ name, item->type, id };
		else if (!rowset_add(b, rows, name, item->type, id))
			return false;
	}
	if (!x->index_name)
		return true;
	const char *name = name_unique(b, rows, x->index_name);
	return name && rowset_add(b, rows, name, KQL_LONG, x->index);
}

/* Elements stay in their order within rows that have one. */
static bool elements_order(struct binder *b, struct rowset *rows, const struct expansion *x)
{
	if (!rows->order_unique)
		return true;
	struct order_key *order = ARENA_ARRAY(b->arena, struct order_key, 2);
	if (!order)
		return bind_no_memory(b);
	order[0] = rows->order[0];
	order[1] = (struct order_key){ .id = x->index, .type = KQL_LONG };
	rows->order = order;
	rows->order_count = 2;
	rows->order_unique = false;
	return true;
}

struct rowset *op_mv_expand(struct binder *b, const struct node *node, struct rowset *input)
{
	struct expansion x = { 0 };
	struct rowset *rows = rowset_copy(b, input);
	if (!rows || (rows->order_count && !order_number(b, rows)) ||
	    !items_bind(b, node, rows, &x))
		return NULL;
	rows->rel = unnested(b, rows->rel, &x);
	if (!rows->rel || !limit_apply(b, rows, &x) || !elements_add(b, rows, &x) ||
	    !elements_order(b, rows, &x))
		return NULL;
	return rows;
}

/* ---- mv-apply ---- */

/* The elements of one row as a table: what the subquery starts with. */
static struct rowset *elements_table(struct binder *b, struct expansion *x)
{
	struct rel *one = rel_new(b, REL_ONE, NULL);
	struct rowset *elements = rowset_new(b, one ? unnested(b, one, x) : NULL, x->count + 1);
	if (!elements || !limit_apply(b, elements, x) || !elements_add(b, elements, x))
		return NULL;
	struct order_key *order = ARENA_NEW(b->arena, struct order_key);
	if (!order)
		return bind_no_memory(b);
	*order = (struct order_key){ .id = x->index, .type = KQL_LONG };
	elements->order = order;
	elements->order_count = 1;
	elements->order_unique = true;
	return elements;
}

/* Columns that an element replaces are gone; what the subquery yields comes behind. */
static bool applied_columns(struct binder *b, struct rowset *output, const struct expansion *x,
                            const struct rowset *inner)
{
	size_t kept = 0;
	for (size_t i = 0; i < output->count; i++) {
		bool replaced = false;
		for (size_t k = 0; k < x->count; k++)
			replaced |= x->items[k].name &&
			            strcmp(x->items[k].name, output->columns[i].name) == 0;
		if (!replaced)
			output->columns[kept++] = output->columns[i];
	}
	output->count = kept;
	for (size_t i = 0; i < inner->count; i++) {
		const char *name = name_unique(b, output, inner->columns[i].name);
		if (!name ||
		    !rowset_add(b, output, name, inner->columns[i].type, inner->columns[i].id))
			return false;
	}
	return true;
}

struct rowset *op_mv_apply(struct binder *b, const struct node *node, struct rowset *input)
{
	struct expansion x = { 0 };
	struct rowset *output = rowset_copy(b, input), *outer = b->outer;
	if (!output || !items_bind(b, node, output, &x))
		return NULL;
	struct shared **local = local_enter(b);
	struct rowset *inner = elements_table(b, &x);
	b->outer = input;
	inner = inner ? bind_operators(b, node_group(node, "on")->first->first, inner) : NULL;
	b->outer = outer;
	struct shared *own = local_leave(b, local);
	struct rel *rel = inner ? rel_new(b, REL_LATERAL, output->rel) : NULL;
	if (!rel)
		return NULL;
	rel->right = inner->rel;
	rel->shared = own;
	output->rel = rel;
	return applied_columns(b, output, &x, inner) ? output : NULL;
}
