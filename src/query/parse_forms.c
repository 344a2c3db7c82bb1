/* parse_forms: the operators whose form is their own. */
#include <string.h>

#include "query/parse_internal.h"

/* T, ['T'], T*, f(x), workspace("x").T, ( pipeline ) */
static struct node *parse_table(struct parser *p)
{
	if (next_is_sign(p, "*") ||
	    (peek(p, 0)->kind == TOKEN_NAME && sign_at(p, 1, "*") && adjacent(p, 1)))
		return parse_pattern(p);
	return parse_primary(p);
}

bool parse_op_join(struct parser *p, struct node *into)
{
	if (!parse_group_one(p, into, "", parse_table))
		return false;
	if (!take_word(p, "on")) {
		syntax_error(p, "on");
		return false;
	}
	return parse_group_list(p, into, "on", parse_expression);
}

bool parse_op_union(struct parser *p, struct node *into)
{
	return parse_group_list(p, into, "", parse_table);
}

/* name = expression [to typeof(type)] */
static struct node *parse_expanded(struct parser *p)
{
	struct node *group = node_named(p, NODE_GROUP, "item", 4);
	if (!node_add(p, group, parse_named(p)))
		return NULL;
	if (take_word(p, "to") && !node_add(p, group, parse_typeof(p)))
		return NULL;
	return group;
}

bool parse_op_mv_expand(struct parser *p, struct node *into)
{
	if (!parse_group_list(p, into, "", parse_expanded))
		return false;
	return !take_word(p, "limit") || parse_group_one(p, into, "limit", parse_expression);
}

bool parse_op_mv_apply(struct parser *p, struct node *into)
{
	return parse_op_mv_expand(p, into) && expect_word(p, "on") && expect_sign(p, "(") &&
	       parse_group_one(p, into, "on", parse_operators) && expect_sign(p, ")");
}

/* [name =] aggregate [default = expression] */
static struct node *parse_series(struct parser *p)
{
	struct node *group = node_named(p, NODE_GROUP, "item", 4);
	if (!node_add(p, group, parse_named(p)))
		return NULL;
	if (!next_is_word(p, "default"))
		return group;
	parser_advance(p);
	return expect_sign(p, "=") && node_add(p, group, parse_expression(p)) ? group : NULL;
}

/* in range(from, to, step): the axis then ends at `to` included */
static bool parse_series_range(struct parser *p, struct node *into)
{
	static const char *const labels[] = { "from", "to", "step" };
	if (!expect_word(p, "range") || !expect_sign(p, "("))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		if ((i && !expect_sign(p, ",")) ||
		    !parse_group_one(p, into, labels[i], parse_expression))
			return false;
	return group_open(p, into, "inclusive") && expect_sign(p, ")");
}

/* The axis is not an expression with "in", so it is read above that level. */
bool parse_op_make_series(struct parser *p, struct node *into)
{
	static const char *const labels[] = { "from", "to", "step" };
	if (!parse_group_list(p, into, "", parse_series) || !expect_word(p, "on") ||
	    !parse_group_one(p, into, "on", parse_primary))
		return false;
	if (take_word(p, "in")) {
		if (!parse_series_range(p, into))
			return false;
	} else {
		for (size_t i = 0; i < ARRAY_LEN(labels); i++)
			if (take_word(p, labels[i]) &&
			    !parse_group_one(p, into, labels[i], parse_expression))
				return false;
		if (!node_group(into, "step")) {
			syntax_error(p, "step");
			return false;
		}
	}
	return !take_word(p, "by") || parse_group_list(p, into, "by", parse_named);
}

/* *, "text", name[:type] */
static struct node *parse_piece(struct parser *p)
{
	if (next_is_sign(p, "*")) {
		struct node *star = node_new(p, NODE_STAR);
		parser_advance(p);
		return star;
	}
	if (peek(p, 0)->kind == TOKEN_STRING) {
		struct node *text =
		    node_named(p, NODE_LITERAL, peek(p, 0)->text, peek(p, 0)->text_len);
		parser_advance(p);
		return text;
	}
	struct node *name = parse_name(p);
	if (!name)
		return NULL;
	name->kind = NODE_COLUMN;
	name->type = KQL_STRING;
	return !take_sign(p, ":") || parse_type(p, &name->type) ? name : NULL;
}

bool parse_op_parse(struct parser *p, struct node *into)
{
	size_t tokens;
	if (!parse_op_expression(p, into) || !expect_word(p, "with"))
		return false;
	struct node *pattern = group_open(p, into, "with");
	do {
		if (!node_add(p, pattern, parse_piece(p)))
			return false;
	} while (next_is_sign(p, "*") || peek(p, 0)->kind == TOKEN_STRING ||
	         name_follows(p, 0, &tokens));
	return true;
}

bool parse_op_parse_kv(struct parser *p, struct node *into)
{
	static const char names[] = "pair_delimiter kv_delimiter quote escape greedy regex";
	struct node *keys =
	    parse_op_expression(p, into) && expect_word(p, "as") ? group_open(p, into, "as") : NULL;
	if (!keys || !parse_columns(p, keys))
		return false;
	if (!take_word(p, "with"))
		return true;
	return expect_sign(p, "(") && parse_params(p, into, names) && expect_sign(p, ")");
}

