/* op_evaluate: the plugins of evaluate.
 *
 * bag_unpack and pivot make columns of data: where no schema is given, the names are looked up in
 * the data while the query is bound. */
#include <string.h>

#include "query/bind_internal.h"
#include "query/json.h"

enum { DATA_COLUMNS_MAX = 500 };

typedef struct rowset *plugin(struct binder *b, const struct node *node, const struct node *call,
                              struct rowset *input);

/* A text constant that data decides: the first value of `sql` over the shared rows. */
static bool ask_data(struct binder *b, const struct node *at, struct rowset *shared,
                     const struct column_ref *column, const char *sql, struct json *ret)
{
	struct rowset *rows = rowset_refer(b, shared);
	struct column_ref *own = rows ? rowset_find(rows, column->name) : NULL;
	if (!own)
		return false;
	struct expr *value = expr_call1(b, KQL_DYNAMIC, sql, expr_column(b, own->id, own->type));
	struct made made = { .name = "", .expr = value };
	struct made_list by = { 0 }, list = { .items = &made, .count = 1 };
	struct expr *subquery = expr_new(b, EXPR_SUBQUERY, KQL_DYNAMIC);
	struct value answer;
	unsigned id;
	struct rowset *grouped = value ? rowset_group(b, rows, &by, &list, &id) : NULL;
	if (!grouped || !subquery)
		return false;
	subquery->rel = grouped->rel;
	subquery->column = id;
	subquery->constant = true;
	if (!expr_constant(b, at, subquery, &answer))
		return false;
	*ret = answer.null ? (struct json){ "[]", 2 } : (struct json){ answer.s.at, answer.s.len };
	return true;
}

static const char *text_of(struct binder *b, struct json string)
{
	struct buf text = { 0 };
	json_string_text(string, &text);
	const char *copy = arena_strndup(b->arena, buf_text(&text), text.len);
	buf_done(&text);
	return copy;
}

static const struct column_ref *column_argument(struct binder *b, const struct node *call, size_t i,
                                                const struct rowset *rows)
{
	const struct node *arg = node_child(call, i);
	if (!arg)
		return semantic(b, "SEM0062", call, "'%s' takes more arguments", call->text);
	return bind_column(b, arg, rows);
}

/* ---- bag_unpack ---- */

static enum kql_type type_named(struct json name)
{
	static const struct {
		const char *name;
		enum kql_type type;
	} types[] = {
		{ "long", KQL_LONG },     { "real", KQL_REAL },         { "bool", KQL_BOOL },
		{ "string", KQL_STRING }, { "datetime", KQL_DATETIME },
	};
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (json_string_equals(name, types[i].name, strlen(types[i].name)))
			return types[i].type;
	return KQL_DYNAMIC;
}

static bool unpack_one(struct binder *b, struct rowset *rows, const struct column_ref *bag,
                       const char *key, const char *name, enum kql_type type)
{
	struct expr *member = expr_call2(b, KQL_DYNAMIC, "k_member($0, $1)",
	                                 expr_column(b, bag->id, KQL_DYNAMIC), expr_text(b, key));
	unsigned id = rowset_compute(b, rows, convert(b, member, type));
	return id && rowset_add(b, rows, name, type, id);
}

/* What follows the bag: by place, or by name. */
struct unpacking {
	struct value prefix, conflict, ignored;
};

static bool unpacking_read(struct binder *b, const struct node *call, struct unpacking *ret)
{
	static const char *const names[] = { "OutputColumnPrefix", "columnsConflict",
		                             "ignoredProperties" };
	struct value *values[] = { &ret->prefix, &ret->conflict, &ret->ignored };
	size_t place = 0;
	for (const struct node *arg = call->first->next; arg; arg = arg->next, place++) {
		bool named = arg->kind == NODE_NAMED;
		size_t i = named ? 0 : place;
		while (named && i < ARRAY_LEN(names) && !node_is(arg, names[i]))
			i++;
		if (i >= ARRAY_LEN(names))
			return semantic(b, "SEM0063", arg, "'bag_unpack' has no such argument");
		if (!bind_constant(b, named ? arg->first : arg, values[i]))
			return false;
	}
	return true;
}

