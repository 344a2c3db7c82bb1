/* op_lookup: ipv4_lookup and ipv6_lookup: the longest prefix of a table that holds an address.
 *
 * Each row is tried with every length that the table's prefixes have, at most 129, by hash: rows x
 * lengths probes, however many prefixes there are. */
#include <string.h>

#include "query/bind_internal.h"

struct prefixes {
	struct rowset *table;
	unsigned net, bits; /* columns: the prefix and its length */
	bool v6;
	enum kql_type type; /* of net */
};

/* Named arguments come last: return_unmatched = true */
static bool wants_unmatched(struct binder *b, const struct node *call, bool *ret)
{
	*ret = false;
	EACH_CHILD(arg, call)
	{
		struct value value;
		if (arg->kind != NODE_NAMED)
			continue;
		if (!node_is(arg, "return_unmatched"))
			return semantic(b, "SEM0063", arg, "There is no argument '%s'", arg->text);
		if (!bind_constant(b, arg->first, &value))
			return false;
		*ret = value.type == KQL_BOOL && value.b;
	}
	return true;
}

static size_t positional(const struct node *call)
{
	size_t count = 0;
	EACH_CHILD(arg, call)
	count += arg->kind != NODE_NAMED;
	return count;
}

/* The table with its prefixes cut to their length. */
static bool prefixes_bind(struct binder *b, const struct node *call, struct rowset *shared,
                          struct prefixes *p)
{
	const struct node *key = node_child(call, 2);
	p->table = rowset_refer(b, shared);
	const struct column_ref *column = p->table ? bind_column(b, key, p->table) : NULL;
	if (!column)
		return false;
	if (column->type != KQL_STRING)
		return semantic(b, "SEM0061", key, "Prefixes are strings");
	struct expr *text = expr_column(b, column->id, KQL_STRING);
	p->type = p->v6 ? KQL_STRING : KQL_LONG;
	p->net = rowset_compute(
	    b, p->table,
	    expr_call1(b, p->type, p->v6 ? "nullif(k_ipv6($0), '')" : "k_ipv4($0)", text));
	p->bits = rowset_compute(
	    b, p->table,
	    expr_call1(b, KQL_LONG, p->v6 ? "k_ipv6_bits($0)" : "k_ipv4_bits($0)", text));
	return p->net && p->bits;
}

/* All lengths that occur, once each. */
static struct rowset *lengths_of(struct binder *b, const struct node *call, struct rowset *shared,
                                 bool v6, unsigned *ret)
{
	struct prefixes p = { .v6 = v6 };
	if (!prefixes_bind(b, call, shared, &p))
		return NULL;
	struct made made = { .name = "", .expr = expr_column(b, p.bits, KQL_LONG) };
	struct made_list by = { .items = &made, .count = 1 }, none = { 0 };
	return rowset_group(b, p.table, &by, &none, ret);
}

static struct rel *joined(struct binder *b, struct rel *left, struct rel *right,
                          enum join_kind kind, struct expr *where)
{
	struct rel *rel = rel_new(b, REL_JOIN, left);
	if (!rel || !where)
		return NULL;
	rel->right = right;
	rel->join = kind;
	rel->where = where;
	return rel;
}

static struct expr *both(struct binder *b, struct expr *one, struct expr *other)
{
	struct expr *where = expr_call2(b, KQL_BOOL, "($&)", one, other);
	if (where)
		where->is_and_or = true;
	return where;
}