/* [N] of expression [with others = expression] by [name =] aggregate [asc|desc] */
static struct node *parse_nested_level(struct parser *p)
{
	struct node *level = node_named(p, NODE_GROUP, "level", 5);
	if (p->at && next_is_word(p, "top") && sign_at(p, 1, "-") && word_at(p, 2, "nested"))
		for (int i = 0; i < 3; i++)
			parser_advance(p);
	if (!level ||
	    (!next_is_word(p, "of") && !parse_group_one(p, level, "count", parse_expression)))
		return NULL;
	if (!expect_word(p, "of") || !parse_group_one(p, level, "of", parse_named))
		return NULL;
	if (take_word(p, "with") && (!expect_word(p, "others") || !expect_sign(p, "=") ||
	                             !parse_group_one(p, level, "others", parse_expression)))
		return NULL;
	if (!expect_word(p, "by") || !parse_group_one(p, level, "by", parse_named))
		return NULL;
	level->descending = !take_word(p, "asc");
	take_word(p, "desc");
	return level;
}

bool parse_op_top_nested(struct parser *p, struct node *into)
{
	return parse_group_list(p, into, "", parse_nested_level);
}

/* name = value [, value …]; what looks like the next property ends the list */
static struct node *parse_property(struct parser *p)
{
	struct node *property = parse_name(p);
	size_t tokens;
	if (!property || !expect_sign(p, "="))
		return NULL;
	property->kind = NODE_PARAM;
	do {
		bool word = peek(p, 0)->kind == TOKEN_NAME && !sign_at(p, 1, "(");
		if (!node_add(p, property, word ? parse_name(p) : parse_expression(p)))
			return NULL;
		bool another = sign_at(p, 0, ",") && name_follows(p, 1, &tokens) &&
		               !sign_at(p, 1 + tokens, "=");
		if (!another)
			return property;
	} while (take_sign(p, ","));
	return property;
}

bool parse_op_render(struct parser *p, struct node *into)
{
	if (!parse_group_one(p, into, "", parse_name))
		return false;
	bool with = take_word(p, "with");
	if (with && !expect_sign(p, "("))
		return false;
	struct node *properties = group_open(p, into, "with");
	size_t tokens;
	while (properties && name_follows(p, 0, &tokens)) {
		if (!node_add(p, properties, parse_property(p)))
			return false;
		take_sign(p, ",");
	}
	return properties && (!with || expect_sign(p, ")"));
}

bool parse_op_evaluate(struct parser *p, struct node *into)
{
	if (!parse_group_one(p, into, "", parse_primary))
		return false;
	if (node_group(into, "")->first->kind != NODE_CALL) {
		syntax_error(p, "a plugin and its arguments");
		return false;
	}
	if (!take_sign(p, ":"))
		return true;
	struct node *schema = group_open(p, into, "schema");
	if (schema && sign_at(p, 1, "*")) {
		if (!node_add(p, schema, node_new(p, NODE_STAR)))
			return false;
		parser_advance(p);
		parser_advance(p);
		if (take_sign(p, ")"))
			return true;
		return expect_sign(p, ",") && parse_list(p, schema, parse_column) &&
		       expect_sign(p, ")");
	}
	return schema && parse_columns(p, schema);
}

bool parse_op_partition(struct parser *p, struct node *into)
{
	if (!expect_word(p, "by") || !parse_group_one(p, into, "by", parse_name))
		return false;
	const char *closer = next_is_sign(p, "{") ? "}" : ")";
	if (*closer == '}') {
		parser_advance(p);
		return parse_group_one(p, into, "whole", parse_pipeline) && expect_sign(p, closer);
	}
	return expect_sign(p, "(") && parse_group_one(p, into, "", parse_operators) &&
	       expect_sign(p, closer);
}

/* [name =] ( operators ) */
static struct node *parse_branch(struct parser *p)
{
	struct node *branch = node_named(p, NODE_NAMED, "", 0);
	size_t tokens;
	if (name_follows(p, 0, &tokens)) {
		branch = parse_name(p);
		if (!branch || !expect_sign(p, "="))
			return NULL;
		branch->kind = NODE_NAMED;
	}
	if (!expect_sign(p, "(") || !node_add(p, branch, parse_operators(p)) ||
	    !expect_sign(p, ")"))
		return NULL;
	return branch;
}

bool parse_op_fork(struct parser *p, struct node *into)
{
	struct node *branches = group_open(p, into, "");
	size_t tokens;
	do {
		if (!node_add(p, branches, parse_branch(p)))
			return false;
		take_sign(p, ",");
	} while (next_is_sign(p, "(") || name_follows(p, 0, &tokens));
	return true;
}

