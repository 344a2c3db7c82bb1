/* op_project: the operators that choose, name and compute columns. */
#include <fnmatch.h>
#include <string.h>

#include "query/bind_internal.h"

/* Computes all items over `rows` at once; ids[i] is where item i is. */
bool made_compute(struct binder *b, struct rowset *rows, const struct made_list *list,
                  unsigned *ids)
{
	struct rel *rel = rel_new(b, REL_COMPUTE, NULL);
	struct computed *computed = ARENA_ARRAY(b->arena, struct computed, list->count + 1);
	size_t count = 0;
	if (!rel || !computed)
		return bind_no_memory(b);
	for (size_t i = 0; i < list->count; i++) {
		struct expr *expr = list->items[i].expr;
		ids[i] = expr->kind == EXPR_COLUMN ? expr->column : b->next_id++;
		if (expr->kind != EXPR_COLUMN)
			computed[count++] = (struct computed){ ids[i], expr };
	}
	if (!count)
		return true;
	/* Window functions among the items have been computed below already. */
	rel->left = rows->rel;
	rel->computed = computed;
	rel->computed_count = count;
	rows->rel = rel;
	return true;
}

static bool name_taken(struct binder *b, const struct node *node, const char *name)
{
	return semantic(b, "SEM0041", node, "A column with the name '%s' is already declared",
	                name);
}

/* "Column1", "Column2", … or what the value proposes, made unique. */
const char *made_name(struct binder *b, const struct rowset *rows, const struct made *made,
                      const char *pattern, size_t *number)
{
	if (made->name)
		return name_unique(b, rows, made->name);
	const char *name = arena_printf(b->arena, "%s%zu", pattern, (*number)++);
	return name ? name_unique(b, rows, name) : NULL;
}

/* Whether a given name stands already for something given: a key, or an item before. */
static bool given_before(const struct made_list *list, size_t i, const struct rowset *output)
{
	const char *name = list->items[i].name;
	for (size_t k = 0; k < list->count; k++) {
		bool same = list->items[k].name && strcmp(list->items[k].name, name) == 0;
		if (same && k < i && list->items[k].given)
			return true;
	}
	size_t keys = output->count > i ? output->count - i : 0;
	for (size_t k = 0; k < keys; k++)
		if (strcmp(output->columns[k].name, name) == 0)
			return true;
	return false;
}

/* Adds the items as columns of `output`; given names must be new. */
bool made_add(struct binder *b, const struct made_list *list, const unsigned *ids,
              struct rowset *output, const char *pattern, size_t number)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct made *made = &list->items[i];
		if (made->given && given_before(list, i, output))
			return name_taken(b, made->node, made->name);

		const char *name = made_name(b, output, made, pattern, &number);
		if (strcmp(pattern, "print_") == 0 && made->name)
			number++;
		if (!name || !rowset_add(b, output, name, made->expr->type, ids[i]))
			return false;
	}
	return true;
}

/* The rows of input with no column yet. */
static struct rowset *bare(struct binder *b, const struct rowset *input)
{
	struct rowset *output = rowset_copy(b, input);
	if (output)
		output->count = 0;
	return output;
}

struct rowset *op_project(struct binder *b, const struct node *node, struct rowset *input)
{
	struct made_list list;
	b->windows = true;
	bool ok = made_bind(b, node_group(node, ""), &list);
	b->windows = false;
	unsigned *ids = ARENA_ARRAY(b->arena, unsigned, list.count + 1);
	struct rowset *output = ok ? bare(b, input) : NULL;
	if (!output || !ids || !made_compute(b, output, &list, ids) ||
	    !made_add(b, &list, ids, output, "Column", 1))
		return NULL;
	return output;
}

struct rowset *op_print(struct binder *b, const struct node *node, struct rowset *input)
{
	(void)input;
	struct rowset *one = rowset_new(b, rel_new(b, REL_ONE, NULL), 0);
	struct made_list list;
	if (!one || !made_bind(b, node_group(node, ""), &list))
		return NULL;
	/* Only names that are given, or that one of several values has, count: all others are
	 * print_0, print_1, … by their place. */
	size_t place = 0;
	for (size_t i = 0; i < list.count; i++) {
		struct made *made = &list.items[i];
		bool more = i > 0 && list.items[i - 1].node == made->node;
		bool several = more || (i + 1 < list.count && list.items[i + 1].node == made->node);
		place += i > 0 && !more;
		if (made->node->kind == NODE_NAMED || made->node->kind == NODE_TUPLE || several)
			continue;
		made->name = arena_printf(b->arena, "print_%zu", place);
		made->given = false;
	}
	unsigned *ids = ARENA_ARRAY(b->arena, unsigned, list.count + 1);
	if (!ids || !made_compute(b, one, &list, ids) || !made_add(b, &list, ids, one, "print_", 0))
		return NULL;
	return one;
}

/* ---- extend ---- */

static bool extend_names_given(struct binder *b, const struct made_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		for (size_t k = 0; k < i; k++)
			if (list->items[i].node->kind == NODE_NAMED &&
			    list->items[k].node->kind == NODE_NAMED &&
			    strcmp(list->items[i].name, list->items[k].name) == 0)
				return name_taken(b, list->items[i].node, list->items[i].name);
	return true;
}