static bool is_ignored(const struct unpacking *how, const char *key)
{
	struct json inside = json_inside((struct json){ how->ignored.s.at, how->ignored.s.len });
	struct json item;
	while (how->ignored.type == KQL_DYNAMIC && !how->ignored.null && json_next(&inside, &item))
		if (json_string_equals(item, key, strlen(key)))
			return true;
	return false;
}

static bool conflict_is(const struct unpacking *how, const char *word)
{
	return how->conflict.type == KQL_STRING && how->conflict.s.at &&
	       strcmp(how->conflict.s.at, word) == 0;
}

/* Takes a column out; how many are left. */
static size_t column_remove(struct rowset *rows, const struct column_ref *column)
{
	size_t at = (size_t)(column - rows->columns);
	memmove(&rows->columns[at], &rows->columns[at + 1],
	        (rows->count - at - 1) * sizeof *rows->columns);
	return rows->count - 1;
}

/* {"key":"type",…} in the order of the keys */
static bool unpack_all(struct binder *b, const struct node *call, struct rowset *rows,
                       const struct column_ref *bag, const struct unpacking *how,
                       struct json schema)
{
	struct json inside = json_inside(schema), key, type;
	while (json_next_pair(&inside, &key, &type)) {
		const char *text = text_of(b, key);
		const char *name =
		    text ? arena_printf(b->arena, "%s%s", how->prefix.s.at, text) : NULL;
		struct column_ref *old = name ? rowset_find(rows, name) : NULL;
		if (rows->count >= DATA_COLUMNS_MAX)
			return semantic(b, "SEM0059", call, "More than %d columns",
			                DATA_COLUMNS_MAX);
		if (name && (is_ignored(how, text) || (old && conflict_is(how, "keep_source"))))
			continue;
		if (old && conflict_is(how, "replace_source"))
			rows->count = column_remove(rows, old);
		if (name)
			name = name_unique(b, rows, name);
		if (!name || !unpack_one(b, rows, bag, text, name, type_named(type)))
			return false;
	}
	return true;
}

/* Exactly the columns of the schema; those that the input has not are keys of the bag. */
static struct rowset *unpack_schema(struct binder *b, const struct node *schema,
                                    const struct rowset *input, const struct column_ref *bag,
                                    const char *prefix)
{
	struct rowset *rows = rowset_copy(b, input);
	if (!rows)
		return NULL;
	rows->count = 0;
	EACH_CHILD(column, schema)
	{
		if (column->kind == NODE_STAR) {
			for (size_t i = 0; i < input->count; i++)
				if (input->columns[i].id != bag->id)
					rows->columns[rows->count++] = input->columns[i];
			continue;
		}
		const struct column_ref *kept = rowset_find(input, column->text);
		size_t skip =
		    strncmp(column->text, prefix, strlen(prefix)) == 0 ? strlen(prefix) : 0;
		bool ok =
		    kept && kept->id != bag->id
			? rowset_add(b, rows, column->text, kept->type, kept->id)
			: unpack_one(b, rows, bag, column->text + skip, column->text, column->type);
		if (!ok)
			return NULL;
	}
	return rows;
}

static struct rowset *bag_unpack(struct binder *b, const struct node *node, const struct node *call,
                                 struct rowset *input)
{
	const struct column_ref *bag = column_argument(b, call, 0, input);
	struct unpacking how = { .prefix = { .type = KQL_STRING, .s = { "", 0 } } };
	const struct node *schema = node_group(node, "schema");
	struct json keys;
	if (!bag)
		return NULL;
	if (bag->type != KQL_DYNAMIC)
		return semantic(b, "SEM0061", call->first, "'bag_unpack' takes a dynamic column");
	if (!unpacking_read(b, call, &how))
		return NULL;
	if (how.prefix.type != KQL_STRING)
		return semantic(b, "SEM0061", call, "The prefix is a string");
	if (schema)
		return unpack_schema(b, schema, input, bag, how.prefix.s.at);
	struct rowset *shared = rowset_share(b, input);
	if (!shared ||
	    !ask_data(b, call, shared, bag,
	              "k_bag_schema(concat('[', string_agg(DISTINCT k_bag_types($0), ','), "
	              "']'))",
	              &keys))
		return NULL;
	struct rowset *rows = rowset_refer(b, shared);
	if (!rows)
		return NULL;
	struct column_ref own = *rowset_find(rows, bag->name);
	size_t kept = 0;
	for (size_t i = 0; i < rows->count; i++)
		if (rows->columns[i].id != own.id)
			rows->columns[kept++] = rows->columns[i];
	rows->count = kept;
	return unpack_all(b, call, rows, &own, &how, keys) ? rows : NULL;
}

