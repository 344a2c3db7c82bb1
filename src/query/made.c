/* made: lists of "name = expression", as project, extend, print and summarize have them. */
#include <string.h>

#include "query/bind_internal.h"

static bool made_put(struct binder *b, struct made_list *list, struct made made)
{
	if (!made.expr)
		return false;
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		struct made *items = ARENA_ARRAY(b->arena, struct made, room);
		if (!items)
			return bind_no_memory(b);
		if (list->count)
			memcpy(items, list->items, list->count * sizeof *items);
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = made;
	return true;
}

/* The columns of a multi-valued function under the names given, then under their own. */
static bool put_multi(struct binder *b, struct made_list *list, const struct node *node,
                      const struct multi *multi, const struct node *names, size_t name_count)
{
	if (name_count > multi->count)
		return semantic(b, "SEM0042", node, "There are %zu names for %zu values",
		                name_count, multi->count);
	for (size_t i = 0; i < multi->count; i++) {
		struct made made = { .node = node, .expr = multi->columns[i].expr };
		made.given = i < name_count;
		made.name = made.given ? names->text : multi->columns[i].name;
		if (made.given)
			names = names->next;
		if (!made_put(b, list, made))
			return false;
	}
	return true;
}

static bool put_tuple(struct binder *b, struct made_list *list, const struct node *node)
{
	struct expr *expr = bind_expr(b, node->last);
	if (!expr)
		return false;
	if (!expr->multi)
		return semantic(b, "SEM0042", node, "Only one value is to be had here");
	return put_multi(b, list, node, expr->multi, node->first, node->count - 1);
}

static bool put_one(struct binder *b, struct made_list *list, const struct node *node)
{
	bool named = node->kind == NODE_NAMED;
	const struct node *value = named ? node->first : node;
	struct expr *expr = bind_expr(b, value);
	if (!expr)
		return false;
	if (expr->multi)
		return put_multi(b, list, node, expr->multi, node, named);
	struct made made = { .node = node, .expr = expr, .given = named };
	made.name = named ? node->text : expr->name;
	/* A column alone keeps its name as surely as if it were given. */
	if (!named && value->kind == NODE_NAME)
		made.given = true;
	return made_put(b, list, made);
}

bool made_bind(struct binder *b, const struct node *list, struct made_list *ret)
{
	*ret = (struct made_list){ 0 };
	EACH_CHILD(node, list)
	if (!(node->kind == NODE_TUPLE ? put_tuple(b, ret, node) : put_one(b, ret, node)))
		return false;
	return true;
}