/* A proposed name replaces a column of that name; "Column1" never does. */
static bool extend_add(struct binder *b, const struct made_list *list, const unsigned *ids,
                       struct rowset *output)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *name = list->items[i].name;
		for (size_t n = 1; !name; n++) {
			const char *free_name = arena_printf(b->arena, "Column%zu", n);
			if (!free_name)
				return bind_no_memory(b);
			name = rowset_find(output, free_name) ? NULL : free_name;
		}
		struct column_ref *old = rowset_find(output, name);
		if (old)
			*old = (struct column_ref){ name, list->items[i].expr->type, ids[i] };
		else if (!rowset_add(b, output, name, list->items[i].expr->type, ids[i]))
			return false;
	}
	return true;
}

struct rowset *op_extend(struct binder *b, const struct node *node, struct rowset *input)
{
	struct made_list list;
	b->windows = true;
	bool ok = made_bind(b, node_group(node, ""), &list);
	b->windows = false;
	if (!ok || !extend_names_given(b, &list))
		return NULL;
	unsigned *ids = ARENA_ARRAY(b->arena, unsigned, list.count + 1);
	struct rowset *output = rowset_copy(b, input);
	if (!output || !ids || !made_compute(b, output, &list, ids) ||
	    !extend_add(b, &list, ids, output))
		return NULL;
	return output;
}

struct rowset *op_serialize(struct binder *b, const struct node *node, struct rowset *input)
{
	input->serialized = true;
	if (!node_group(node, "")->count)
		return input;
	struct rowset *row = b->row;
	b->row = input;
	struct rowset *output = op_extend(b, node, input);
	b->row = row;
	return output;
}

/* ---- project-away, -keep, -rename, -reorder ---- */

static bool pattern_matches(const struct node *pattern, const char *name)
{
	if (pattern->kind != NODE_PATTERN)
		return strcmp(pattern->text, name) == 0;
	/* Names hold no ?, [ or \, for the lexer takes none, so only * means something. */
	return fnmatch(pattern->text, name, FNM_NOESCAPE) == 0;
}

static bool patterns_match(const struct node *list, const char *name)
{
	EACH_CHILD(pattern, list)
	if (pattern_matches(pattern, name))
		return true;
	return false;
}

static struct rowset *keep_where(struct binder *b, const struct node *node,
                                 const struct rowset *input, bool matching)
{
	const struct node *list = node_group(node, "");
	EACH_CHILD(pattern, list)
	if (pattern->kind == NODE_NAME && !bind_column(b, pattern, input))
		return NULL;
	struct rowset *output = bare(b, input);
	for (size_t i = 0; output && i < input->count; i++)
		if (patterns_match(list, input->columns[i].name) == matching)
			output->columns[output->count++] = input->columns[i];
	return output;
}

struct rowset *op_project_away(struct binder *b, const struct node *node, struct rowset *input)
{
	return keep_where(b, node, input, false);
}

struct rowset *op_project_keep(struct binder *b, const struct node *node, struct rowset *input)
{
	return keep_where(b, node, input, true);
}

struct rowset *op_project_rename(struct binder *b, const struct node *node, struct rowset *input)
{
	struct rowset *output = rowset_copy(b, input);
	if (!output)
		return NULL;
	EACH_CHILD(item, node_group(node, ""))
	{
		const struct node *old = item->kind == NODE_NAMED ? item->first : item;
		struct column_ref *column = bind_column(b, old, input);
		if (!column)
			return NULL;
		if (item->kind != NODE_NAMED)
			continue;
		if (rowset_find(input, item->text)) {
			name_taken(b, item, item->text);
			return NULL;
		}
		output->columns[column - input->columns].name = item->text;
	}
	for (size_t i = 0; i < output->count; i++)
		if (rowset_find(output, output->columns[i].name) != &output->columns[i]) {
			name_taken(b, node, output->columns[i].name);
			return NULL;
		}
	return output;
}

/* "v10" after "v9": runs of digits compare as numbers. */
static int granny_compare(const char *x, const char *y)
{
	return strverscmp(x, y);
}

static void columns_sort(struct column_ref *list, size_t count, const char *how)
{
	bool granny = strstr(how, "granny"), descending = strstr(how, "desc");
	for (size_t i = 1; *how && i < count; i++) {
		struct column_ref moved = list[i];
		size_t k = i;
		for (; k > 0; k--) {
			int order = granny ? granny_compare(list[k - 1].name, moved.name)
			                   : strcmp(list[k - 1].name, moved.name);
			if (descending ? order >= 0 : order <= 0)
				break;
			list[k] = list[k - 1];
		}
		list[k] = moved;
	}
}

struct rowset *op_project_reorder(struct binder *b, const struct node *node, struct rowset *input)
{
	struct rowset *output = bare(b, input);
	if (!output)
		return NULL;
	EACH_CHILD(order, node_group(node, ""))
	{
		const struct node *pattern = order->first;
		if (pattern->kind == NODE_NAME && !bind_column(b, pattern, input))
			return NULL;
		size_t start = output->count;
		for (size_t i = 0; i < input->count; i++)
			if (pattern_matches(pattern, input->columns[i].name) &&
			    !rowset_find(output, input->columns[i].name))
				output->columns[output->count++] = input->columns[i];
		columns_sort(output->columns + start, output->count - start, order->text);
	}
	for (size_t i = 0; i < input->count; i++)
		if (!rowset_find(output, input->columns[i].name))
			output->columns[output->count++] = input->columns[i];
	return output;
}
