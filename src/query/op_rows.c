/* op_rows: the operators that choose, order and make rows. */
#include <math.h>
#include <string.h>

#include "query/bind_internal.h"

struct rowset *op_where(struct binder *b, const struct node *node, struct rowset *input)
{
	b->windows = true;
	struct expr *condition = bind_condition(b, node_group(node, "")->first);
	b->windows = false;
	struct rowset *output = condition ? rowset_copy(b, input) : NULL;
	return output && rowset_filter(b, output, condition) ? output : NULL;
}

/* ---- sort, top, take ---- */

static bool order_key_bind(struct binder *b, const struct node *order, struct rowset *output,
                           struct order_key *ret)
{
	struct expr *expr = bind_expr(b, order->first);
	if (!expr)
		return false;
	if (expr->type == KQL_DYNAMIC)
		return semantic(b, "SEM0043", order->first,
		                "Rows cannot be sorted by a dynamic; convert it first");
	if (expr->type == KQL_DECIMAL)
		expr = convert(b, expr, KQL_REAL);
	*ret = (struct order_key){
		.id = rowset_compute(b, output, expr),
		.type = expr->type,
		.descending = order->descending,
		.nulls_first = order->nulls_first,
	};
	return ret->id;
}

/* Equal keys leave rows in the order in which they were. */
static struct rowset *sorted(struct binder *b, const struct node *node, struct rowset *input)
{
	const struct node *by = node_group(node, "by");
	struct rowset *output = rowset_copy(b, input);
	if (!output)
		return NULL;
	output->order = ARENA_ARRAY(b->arena, struct order_key, by->count + input->order_count + 1);
	if (!output->order)
		return bind_no_memory(b);
	output->order_count = 0;
	EACH_CHILD(order, by)
	{
		struct order_key *key = &output->order[output->order_count];
		if (!order_key_bind(b, order, output, key))
			return NULL;
		output->order_count++;
	}
	for (size_t i = 0; i < input->order_count && input->order_unique; i++)
		output->order[output->order_count++] = input->order[i];
	output->serialized = true;
	output->order_unique = false;
	return output;
}

struct rowset *op_sort(struct binder *b, const struct node *node, struct rowset *input)
{
	return sorted(b, node, input);
}

static struct rowset *limited(struct binder *b, struct rowset *input, int64_t count)
{
	struct rowset *output = input ? rowset_copy(b, input) : NULL;
	struct rel *limit = output ? rel_new(b, REL_LIMIT, output->rel) : NULL;
	if (!limit)
		return NULL;
	limit->order = output->order;
	limit->order_count = output->order_count;
	limit->count = count;
	output->rel = limit;
	return output;
}

struct rowset *op_take(struct binder *b, const struct node *node, struct rowset *input)
{
	int64_t count;
	if (!bind_count(b, node_group(node, "")->first, &count))
		return NULL;
	return limited(b, input, count);
}

struct rowset *op_top(struct binder *b, const struct node *node, struct rowset *input)
{
	int64_t count;
	if (!bind_count(b, node_group(node, "")->first, &count))
		return NULL;
	return limited(b, sorted(b, node, input), count);
}

struct rowset *op_sample(struct binder *b, const struct node *node, struct rowset *input)
{
	int64_t count;
	struct rowset *output = rowset_copy(b, input);
	if (!output || !bind_count(b, node_group(node, "")->first, &count))
		return NULL;
	struct rel *sample = rel_new(b, REL_SAMPLE, output->rel);
	if (!sample)
		return NULL;
	sample->count = count;
	output->rel = sample;
	order_drop(output);
	return output;
}

/* ---- sources of constants ---- */

/* Rows of constants keep the order in which they are written. */
static bool values_order(struct binder *b, struct rowset *rows, unsigned id)
{
	rows->order = ARENA_NEW(b->arena, struct order_key);
	if (!rows->order)
		return bind_no_memory(b);
	*rows->order = (struct order_key){ .id = id, .type = KQL_LONG };
	rows->order_count = 1;
	rows->order_unique = true;
	return true;
}

static struct expr *cell_bind(struct binder *b, const struct node *node, enum kql_type type)
{
	struct value value;
	if (!bind_constant(b, node, &value))
		return NULL;
	struct expr *expr = expr_value(b, value);
	bool fits = value.type == type || type == KQL_DYNAMIC || value.null ||
	            (type_is_number(value.type) && type_is_number(type)) ||
	            (value.type == KQL_STRING && type != KQL_BOOL) ||
	            (value.type == KQL_LONG && type == KQL_BOOL) ||
	            (value.type == KQL_BOOL && type_is_integer(type));
	if (!fits)
		return semantic(b, "SEM0044", node, "A %s does not fit a column of type %s",
		                kql_type_name(value.type), kql_type_name(type));
	return type == KQL_DYNAMIC ? as_json(b, expr) : convert(b, expr, type);
}

