/* parse_operator: pipelines and the table of tabular operators. */
#include <stdio.h>
#include <string.h>

#include "core/base/nearest.h"
#include "query/parse_internal.h"

/* ---- helpers ---- */

struct node *group_open(struct parser *p, struct node *into, const char *label)
{
	struct node *group = node_named(p, NODE_GROUP, label, strlen(label));
	return node_add(p, into, group) ? group : NULL;
}

bool parse_group_list(struct parser *p, struct node *into, const char *label,
                      struct node *(*item)(struct parser *))
{
	struct node *group = group_open(p, into, label);
	return group && parse_list(p, group, item) && node_end(p, group);
}

bool parse_group_one(struct parser *p, struct node *into, const char *label,
                     struct node *(*item)(struct parser *))
{
	struct node *group = group_open(p, into, label);
	return group && node_add(p, group, item(p)) && node_end(p, group);
}

/* "kind = inner", "hint.strategy = shuffle": how many tokens the name takes, or 0. */
static size_t param_name(const struct parser *p, const char *names)
{
	const struct token *token = peek(p, 0);
	if (token->kind != TOKEN_NAME)
		return 0;
	if (word_at(p, 0, "hint") && sign_at(p, 1, ".") && sign_at(p, 3, "="))
		return 3;
	if (!sign_at(p, 1, "="))
		return 0;
	for (const char *name = names; *name; name += strspn(name, " ")) {
		size_t len = strcspn(name, " ");
		if (len == token->text_len && memcmp(name, token->text, len) == 0)
			return 1;
		name += len;
	}
	return 0;
}

static struct node *param_value(struct parser *p)
{
	return peek(p, 0)->kind == TOKEN_NAME ? parse_name(p) : parse_primary(p);
}

bool parse_params(struct parser *p, struct node *into, const char *names)
{
	for (size_t tokens; (tokens = param_name(p, names)) > 0;) {
		const struct token *first = peek(p, 0), *last = peek(p, tokens - 1);
		struct node *param = node_named(p, NODE_PARAM, p->query + first->at,
		                                last->at + last->len - first->at);
		for (size_t i = 0; i <= tokens; i++)
			parser_advance(p);
		if (!node_add(p, param, param_value(p)) || !node_add(p, into, param))
			return false;
		take_sign(p, ",");
	}
	return true;
}

/* expression [asc|desc] [nulls first|last] */
struct node *parse_ordered(struct parser *p)
{
	struct node *order = node_new(p, NODE_ORDER);
	if (!node_add(p, order, parse_expression(p)))
		return NULL;
	order->descending = true;
	if (take_word(p, "asc"))
		order->descending = false;
	else
		take_word(p, "desc");
	order->nulls_first = !order->descending;
	if (take_word(p, "nulls")) {
		order->nulls_first = next_is_word(p, "first");
		if (!take_word(p, "first") && !expect_word(p, "last"))
			return NULL;
	}
	return node_end(p, order);
}

/* ---- operators of simple form ---- */

static bool parse_op_nothing(struct parser *p, struct node *into)
{
	(void)p;
	(void)into;
	return true;
}

bool parse_op_expression(struct parser *p, struct node *into)
{
	return parse_group_one(p, into, "", parse_expression);
}

static bool parse_op_list(struct parser *p, struct node *into)
{
	return parse_group_list(p, into, "", parse_named);
}

static bool parse_op_patterns(struct parser *p, struct node *into)
{
	return parse_group_list(p, into, "", parse_pattern);
}

/* What may be left out altogether. */
static bool ends_here(const struct parser *p)
{
	return peek(p, 0)->kind == TOKEN_END || next_is_sign(p, "|") || next_is_sign(p, ";") ||
	       next_is_sign(p, ")") || next_is_sign(p, "}");
}

static bool parse_op_optional_list(struct parser *p, struct node *into)
{
	if (ends_here(p))
		return group_open(p, into, "");
	return parse_op_list(p, into);
}

