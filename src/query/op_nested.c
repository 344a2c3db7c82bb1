/* op_nested: top-nested: the top values of a column, within each the top values of the next, … */
#include <string.h>

#include "query/bind_internal.h"

enum { LEVELS_MAX = 20 };

struct level {
	const char *key, *value; /* columns of the result */
	int64_t count;           /* how many are kept in each group above; less than 0: all */
	bool descending;
};

/* The names in the result; the expressions are bound anew over each use of the input. */
static bool level_read(struct binder *b, const struct node *node, struct level *ret)
{
	const struct node *count = node_group(node, "count"), *of = node_group(node, "of")->first;
	const struct node *by = node_group(node, "by")->first;
	*ret = (struct level){ .count = -1, .descending = node->descending };
	if (node_group(node, "others") && node->next)
		return semantic(b, "SEM0001", node_group(node, "others"),
		                "'with others' is supported in the last level only");
	if (count && !bind_count(b, count->first, &ret->count))
		return false;
	struct expr *key = bind_expr(b, of->kind == NODE_NAMED ? of->first : of);
	if (!key)
		return false;
	ret->key = of->kind == NODE_NAMED ? of->text : key->name ? key->name : "";
	ret->value =
	    by->kind == NODE_NAMED ? by->text : arena_printf(b->arena, "aggregated_%s", ret->key);
	return ret->value || bind_no_memory(b);
}

/* The keys of levels 0 to `depth` over the rows. */
static bool keys_bind(struct binder *b, const struct node *levels, size_t depth,
                      const struct level *list, struct made_list *ret)
{
	const struct node *node = levels->first;
	ret->items = ARENA_ARRAY(b->arena, struct made, depth + 1);
	if (!ret->items)
		return bind_no_memory(b);
	for (size_t i = 0; i <= depth; i++, node = node->next) {
		const struct node *of = node_group(node, "of")->first;
		struct expr *key = bind_expr(b, of->kind == NODE_NAMED ? of->first : of);
		if (!key)
			return false;
		ret->items[ret->count++] =
		    (struct made){ .node = node, .name = list[i].key, .given = true, .expr = key };
	}
	return true;
}

/* Groups by the keys, with the aggregate of the level. */
static struct rowset *keys_group(struct binder *b, const struct node *level, struct rowset *rows,
                                 const struct made_list *by, const char *value_name)
{
	struct made_list aggregate;
	struct node group = { .kind = NODE_GROUP, .text = "" };
	struct node value = *node_group(level, "by")->first;
	unsigned *ids = ARENA_ARRAY(b->arena, unsigned, by->count + 2);
	value.next = NULL;
	group.first = group.last = &value;
	if (!ids || !aggregates_bind(b, &group, by, &aggregate))
		return ids ? NULL : bind_no_memory(b);
	aggregate.count = 1;
	struct rowset *output = rowset_group(b, rows, by, &aggregate, ids);
	for (size_t i = 0; output && i < by->count; i++)
		if (!rowset_add(b, output, by->items[i].name, by->items[i].expr->type, ids[i]))
			return NULL;
	return output && rowset_add(b, output, value_name, aggregate.items[0].expr->type,
	                            ids[by->count])
	           ? output
	           : NULL;
}

static struct rowset *level_group(struct binder *b, const struct node *levels, size_t depth,
                                  struct rowset *shared, const struct level *list)
{
	struct rowset *rows = rowset_refer(b, shared), *row = b->row, *output = NULL;
	struct made_list by = { 0 };
	b->row = rows;
	if (rows && keys_bind(b, levels, depth, list, &by))
		output = keys_group(b, node_child(levels, depth), rows, &by, list[depth].value);
	b->row = row;
	return output;
}

/* The rows whose keys are none of those that were kept. */
static bool rows_beside(struct binder *b, struct rowset *rows, const struct made_list *by,
                        const struct rowset *kept)
{
	struct expr **equal = ARENA_ARRAY(b->arena, struct expr *, by->count);
	for (size_t i = 0; equal && i < by->count; i++) {
		enum kql_type type = by->items[i].expr->type;
		unsigned id = rowset_compute(b, rows, by->items[i].expr);
		by->items[i].expr = id ? expr_column(b, id, type) : NULL;
		if (!id)
			return false;
		equal[i] = expr_call2(b, KQL_BOOL, "($0 IS NOT DISTINCT FROM $1)",
		                      by->items[i].expr, expr_column(b, kept->columns[i].id, type));
	}
	struct rel *rel = equal ? rel_new(b, REL_JOIN, rows->rel) : NULL;
	if (!rel)
		return bind_no_memory(b);
	rel->right = kept->rel;
	rel->join = JOIN_LEFT_ANTI;
	rel->where = expr_call(b, KQL_BOOL, "($&)", equal, by->count);
	rows->rel = rel;
	return rel->where;
}