static bool cells_bind(struct binder *b, const struct node *values, struct rel *rel,
                       const struct rowset *rows)
{
	size_t width = rows->count, i = 0;
	rel->cells = ARENA_ARRAY(b->arena, struct expr *, values->count + rel->row_count + 1);
	if (!rel->cells)
		return bind_no_memory(b);
	EACH_CHILD(value, values)
	{
		size_t row = i / width, column = i % width;
		struct expr *cell = cell_bind(b, value, rows->columns[column].type);
		if (!cell)
			return false;
		rel->cells[row * (width + 1) + column] = cell;
		if (column + 1 == width)
			rel->cells[row * (width + 1) + width] = expr_long(b, (int64_t)row);
		i++;
	}
	return true;
}

struct rowset *op_datatable(struct binder *b, const struct node *node, struct rowset *input)
{
	(void)input;
	const struct node *declared = node_group(node, "columns"),
			  *values = node_group(node, "values");
	struct rel *rel = rel_new(b, REL_VALUES, NULL);
	struct rowset *rows = rowset_new(b, rel, declared->count);
	if (!rows)
		return NULL;
	if (node_is(node, "externaldata"))
		return semantic(b, "SEM0045", node,
		                "externaldata is refused: only a workspace is read");
	rel->computed = ARENA_ARRAY(b->arena, struct computed, declared->count + 1);
	if (!rel->computed)
		return bind_no_memory(b);
	EACH_CHILD(column, declared)
	{
		if (rowset_find(rows, column->text))
			return semantic(b, "SEM0041", column,
			                "A column with the name '%s' is already declared",
			                column->text);
		unsigned id = b->next_id++;
		rel->computed[rel->computed_count].id = id;
		rel->computed[rel->computed_count++].expr = expr_null(b, column->type);
		rows->columns[rows->count++] =
		    (struct column_ref){ column->text, column->type, id };
	}
	if (!rows->count || values->count % rows->count)
		return semantic(b, "SEM0046", node,
		                "The number of values is no multiple of the number of columns");
	rel->row_count = values->count / rows->count;
	unsigned position = b->next_id++;
	rel->computed[rel->computed_count].id = position;
	rel->computed[rel->computed_count++].expr = expr_null(b, KQL_LONG);
	if (!cells_bind(b, values, rel, rows) || !values_order(b, rows, position))
		return NULL;
	return rows;
}

enum { RANGE_ROWS_MAX = 100 * 1000 * 1000 };

/* How many steps from `from` do not pass `to`; -1 where there are too many. */
static int64_t step_count(const struct value *from, const struct value *to,
                          const struct value *step)
{
	double steps;
	if (from->type == KQL_REAL) {
		steps = floor((to->f - from->f) / step->f + 1e-9);
		if (!isfinite(steps))
			return step->f == 0 || isnan(steps) ? 0 : -1;
	} else {
		int64_t span;
		if (step->i == 0)
			return 0;
		if (__builtin_sub_overflow(to->i, from->i, &span))
			return -1;
		if (span != 0 && (span > 0) != (step->i > 0))
			return 0;
		steps = (double)(span / step->i);
	}
	return steps < 0 ? 0 : steps >= RANGE_ROWS_MAX ? -1 : (int64_t)steps + 1;
}

/* from, to and step of range, as one type of the column. */
static bool range_values(struct binder *b, const struct node *node, struct value value[3])
{
	static const char *const labels[] = { "from", "to", "step" };
	bool real = false;
	for (int i = 0; i < 3; i++) {
		const struct node *at = node_group(node, labels[i])->first;
		if (!bind_constant(b, at, &value[i]))
			return false;
		real |= value[i].type == KQL_REAL;
	}
	enum kql_type type = value[0].type;
	bool times = (type == KQL_DATETIME || type == KQL_TIMESPAN) && value[1].type == type &&
	             value[2].type == KQL_TIMESPAN;
	bool numbers = true;
	for (int i = 0; i < 3; i++)
		numbers &= type_is_integer(value[i].type) || value[i].type == KQL_REAL;
	if (!times && !numbers)
		return semantic(b, "SEM0047", node, "range goes from a %s to a %s by a %s",
		                kql_type_name(type), kql_type_name(value[1].type),
		                kql_type_name(value[2].type));
	for (int i = 0; i < 3; i++) {
		if (real && value[i].type != KQL_REAL)
			value[i].f = (double)value[i].i;
		if (numbers)
			value[i].type = real ? KQL_REAL : KQL_LONG;
	}
	return true;
}

struct rowset *op_range(struct binder *b, const struct node *node, struct rowset *input)
{
	(void)input;
	struct value value[3];
	struct rel *rel = rel_new(b, REL_RANGE, NULL);
	struct rowset *rows = rowset_new(b, rel, 1);
	if (!rows || !range_values(b, node, value))
		return NULL;
	bool empty = value[0].null || value[1].null || value[2].null;
	rel->count = empty ? 0 : step_count(&value[0], &value[1], &value[2]);
	if (rel->count < 0)
		return semantic(b, "SEM0048", node, "range makes more than %d rows",
		                RANGE_ROWS_MAX);
	rel->computed = ARENA_NEW(b->arena, struct computed);
	if (!rel->computed)
		return bind_no_memory(b);
	rel->computed[0].id = b->next_id++;
	rel->computed_count = 1;
	struct expr *number = expr_column(b, rel->computed[0].id, KQL_LONG);
	const char *sql =
	    value[0].type == KQL_REAL ? "($0 + CAST($2 AS DOUBLE) * $1)" : "($0 + $2 * $1)";
	struct expr *expr = expr_call3(b, value[0].type, sql, expr_value(b, value[0]),
	                               expr_value(b, value[2]), number);
	if (!values_order(b, rows, rel->computed[0].id))
		return NULL;
	rows->serialized = true;
	const struct node *name = node_group(node, "")->first;
	unsigned id = rowset_compute(b, rows, expr);
	return id && rowset_add(b, rows, name->text, value[0].type, id) ? rows : NULL;
}