static struct node *parse_reordered(struct parser *p)
{
	struct node *order = node_new(p, NODE_ORDER);
	if (!node_add(p, order, parse_pattern(p)))
		return NULL;
	static const char *const words[] = { "asc", "desc", "granny-asc", "granny-desc" };
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		bool granny = i >= 2;
		if (granny ? word_at(p, 0, "granny") && word_at(p, 2, words[i] + 7)
		           : next_is_word(p, words[i])) {
			order->text = words[i];
			for (int skip = granny ? 3 : 1; skip; skip--)
				parser_advance(p);
		}
	}
	return order;
}

static bool parse_op_reorder(struct parser *p, struct node *into)
{
	return parse_group_list(p, into, "", parse_reordered);
}

static bool parse_op_distinct(struct parser *p, struct node *into)
{
	if (!next_is_sign(p, "*"))
		return parse_op_list(p, into);
	struct node *group = group_open(p, into, "");
	bool ok = node_add(p, group, node_new(p, NODE_STAR));
	parser_advance(p);
	return ok;
}

static bool parse_op_summarize(struct parser *p, struct node *into)
{
	if (ends_here(p) || next_is_word(p, "by") ? !group_open(p, into, "")
	                                          : !parse_op_list(p, into))
		return false;
	return !take_word(p, "by") || parse_group_list(p, into, "by", parse_named);
}

static bool parse_op_sort(struct parser *p, struct node *into)
{
	return expect_word(p, "by") && parse_group_list(p, into, "by", parse_ordered);
}

static bool parse_op_top(struct parser *p, struct node *into)
{
	return parse_op_expression(p, into) && expect_word(p, "by") &&
	       parse_group_one(p, into, "by", parse_ordered);
}

static bool parse_op_sample_distinct(struct parser *p, struct node *into)
{
	return parse_op_expression(p, into) && expect_word(p, "of") &&
	       parse_group_one(p, into, "of", parse_expression);
}

static bool parse_op_top_hitters(struct parser *p, struct node *into)
{
	return parse_op_sample_distinct(p, into) &&
	       (!take_word(p, "by") || parse_group_one(p, into, "by", parse_expression));
}

static bool parse_op_count(struct parser *p, struct node *into)
{
	return !take_word(p, "as") || parse_group_one(p, into, "as", parse_name);
}

static bool parse_op_as(struct parser *p, struct node *into)
{
	return parse_group_one(p, into, "", parse_name);
}

static bool parse_op_invoke(struct parser *p, struct node *into)
{
	return parse_group_one(p, into, "", parse_primary);
}

/* ---- the table ---- */