/* What was kept, and for each group above one row more of all that was not, under the name told. */
static struct rowset *level_others(struct binder *b, const struct node *levels, size_t depth,
                                   struct rowset *shared, const struct level *list,
                                   struct rowset *kept)
{
	const struct node *level = node_child(levels, depth);
	struct rowset *cut = rowset_share(b, kept), *row = b->row;
	struct rowset *both[2] = { cut ? rowset_refer(b, cut) : NULL, NULL };
	struct rowset *rows = both[0] ? rowset_refer(b, shared) : NULL;
	struct rowset *without = rows ? rowset_refer(b, cut) : NULL;
	struct made_list by = { 0 };
	if (!without)
		return NULL;
	b->row = rows;
	if (keys_bind(b, levels, depth, list, &by) && rows_beside(b, rows, &by, without)) {
		struct made *last = &by.items[depth];
		last->expr = bind_typed(b, node_group(level, "others")->first, last->expr->type,
		                        "The name of the others");
		if (last->expr)
			both[1] = keys_group(b, level, rows, &by, list[depth].value);
	}
	b->row = row;
	struct union_tables tables_ = { .items = both, .count = 2 };
	return both[1] ? union_make(b, &tables_, false, NULL) : NULL;
}

/* Within each group of the keys above only the first `count` stay. */
static bool level_cut(struct binder *b, struct rowset *rows, size_t depth,
                      const struct level *level)
{
	if (level->count < 0)
		return true;
	const struct column_ref *value = &rows->columns[depth + 1];
	struct expr **parts = ARENA_ARRAY(b->arena, struct expr *, depth + 2);
	if (!parts)
		return bind_no_memory(b);
	parts[0] = expr_column(b, value->id, value->type);
	for (size_t i = 0; i < depth; i++)
		parts[i + 1] = expr_column(b, rows->columns[i].id, rows->columns[i].type);
	const char *sql = arena_printf(b->arena, "row_number() OVER (%s ORDER BY $0 %s)",
	                               depth ? "PARTITION BY $1*" : "",
	                               level->descending ? "DESC NULLS LAST" : "ASC NULLS FIRST");
	struct expr *number = sql ? expr_call(b, KQL_LONG, sql, parts, depth + 1) : NULL;
	if (!number)
		return false;
	number->constant = false;
	unsigned id = rowset_compute(b, rows, number);
	return id &&
	       rowset_filter(b, rows,
	                     expr_call2(b, KQL_BOOL, "($0 <= $1)", expr_column(b, id, KQL_LONG),
	                                expr_long(b, level->count)));
}

/* Joins what is there of the levels above with the next one. */
static struct rowset *level_join(struct binder *b, struct rowset *above, struct rowset *rows,
                                 size_t depth)
{
	struct rel *rel = rel_new(b, REL_JOIN, above->rel);
	struct expr **equal = ARENA_ARRAY(b->arena, struct expr *, depth + 1);
	struct rowset *output = rowset_copy(b, above);
	if (!rel || !equal || !output)
		return NULL;
	for (size_t i = 0; i < depth; i++)
		equal[i] =
		    expr_call2(b, KQL_BOOL, "($0 IS NOT DISTINCT FROM $1)",
		               expr_column(b, above->columns[i * 2].id, above->columns[i * 2].type),
		               expr_column(b, rows->columns[i].id, rows->columns[i].type));
	rel->right = rows->rel;
	rel->join = JOIN_INNER;
	rel->where = expr_call(b, KQL_BOOL, "($&)", equal, depth);
	output->rel = rel;
	for (size_t i = depth; i < rows->count; i++) {
		const struct column_ref *c = &rows->columns[i];
		const char *name = name_unique(b, output, c->name);
		if (!name || !rowset_add(b, output, name, c->type, c->id))
			return NULL;
	}
	return rel->where ? output : NULL;
}

