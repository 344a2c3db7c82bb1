/* parse_internal: what the parser's files share. */
#pragma once

#include "query/parse.h"

struct parser {
	const char *query;
	const struct token *tokens;
	size_t at; /* the token that is next */
	unsigned depth;
	struct arena *arena;
	struct query_error *e;
	bool search;          /* in search's condition, where a colon is an operator: */
	enum binary_op colon; /* this one */
};

/* ---- tokens ---- */

const struct token *peek(const struct parser *p, size_t ahead);
void parser_advance(struct parser *p);
bool next_is_sign(const struct parser *p, const char *sign);
bool sign_at(const struct parser *p, size_t ahead, const char *sign);
bool next_is_word(const struct parser *p, const char *word);
bool word_at(const struct parser *p, size_t ahead, const char *word);
bool adjacent(const struct parser *p, size_t ahead); /* no blank between it and the one before */
bool take_sign(struct parser *p, const char *sign);
bool take_word(struct parser *p, const char *word);
bool expect_sign(struct parser *p, const char *sign);
bool expect_word(struct parser *p, const char *word);
void *syntax_error(struct parser *p, const char *expected); /* always NULL */

/* ---- nodes ---- */

struct node *node_new(struct parser *p, enum node_kind kind);
struct node *node_named(struct parser *p, enum node_kind kind, const char *text, size_t len);
bool node_add(struct parser *p, struct node *parent,
              struct node *child);                          /* false where child is NULL */
struct node *node_end(struct parser *p, struct node *node); /* sets len; NULL stays NULL */

/* ---- expressions ---- */

struct node *parse_expression(struct parser *p);
struct node *parse_argument(struct parser *p); /* an expression or a pipeline */
struct node *parse_named(struct parser *p);    /* [name = | (names) =] expression */
bool parse_list(struct parser *p, struct node *into, struct node *(*item)(struct parser *));
bool name_follows(const struct parser *p, size_t ahead, size_t *ret_tokens);
struct node *parse_name(struct parser *p);    /* NODE_NAME: word or ['text'] */
struct node *parse_pattern(struct parser *p); /* NODE_NAME or NODE_PATTERN */
struct node *parse_typeof(struct parser *p);
bool parse_type(struct parser *p, enum kql_type *ret);
struct node *parse_column(struct parser *p);             /* name : type [= literal] */
bool parse_columns(struct parser *p, struct node *into); /* ( columns ) */
struct node *parse_primary(struct parser *p);
bool enter(struct parser *p); /* one level deeper; false and an error at the limit */
void leave(struct parser *p);

/* ---- tabular ---- */

bool pipeline_starts(const struct parser *p); /* at a source such as print, range x from … */
struct node *parse_pipeline(struct parser *p);
struct node *parse_pipeline_from(struct parser *p, struct node *source);
struct node *parse_operators(struct parser *p); /* without a source: "where … | top …" */
struct node *parse_operator(struct parser *p);
struct node *parse_source_operator(struct parser *p);
bool parse_statements(struct parser *p, struct node *body, const char *closer);

struct operator_row {
	const char *name;
	bool source; /* may start a pipeline */
	bool piped;  /* may follow a pipe */
	const char
	    *params; /* names of its parameters, separated by blanks; "hint." ones always go */
	bool (*parse)(struct parser *p, struct node *into); /* NULL: known but not supported */
	const char *usage, *help;                           /* NULL where it is not supported */
};
bool parse_params(struct parser *p, struct node *into, const char *names);
struct node *group_open(struct parser *p, struct node *into, const char *label);
bool parse_group_list(struct parser *p, struct node *into, const char *label,
                      struct node *(*item)(struct parser *));
bool parse_group_one(struct parser *p, struct node *into, const char *label,
                     struct node *(*item)(struct parser *));
struct node *parse_ordered(struct parser *p);

bool parse_op_expression(struct parser *p, struct node *into);
bool parse_op_join(struct parser *p, struct node *into);
bool parse_op_union(struct parser *p, struct node *into);
bool parse_op_mv_expand(struct parser *p, struct node *into);
bool parse_op_mv_apply(struct parser *p, struct node *into);
bool parse_op_make_series(struct parser *p, struct node *into);
bool parse_op_parse(struct parser *p, struct node *into);
bool parse_op_top_nested(struct parser *p, struct node *into);
bool parse_op_render(struct parser *p, struct node *into);
bool parse_op_evaluate(struct parser *p, struct node *into);
bool parse_op_partition(struct parser *p, struct node *into);
bool parse_op_fork(struct parser *p, struct node *into);
bool parse_op_facet(struct parser *p, struct node *into);
bool parse_op_scan(struct parser *p, struct node *into);
bool parse_op_parse_kv(struct parser *p, struct node *into);
bool parse_op_search(struct parser *p, struct node *into);
bool parse_op_find(struct parser *p, struct node *into);
bool parse_op_datatable(struct parser *p, struct node *into);
bool parse_op_range(struct parser *p, struct node *into);
