/* op_find: find: rows of several tables, and which of their columns are shown. */
#include <string.h>

#include "query/bind_internal.h"

/* What becomes of the columns of the union of all tables. */
struct find {
	struct binder *b;
	const struct node *node;
	struct union_tables tables;
	struct rowset *rows; /* that were found: the table's name, then all columns */
	struct rowset *output;
	struct column_ref *rest; /* columns that are packed */
	size_t rest_count;
};

static const char *source_name(const struct node *node)
{
	const struct node *source = node_param(node, "withsource");
	return source ? source->first->text : "source_";
}

/* ---- tables ---- */

static bool is_in_condition(const struct find *f, const char *name)
{
	return call_mentions(node_group(f->node, ""), name);
}

/* Whether the condition names one of its columns. */
static bool is_asked_for(const struct find *f, const struct rowset *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (is_in_condition(f, table->columns[i].name))
			return true;
	return false;
}

/* A table that has no column of those in the condition is left out; where it names none, none is.
 */
static void tables_choose(struct find *f)
{
	size_t kept = 0;
	for (size_t i = 0; i < f->tables.count; i++)
		if (is_asked_for(f, f->tables.items[i]))
			f->tables.items[kept++] = f->tables.items[i];
	if (kept)
		f->tables.count = kept;
}

/* ---- columns ---- */

/* The union calls a column of several types name_type. */
static const char *own_name(const struct find *f, const struct column_ref *column)
{
	for (size_t t = 0; t < f->tables.count; t++) {
		const struct rowset *table = f->tables.items[t];
		for (size_t i = 0; i < table->count; i++) {
			const char *name = table->columns[i].name;
			size_t len = strlen(name);
			if (table->columns[i].type == column->type &&
			    strncmp(name, column->name, len) == 0 &&
			    (column->name[len] == '\0' ||
			     (column->name[len] == '_' &&
			      strcmp(column->name + len + 1, kql_type_name(column->type)) == 0)))
				return name;
		}
	}
	return column->name;
}

static bool is_common(const struct find *f, const char *name)
{
	for (size_t t = 0; t < f->tables.count; t++)
		if (!rowset_find(f->tables.items[t], name))
			return false;
	return true;
}

static bool pack_rest(struct find *f)
{
	unsigned id = rowset_compute(
	    f->b, f->output, pack_columns(f->b, f->rest, f->rest_count, "k_bag_filled($*)"));
	return id &&
	       rowset_add(f->b, f->output, name_unique(f->b, f->output, "pack_"), KQL_DYNAMIC, id);
}

/* Those of the condition and those that all tables have; the rest is packed. */
static bool project_smart(struct find *f)
{
	for (size_t i = 1; i < f->rows->count; i++) {
		const struct column_ref *column = &f->rows->columns[i];
		const char *name = own_name(f, column);
		if (is_common(f, name) || is_in_condition(f, name))
			f->output->columns[f->output->count++] = *column;
		else
			f->rest[f->rest_count++] = *column;
	}
	return !f->rest_count || pack_rest(f);
}

static bool project_column(struct find *f, const struct node *node)
{
	struct binder *b = f->b;
	const struct column_ref *column = rowset_find(f->rows, node->text);
	if (!column)
		return unknown_name(b, node, f->rows);
	if (rowset_find(f->output, node->text))
		return true;
	bool cast = node->kind == NODE_COLUMN && node->type != column->type;
	struct expr *value = expr_column(b, column->id, column->type);
	unsigned id =
	    cast ? rowset_compute(b, f->output, convert(b, value, node->type)) : column->id;
	return id && rowset_add(b, f->output, column->name, cast ? node->type : column->type, id);
}

/* Only the columns asked for; what a table lacks is null there. */
static bool project_list(struct find *f, const struct node *list)
{
	bool pack = false;
	EACH_CHILD(node, list)
	{
		pack |= node->kind == NODE_CALL;
		if (node->kind != NODE_CALL && !project_column(f, node))
			return false;
	}
	for (size_t i = 1; pack && i < f->rows->count; i++)
		if (!rowset_find(f->output, f->rows->columns[i].name))
			f->rest[f->rest_count++] = f->rows->columns[i];
	return !pack || pack_rest(f);
}

struct rowset *op_find(struct binder *b, const struct node *node, struct rowset *input)
{
	struct find f = { .b = b, .node = node };
	const struct node *list = node_group(node, "project");
	(void)input;
	if (!tables_collect(b, node, &f.tables))
		return NULL;
	tables_choose(&f);
	f.rows = union_make(b, &f.tables, false, source_name(node));
	f.rows = f.rows ? searched(b, node, f.rows) : NULL;
	f.output = f.rows ? rowset_copy(b, f.rows) : NULL;
	f.rest = f.rows ? ARENA_ARRAY(b->arena, struct column_ref, f.rows->count) : NULL;
	if (!f.output || !f.rest)
		return NULL;
	f.output->count = 1;
	return (list ? project_list(&f, list) : project_smart(&f)) ? f.output : NULL;
}