/* clang-format off */
static const struct operator_row rows[] = {
	/* name, source, piped, parameters, parser, usage, help */
	{ "as", false, true, "", parse_op_as,
		"as NAME",
		"Gives the table a name, by which the rest of the query may refer to it" },
	{ "consume", false, true, "decodeblocks", parse_op_nothing,
		"consume",
		"Reads the table and gives nothing" },
	{ "count", false, true, "", parse_op_count,
		"count [as NAME]",
		"How many rows there are" },
	{ "datatable", true, false, "", parse_op_datatable,
		"datatable(NAME: TYPE, …) [VALUE, …]",
		"A table written out in the query" },
	{ "distinct", false, true, "", parse_op_distinct,
		"distinct EXPR, … | *",
		"The different combinations of values" },
	{ "evaluate", true, true, "", parse_op_evaluate,
		"evaluate PLUGIN(…)",
		"A plugin over the table" },
	{ "extend", false, true, "", parse_op_list,
		"extend [NAME =] EXPR, …",
		"Adds columns, or changes those of that name" },
	{ "externaldata", true, false, "", parse_op_datatable,
		"externaldata(NAME: TYPE, …) [URI]",
		"Refused: weir reads no remote address" },
	{ "facet", false, true, "", parse_op_facet,
		"facet by NAME, … [with (OPERATORS)]",
		"Several tables: what the operators make of the rows, then the values of each column and how many rows have them; ends a query" },
	{ "filter", false, true, "", parse_op_expression,
		"filter CONDITION",
		"As where" },
	{ "find", true, false, "withsource datascope", parse_op_find,
		"find [withsource = NAME] [in (TABLE, …)] where CONDITION [project NAME [: TYPE], … [, pack_all()]]",
		"Rows of several tables that meet a condition; without project the columns that all have and those of the condition, the rest as a bag" },
	{ "fork", false, true, "", parse_op_fork,
		"fork [NAME =] (OPERATORS) …",
		"Several tables, one for each list of operators; ends a query" },
	{ "getschema", false, true, "kind", parse_op_nothing,
		"getschema",
		"The table's columns and their types" },
	{ "graph-match", false, true, "", NULL, NULL, NULL },
	{ "graph-to-table", false, true, "", NULL, NULL, NULL },
	{ "invoke", false, true, "", parse_op_invoke,
		"invoke FUNCTION(…)",
		"Calls a function of the query's with the table as its first argument" },
	{ "join", false, true, "kind", parse_op_join,
		"join [kind=KIND] (TABLE) on NAME, … | $left.A == $right.B, …",
		"Rows of two tables that belong together; KIND is innerunique, inner, leftouter, rightouter, fullouter, leftsemi, rightsemi, "
		"leftanti or rightanti" },
	{ "limit", false, true, "", parse_op_expression,
		"limit N",
		"As take" },
	{ "lookup", false, true, "kind", parse_op_join,
		"lookup [kind=leftouter|inner] (TABLE) on NAME, …",
		"Adds the columns of a small table, its keys left out" },
	{ "macro-expand", true, false, "", NULL, NULL, NULL },
	{ "make-graph", false, true, "", NULL, NULL, NULL },
	{ "make-series", false, true, "kind", parse_op_make_series,
		"make-series [NAME =] AGGREGATE [default = VALUE], … on NAME [from A to B] step S [by NAME, …]",
		"A series of values at regular steps for each group" },
	{ "mv-apply", false, true, "with_itemindex", parse_op_mv_apply,
		"mv-apply NAME [to typeof(TYPE)] on (OPERATORS)",
		"Runs operators over the elements of each row's array" },
	{ "mv-expand", false, true, "bagexpansion kind with_itemindex", parse_op_mv_expand,
		"mv-expand [NAME =] EXPR [to typeof(TYPE)], … [limit N]",
		"A row for each element of an array" },
	{ "mvapply", false, true, "with_itemindex", parse_op_mv_apply,
		"mvapply NAME on (OPERATORS)",
		"As mv-apply" },
	{ "mvexpand", false, true, "bagexpansion kind with_itemindex", parse_op_mv_expand,
		"mvexpand NAME, …",
		"As mv-expand, at most 128 elements unless told" },
	{ "order", false, true, "", parse_op_sort,
		"order by EXPR [asc|desc] [nulls first|last], …",
		"As sort" },
	{ "parse", false, true, "kind flags", parse_op_parse,
		"parse [kind=simple|regex|relaxed] EXPR with * \"TEXT\" NAME [: TYPE] …",
		"Columns from what stands between texts; null where it does not fit" },
	{ "parse-kv", false, true, "", parse_op_parse_kv,
		"parse-kv EXPR as (NAME: TYPE, …) [with (pair_delimiter = TEXT, kv_delimiter = TEXT, quote = TEXT, "
		"escape = TEXT, greedy = true | regex = TEXT)]",
		"Columns from keys and values in a text; without delimiters every character that is neither letter nor digit is one" },
	{ "parse-where", false, true, "kind flags", parse_op_parse,
		"parse-where EXPR with …",
		"As parse, and leaves out rows that do not fit" },
	{ "partition", false, true, "", parse_op_partition,
		"partition by NAME (OPERATORS) | { QUERY }",
		"Runs operators over the rows of each value, or a query of its own that sees the value, and puts the results together" },
	{ "print", true, false, "", parse_op_list,
		"print [NAME =] EXPR, …",
		"One row of values" },
	{ "project", false, true, "", parse_op_optional_list,
		"project [NAME =] EXPR, …",
		"These columns and no others" },
	{ "project-away", false, true, "", parse_op_patterns,
		"project-away NAME | PATTERN, …",
		"All columns but these" },
	{ "project-by-names", false, true, "", NULL, NULL, NULL },
	{ "project-keep", false, true, "", parse_op_patterns,
		"project-keep NAME | PATTERN, …",
		"These columns, in the order that they have" },
	{ "project-rename", false, true, "", parse_op_list,
		"project-rename NEW = OLD, …",
		"Other names for columns" },
	{ "project-reorder", false, true, "", parse_op_reorder,
		"project-reorder NAME | PATTERN [asc|desc], …",
		"These columns first" },
	{ "range", true, false, "", parse_op_range,
		"range NAME from A to B step S",
		"A table of one column of regular values" },
	{ "reduce", false, true, "", NULL, NULL, NULL },
	{ "render", false, true, "", parse_op_render,
		"render KIND [with (PROPERTY = VALUE, …)]",
		"Says how the answer is to be drawn" },
	{ "sample", false, true, "", parse_op_expression,
		"sample N",
		"N rows by chance" },
	{ "sample-distinct", false, true, "", parse_op_sample_distinct,
		"sample-distinct N of NAME",
		"N different values of a column" },
	{ "scan", false, true, "with_match_id", parse_op_scan,
		"scan [with_match_id = NAME] [declare (NAME: TYPE [= VALUE], …)] with (step NAME [output = all|last|none]: CONDITION [=> NAME = EXPR, …]; …)",
		"Goes over the rows one by one, through steps with a state, STEP.NAME, and gives the rows that match one; at most 10000 rows" },
	{ "search", true, true, "kind", parse_op_search,
		"search [in (TABLE, …)] [kind=case_sensitive] \"TEXT\" | NAME: \"TEXT\" | CONDITION",
		"Rows that have a text in any column" },
	{ "serialize", false, true, "", parse_op_optional_list,
		"serialize [NAME =] EXPR, …",
		"Fixes the order of rows, for functions that look at neighbours" },
	{ "sort", false, true, "", parse_op_sort,
		"sort by EXPR [asc|desc] [nulls first|last], …",
		"Sorts, falling unless told" },
	{ "summarize", false, true, "", parse_op_summarize,
		"summarize [NAME =] AGGREGATE, … [by EXPR, …]",
		"One row for each group, with aggregates over its rows" },
	{ "take", false, true, "", parse_op_expression,
		"take N",
		"Some N rows" },
	{ "top", false, true, "", parse_op_top,
		"top N by EXPR [asc|desc]",
		"The first N rows by a value, falling unless told" },
	{ "top-hitters", false, true, "", parse_op_top_hitters,
		"top-hitters N of NAME [by VALUE]",
		"The N values that occur most, or of which the sum is greatest" },
	{ "top-nested", false, true, "", parse_op_top_nested,
		"top-nested [N] of EXPR [with others = NAME] by AGGREGATE, …",
		"The greatest groups, within each the greatest of the next level" },
	{ "union", true, true, "kind withsource with_source isfuzzy", parse_op_union,
		"union [kind=inner|outer] [withsource=NAME] [isfuzzy=true] TABLE, …",
		"The rows of several tables, one after the other" },
	{ "where", false, true, "", parse_op_expression,
		"where CONDITION",
		"The rows that meet the condition" },
};
/* clang-format on */