/* ---- pivot ---- */

struct pivot {
	const struct column_ref *column;
	struct made_list by, aggregate;
	bool zero; /* a cell without rows is 0, not null */
};

static bool pivot_by(struct binder *b, const struct node *call, const struct rowset *rows,
                     struct pivot *p)
{
	bool given = call->count > 2;
	p->by.items = ARENA_ARRAY(b->arena, struct made, rows->count + 2);
	if (!p->by.items)
		return bind_no_memory(b);
	for (size_t i = 0; i < rows->count; i++) {
		const struct column_ref *c = &rows->columns[i];
		bool taken = !given && c->id != p->column->id && c->type != KQL_DYNAMIC &&
		             !(call->count == 2 && call_mentions(node_child(call, 1), c->name));
		for (const struct node *n = given ? node_child(call, 2) : NULL; n; n = n->next)
			taken |= n->kind == NODE_NAME && strcmp(n->text, c->name) == 0;
		if (taken)
			p->by.items[p->by.count++] =
			    (struct made){ .node = call,
				           .name = c->name,
				           .given = true,
				           .expr = expr_column(b, c->id, c->type) };
	}
	for (const struct node *n = given ? node_child(call, 2) : NULL; n; n = n->next)
		if (!bind_column(b, n, rows))
			return false;
	return true;
}

static bool pivot_aggregate(struct binder *b, const struct node *call, struct pivot *p)
{
	struct node count = {
		.kind = NODE_CALL, .at = call->at, .len = call->len, .text = "count"
	};
	struct node value = call->count > 1 ? *node_child(call, 1) : count;
	struct node group = { .kind = NODE_GROUP, .text = "", .first = &value, .last = &value };
	value.next = NULL;
	p->zero = value.kind == NODE_CALL &&
	          (strstr(value.text, "count") || strncmp(value.text, "sum", 3) == 0);
	return aggregates_bind(b, &group, &p->by, &p->aggregate) &&
	       (p->aggregate.count == 1 ||
	        semantic(b, "SEM0058", call, "pivot takes an aggregate of one value"));
}

/* One column: the aggregate where the pivot column is that text. */
static struct expr *pivot_cell(struct binder *b, const struct pivot *p, const unsigned *ids,
                               const char *text)
{
	enum kql_type type = p->aggregate.items[0].expr->type;
	struct expr *value = expr_column(b, ids[p->by.count + 1], type);
	struct expr *is_it =
	    expr_call2(b, KQL_BOOL, "($0 = $1)", expr_column(b, ids[p->by.count], KQL_STRING),
	               expr_text(b, text));
	const char *sql = p->zero && type_is_number(type)
	                      ? "coalesce(any_value($0) FILTER (WHERE $1), 0)"
	                  : type == KQL_STRING ? "coalesce(any_value($0) FILTER (WHERE $1), '')"
	                                       : "any_value($0) FILTER (WHERE $1)";
	return expr_call2(b, type, sql, value, is_it);
}

