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

/* Binary operators: id, as written, how tightly it binds. */
/* clang-format off */
#define BINARY_TABLE(X)                                            \
	X(OR,               "or",              1)                  \
	X(AND,              "and",             2)                  \
	X(EQ,               "==",              3)                  \
	X(NE,               "!=",              3)                  \
	X(NE_SQL,           "<>",              3)                  \
	X(IN,               "in",              3)                  \
	X(NOT_IN,           "!in",             3)                  \
	X(IN_CI,            "in~",             3)                  \
	X(NOT_IN_CI,        "!in~",            3)                  \
	X(HAS_ANY,          "has_any",         3)                  \
	X(HAS_ALL,          "has_all",         3)                  \
	X(BETWEEN,          "between",         3)                  \
	X(NOT_BETWEEN,      "!between",        3)                  \
	X(LT,               "<",               4)                  \
	X(LE,               "<=",              4)                  \
	X(GT,               ">",               4)                  \
	X(GE,               ">=",              4)                  \
	X(ADD,              "+",               5)                  \
	X(SUB,              "-",               5)                  \
	X(MUL,              "*",               6)                  \
	X(DIV,              "/",               6)                  \
	X(MOD,              "%",               6)                  \
	X(EQ_CI,            "=~",              7)                  \
	X(NE_CI,            "!~",              7)                  \
	X(HAS,              "has",             7)                  \
	X(NOT_HAS,          "!has",            7)                  \
	X(HAS_CS,           "has_cs",          7)                  \
	X(NOT_HAS_CS,       "!has_cs",         7)                  \
	X(CONTAINS,         "contains",        7)                  \
	X(NOT_CONTAINS,     "!contains",       7)                  \
	X(CONTAINS_CS,      "contains_cs",     7)                  \
	X(NOT_CONTAINS_CS,  "!contains_cs",    7)                  \
	X(CONTAINSCS,       "containscs",      7)                  \
	X(NOT_CONTAINSCS,   "!containscs",     7)                  \
	X(STARTS,           "startswith",      7)                  \
	X(NOT_STARTS,       "!startswith",     7)                  \
	X(STARTS_CS,        "startswith_cs",   7)                  \
	X(NOT_STARTS_CS,    "!startswith_cs",  7)                  \
	X(ENDS,             "endswith",        7)                  \
	X(NOT_ENDS,         "!endswith",       7)                  \
	X(ENDS_CS,          "endswith_cs",     7)                  \
	X(NOT_ENDS_CS,      "!endswith_cs",    7)                  \
	X(HASPREFIX,        "hasprefix",       7)                  \
	X(NOT_HASPREFIX,    "!hasprefix",      7)                  \
	X(HASPREFIX_CS,     "hasprefix_cs",    7)                  \
	X(NOT_HASPREFIX_CS, "!hasprefix_cs",   7)                  \
	X(HASSUFFIX,        "hassuffix",       7)                  \
	X(NOT_HASSUFFIX,    "!hassuffix",      7)                  \
	X(HASSUFFIX_CS,     "hassuffix_cs",    7)                  \
	X(NOT_HASSUFFIX_CS, "!hassuffix_cs",   7)                  \
	X(MATCHES,          "matches regex",   7)
/* clang-format on */

enum binary_op {
#define X(id, text, level) BINARY_##id,
	BINARY_TABLE(X)
#undef X
	    BINARY_COUNT,
};

struct binary_row {
	const char *text;
	int level;
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
	NODE_FUNCTION, /* NODE_COLUMN and NODE_TABLE parameters, the NODE_BODY last */
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
