/* op_series: make-series: aggregates of equal steps of an axis, as arrays. */
#include <string.h>

#include "query/bind_internal.h"

enum { SERIES_MAX = 1048576 };

struct series {
	struct rowset *rows; /* the input, used more than once */
	const char *axis_name;
	enum kql_type type; /* of the axis: long, real, datetime, timespan */
	struct expr *axis, *from, *step, *count;
	unsigned bin; /* column: the number of the row's step */
	struct made_list by, list;
	struct expr **fills; /* JSON for steps without rows */
};

static const char *real_or(const struct series *s, const char *whole, const char *real)
{
	return s->type == KQL_REAL ? real : whole;
}

/* The axis, and the bounds that are given, as one type. */
static struct expr *bound_bind(struct binder *b, const struct series *s, const struct node *node,
                               enum kql_type type)
{
	struct rowset *row = b->row;
	b->row = NULL;
	struct expr *expr = bind_expr(b, node);
	b->row = row;
	if (!expr)
		return NULL;
	bool numbers = type_is_number(type) && type_is_number(expr->type);
	if (expr->type != type && !numbers)
		return semantic(b, "SEM0057", node, "A %s axis needs a %s here, not a %s",
		                kql_type_name(s->type), kql_type_name(type),
		                kql_type_name(expr->type));
	return widen(b, expr, type);
}

/* min(axis) rounded down, or max(axis): where no bound is given. */
static struct expr *bound_of_data(struct binder *b, const struct series *s, const char *sql)
{
	struct rowset *rows = rowset_refer(b, s->rows);
	struct column_ref *column = rows ? rowset_find(rows, s->axis_name) : NULL;
	if (!column)
		return NULL;
	struct expr *value = expr_call1(b, s->type, sql, expr_column(b, column->id, s->type));
	struct made made = { .name = "", .expr = value };
	struct made_list by = { 0 }, list = { .items = &made, .count = 1 };
	struct expr *subquery = expr_new(b, EXPR_SUBQUERY, s->type);
	unsigned id;
	struct rowset *grouped = value ? rowset_group(b, rows, &by, &list, &id) : NULL;
	if (!grouped || !subquery)
		return NULL;
	subquery->rel = grouped->rel;
	subquery->column = id;
	subquery->constant = true;
	return subquery;
}

static bool bounds_bind(struct binder *b, const struct node *node, struct series *s)
{
	const struct node *from = node_group(node, "from"), *to = node_group(node, "to");
	enum kql_type step_type = s->type == KQL_DATETIME ? KQL_TIMESPAN : s->type;
	s->step = bound_bind(b, s, node_group(node, "step")->first, step_type);
	if (!s->step)
		return false;
	if (from)
		s->from = bound_bind(b, s, from->first, s->type);
	else
		s->from = expr_call2(b, s->type, real_or(s, "k_bin($0, $1)", "k_bin_real($0, $1)"),
		                     bound_of_data(b, s, "min($0)"), s->step);
	struct expr *end =
	    to ? bound_bind(b, s, to->first, s->type) : bound_of_data(b, s, "max($0)");
	bool inclusive = !to || node_group(node, "inclusive");
	struct expr *args[] = { s->from, end, s->step,
		                expr_value(b, (struct value){ .type = KQL_BOOL, .b = inclusive }) };
	s->count = expr_call(
	    b, KQL_LONG,
	    real_or(s, "k_series_count($0, $1, $2, $3)", "k_series_count_real($0, $1, $2, $3)"),
	    args, 4);
	return s->count;
}

/* ---- the axis ---- */