/* Ranks count only within groups that survived above, so the cut comes behind a semi join. */
static struct rowset *level_within(struct binder *b, struct rowset *above, struct rowset *rows,
                                   size_t depth)
{
	struct rel *rel = rel_new(b, REL_JOIN, rows->rel);
	struct expr **equal = ARENA_ARRAY(b->arena, struct expr *, depth + 1);
	if (!rel || !equal)
		return NULL;
	for (size_t i = 0; i < depth; i++)
		equal[i] = expr_call2(
		    b, KQL_BOOL, "($0 IS NOT DISTINCT FROM $1)",
		    expr_column(b, rows->columns[i].id, rows->columns[i].type),
		    expr_column(b, above->columns[i * 2].id, above->columns[i * 2].type));
	rel->right = above->rel;
	rel->join = JOIN_LEFT_SEMI;
	rel->where = expr_call(b, KQL_BOOL, "($&)", equal, depth);
	rows->rel = rel;
	return rel->where ? rows : NULL;
}

struct rowset *op_top_nested(struct binder *b, const struct node *node, struct rowset *input)
{
	const struct node *levels = node_group(node, "");
	struct level list[LEVELS_MAX];
	size_t count = 0;
	if (levels->count > LEVELS_MAX)
		return semantic(b, "SEM0059", node, "At most %d levels", LEVELS_MAX);
	b->aggregates = false;
	EACH_CHILD(level, levels)
	if (!level_read(b, level, &list[count++]))
		return NULL;
	struct rowset *shared = rowset_share(b, input), *result = NULL;
	for (size_t depth = 0; shared && depth < count; depth++) {
		struct rowset *rows = level_group(b, levels, depth, shared, list), *kept = NULL;
		if (!rows)
			return NULL;
		if (depth) {
			kept = rowset_share(b, result);
			struct rowset *above = kept ? rowset_refer(b, kept) : NULL;
			rows = above ? level_within(b, above, rows, depth) : NULL;
		}
		if (!rows || !level_cut(b, rows, depth, &list[depth]))
			return NULL;
		if (node_group(node_child(levels, depth), "others"))
			rows = level_others(b, levels, depth, shared, list, rows);
		if (!rows)
			return NULL;
		result = depth ? level_join(b, rowset_refer(b, kept), rows, depth) : rows;
		if (!result)
			return NULL;
	}
	return result;
}

/* ---- top-hitters ---- */

/* Counted, not estimated; the names say approximate since Kusto's do. */
struct rowset *op_top_hitters(struct binder *b, const struct node *node, struct rowset *input)
{
	const struct node *of = node_group(node, "of")->first, *by_group = node_group(node, "by");
	struct column_ref *column = bind_column(b, of, input);
	struct expr *value = by_group ? bind_expr(b, by_group->first) : NULL;
	int64_t count;
	if (!column || (by_group && !value) || !bind_count(b, node_group(node, "")->first, &count))
		return NULL;
	if (value && !type_is_integer(value->type) && value->type != KQL_REAL)
		return semantic(b, "SEM0061", by_group->first, "'top-hitters' cannot add a %s",
		                kql_type_name(value->type));
	struct expr *total = !value ? expr_call(b, KQL_LONG, "count(*)", NULL, 0)
	                            : expr_call1(b, value->type == KQL_REAL ? KQL_REAL : KQL_LONG,
	                                         value->type == KQL_REAL
	                                             ? "coalesce(sum($0), 0)"
	                                             : "TRY_CAST(coalesce(sum($0), 0) AS BIGINT)",
	                                         value);
	struct made key = { .node = of, .name = column->name, .given = true };
	key.expr = expr_column(b, column->id, column->type);
	struct made sum = { .node = node, .given = true, .expr = total };
	sum.name = arena_printf(b->arena, "approximate_%s_%s", value ? "sum" : "count",
	                        !value        ? column->name
	                        : value->name ? value->name
	                                      : "");
	struct made_list by = { .items = &key, .count = 1 }, list = { .items = &sum, .count = 1 };
	unsigned ids[2];
	if (!total || !key.expr || !sum.name)
		return NULL;
	struct rowset *output = rowset_group(b, input, &by, &list, ids);
	if (!output || !rowset_add(b, output, key.name, column->type, ids[0]) ||
	    !rowset_add(b, output, sum.name, total->type, ids[1]))
		return NULL;
	return rowset_top(b, output, ids[1], total->type, count);
}
