/* rowset: what operators do to tables: columns, order, filters, sharing (see bind_internal.h). */
#include <string.h>

#include "query/bind_internal.h"

struct rel *rel_new(struct binder *b, enum rel_kind kind, struct rel *left)
{
	struct rel *rel = ARENA_NEW(b->arena, struct rel);
	if (!rel || ++b->work > BIND_NODES_MAX)
		return bind_no_memory(b);
	rel->kind = kind;
	rel->left = left;
	return rel;
}

/* Room for `columns` of them, none yet. */
struct rowset *rowset_new(struct binder *b, struct rel *rel, size_t columns_room)
{
	struct rowset *table = ARENA_NEW(b->arena, struct rowset);
	if (!table || !rel)
		return rel ? bind_no_memory(b) : NULL;
	table->rel = rel;
	table->columns = ARENA_ARRAY(b->arena, struct column_ref, columns_room + 1);
	return table->columns ? table : bind_no_memory(b);
}

struct rowset *rowset_copy(struct binder *b, const struct rowset *table)
{
	struct rowset *copy = rowset_new(b, table->rel, table->count);
	if (!copy)
		return NULL;
	struct column_ref *list = copy->columns;
	*copy = *table;
	copy->columns = list;
	memcpy(list, table->columns, table->count * sizeof *list);
	return copy;
}

struct column_ref *rowset_find(const struct rowset *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return &table->columns[i];
	return NULL;
}

/* The list doubles when its length reaches a power of two: tables are made small and rarely grow.
 */
bool rowset_add(struct binder *b, struct rowset *table, const char *name, enum kql_type type,
                unsigned id)
{
	struct column_ref *grown = ARENA_ARRAY(b->arena, struct column_ref, table->count + 2);
	if (!grown || !id) {
		bind_no_memory(b);
		return false;
	}
	if (++b->work > BIND_NODES_MAX) {
		bind_no_memory(b);
		return false;
	}
	memcpy(grown, table->columns, table->count * sizeof *grown);
	grown[table->count] = (struct column_ref){ name, type, id };
	table->columns = grown;
	table->count++;
	return true;
}

/* A column is itself; two computations in a row share a relation where they can. */
unsigned rowset_compute(struct binder *b, struct rowset *table, struct expr *expr)
{
	if (!expr)
		return 0;
	if (expr->kind == EXPR_COLUMN)
		return expr->column;
	struct rel *rel = rel_new(b, REL_COMPUTE, table->rel);
	if (!rel)
		return 0;
	rel->computed = ARENA_NEW(b->arena, struct computed);
	if (!rel->computed) {
		bind_no_memory(b);
		return 0;
	}
	rel->computed[0] = (struct computed){ b->next_id++, expr };
	rel->computed_count = 1;
	table->rel = rel;
	return rel->computed[0].id;
}

const char *name_unique(struct binder *b, const struct rowset *table, const char *name)
{
	return name_unique_in_both(b, table, table, name);
}

const char *name_unique_in_both(struct binder *b, const struct rowset *table,
                                const struct rowset *other, const char *name)
{
	if (!rowset_find(table, name))
		return name;
	for (size_t i = 1; i <= table->count + other->count + 1; i++) {
		const char *numbered = arena_printf(b->arena, "%s%zu", name, i);
		if (!numbered || (!rowset_find(table, numbered) && !rowset_find(other, numbered)))
			return numbered;
	}
	return NULL;
}

/* ---- order ---- */

void order_drop(struct rowset *table)
{
	table->order = NULL;
	table->order_count = 0;
	table->order_unique = false;
	table->serialized = false;
}

bool order_number(struct binder *b, struct rowset *table)
{
	if (table->order_unique)
		return true;
	struct expr *number = expr_call(
	    b, KQL_LONG, table->order_count ? "row_number() OVER ($O)" : "row_number() OVER ()",
	    NULL, 0);
	if (number)
		number->constant = false;
	unsigned id = rowset_compute(b, table, number);
	struct order_key *key = ARENA_NEW(b->arena, struct order_key);
	if (!id || !key)
		return false;
	table->rel->order = table->order;
	table->rel->order_count = table->order_count;
	*key = (struct order_key){ .id = id, .type = KQL_LONG };
	table->order = key;
	table->order_count = 1;
	table->order_unique = true;
	return true;
}