static bool axis_bind(struct binder *b, const struct node *node, struct rowset *input,
                      struct series *s)
{
	const struct node *on = node_group(node, "on")->first;
	struct expr *axis = bind_expr(b, on);
	if (!axis)
		return false;
	s->type = axis->type == KQL_INT ? KQL_LONG : axis->type;
	if (s->type != KQL_LONG && s->type != KQL_REAL && s->type != KQL_DATETIME &&
	    s->type != KQL_TIMESPAN)
		return semantic(b, "SEM0057", on, "A %s is no axis", kql_type_name(axis->type));
	s->axis_name = axis->name ? axis->name : "Column1";
	/* The shared table carries the axis under its name, whatever column that hides. */
	struct rowset *rows = rowset_copy(b, input);
	unsigned id = rows ? rowset_compute(b, rows, axis) : 0;
	struct column_ref *old = id ? rowset_find(rows, s->axis_name) : NULL;
	if (!id)
		return false;
	if (old)
		*old = (struct column_ref){ s->axis_name, s->type, id };
	else if (!rowset_add(b, rows, s->axis_name, s->type, id))
		return false;
	s->rows = rowset_share(b, rows);
	return s->rows;
}

/* Rows within the bounds, with the number of their step. */
static struct rowset *binned(struct binder *b, struct series *s)
{
	struct rowset *rows = rowset_refer(b, s->rows);
	struct column_ref *column = rows ? rowset_find(rows, s->axis_name) : NULL;
	if (!column)
		return NULL;
	struct expr *args[] = { expr_column(b, column->id, s->type), s->from, s->step, s->count };
	s->bin = rowset_compute(b, rows,
	                        expr_call(b, KQL_LONG,
	                                  real_or(s, "k_series_bin($0, $1, $2, $3)",
	                                          "k_series_bin_real($0, $1, $2, $3)"),
	                                  args, 4));
	struct expr *where =
	    expr_call1(b, KQL_BOOL, "($0 IS NOT NULL)", expr_column(b, s->bin, KQL_LONG));
	return s->bin && rowset_filter(b, rows, where) ? rows : NULL;
}

/* ---- aggregates ---- */

static bool fills_bind(struct binder *b, const struct node *group, struct series *s)
{
	size_t i = 0;
	s->fills = ARENA_ARRAY(b->arena, struct expr *, s->list.count + 1);
	if (!s->fills)
		return bind_no_memory(b);
	EACH_CHILD(item, group)
	{
		const struct node *fill = item->first->next;
		struct rowset *row = b->row;
		b->row = NULL;
		struct expr *value = fill ? bind_expr(b, fill) : expr_long(b, 0);
		b->row = row;
		s->fills[i] = value ? as_json(b, value) : NULL;
		if (!s->fills[i++])
			return false;
	}
	return true;
}

/* Each item is one aggregate, so that defaults and values stay side by side. */
static bool aggregates_of(struct binder *b, const struct node *group, struct series *s)
{
	s->list.items = ARENA_ARRAY(b->arena, struct made, group->count + 1);
	if (!s->list.items)
		return bind_no_memory(b);
	EACH_CHILD(item, group)
	{
		struct node only = { .kind = NODE_GROUP, .text = "" }, value = *item->first;
		struct made_list one;
		value.next = NULL;
		only.first = only.last = &value;
		if (!aggregates_bind(b, &only, &s->by, &one))
			return false;
		if (one.count != 1)
			return semantic(b, "SEM0058", item,
			                "make-series takes aggregates of one value");
		one.items[0].node = item->first;
		s->list.items[s->list.count++] = one.items[0];
	}
	return fills_bind(b, group, s);
}

/* By keys and step; then by keys alone: pairs of step and value, made into full arrays. */
static struct rowset *stepped(struct binder *b, struct rowset *rows, struct series *s,
                              unsigned *ids)
{
	struct made_list keys = { 0 };
	keys.items = ARENA_ARRAY(b->arena, struct made, s->by.count + 1);
	if (!keys.items)
		return bind_no_memory(b);
	keys.items[keys.count++] = (struct made){ .expr = expr_column(b, s->bin, KQL_LONG) };
	for (size_t i = 0; i < s->by.count; i++)
		keys.items[keys.count++] = s->by.items[i];
	return rowset_group(b, rows, &keys, &s->list, ids);
}

