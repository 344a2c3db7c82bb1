/* op_union: rows of several tables under common columns. */
#include <fnmatch.h>
#include <string.h>

#include "query/bind_internal.h"

static bool put(struct binder *b, struct union_tables *tables_, struct rowset *rows)
{
	if (!rows)
		return false;
	if (tables_->count == UNION_TABLES_MAX) {
		bind_no_memory(b);
		return false;
	}
	tables_->items[tables_->count++] = rows;
	return true;
}

static bool put_if_matching(struct binder *b, const struct node *pattern, const char *name,
                            struct union_tables *list)
{
	if (fnmatch(pattern->text, name, FNM_NOESCAPE) != 0)
		return true;
	struct node named = { .kind = NODE_NAME,
		              .at = pattern->at,
		              .len = pattern->len,
		              .text = name,
		              .text_len = strlen(name) };
	return put(b, list, bind_table(b, &named));
}

/* T*: tables, and views of the query's own */
static bool put_matching(struct binder *b, const struct node *pattern, struct union_tables *list)
{
	size_t before = list->count;
	for (int i = 0; b->options->has_workspace && i < TABLE_COUNT; i++)
		if (!put_if_matching(b, pattern, tables[i].name, list))
			return false;
	for (const struct scope *s = b->scope; s; s = s->next)
		if (scope_is_view(s) && !put_if_matching(b, pattern, s->name, list))
			return false;
	if (list->count == before)
		return semantic(b, "SEM0100", pattern, "No table matches '%s'", pattern->text);
	return true;
}

/* With isfuzzy, what cannot be resolved is left out. */
static bool put_fuzzy(struct binder *b, const struct node *node, struct union_tables *list)
{
	struct query_error *e = b->e, own = { 0 };
	b->e = &own;
	struct rowset *rows = bind_table(b, node);
	b->e = e;
	if (rows)
		return put(b, list, rows);
	if (own.class == QUERY_SEMANTIC)
		return true;
	*e = own;
	return false;
}

bool union_collect(struct binder *b, const struct node *group, bool fuzzy,
                   struct union_tables *list)
{
	EACH_CHILD(node, group)
	{
		bool ok = node->kind == NODE_PATTERN ? put_matching(b, node, list)
		          : fuzzy                    ? put_fuzzy(b, node, list)
		                                     : put(b, list, bind_table(b, node));
		if (!ok)
			return false;
	}
	return true;
}

/* ---- columns ---- */

/* A column of the result: its name where all types agree, name_type where they do not. */
struct united {
	const char *name; /* in the inputs */
	enum kql_type type;
	const char *shown;
	unsigned id;
	size_t inputs; /* how many have it */
};
struct united_list {
	struct united *items;
	size_t count;
};

static struct united *united_find(struct united_list *list, const char *name, enum kql_type type)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].type == type && strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

static bool name_is_split(const struct united_list *list, const char *name)
{
	size_t types = 0;
	for (size_t i = 0; i < list->count; i++)
		types += strcmp(list->items[i].name, name) == 0;
	return types > 1;
}

static bool unite(struct binder *b, const struct union_tables *inputs, struct united_list *list)
{
	size_t room = 0;
	for (size_t i = 0; i < inputs->count; i++)
		room += inputs->items[i]->count;
	list->items = ARENA_ARRAY(b->arena, struct united, room + 1);
	if (!list->items)
		return bind_no_memory(b);
	for (size_t i = 0; i < inputs->count; i++) {
		const struct rowset *rows = inputs->items[i];
		for (size_t c = 0; c < rows->count; c++) {
			const struct column_ref *column = &rows->columns[c];
			struct united *known = united_find(list, column->name, column->type);
			if (!known) {
				known = &list->items[list->count++];
				*known = (struct united){ column->name, column->type, column->name,
					                  b->next_id++, 0 };
			}
			known->inputs++;
		}
	}
	return true;
}