/* The `count` rows of the greatest values of a column. */
struct rowset *rowset_top(struct binder *b, struct rowset *table, unsigned id, enum kql_type type,
                          int64_t count)
{
	struct order_key *key = ARENA_NEW(b->arena, struct order_key);
	struct rel *limit = rel_new(b, REL_LIMIT, table->rel);
	if (!key || !limit)
		return bind_no_memory(b);
	*key = (struct order_key){ .id = id, .type = type, .descending = true };
	limit->order = table->order = key;
	limit->order_count = table->order_count = 1;
	limit->count = count;
	table->rel = limit;
	table->serialized = true;
	return table;
}

/* ---- filters ---- */

bool rowset_filter(struct binder *b, struct rowset *table, struct expr *where)
{
	struct rel *filter = where ? rel_new(b, REL_FILTER, table->rel) : NULL;
	if (!filter)
		return false;
	narrow_tables(b, table->rel, where);
	filter->where = where;
	table->rel = filter;
	return true;
}

/* ---- sharing ---- */

static struct shared **shared_end(struct binder *b)
{
	struct shared **end = &b->shared;
	while (*end)
		end = &(*end)->next;
	return end;
}

/* Where the list goes on; the place that was so before is to be given back to local_leave. */
struct shared **local_enter(struct binder *b)
{
	struct shared **outer = b->local;
	b->local = shared_end(b);
	if (!outer)
		b->local_first = b->local;
	return outer;
}

struct shared *local_leave(struct binder *b, struct shared **outer)
{
	struct shared *own = *b->local;
	*b->local = NULL;
	b->local = outer;
	return own;
}

struct rowset *rowset_share(struct binder *b, struct rowset *table)
{
	struct shared *shared = ARENA_NEW(b->arena, struct shared);
	struct rowset *copy = rowset_copy(b, table);
	if (!shared || !copy)
		return bind_no_memory(b);
	/* Its order must outlive it, so that sort … | as X keeps its meaning. */
	if (copy->order_count && !order_number(b, copy))
		return NULL;
	shared->number = b->next_id++;
	shared->rel = copy->rel;
	*shared_end(b) = shared;
	copy->rel = rel_new(b, REL_SHARED, NULL);
	if (!copy->rel)
		return NULL;
	copy->rel->shared = shared;
	return copy;
}

/* One more use: the same columns under fresh numbers. */
struct rowset *rowset_refer(struct binder *b, const struct rowset *shared)
{
	struct rowset *table = rowset_copy(b, shared);
	struct rel *rel = rel_new(b, REL_SHARED, NULL);
	struct union_input *input = ARENA_NEW(b->arena, struct union_input);
	if (!table || !rel || !input)
		return table && rel ? bind_no_memory(b) : NULL;
	size_t count = table->count + table->order_count;
	input->columns = ARENA_ARRAY(b->arena, struct union_column, count + 1);
	table->order = ARENA_ARRAY(b->arena, struct order_key, table->order_count + 1);
	if (!input->columns || !table->order)
		return bind_no_memory(b);
	rel->shared = shared->rel->shared;
	rel->inputs = input;
	rel->input_count = 1;
	input->count = count;
	for (size_t i = 0; i < table->count; i++) {
		input->columns[i] =
		    (struct union_column){ .out = b->next_id, .in = table->columns[i].id };
		table->columns[i].id = b->next_id++;
	}
	for (size_t i = 0; i < table->order_count; i++) {
		table->order[i] = shared->order[i];
		input->columns[table->count + i] =
		    (struct union_column){ .out = b->next_id, .in = shared->order[i].id };
		table->order[i].id = b->next_id++;
	}
	table->rel = rel;
	return table;
}
