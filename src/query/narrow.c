/* narrow: what conditions tell the tables below them, which then need not read every segment.
 *
 * A condition is carried down as long as rows that it drops would be dropped all the same: past
 * filters and computations (not those that look at other rows), into both sides of an inner join,
 * the left one of other joins that keep its rows apart, and into all inputs of a union.  The filter
 * itself stays where it is. */
#include <stdlib.h>
#include <string.h>

#include "query/bind_internal.h"
#include "workspace/address_filter.h"

enum { VALUES_MAX = 1024, SOUGHT_MAX = 64, DOWN_MAX = BIND_DEPTH_MAX };

/* That a column is compared with a time, or that one of several columns has a text. */
struct condition {
	bool is_time;
	unsigned time; /* its column */
	enum binary_op op;
	int64_t value;
	struct wanted {
		unsigned id;
		uint64_t hash;
	} * wanted;
	size_t count;
};

/* ---- tables ---- */

/* The column of that number; COLUMN_COUNT where it is not the table's. */
static enum column_id column_of(const struct rel *table, unsigned id)
{
	unsigned at = table->first_id;
	for (enum column_id c = 0; c < COLUMN_COUNT; c++)
		if (column_in(c, table->filter.table) && at++ == id)
			return c;
	return COLUMN_COUNT;
}

static void narrow_time(struct rel *table, const struct condition *c)
{
	enum column_id column = column_of(table, c->time);
	struct time_range *range = column == COL_TimeGenerated ? &table->filter.time
	                           : column == COL_FlowRecordTime || column == COL_BeginTime
	                               ? &table->filter.recorded
	                               : NULL;
	if (!range)
		return;
	if (c->op != BINARY_LT && c->op != BINARY_LE && c->value > range->from)
		range->from = c->value;
	if (c->op != BINARY_GT && c->op != BINARY_GE && c->value < range->to)
		range->to = c->value;
}

static int by_column_and_hash(const void *a, const void *b)
{
	const struct sought_value *x = a, *y = b;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return (x->hash > y->hash) - (x->hash < y->hash);
}

/* The list of a table grows by copying: it is short. */
static void narrow_sought(struct binder *b, struct rel *table, const struct condition *c)
{
	struct segment_filter *filter = &table->filter;
	struct sought_value *values = ARENA_ARRAY(b->arena, struct sought_value, c->count + 1);
	struct sought *all = ARENA_ARRAY(b->arena, struct sought, filter->sought_count + 1);
	if (!values || !all || filter->sought_count == SOUGHT_MAX)
		return;
	for (size_t i = 0; i < c->count; i++) {
		enum column_id column = column_of(table, c->wanted[i].id);
		if (column == COLUMN_COUNT)
			return;
		values[i] = (struct sought_value){ column, c->wanted[i].hash };
	}
	qsort(values, c->count, sizeof *values, by_column_and_hash);
	if (filter->sought_count)
		memcpy(all, filter->sought, filter->sought_count * sizeof *all);
	all[filter->sought_count++] = (struct sought){ values, c->count };
	filter->sought = all;
}

/* ---- on the way down ---- */

static bool looks_around(const struct rel *compute)
{
	for (size_t i = 0; i < compute->computed_count; i++)
		if (expr_looks_around(compute->computed[i].expr))
			return true;
	return false;
}

static const struct union_column *column_out(const struct union_input *input, unsigned id)
{
	for (size_t i = 0; i < input->count; i++)
		if (input->columns[i].out == id)
			return &input->columns[i];
	return NULL;
}

static bool is_empty_text(const struct union_column *column)
{
	return !column->in && column->fill && column->fill->kind == EXPR_VALUE &&
	       column->fill->type == KQL_STRING && column->fill->value.s.len == 0;
}

/* The condition in an input's own columns; false where it cannot be said.  A column that the input
 * lacks is empty there, which nobody looks for. */
static bool condition_within(struct binder *b, const struct condition *c,
                             const struct union_input *input, struct condition *ret)
{
	*ret = *c;
	const struct union_column *column;
	if (c->is_time) {
		column = column_out(input, c->time);
		ret->time = column ? column->in : 0;
		return ret->time;
	}
	ret->count = 0;
	ret->wanted = ARENA_ARRAY(b->arena, struct wanted, c->count + 1);
	for (size_t i = 0; ret->wanted && i < c->count; i++) {
		column = column_out(input, c->wanted[i].id);
		if (!column || (!column->in && !is_empty_text(column)))
			return false;
		if (column->in)
			ret->wanted[ret->count++] =
			    (struct wanted){ column->in, c->wanted[i].hash };
	}
	return ret->wanted;
}

static void go_down(struct binder *b, struct rel *rel, const struct condition *c, unsigned depth);

static void into_inputs(struct binder *b, struct rel *rel, const struct condition *c,
                        unsigned depth)
{
	struct condition within;
	for (size_t i = 0; i < rel->input_count; i++)
		if (condition_within(b, c, &rel->inputs[i], &within))
			go_down(b, rel->inputs[i].rel, &within, depth + 1);
}