/* Columns of one name stand together, in the order of their first. */
static bool united_add(struct binder *b, struct united_list *list, struct rowset *output,
                       size_t inputs, bool inner)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *name = list->items[i].name;
		bool split = name_is_split(list, name);
		for (size_t k = i; k < list->count; k++) {
			struct united *u = &list->items[k];
			if (!u->shown || strcmp(u->name, name) != 0)
				continue;
			if (!inner || u->inputs == inputs) {
				const char *shown = split ? arena_printf(b->arena, "%s_%s", name,
				                                         kql_type_name(u->type))
				                          : name;
				if (!shown || !rowset_add(b, output, shown, u->type, u->id))
					return false;
			}
			u->shown = NULL;
		}
	}
	return true;
}

static bool input_map(struct binder *b, const struct rowset *rows, const struct united_list *list,
                      unsigned source_id, const char *source, struct union_input *ret)
{
	ret->rel = rows->rel;
	ret->columns = ARENA_ARRAY(b->arena, struct union_column, list->count + 1);
	if (!ret->columns)
		return bind_no_memory(b);
	for (size_t i = 0; i < list->count; i++) {
		const struct united *u = &list->items[i];
		struct union_column map = { .out = u->id, .type = u->type };
		for (size_t c = 0; c < rows->count; c++)
			if (rows->columns[c].type == u->type &&
			    strcmp(rows->columns[c].name, u->name) == 0)
				map.in = rows->columns[c].id;
		if (!map.in)
			map.fill = expr_null(b, u->type);
		ret->columns[ret->count++] = map;
	}
	if (source_id)
		ret->columns[ret->count++] = (struct union_column){ .out = source_id,
			                                            .type = KQL_STRING,
			                                            .fill = expr_text(b, source) };
	return true;
}

struct rowset *union_make(struct binder *b, const struct union_tables *inputs, bool inner,
                          const char *withsource)
{
	struct rel *rel = rel_new(b, REL_UNION, NULL);
	struct united_list list = { 0 };
	struct rowset *output = rowset_new(b, rel, 1);
	if (!output || !unite(b, inputs, &list))
		return NULL;
	unsigned source_id = withsource ? b->next_id++ : 0;
	rel->inputs = ARENA_ARRAY(b->arena, struct union_input, inputs->count + 1);
	if (!rel->inputs)
		return bind_no_memory(b);
	for (size_t i = 0; i < inputs->count; i++) {
		const struct rowset *rows = inputs->items[i];
		const char *source =
		    rows->source ? rows->source : arena_printf(b->arena, "union_arg%zu", i);
		if (!source || !input_map(b, rows, &list, source_id, source, &rel->inputs[i]))
			return NULL;
	}
	rel->input_count = inputs->count;
	if (source_id && !rowset_add(b, output, withsource, KQL_STRING, source_id))
		return NULL;
	return united_add(b, &list, output, inputs->count, inner) ? output : NULL;
}

/* ---- the operator ---- */

static const char *param_text(const struct node *node, const char *name)
{
	const struct node *param = node_param(node, name);
	if (!param)
		return NULL;
	const struct node *value = param->first;
	return value->kind == NODE_LITERAL && value->value.type == KQL_STRING ? value->value.s.at
	                                                                      : value->text;
}

static bool param_true(const struct node *node, const char *name)
{
	const struct node *param = node_param(node, name);
	return param && ((param->first->kind == NODE_LITERAL && param->first->value.b) ||
	                 node_is(param->first, "true"));
}

struct rowset *op_union(struct binder *b, const struct node *node, struct rowset *input)
{
	struct union_tables inputs = { 0 };
	inputs.items = ARENA_ARRAY(b->arena, struct rowset *, UNION_TABLES_MAX);
	const char *kind = param_text(node, "kind"), *source = param_text(node, "withsource");
	bool inner = kind && strcmp(kind, "inner") == 0;
	if (!inputs.items)
		return bind_no_memory(b);
	if (kind && !inner && strcmp(kind, "outer") != 0)
		return semantic(b, "SEM0052", node_param(node, "kind"),
		                "union knows inner and outer");
	if (!source)
		source = param_text(node, "with_source");
	if (input && !put(b, &inputs, input))
		return NULL;
	if (!union_collect(b, node_group(node, ""), param_true(node, "isfuzzy"), &inputs))
		return NULL;
	return union_make(b, &inputs, inner, source);
}
