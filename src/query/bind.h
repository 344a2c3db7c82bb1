/* bind: a tree to a bound, typed one: names to columns, calls to rows of the function table. */
#pragma once

#include "core/base/arena.h"
#include "query/ast.h"
#include "query/bound.h"
#include "query/error.h"

/* Names that the query can see, innermost first. */
struct scope {
	enum {
		SCOPE_VALUE,    /* value */
		SCOPE_TABULAR,  /* node, bound anew in `outer` at each use; `ready` serves the first
		                 */
		SCOPE_FUNCTION, /* node */
		SCOPE_SHARED,   /* table, computed once */
	} kind;
	const char *name;
	struct expr *value;
	const struct node *node;
	const struct scope *outer; /* what the node sees; also the next name */
	struct rowset *table;      /* SCOPE_SHARED */
	struct rowset **ready;     /* SCOPE_TABULAR: bound already, for the first use; or NULL */
	const struct scope *next;
};

/* Computes a constant expression; false where it fails. */
typedef bool constant_eval(void *context, const struct expr *expr, const struct shared *shared,
                           struct value *ret, struct arena *arena);

struct bind_options {
	struct arena *arena;
	bool has_workspace;     /* its tables are known */
	int64_t now;            /* ticks */
	struct time_range time; /* of TimeGenerated: all that tables give */
	bool read_all;          /* conditions do not say which segments are read */
	const char *watchlists; /* folder; NULL: none */
	constant_eval *eval;
	void *eval_context;
};

struct render {
	const char *visualization; /* NULL: none */
	const struct node *properties;
};

/* A query may give several tables: of several statements, of fork and of facet. */
enum { BIND_RESULTS_MAX = 64 };
struct bound_result {
	const char *name; /* as fork gives it; NULL: none */
	struct rowset *table;
};

struct bound_query {
	struct rowset *table;         /* the one that is answered now: at first results[0] */
	struct bound_result *results; /* at least one, in the order of the query */
	size_t result_count;
	struct shared *shared; /* in the order in which they need each other */
	struct render render;
	unsigned next_id;
};

MUST_CHECK bool bind_query(const struct node *body, const struct bind_options *options,
                           struct bound_query *ret, struct query_error *e);