static struct rowset *pivot_columns(struct binder *b, struct rowset *grouped, const struct pivot *p,
                                    const unsigned *ids, const char *const *texts, size_t count)
{
	struct made_list by = { 0 }, cells = { 0 };
	by.items = ARENA_ARRAY(b->arena, struct made, p->by.count + 1);
	cells.items = ARENA_ARRAY(b->arena, struct made, count + 1);
	unsigned *out = ARENA_ARRAY(b->arena, unsigned, p->by.count + count + 1);
	if (!by.items || !cells.items || !out)
		return bind_no_memory(b);
	for (size_t i = 0; i < p->by.count; i++) {
		by.items[by.count] = p->by.items[i];
		by.items[by.count++].expr = expr_column(b, ids[i], p->by.items[i].expr->type);
	}
	for (size_t i = 0; i < count; i++)
		cells.items[cells.count++] =
		    (struct made){ .name = texts[i], .expr = pivot_cell(b, p, ids, texts[i]) };
	struct rowset *output = rowset_group(b, grouped, &by, &cells, out);
	if (!output || !made_add(b, &by, out, output, "Column", 1) ||
	    !made_add(b, &cells, out + by.count, output, "Column", 1))
		return NULL;
	return output;
}

static bool pivot_texts(struct binder *b, const struct node *call, const struct node *schema,
                        struct rowset *shared, const struct pivot *p, const char **texts,
                        size_t *count)
{
	struct json values, inside, value;
	if (schema) {
		EACH_CHILD(column, schema)
		{
			bool key = column->kind != NODE_COLUMN;
			for (size_t i = 0; i < p->by.count; i++)
				key |= strcmp(p->by.items[i].name, column->text) == 0;
			if (!key && *count < DATA_COLUMNS_MAX)
				texts[(*count)++] = column->text;
		}
		return true;
	}
	if (!ask_data(b, call, shared, p->column,
	              "k_array_sort(concat('[', string_agg(DISTINCT k_json_of_text(CAST($0 AS "
	              "VARCHAR)), ','), ']'), FALSE, TRUE)",
	              &values))
		return false;
	inside = json_inside(values);
	while (json_next(&inside, &value)) {
		if (*count == DATA_COLUMNS_MAX)
			return semantic(b, "SEM0059", call, "More than %d columns",
			                DATA_COLUMNS_MAX);
		texts[*count] = text_of(b, value);
		if (!texts[(*count)++])
			return bind_no_memory(b);
	}
	return true;
}

/* In the order of the schema, where there is one. */
static struct rowset *by_schema(struct binder *b, const struct node *schema, struct rowset *rows)
{
	struct rowset *output = rowset_copy(b, rows);
	if (!output || !schema)
		return output;
	output->count = 0;
	EACH_CHILD(column, schema)
	{
		const struct column_ref *c = rowset_find(rows, column->text);
		if (!c)
			return semantic(b, "SEM0100", column, "There is no column '%s'",
			                column->text);
		unsigned id =
		    c->type == column->type
			? c->id
			: rowset_compute(b, output,
		                         convert(b, expr_column(b, c->id, c->type), column->type));
		if (!rowset_add(b, output, column->text, column->type, id))
			return NULL;
	}
	return output;
}

static struct rowset *pivot(struct binder *b, const struct node *node, const struct node *call,
                            struct rowset *input)
{
	struct pivot p = { 0 };
	const struct node *schema = node_group(node, "schema");
	const char **texts = ARENA_ARRAY(b->arena, const char *, DATA_COLUMNS_MAX);
	size_t count = 0;
	struct rowset *shared = rowset_share(b, input);
	struct rowset *rows = shared ? rowset_refer(b, shared) : NULL, *row = b->row;
	if (!rows || !texts)
		return NULL;
	p.column = column_argument(b, call, 0, rows);
	if (!p.column || !pivot_by(b, call, rows, &p))
		return NULL;
	struct made_list keys = p.by;
	struct expr *text = as_text(b, expr_column(b, p.column->id, p.column->type));
	keys.items[keys.count++] = (struct made){ .node = call, .name = "", .expr = text };
	b->row = rows;
	bool ok =
	    pivot_aggregate(b, call, &p) && pivot_texts(b, call, schema, shared, &p, texts, &count);
	b->row = row;
	unsigned *ids = ARENA_ARRAY(b->arena, unsigned, keys.count + 2);
	struct rowset *grouped =
	    ok && ids && text ? rowset_group(b, rows, &keys, &p.aggregate, ids) : NULL;
	struct rowset *output = grouped ? pivot_columns(b, grouped, &p, ids, texts, count) : NULL;
	return output ? by_schema(b, schema, output) : NULL;
}

