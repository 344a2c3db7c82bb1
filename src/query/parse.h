/* parse: tokens to a tree.
 *
 * Recursive descent; expressions by precedence.  No recursion is deeper than AST_DEPTH_MAX levels
 * of nesting.  Operators are rows of a table (parse_operator.c), each with the function that reads
 * what follows its name.  The first error ends it. */
#pragma once

#include <stdbool.h>

#include "query/ast.h"
#include "query/error.h"
#include "query/lex.h"

/* The whole query as a NODE_BODY of statements, or NULL and *e.  Nodes live in the arena and point
 * into the query's text. */
struct node *parse(const char *query, const struct token_list *tokens, struct arena *arena,
                   struct query_error *e);

/* The tabular operators that are known; without usage and help: refused with a clean error. */
struct operator_name {
	const char *name, *usage, *help;
};
size_t operator_names(const struct operator_name **ret);