static struct expr *series_of(struct binder *b, struct series *s, size_t i, const unsigned *ids)
{
	enum kql_type type = s->list.items[i].expr->type;
	struct expr *value = as_json(b, expr_column(b, ids[1 + s->by.count + i], type));
	struct expr *pairs = expr_call2(b, KQL_DYNAMIC,
	                                "concat('[', string_agg(concat('[', $0, ',', "
	                                "coalesce($1, 'null'), ']'), ','), ']')",
	                                expr_column(b, ids[0], KQL_LONG), value);
	return expr_call3(b, KQL_DYNAMIC, "k_series_fill($0, $1, $2)", pairs, s->count,
	                  s->fills[i]);
}

static struct expr *axis_values(struct binder *b, struct series *s)
{
	struct expr *args[] = { s->from, s->step, s->count,
		                expr_text(b, s->type == KQL_DATETIME   ? "datetime"
		                             : s->type == KQL_TIMESPAN ? "timespan"
		                                                       : "long") };
	return expr_call(
	    b, KQL_DYNAMIC,
	    real_or(s, "k_series_axis($0, $1, $2, $3)", "k_series_axis_real($0, $1, $2)"), args,
	    s->type == KQL_REAL ? 3 : 4);
}

static struct rowset *folded(struct binder *b, struct rowset *steps, struct series *s,
                             const unsigned *ids, bool nonempty)
{
	struct made_list keys = { 0 }, arrays = { 0 };
	size_t count = s->by.count + s->list.count + 1;
	keys.items = ARENA_ARRAY(b->arena, struct made, count);
	arrays.items = ARENA_ARRAY(b->arena, struct made, count);
	unsigned *out = ARENA_ARRAY(b->arena, unsigned, count + 1);
	if (!keys.items || !arrays.items || !out)
		return bind_no_memory(b);
	/* Without keys and rows there is no row, unless kind=nonempty asks for one. */
	if (!s->by.count && !nonempty)
		keys.items[keys.count++] = (struct made){ .expr = expr_long(b, 0) };
	for (size_t i = 0; i < s->by.count; i++) {
		keys.items[keys.count] = s->by.items[i];
		keys.items[keys.count++].expr =
		    expr_column(b, ids[1 + i], s->by.items[i].expr->type);
	}
	for (size_t i = 0; i < s->list.count; i++) {
		arrays.items[arrays.count] = s->list.items[i];
		arrays.items[arrays.count++].expr = series_of(b, s, i, ids);
	}
	struct rowset *output = rowset_group(b, steps, &keys, &arrays, out);
	size_t skipped = keys.count - s->by.count;
	if (!output || !made_add(b, &s->by, out + skipped, output, "Column", 1) ||
	    !made_add(b, &arrays, out + keys.count, output, "Column", 1))
		return NULL;
	unsigned axis = rowset_compute(b, output, axis_values(b, s));
	const char *name = name_unique(b, output, s->axis_name);
	return axis && name && rowset_add(b, output, name, KQL_DYNAMIC, axis) ? output : NULL;
}

struct rowset *op_make_series(struct binder *b, const struct node *node, struct rowset *input)
{
	struct series s = { 0 };
	const struct node *by = node_group(node, "by"), *kind = node_param(node, "kind");
	bool nonempty = kind && node_is(kind->first, "nonempty");
	if (kind && !nonempty)
		return semantic(b, "SEM0053", kind, "'%s' is no kind of make-series",
		                kind->first->text);
	if (!axis_bind(b, node, input, &s) || !bounds_bind(b, node, &s))
		return NULL;
	struct rowset *rows = binned(b, &s);
	if (!rows)
		return NULL;
	b->row = rows;
	bool ok = (!by || made_bind(b, by, &s.by)) && aggregates_of(b, node_group(node, ""), &s);
	unsigned *ids = ARENA_ARRAY(b->arena, unsigned, 1 + s.by.count + s.list.count + 1);
	struct rowset *steps = ok && ids ? stepped(b, rows, &s, ids) : NULL;
	return steps ? folded(b, steps, &s, ids, nonempty) : NULL;
}