bool parse_op_facet(struct parser *p, struct node *into)
{
	if (!expect_word(p, "by") || !parse_group_list(p, into, "by", parse_name))
		return false;
	if (!take_word(p, "with"))
		return true;
	return expect_sign(p, "(") && parse_group_one(p, into, "with", parse_operators) &&
	       expect_sign(p, ")");
}

/* name = expression */
static struct node *parse_assignment(struct parser *p)
{
	struct node *name = parse_name(p);
	if (!name || !expect_sign(p, "="))
		return NULL;
	name->kind = NODE_NAMED;
	return node_add(p, name, parse_expression(p)) ? node_end(p, name) : NULL;
}

/* step name [output = all|last|none] : condition [=> name = expression, …] */
static struct node *parse_step(struct parser *p)
{
	struct node *step = expect_word(p, "step") ? parse_name(p) : NULL;
	if (!step)
		return NULL;
	step->kind = NODE_GROUP;
	if (!parse_params(p, step, "output") || !expect_sign(p, ":") ||
	    !parse_group_one(p, step, "condition", parse_expression))
		return NULL;
	if (take_sign(p, "=>") && !parse_group_list(p, step, "assign", parse_assignment))
		return NULL;
	return step;
}

bool parse_op_scan(struct parser *p, struct node *into)
{
	if (take_word(p, "declare")) {
		struct node *declared = group_open(p, into, "declare");
		if (!declared || !parse_columns(p, declared))
			return false;
	}
	struct node *steps =
	    expect_word(p, "with") && expect_sign(p, "(") ? group_open(p, into, "with") : NULL;
	do {
		if (!steps || !node_add(p, steps, parse_step(p)) || !expect_sign(p, ";"))
			return false;
	} while (next_is_word(p, "step"));
	return expect_sign(p, ")");
}

static bool parse_tables(struct parser *p, struct node *into)
{
	return !take_word(p, "in") ||
	       (expect_sign(p, "(") && parse_group_list(p, into, "in", parse_table) &&
	        expect_sign(p, ")"));
}

bool parse_op_search(struct parser *p, struct node *into)
{
	if (!parse_tables(p, into) || !parse_params(p, into, "kind"))
		return false;
	const struct node *kind = node_param(into, "kind");
	bool search = p->search;
	p->search = true;
	p->colon = kind && node_is(kind->first, "case_sensitive") ? BINARY_HAS_CS : BINARY_HAS;
	bool ok = parse_op_expression(p, into);
	p->search = search;
	return ok;
}

/* name [: type], or pack_all() */
static struct node *parse_found(struct parser *p)
{
	if (next_is_word(p, "pack_all") && sign_at(p, 1, "(")) {
		struct node *pack = node_named(p, NODE_CALL, "pack_all", 8);
		parser_advance(p);
		return expect_sign(p, "(") && expect_sign(p, ")") ? pack : NULL;
	}
	struct node *name = parse_name(p);
	if (!name || !take_sign(p, ":"))
		return name;
	name->kind = NODE_COLUMN;
	return parse_type(p, &name->type) ? name : NULL;
}

bool parse_op_find(struct parser *p, struct node *into)
{
	if (!parse_tables(p, into) || !parse_params(p, into, "withsource"))
		return false;
	if (!take_word(p, "where") && node_group(into, "in")) {
		syntax_error(p, "where");
		return false;
	}
	bool search = p->search;
	p->search = true;
	p->colon = BINARY_HAS;
	bool ok = parse_op_expression(p, into);
	p->search = search;
	if (!ok)
		return false;
	if (word_at(p, 0, "project") && sign_at(p, 1, "-") && word_at(p, 2, "smart")) {
		for (int i = 0; i < 3; i++)
			parser_advance(p);
		return true;
	}
	return !take_word(p, "project") || parse_group_list(p, into, "project", parse_found);
}

/* with ( format = "csv", … ): of externaldata, which is refused anyway */
static bool skip_properties(struct parser *p)
{
	if (!next_is_word(p, "with") || !sign_at(p, 1, "("))
		return true;
	while (!next_is_sign(p, ")")) {
		if (peek(p, 0)->kind == TOKEN_END)
			return expect_sign(p, ")");
		parser_advance(p);
	}
	return expect_sign(p, ")");
}

/* ( columns ) [ values ] */
bool parse_op_datatable(struct parser *p, struct node *into)
{
	struct node *declared = group_open(p, into, "columns");
	if (!declared || !parse_columns(p, declared) || !expect_sign(p, "["))
		return false;
	struct node *values = group_open(p, into, "values");
	while (values && !next_is_sign(p, "]")) {
		if (!node_add(p, values, parse_expression(p)))
			return false;
		if (!next_is_sign(p, "]") && !expect_sign(p, ","))
			return false;
	}
	return values && expect_sign(p, "]") && skip_properties(p);
}

/* name from a to b step c */
bool parse_op_range(struct parser *p, struct node *into)
{
	static const char *const labels[] = { "from", "to", "step" };
	if (!parse_group_one(p, into, "", parse_name))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		if (!expect_word(p, labels[i]) ||
		    !parse_group_one(p, into, labels[i], parse_expression))
			return false;
	return true;
}
