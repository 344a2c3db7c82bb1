/* ast: the tree that the parser makes of a query.
 *
 * One kind of node for everything, in the query's arena: a kind, a place, a text and a list of
 * children.  A tabular operator is a NODE_OPERATOR whose children are groups labelled with the word
 * that introduces them ("by", "on", "from", …; "" for what follows the operator's name itself) and
 * parameters (kind=inner). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "query/literal.h"

/* Binary operators: id, as written, how tightly it binds, what it means. */
/* clang-format off */
#define BINARY_TABLE(X) \
	X(OR,              "or",              1, "Either") \
	X(AND,             "and",             2, "Both") \
	X(EQ,              "==",              3, "Equal; texts by case") \
	X(NE,              "!=",              3, "Not equal") \
	X(NE_SQL,          "<>",              3, "As !=") \
	X(IN,              "in",              3, "Equal to one of a list, an array or the first column of a table") \
	X(NOT_IN,          "!in",             3, "Equal to none") \
	X(IN_CI,           "in~",             3, "As in, case ignored") \
	X(NOT_IN_CI,       "!in~",            3, "As !in, case ignored") \
	X(HAS_ANY,         "has_any",         3, "Has one of these terms") \
	X(HAS_ALL,         "has_all",         3, "Has all of these terms") \
	X(BETWEEN,         "between",         3, "From the first to the second, both included") \
	X(NOT_BETWEEN,     "!between",        3, "Not between") \
	X(LT,              "<",               4, "Less") \
	X(LE,              "<=",              4, "Less or equal") \
	X(GT,              ">",               4, "Greater") \
	X(GE,              ">=",              4, "Greater or equal") \
	X(ADD,             "+",               5, "Sum; a datetime or timespan moved") \
	X(SUB,             "-",               5, "Difference; of two datetimes a timespan") \
	X(MUL,             "*",               6, "Product") \
	X(DIV,             "/",               6, "Quotient; of whole numbers cut to a whole one") \
	X(MOD,             "%",               6, "Remainder, never negative") \
	X(EQ_CI,           "=~",              7, "Equal, case ignored") \
	X(NE_CI,           "!~",              7, "Not equal, case ignored") \
	X(HAS,             "has",             7, "Has this term: a run of letters and digits, case ignored") \
	X(NOT_HAS,         "!has",            7, "Not has") \
	X(HAS_CS,          "has_cs",          7, "As has, by case") \
	X(NOT_HAS_CS,      "!has_cs",         7, "As !has, by case") \
	X(CONTAINS,        "contains",        7, "Contains this text, case ignored") \
	X(NOT_CONTAINS,    "!contains",       7, "Not contains") \
	X(CONTAINS_CS,     "contains_cs",     7, "As contains, by case") \
	X(NOT_CONTAINS_CS, "!contains_cs",    7, "As !contains, by case") \
	X(CONTAINSCS,      "containscs",      7, "As contains_cs") \
	X(NOT_CONTAINSCS,  "!containscs",     7, "As !contains_cs") \
	X(STARTS,          "startswith",      7, "Starts with this text, case ignored") \
	X(NOT_STARTS,      "!startswith",     7, "Not startswith") \
	X(STARTS_CS,       "startswith_cs",   7, "As startswith, by case") \
	X(NOT_STARTS_CS,   "!startswith_cs",  7, "As !startswith, by case") \
	X(ENDS,            "endswith",        7, "Ends with this text, case ignored") \
	X(NOT_ENDS,        "!endswith",       7, "Not endswith") \
	X(ENDS_CS,         "endswith_cs",     7, "As endswith, by case") \
	X(NOT_ENDS_CS,     "!endswith_cs",    7, "As !endswith, by case") \
	X(HASPREFIX,       "hasprefix",       7, "Has a term that starts so, case ignored") \
	X(NOT_HASPREFIX,   "!hasprefix",      7, "Not hasprefix") \
	X(HASPREFIX_CS,    "hasprefix_cs",    7, "As hasprefix, by case") \
	X(NOT_HASPREFIX_CS, "!hasprefix_cs",   7, "As !hasprefix, by case") \
	X(HASSUFFIX,       "hassuffix",       7, "Has a term that ends so, case ignored") \
	X(NOT_HASSUFFIX,   "!hassuffix",      7, "Not hassuffix") \
	X(HASSUFFIX_CS,    "hassuffix_cs",    7, "As hassuffix, by case") \
	X(NOT_HASSUFFIX_CS, "!hassuffix_cs",   7, "As !hassuffix, by case") \
	X(MATCHES,         "matches regex",   7, "Matches the regular expression (RE2)")