/* Rows with the prefix of the greatest length that holds their address. */
static struct rowset *matches(struct binder *b, const struct node *call, struct rowset *rows,
                              unsigned number, struct expr *ip, struct rowset *shared,
                              struct prefixes *p)
{
	unsigned length;
	struct rowset *lengths = lengths_of(b, call, shared, p->v6, &length);
	if (!lengths || !prefixes_bind(b, call, shared, p))
		return NULL;
	struct expr *always = expr_value(b, (struct value){ .type = KQL_BOOL, .b = true });
	rows->rel = joined(b, rows->rel, lengths->rel, JOIN_INNER, always);
	if (!rows->rel)
		return NULL;
	struct expr *bits = expr_column(b, length, KQL_LONG);
	unsigned cut = rowset_compute(
	    b, rows,
	    expr_call2(b, p->type, p->v6 ? "k_ipv6_masked($0, $1)" : "k_ipv4_masked($0, $1)", ip,
	               bits));
	struct expr *same =
	    both(b,
	         expr_call2(b, KQL_BOOL, "($0 = $1)", expr_column(b, cut, p->type),
	                    expr_column(b, p->net, p->type)),
	         expr_call2(b, KQL_BOOL, "($0 = $1)", bits, expr_column(b, p->bits, KQL_LONG)));
	rows->rel = joined(b, rows->rel, p->table->rel, JOIN_INNER, same);
	if (!rows->rel || !cut)
		return NULL;
	struct expr *rank =
	    expr_call2(b, KQL_LONG, "row_number() OVER (PARTITION BY $0 ORDER BY $1 DESC)",
	               expr_column(b, number, KQL_LONG), bits);
	unsigned id = rowset_compute(b, rows, rank);
	struct expr *first = expr_call1(b, KQL_BOOL, "($0 = 1)", expr_column(b, id, KQL_LONG));
	return id && rowset_filter(b, rows, first) ? rows : NULL;
}

static bool columns_append(struct binder *b, struct rowset *output, const struct rowset *table,
                           bool may_miss)
{
	for (size_t i = 0; i < table->count; i++) {
		struct column_ref c = table->columns[i];
		if (may_miss && c.type == KQL_STRING)
			c.id = rowset_compute(b, output,
			                      expr_call1(b, KQL_STRING, "coalesce($0, '')",
			                                 expr_column(b, c.id, KQL_STRING)));
		const char *name = name_unique(b, output, c.name);
		if (!c.id || !name || !rowset_add(b, output, name, c.type, c.id))
			return false;
	}
	return true;
}

/* Source rows are numbered and shared: once to find matches, once to keep those without one. */
struct rowset *prefix_lookup(struct binder *b, const struct node *call, struct rowset *input,
                             bool v6)
{
	struct prefixes p = { .v6 = v6 };
	bool unmatched;
	if (!wants_unmatched(b, call, &unmatched))
		return NULL;
	if (positional(call) != 3)
		return semantic(b, "SEM0062", call,
		                "'%s' takes a table, a column and the table's column", call->text);
	struct rowset *table = bind_table(b, call->first), *numbered = rowset_copy(b, input);
	if (!table || !numbered || !order_number(b, numbered))
		return NULL;
	numbered->serialized = false;
	struct rowset *lookup = rowset_share(b, table), *source = rowset_share(b, numbered);
	struct rowset *rows = lookup && source ? rowset_refer(b, source) : NULL;
	if (!rows)
		return NULL;
	struct rowset *row = b->row, *all = unmatched ? rowset_refer(b, source) : NULL;
	unsigned number = rows->order[0].id;
	b->row = rows;
	struct expr *ip = bind_expr(b, node_child(call, 1));
	b->row = row;
	if (!ip)
		return NULL;
	ip = as_text(b, ip);
	struct rowset *found = matches(b, call, rows, number, ip, lookup, &p);
	if (!found || (unmatched && !all))
		return NULL;
	struct rowset *output = unmatched ? all : found;
	if (unmatched)
		output->rel = joined(b, all->rel, found->rel, JOIN_LEFT_OUTER,
		                     expr_call2(b, KQL_BOOL, "($0 = $1)",
		                                expr_column(b, all->order[0].id, KQL_LONG),
		                                expr_column(b, number, KQL_LONG)));
	order_drop(output);
	return output->rel && columns_append(b, output, p.table, unmatched) ? output : NULL;
}