size_t operator_names(const struct operator_name **ret)
{
	static struct operator_name names[ARRAY_LEN(rows)];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		names[i] = (struct operator_name){ rows[i].name, rows[i].usage, rows[i].help };
	*ret = names;
	return ARRAY_LEN(rows);
}

/* How many tokens the operator's name here takes ("project-away" three), and its text. */
static size_t name_tokens(const struct parser *p, const char **text, size_t *len)
{
	if (peek(p, 0)->kind != TOKEN_NAME)
		return 0;
	size_t tokens = 1;
	while (sign_at(p, tokens, "-") && adjacent(p, tokens) &&
	       peek(p, tokens + 1)->kind == TOKEN_NAME && adjacent(p, tokens + 1))
		tokens += 2;
	const struct token *last = peek(p, tokens - 1);
	*text = p->query + peek(p, 0)->at;
	*len = last->at + last->len - peek(p, 0)->at;
	return tokens;
}

static const struct operator_row *row_find(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strlen(rows[i].name) == len && memcmp(rows[i].name, text, len) == 0)
			return &rows[i];
	return NULL;
}

static struct node *unknown_operator(struct parser *p, const char *text, size_t len)
{
	char word[64] = "";
	snprintf(word, sizeof word, "%.*s", len < sizeof word ? (int)len : 0, text);
	struct nearest near = nearest_to(word);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		nearest_offer(&near, rows[i].name);
	query_error_set(p->e, QUERY_SYNTAX, "SYN0002", peek(p, 0)->at, len,
	                "There is no operator '%.*s'%s%s%s", len < 64 ? (int)len : 64, text,
	                near.best ? "; did you mean '" : "", near.best ? near.best : "",
	                near.best ? "'?" : "");
	return NULL;
}