/* clang-format on */

enum binary_op {
#define X(id, text, level, help) BINARY_##id,
	BINARY_TABLE(X)
#undef X
	    BINARY_COUNT,
};

struct binary_row {
	const char *text;
	int level;
	const char *help;
};
extern const struct binary_row binary_rows[BINARY_COUNT];

enum node_kind {
	/* scalar expressions */
	NODE_LITERAL, /* value */
	NODE_NAME,    /* text */
	NODE_STAR,    /* * */
	NODE_PATTERN, /* text with '*' in it: src* */
	NODE_CALL,    /* text( children ) */
	NODE_BINARY,  /* op; two children; for in and between the right one is a NODE_LIST */
	NODE_MINUS,   /* one child */
	NODE_MEMBER,  /* child . text */
	NODE_INDEX,   /* child [ child ] */
	NODE_LIST,    /* ( children ) */
	NODE_NAMED,   /* text = child */
	NODE_TUPLE,   /* ( names ) = child: NODE_NAMEs, the value last */
	NODE_TYPEOF,  /* type; or NODE_COLUMN children */
	/* declarations */
	NODE_COLUMN,   /* text : type [= child] */
	NODE_FUNCTION, /* NODE_COLUMN and NODE_TABLE parameters, the NODE_BODY last; text: view or
	                  nothing */
	NODE_TABLE,    /* text : ( NODE_COLUMN children; none for (*) ) */
	NODE_BODY,     /* statements */
	/* tabular expressions */
	NODE_PIPELINE, /* a source and the NODE_OPERATORs that it is piped through */
	NODE_OPERATOR, /* text */
	NODE_GROUP,    /* text: label; children */
	NODE_PARAM,    /* text = child */
	/* statements */
	NODE_LET,     /* text = child */
	NODE_SET,     /* text [= child] */
	NODE_DECLARE, /* query parameters: NODE_COLUMN children */
	NODE_ORDER,   /* child with order */
};

enum { AST_DEPTH_MAX = 160 };

struct node {
	enum node_kind kind;
	uint32_t at, len; /* in the query */
	const char *text; /* NUL-terminated */
	size_t text_len;
	enum binary_op op;  /* NODE_BINARY */
	enum kql_type type; /* NODE_TYPEOF, NODE_COLUMN; KQL_TYPE_COUNT where none is given */
	struct value value; /* NODE_LITERAL */
	bool descending;    /* NODE_ORDER */
	bool nulls_first;   /* NODE_ORDER */
	bool parenthesised; /* stood in parentheses of its own */
	unsigned depth;     /* 1 above the deepest child */
	struct node *first, *last, *next;
	size_t count; /* of children */
};

/* Child number i, or NULL. */
struct node *node_child(const struct node *node, size_t i);

/* The group of that label, or NULL; the parameter of that name, or NULL. */
struct node *node_group(const struct node *operator_node, const char *label);
struct node *node_param(const struct node *operator_node, const char *name);

bool node_is(const struct node *node, const char *text);

#define EACH_CHILD(child, of)                                                                      \
	for (const struct node *child = (of) ? (of)->first : NULL; child; child = child->next)