static void into_sides(struct binder *b, struct rel *rel, const struct condition *c, unsigned depth)
{
	bool keeps_left = rel->join != JOIN_RIGHT_OUTER && rel->join != JOIN_FULL_OUTER;
	if (keeps_left && !rel->distinct_count)
		go_down(b, rel->left, c, depth + 1);
	if (rel->join == JOIN_INNER)
		go_down(b, rel->right, c, depth + 1);
}

static void go_down(struct binder *b, struct rel *rel, const struct condition *c, unsigned depth)
{
	while (rel->kind == REL_FILTER || (rel->kind == REL_COMPUTE && !looks_around(rel)))
		rel = rel->left;
	if (depth > DOWN_MAX || ++b->work > BIND_NODES_MAX)
		return;
	if (rel->kind == REL_UNION)
		into_inputs(b, rel, c, depth);
	else if (rel->kind == REL_JOIN)
		into_sides(b, rel, c, depth);
	else if (rel->kind == REL_TABLE && c->is_time)
		narrow_time(rel, c);
	else if (rel->kind == REL_TABLE)
		narrow_sought(b, rel, c);
}

/* ---- conditions ---- */

/* What cannot be known beforehand is no error here. */
static bool known(struct binder *b, const struct expr *constant, enum kql_type type,
                  struct value *ret)
{
	struct query_error *e = b->e, ignored = { 0 };
	if (!constant->constant || constant->type != type)
		return false;
	b->e = &ignored;
	bool ok = expr_constant(b, NULL, constant, ret) && !ret->null && ret->type == type;
	b->e = e;
	return ok;
}

/* `column op constant`, or the other way round, of a type. */
static bool comparison_of(struct binder *b, const struct expr *where, enum kql_type type,
                          enum binary_op *ret_op, unsigned *ret_column, struct value *ret)
{
	static const enum binary_op mirrored[] = { BINARY_GT, BINARY_GE, BINARY_LT, BINARY_LE };
	if (!where->comparison)
		return false;
	enum binary_op op = (enum binary_op)where->op;
	const struct expr *column = where->args[0], *constant = where->args[1];
	if (column->kind != EXPR_COLUMN) {
		column = where->args[1];
		constant = where->args[0];
		if (op >= BINARY_LT && op <= BINARY_GE)
			op = mirrored[op - BINARY_LT];
	}
	if (op == BINARY_NE || op == BINARY_NE_SQL || column->kind != EXPR_COLUMN ||
	    column->type != type)
		return false;
	*ret_op = op;
	*ret_column = column->column;
	return known(b, constant, type, ret);
}

/* The list doubles when its length reaches a power of two. */
static bool want(struct binder *b, struct condition *c, unsigned id, uint64_t hash)
{
	if (c->count == VALUES_MAX)
		return false;
	if ((c->count & (c->count - 1)) == 0) {
		struct wanted *grown = ARENA_ARRAY(b->arena, struct wanted, c->count * 2 + 1);
		if (!grown)
			return false;
		if (c->count)
			memcpy(grown, c->wanted, c->count * sizeof *grown);
		c->wanted = grown;
	}
	c->wanted[c->count++] = (struct wanted){ id, hash };
	return true;
}

/* The empty text stands for what is not there, in rows of older programs, too. */
static bool want_text(struct binder *b, struct condition *c, unsigned id, const struct expr *text)
{
	struct value value;
	return known(b, text, KQL_STRING, &value) && value.s.len &&
	       want(b, c, id, address_hash(value.s.at, value.s.len));
}

static bool want_one_of(struct binder *b, struct condition *c, const struct expr *where)
{
	if (where->args[0]->kind != EXPR_COLUMN)
		return false;
	for (size_t i = 1; i < where->count; i++)
		if (!want_text(b, c, where->args[0]->column, where->args[i]))
			return false;
	return true;
}

/* Adds texts of which a row that the condition lets pass has one.  False where that cannot be told;
 * what was added by then means nothing. */
static bool want_any(struct binder *b, struct condition *c, const struct expr *where)
{
	enum binary_op op;
	unsigned column;
	struct value value;
	if (where->is_and_or && where->sql[2] == '|') {
		for (size_t i = 0; i < where->count; i++)
			if (!want_any(b, c, where->args[i]))
				return false;
		return where->count;
	}
	size_t before = c->count;
	for (size_t i = 0; where->is_and_or && i < where->count; i++) {
		if (want_any(b, c, where->args[i]))
			return true;
		c->count = before;
	}
	if (where->membership)
		return want_one_of(b, c, where);
	return comparison_of(b, where, KQL_STRING, &op, &column, &value) && op == BINARY_EQ &&
	       value.s.len && want(b, c, column, address_hash(value.s.at, value.s.len));
}

void narrow_tables(struct binder *b, struct rel *rel, const struct expr *where)
{
	struct value value;
	struct condition c = { .is_time = true };
	if (b->options->read_all)
		return;
	if (where->is_and_or && where->sql[2] == '&') {
		for (size_t i = 0; i < where->count; i++)
			narrow_tables(b, rel, where->args[i]);
		return;
	}
	if (comparison_of(b, where, KQL_DATETIME, &c.op, &c.time, &value)) {
		c.value = value.i;
		go_down(b, rel, &c, 0);
		return;
	}
	c = (struct condition){ 0 };
	if (want_any(b, &c, where))
		go_down(b, rel, &c, 0);
}