/* ---- those that change nothing but what is known ---- */

struct rowset *op_as(struct binder *b, const struct node *node, struct rowset *input)
{
	struct rowset *shared = rowset_share(b, input);
	struct scope *scope = ARENA_NEW(b->arena, struct scope);
	if (!shared || !scope)
		return NULL;
	*scope = (struct scope){ .kind = SCOPE_SHARED,
		                 .name = node_group(node, "")->first->text,
		                 .outer = b->scope,
		                 .table = shared,
		                 .next = b->scope };
	b->scope = scope;
	struct rowset *output = rowset_refer(b, shared);
	if (output)
		output->source = scope->name;
	return output;
}

struct rowset *op_invoke(struct binder *b, const struct node *node, struct rowset *input)
{
	const struct node *call = node_group(node, "")->first;
	const struct scope *found = scope_find(b->scope, call->text);
	if (call->kind != NODE_CALL || !found || found->kind != SCOPE_FUNCTION)
		return semantic(b, "SEM0049", call, "There is no function '%s' to invoke",
		                call->text);
	return bind_function_table(b, found, call, input);
}

struct rowset *op_consume(struct binder *b, const struct node *node, struct rowset *input)
{
	(void)node;
	struct rowset *none = limited(b, input, 0);
	if (none)
		none->count = 0;
	return none;
}

struct rowset *op_getschema(struct binder *b, const struct node *node, struct rowset *input)
{
	static const char *const names[] = { "ColumnName", "ColumnOrdinal", "DataType",
		                             "ColumnType" };
	static const char *const system[KQL_TYPE_COUNT] = {
		[KQL_BOOL] = "System.SByte",
		[KQL_INT] = "System.Int32",
		[KQL_LONG] = "System.Int64",
		[KQL_REAL] = "System.Double",
		[KQL_STRING] = "System.String",
		[KQL_DATETIME] = "System.DateTime",
		[KQL_TIMESPAN] = "System.TimeSpan",
		[KQL_DYNAMIC] = "System.Object",
		[KQL_GUID] = "System.Guid",
		[KQL_DECIMAL] = "System.Data.SqlTypes.SqlDecimal",
	};
	struct rel *rel = rel_new(b, REL_VALUES, NULL);
	struct rowset *rows = rowset_new(b, rel, 4);
	if (node_param(node, "kind"))
		return semantic(b, "SEM0001", node_param(node, "kind"),
		                "getschema with a kind is not supported");
	if (!rows)
		return NULL;
	rel->computed = ARENA_ARRAY(b->arena, struct computed, 4);
	rel->cells = ARENA_ARRAY(b->arena, struct expr *, input->count * 4 + 1);
	if (!rel->computed || !rel->cells)
		return bind_no_memory(b);
	for (int i = 0; i < 4; i++) {
		enum kql_type type = i == 1 ? KQL_LONG : KQL_STRING;
		rel->computed[i] = (struct computed){ b->next_id, expr_null(b, type) };
		rows->columns[rows->count++] = (struct column_ref){ names[i], type, b->next_id++ };
	}
	rel->computed_count = 4;
	rel->row_count = input->count;
	for (size_t i = 0; i < input->count; i++) {
		struct expr **cell = &rel->cells[i * 4];
		cell[0] = expr_text(b, input->columns[i].name);
		cell[1] = expr_long(b, (int64_t)i);
		cell[2] = expr_text(b, system[input->columns[i].type]);
		cell[3] = expr_text(b, kql_type_name(input->columns[i].type));
	}
	rows->serialized = true;
	return values_order(b, rows, rel->computed[1].id) ? rows : NULL;
}

struct rowset *op_render(struct binder *b, const struct node *node, struct rowset *input)
{
	static const char *const charts[] = {
		"table",        "list",      "barchart",         "piechart",    "ladderchart",
		"timechart",    "linechart", "anomalychart",     "pivotchart",  "areachart",
		"scatterchart", "timepivot", "stackedareachart", "columnchart", "timeline",
		"3Dchart",      "card",      "treemap",          "plotly",      "graph",
		"sankey"
	};
	const struct node *chart = node_group(node, "")->first;
	for (size_t i = 0; i < ARRAY_LEN(charts); i++)
		if (node_is(chart, charts[i]))
			b->render.visualization = charts[i];
	if (!b->render.visualization)
		return semantic(b, "SEM0050", chart, "There is no visualization '%s'", chart->text);
	b->render.properties = node_group(node, "with");
	return input;
}