static struct node *parse_row(struct parser *p, const struct operator_row *row, size_t tokens)
{
	struct node *node = node_named(p, NODE_OPERATOR, row->name, strlen(row->name));
	if (!node)
		return NULL;
	const struct token *last = peek(p, tokens - 1);
	node->len = last->at + last->len - node->at;
	if (!row->parse) {
		query_error_set(p->e, QUERY_SEMANTIC, "SEM0001", node->at, node->len,
		                "The operator '%s' is not supported", row->name);
		return NULL;
	}
	while (tokens--)
		parser_advance(p);
	if (!parse_params(p, node, row->params) || !row->parse(p, node))
		return NULL;
	return node;
}

struct node *parse_operator(struct parser *p)
{
	const char *text;
	size_t len, tokens = name_tokens(p, &text, &len);
	if (!tokens)
		return syntax_error(p, "an operator");
	const struct operator_row *row = row_find(text, len);
	if (row && !row->piped) {
		query_error_set(p->e, QUERY_SYNTAX, "SYN0002", peek(p, 0)->at, len,
		                "'%s' starts a query; it cannot follow a pipe", row->name);
		return NULL;
	}
	if (!row)
		return unknown_operator(p, text, len);
	return parse_row(p, row, tokens);
}

/* Sources are words, so what follows must tell them from columns and functions of that name. */
bool pipeline_starts(const struct parser *p)
{
	const char *text;
	size_t len, tokens = name_tokens(p, &text, &len), name;
	const struct operator_row *row = tokens ? row_find(text, len) : NULL;
	if (!row || !row->source)
		return false;
	const struct token *next = peek(p, tokens);
	if (strcmp(row->name, "range") == 0)
		return name_follows(p, tokens, &name) && word_at(p, tokens + name, "from");
	if (strcmp(row->name, "datatable") == 0 || strcmp(row->name, "externaldata") == 0)
		return sign_at(p, tokens, "(");
	if (strcmp(row->name, "print") == 0)
		return !sign_at(p, tokens, "=") && !sign_at(p, tokens, "|") &&
		       !sign_at(p, tokens, ",");
	return next->kind == TOKEN_NAME || next->kind == TOKEN_STRING || sign_at(p, tokens, "(") ||
	       sign_at(p, tokens, "*");
}

struct node *parse_source_operator(struct parser *p)
{
	const char *text;
	size_t len, tokens = name_tokens(p, &text, &len);
	return parse_row(p, row_find(text, len), tokens);
}

/* | operator | operator … behind what `pipeline` holds already */
static struct node *parse_pipes(struct parser *p, struct node *pipeline)
{
	while (pipeline && take_sign(p, "|"))
		if (!node_add(p, pipeline, parse_operator(p)))
			return NULL;
	return node_end(p, pipeline);
}

struct node *parse_pipeline_from(struct parser *p, struct node *source)
{
	struct node *pipeline = node_new(p, NODE_PIPELINE);
	if (!node_add(p, pipeline, source))
		return NULL;
	pipeline->at = source->at;
	return parse_pipes(p, pipeline);
}

struct node *parse_pipeline(struct parser *p)
{
	if (!pipeline_starts(p)) {
		struct node *source = parse_primary(p);
		return source ? parse_pipeline_from(p, source) : NULL;
	}
	if (!enter(p))
		return NULL;
	struct node *source = parse_source_operator(p);
	struct node *pipeline = source ? parse_pipeline_from(p, source) : NULL;
	leave(p);
	return pipeline;
}

struct node *parse_operators(struct parser *p)
{
	struct node *pipeline = node_new(p, NODE_PIPELINE);
	if (!enter(p) || !node_add(p, pipeline, parse_operator(p)))
		return NULL;
	leave(p);
	return parse_pipes(p, pipeline);
}
