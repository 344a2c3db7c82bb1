/* bound: the typed tree that the binder makes and lower.h turns into SQL.
 *
 * Every column that exists anywhere in a query has a number of its own, so that names, of which
 * people may use any twice, never reach SQL: there a column is c<number>.  A table as KQL sees it
 * (struct rowset) is a relation plus the list of its visible columns by name; renaming or dropping
 * columns changes only that list.  Everything lives in the query's arena. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/flow/column.h"
#include "query/literal.h"
#include "workspace/workspace.h"

struct rel;

enum expr_kind {
	EXPR_VALUE,    /* value */
	EXPR_COLUMN,   /* column */
	EXPR_CALL,     /* sql with args put in */
	EXPR_SUBQUERY, /* the first column of the first row of rel */
	EXPR_IN,       /* args[0] is among the first column of rel */
};

/* In a template $0 … $9 are arguments, $* all of them and $1* all from $1 on, by commas, $& and $|
 * all of them by AND and OR; $O is "ORDER BY …" of the rows' order (aggregates and row numbers
 * only).  A template names each argument at most once, lest SQL grow beyond measure where calls
 * nest. */
struct expr {
	enum expr_kind kind;
	enum kql_type type;
	struct value value;
	unsigned column;
	const char *sql;    /* EXPR_CALL; no text of the user's is in it */
	const char *single; /* an aggregate's value where its group is one row; NULL: not known */
	const char *filter; /* as sql, where null may stand for false; NULL: the same */
	struct expr **args;
	size_t count;
	struct rel *rel;
	const char *name; /* what a column made of it is called; NULL: nothing */
	unsigned depth;   /* 1 above the deepest argument */
	bool constant;    /* depends on no row and on no chance */
	bool aggregate;   /* holds an aggregate */
	bool is_and_or;   /* args are conditions in their own right */
	bool comparison;  /* of two args by `op`, an enum binary_op (query/ast.h) */
	int op;
	bool membership;   /* args[0] is one of the others, which are texts */
	const void *multi; /* a function of several columns: see function.h */
};

struct column_ref {
	const char *name;
	enum kql_type type;
	unsigned id;
};

struct order_key {
	unsigned id;
	enum kql_type type;
	bool descending, nulls_first;
};

/* One computed column: id and what it is. */
struct computed {
	unsigned id;
	struct expr *expr;
};

enum rel_kind {
	REL_TABLE,     /* columns of a workspace table; filter says which segments */
	REL_FILE,      /* the rows of a CSV file: `path`, `count` columns from first_id on */
	REL_VALUES,    /* rows of constants */
	REL_ONE,       /* one row without columns */
	REL_RANGE,     /* computed[0].id is 0, 1, … count - 1 */
	REL_FILTER,    /* rows where `where` */
	REL_COMPUTE,   /* all columns and the computed ones */
	REL_AGGREGATE, /* one row per distinct keys: computed[0 … keys - 1], then aggregates */
	REL_LIMIT,     /* first `count` rows by order; none: any rows */
	REL_SAMPLE,    /* `count` rows by chance */
	REL_JOIN,      /* of left and right where `where` */
	REL_UNION,     /* rows of all inputs, ids renamed */
	REL_UNNEST,    /* rows repeated for the elements of computed lists */
	REL_LATERAL,   /* each row of left with the rows that right, which sees it, makes of it */
	REL_SHARED,    /* a relation that is computed once: shared */
	REL_RECURSE,   /* one row of computed, then, row by row, what inputs[0] makes of the rows
	                  that came last, which it sees as `shared` */
};

enum join_kind {
	JOIN_INNER,
	JOIN_LEFT_OUTER,
	JOIN_RIGHT_OUTER,
	JOIN_FULL_OUTER,
	JOIN_LEFT_SEMI,
	JOIN_LEFT_ANTI,
};

/* A relation referred to more than once: WITH s<number> AS MATERIALIZED (…). */
struct shared {
	unsigned number;
	struct rel *rel;
	struct shared *next;
};

struct rel {
	enum rel_kind kind;
	struct rel *left, *right;
	struct expr *where;
	struct computed *computed;
	size_t computed_count, keys;
	struct order_key *order;
	size_t order_count;
	int64_t count;
	enum join_kind join;
	unsigned *distinct; /* REL_JOIN: left rows are taken once per these columns */
	size_t distinct_count;
	/* REL_TABLE */
	struct segment_filter filter;
	unsigned first_id; /* of its first column; the others follow; REL_FILE too */
	const char *path;  /* REL_FILE */
	/* REL_VALUES: rows x columns; ids are computed[].id */
	struct expr **cells;
	size_t row_count;
	/* REL_UNION, REL_SHARED: for each input, out id <- in id (0: null) */
	struct union_input *inputs;
	size_t input_count;
	struct shared *shared; /* REL_LATERAL: what right shares among its own parts */
	unsigned position;     /* REL_UNNEST: id that numbers the elements from 0 */
};

struct union_column {
	unsigned out, in; /* in 0: the value `fill` */
	enum kql_type type;
	struct expr *fill;
};

struct union_input {
	struct rel *rel;
	struct union_column *columns;
	size_t count;
};

struct rowset {
	struct rel *rel;
	struct column_ref *columns;
	size_t count;
	struct order_key *order; /* how its rows are ordered; 0: not at all */
	size_t order_count;
	bool order_unique;  /* one key, in which no two rows are equal */
	bool serialized;    /* window functions may be used */
	const char *source; /* name for withsource; NULL: none */
};