/* ---- narrow, and the table of plugins ---- */

static struct rowset *narrow(struct binder *b, const struct node *node, const struct node *call,
                             struct rowset *input)
{
	struct union_tables parts = { 0 };
	(void)node;
	(void)call;
	parts.items = ARENA_ARRAY(b->arena, struct rowset *, input->count + 1);
	struct rowset *numbered = rowset_copy(b, input);
	if (!parts.items || !numbered || !order_number(b, numbered) ||
	    !rowset_add(b, numbered, "\1row", KQL_LONG, numbered->order[0].id))
		return NULL;
	struct rowset *shared = rowset_share(b, numbered);
	for (size_t i = 0; shared && i < input->count; i++) {
		struct rowset *rows = rowset_refer(b, shared);
		if (!rows)
			return NULL;
		struct column_ref value = rows->columns[i], number = rows->columns[input->count];
		struct expr *zero_based =
		    expr_call1(b, KQL_LONG, "($0 - 1)", expr_column(b, number.id, KQL_LONG));
		rows->count = 0;
		if (!rowset_add(b, rows, "Row", KQL_LONG, rowset_compute(b, rows, zero_based)) ||
		    !rowset_add(b, rows, "Column", KQL_STRING,
		                rowset_compute(b, rows, expr_text(b, value.name))) ||
		    !rowset_add(
			b, rows, "Value", KQL_STRING,
			rowset_compute(b, rows, as_text(b, expr_column(b, value.id, value.type)))))
			return NULL;
		parts.items[parts.count++] = rows;
	}
	return shared ? union_make(b, &parts, false, NULL) : NULL;
}

static struct rowset *ipv4_lookup(struct binder *b, const struct node *node,
                                  const struct node *call, struct rowset *input)
{
	(void)node;
	return prefix_lookup(b, call, input, false);
}

static struct rowset *ipv6_lookup(struct binder *b, const struct node *node,
                                  const struct node *call, struct rowset *input)
{
	(void)node;
	return prefix_lookup(b, call, input, true);
}

/* clang-format off */
static const struct {
	struct plugin_name row;
	plugin *bind;
} rows[] = {
	{ { "bag_unpack", "bag_unpack(COLUMN [, PREFIX] [, columnsConflict = TEXT] [, ignoredProperties = ARRAY])",
	    "Columns from the keys of a bag; columnsConflict is error, replace_source or keep_source" },
	  bag_unpack },
	{ { "ipv4_lookup", "ipv4_lookup(TABLE, IP, PREFIX [, return_unmatched])",
	    "Adds the rows of a table of prefixes that hold an IPv4 address" }, ipv4_lookup },
	{ { "ipv6_lookup", "ipv6_lookup(TABLE, IP, PREFIX [, return_unmatched])",
	    "As ipv4_lookup, for addresses of both kinds" }, ipv6_lookup },
	{ { "narrow", "narrow()", "A row for each cell: number of the row, column, value" }, narrow },
	{ { "pivot", "pivot(COLUMN [, AGGREGATE] [, KEY, …])", "A column for each value of a column" }, pivot },
};
/* clang-format on */

size_t plugin_names(const struct plugin_name **ret)
{
	static struct plugin_name names[ARRAY_LEN(rows)];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		names[i] = rows[i].row;
	*ret = names;
	return ARRAY_LEN(rows);
}

struct rowset *op_evaluate(struct binder *b, const struct node *node, struct rowset *input)
{
	const struct node *call = node_group(node, "")->first;
	struct nearest near = nearest_to(call->text);
	if (!input)
		return semantic(b, "SEM0001", node,
		                "evaluate without a table before it is not supported");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (node_is(call, rows[i].row.name))
			return rows[i].bind(b, node, call, input);
		nearest_offer(&near, rows[i].row.name);
	}
	return semantic(b, "SEM0260", call, "The plugin '%s' is not supported%s%s%s", call->text,
	                near.best ? "; did you mean '" : "", near.best ? near.best : "",
	                near.best ? "'?" : "");
}
