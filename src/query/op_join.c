/* op_join: rows of two tables side by side. */
#include <string.h>

#include "query/bind_internal.h"

/* clang-format off */
static const struct kind {
	const char *name;
	enum join_kind join;
	bool swapped; /* the right side plays the left one's part */
	bool unique;  /* left rows count once per key */
	bool lookup;  /* lookup knows it too */
} kinds[] = {
	{ "innerunique",   JOIN_INNER,       false, true,  false },
	{ "inner",         JOIN_INNER,       false, false, true },
	{ "leftouter",     JOIN_LEFT_OUTER,  false, false, true },
	{ "rightouter",    JOIN_RIGHT_OUTER, false, false, false },
	{ "fullouter",     JOIN_FULL_OUTER,  false, false, false },
	{ "leftsemi",      JOIN_LEFT_SEMI,   false, false, false },
	{ "rightsemi",     JOIN_LEFT_SEMI,   true,  false, false },
	{ "leftanti",      JOIN_LEFT_ANTI,   false, false, false },
	{ "anti",          JOIN_LEFT_ANTI,   false, false, false },
	{ "leftantisemi",  JOIN_LEFT_ANTI,   false, false, false },
	{ "rightanti",     JOIN_LEFT_ANTI,   true,  false, false },
	{ "rightantisemi", JOIN_LEFT_ANTI,   true,  false, false },
};
/* clang-format on */

struct join {
	const struct kind *kind;
	bool lookup;
	struct rowset *left, *right;
	struct expr **equal; /* one condition a key */
	unsigned *left_keys, *right_keys;
	size_t keys;
};

static const struct kind *kind_find(struct binder *b, const struct node *node, bool lookup)
{
	const struct node *param = node_param(node, "kind");
	const char *name = param ? param->first->text : lookup ? "leftouter" : "innerunique";
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0 && (!lookup || kinds[i].lookup))
			return &kinds[i];
	return semantic(b, "SEM0053", param, "'%s' is no kind of %s", name, node->text);
}

/* ---- keys ---- */

static bool key_add(struct binder *b, struct join *j, const struct node *node,
                    const struct column_ref *left, const struct column_ref *right)
{
	enum kql_type type = left->type;
	bool numbers = type_is_number(left->type) && type_is_number(right->type);
	if (left->type != right->type && !numbers)
		return semantic(b, "SEM0054", node, "The keys are of different types: %s and %s",
		                kql_type_name(left->type), kql_type_name(right->type));
	if (numbers)
		type = type_widest(left->type, right->type);
	struct expr *l = widen(b, expr_column(b, left->id, left->type), type);
	struct expr *r = widen(b, expr_column(b, right->id, right->type), type);
	j->equal[j->keys] = expr_call2(b, KQL_BOOL, "($0 = $1)", l, r);
	j->left_keys[j->keys] = left->id;
	j->right_keys[j->keys] = right->id;
	return j->equal[j->keys++];
}

static const struct column_ref *side_column(struct binder *b, const struct node *node,
                                            const char *side, const struct rowset *rows)
{
	struct node name = *node;
	if (node->kind != NODE_MEMBER || node->first->kind != NODE_NAME ||
	    !node_is(node->first, side))
		return NULL;
	name.kind = NODE_NAME;
	return bind_column(b, &name, rows);
}

static bool key_equality(struct binder *b, struct join *j, const struct node *node)
{
	const struct node *l = node->first, *r = node->last;
	if (l->kind == NODE_MEMBER && node_is(l->first, "$right")) {
		l = node->last;
		r = node->first;
	}
	const struct column_ref *left = side_column(b, l, "$left", j->left);
	const struct column_ref *right = left ? side_column(b, r, "$right", j->right) : NULL;
	if (left && right)
		return key_add(b, j, node, left, right);
	return semantic(b, "SEM0055", node, "A key is a column, or $left.a == $right.b");
}

static bool key_bind(struct binder *b, struct join *j, const struct node *node)
{
	if (node->kind == NODE_BINARY && node->op == BINARY_AND)
		return key_bind(b, j, node->first) && key_bind(b, j, node->last);
	if (node->kind == NODE_BINARY && node->op == BINARY_EQ)
		return key_equality(b, j, node);
	if (node->kind != NODE_NAME)
		return semantic(b, "SEM0055", node, "A key is a column, or $left.a == $right.b");
	const struct column_ref *left = bind_column(b, node, j->left);
	const struct column_ref *right = left ? bind_column(b, node, j->right) : NULL;
	return right && key_add(b, j, node, left, right);
}

static size_t key_count(const struct node *node)
{
	if (node->kind == NODE_BINARY && node->op == BINARY_AND)
		return key_count(node->first) + key_count(node->last);
	return 1;
}

static bool keys_bind(struct binder *b, struct join *j, const struct node *on)
{
	size_t count = 0;
	EACH_CHILD(node, on)
	count += key_count(node);
	j->equal = ARENA_ARRAY(b->arena, struct expr *, count + 1);
	j->left_keys = ARENA_ARRAY(b->arena, unsigned, count + 1);
	j->right_keys = ARENA_ARRAY(b->arena, unsigned, count + 1);
	if (!j->equal || !j->left_keys || !j->right_keys)
		return bind_no_memory(b);
	EACH_CHILD(node, on)
	if (!key_bind(b, j, node))
		return false;
	return true;
}

/* ---- columns of the result ---- */

/* The side that may be missing: its texts are "" then. */
static bool fill_texts(struct binder *b, struct rowset *output, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct column_ref *c = &output->columns[i];
		if (c->type != KQL_STRING)
			continue;
		struct expr *text = expr_column(b, c->id, KQL_STRING);
		c->id =
		    rowset_compute(b, output, expr_call1(b, KQL_STRING, "coalesce($0, '')", text));
		if (!c->id)
			return false;
	}
	return true;
}

static bool is_right_key(const struct join *j, unsigned id)
{
	for (size_t i = 0; i < j->keys; i++)
		if (j->right_keys[i] == id)
			return true;
	return false;
}

static struct rowset *joined_columns(struct binder *b, struct join *j, struct rel *rel)
{
	struct rowset *output = rowset_new(b, rel, j->left->count);
	for (size_t i = 0; output && i < j->left->count; i++)
		output->columns[output->count++] = j->left->columns[i];
	if (!output || rel->join == JOIN_LEFT_SEMI || rel->join == JOIN_LEFT_ANTI)
		return output;
	size_t left = output->count;
	for (size_t i = 0; i < j->right->count; i++) {
		const struct column_ref *c = &j->right->columns[i];
		if (j->lookup && is_right_key(j, c->id))
			continue;
		const char *name = name_unique_in_both(b, output, j->right, c->name);
		if (!name || !rowset_add(b, output, name, c->type, c->id))
			return NULL;
	}
	bool left_fills = rel->join == JOIN_RIGHT_OUTER || rel->join == JOIN_FULL_OUTER;
	bool right_fills = rel->join == JOIN_LEFT_OUTER || rel->join == JOIN_FULL_OUTER;
	if ((left_fills && !fill_texts(b, output, 0, left)) ||
	    (right_fills && !fill_texts(b, output, left, output->count)))
		return NULL;
	return output;
}

/* ---- small left sides ---- */

enum { SMALL_ROWS = 10000 };

/* Whether a side is known to have few rows: what top, take and datatable give. */
static bool is_small(const struct rel *rel)
{
	while (rel->kind == REL_FILTER || rel->kind == REL_COMPUTE)
		rel = rel->left;
	return (rel->kind == REL_LIMIT && rel->count <= SMALL_ROWS) ||
	       (rel->kind == REL_VALUES && rel->row_count <= SMALL_ROWS);
}

/* The grouping of which the column is a key, or NULL; *ret its expression there. */
static struct rel *grouping_below(struct rel *rel, unsigned id, struct expr **ret)
{
	for (; rel->kind == REL_FILTER || rel->kind == REL_COMPUTE; rel = rel->left)
		for (size_t i = 0; i < rel->computed_count; i++)
			if (expr_looks_around(rel->computed[i].expr))
				return NULL;
	for (size_t i = 0; rel->kind == REL_AGGREGATE && i < rel->keys; i++)
		if (rel->computed[i].id == id) {
			*ret = rel->computed[i].expr;
			return rel;
		}
	return NULL;
}

static const struct column_ref *column_of(const struct rowset *rows, unsigned id)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->columns[i].id == id)
			return &rows->columns[i];
	return NULL;
}

/* A right side that is grouped by the key need only group what the few rows on the left ask for. */
static bool right_narrow(struct binder *b, struct join *j)
{
	struct expr *key = NULL;
	const struct column_ref *left = j->keys == 1 ? column_of(j->left, j->left_keys[0]) : NULL;
	struct rel *group = left && is_small(j->left->rel)
	                        ? grouping_below(j->right->rel, j->right_keys[0], &key)
	                        : NULL;
	if (!group || key->type != left->type)
		return true;
	struct rowset *shared = rowset_share(b, j->left);
	struct rowset *again = shared ? rowset_refer(b, shared) : NULL;
	struct expr *in = again ? expr_call1(b, KQL_BOOL, "", key) : NULL;
	struct rel *filter = in ? rel_new(b, REL_FILTER, group->left) : NULL;
	if (!filter)
		return false;
	in->kind = EXPR_IN;
	in->rel = again->rel;
	in->column = again->columns[left - j->left->columns].id;
	filter->where = in;
	group->left = filter;
	j->left = shared;
	return true;
}

static struct rowset *joined(struct binder *b, struct join *j)
{
	struct rel *rel = rel_new(b, REL_JOIN, j->left->rel);
	struct expr *where = expr_call(b, KQL_BOOL, "($&)", j->equal, j->keys);
	if (!rel || !where)
		return NULL;
	where->is_and_or = true;
	rel->right = j->right->rel;
	rel->where = where;
	rel->join = j->kind->join;
	if (j->kind->unique) {
		rel->distinct = j->left_keys;
		rel->distinct_count = j->keys;
	}
	return joined_columns(b, j, rel);
}

struct rowset *op_join(struct binder *b, const struct node *node, struct rowset *input)
{
	struct join j = { .lookup = node_is(node, "lookup"), .left = input };
	j.kind = kind_find(b, node, j.lookup);
	j.right = j.kind ? bind_table(b, node_group(node, "")->first) : NULL;
	if (!j.right || !keys_bind(b, &j, node_group(node, "on")))
		return NULL;
	if (j.kind->swapped) {
		struct rowset *left = j.left;
		unsigned *keys = j.left_keys;
		j.left = j.right;
		j.right = left;
		j.left_keys = j.right_keys;
		j.right_keys = keys;
	}
	bool outer = j.kind->join == JOIN_RIGHT_OUTER || j.kind->join == JOIN_FULL_OUTER;
	if (!outer && !j.kind->swapped && j.kind->join != JOIN_LEFT_ANTI && !right_narrow(b, &j))
		return NULL;
	return joined(b, &j);
}
