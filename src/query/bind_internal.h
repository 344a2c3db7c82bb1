/* bind_internal: what the binder's files share. */
#pragma once

#include <stdio.h>

#include "core/base/nearest.h"
#include "query/bind.h"
#include "query/function.h"

struct made_list;

enum { UNION_TABLES_MAX = 1000 };
struct union_tables {
	struct rowset **items;
	size_t count;
};

/* What `step.column` stands for in the conditions and assignments of scan. */
struct step_value {
	const char *step, *column;
	struct expr *value;
};

enum {
	BIND_NODES_MAX = 200000,
	BIND_DEPTH_MAX = 200,
	EXPR_DEPTH_MAX = 300,
	LETS_COUNTED_MAX = 100
};

struct binder {
	const struct bind_options *options;
	struct arena *arena;
	struct query_error *e;
	const struct scope *scope;
	struct rowset *row;   /* whose columns expressions see; NULL: none */
	struct rowset *outer; /* the row that a subquery of mv-apply belongs to */
	struct rowset *right; /* of a join's condition: $right */
	bool aggregates;      /* aggregate functions are allowed */
	bool in_aggregate;    /* inside one: they are not */
	bool windows;         /* window functions are allowed */
	bool case_counts;     /* of search's terms */
	bool search;          /* a text stands for a search of it in all columns */
	int64_t now;          /* ticks */
	unsigned next_id;
	unsigned work; /* nodes bound so far */
	unsigned depth;
	unsigned lets_counted; /* of tables, whose uses were counted */
	struct shared *shared; /* newest last */
	struct shared **local; /* in it, from where on shared relations see a row around them; NULL:
	                          nowhere */
	struct shared **local_first; /* the same for the outermost row */
	struct render render;
	struct bound_result results[BIND_RESULTS_MAX];
	size_t result_count;
	const struct node *statement; /* the pipeline whose last operator may give several tables */
	const struct step_value *step_values; /* in a step of scan */
	size_t step_value_count;
	const struct made_list *by; /* of the summarize whose aggregates are bound */
};

/* ---- errors ---- */

/* Sets a semantic error at the node; always NULL. */
void *semantic(struct binder *b, const char *code, const struct node *at, const char *format, ...)
    PRINTF_LIKE(4, 5);
void *bind_no_memory(struct binder *b);
bool bind_enter(struct binder *b, const struct node *at);
void bind_leave(struct binder *b);

/* ---- expressions ---- */

struct expr *bind_expr(struct binder *b, const struct node *node);
struct expr *bind_typed(struct binder *b, const struct node *node, enum kql_type type,
                        const char *what);
struct expr *bind_condition(struct binder *b, const struct node *node);
bool bind_constant(struct binder *b, const struct node *node, struct value *ret);
bool expr_constant(struct binder *b, const struct node *at, const struct expr *expr,
                   struct value *ret);
bool bind_count(struct binder *b, const struct node *node, int64_t *ret); /* number of rows */

struct expr *expr_new(struct binder *b, enum expr_kind kind, enum kql_type type);
struct expr *expr_value(struct binder *b, struct value value);
struct expr *expr_long(struct binder *b, int64_t value);
struct expr *expr_text(struct binder *b, const char *text);
struct expr *expr_null(struct binder *b, enum kql_type type);
struct expr *expr_column(struct binder *b, unsigned id, enum kql_type type);
struct expr *expr_call(struct binder *b, enum kql_type type, const char *sql, struct expr **args,
                       size_t count);
struct expr *expr_call1(struct binder *b, enum kql_type type, const char *sql, struct expr *a);
struct expr *expr_call2(struct binder *b, enum kql_type type, const char *sql, struct expr *a,
                        struct expr *c);
struct expr *expr_call3(struct binder *b, enum kql_type type, const char *sql, struct expr *a,
                        struct expr *c, struct expr *d);
bool expr_looks_around(const struct expr *expr); /* at other rows, as row_number and prev do */

/* ---- types ---- */

bool type_is_integer(enum kql_type type);
bool type_is_number(enum kql_type type);
enum kql_type type_widest(enum kql_type a, enum kql_type b); /* of two numbers */
bool type_common(enum kql_type a, enum kql_type b, enum kql_type *ret);
const char *type_sql(enum kql_type type);
struct expr *convert(struct binder *b, struct expr *expr,
                     enum kql_type type); /* as to<type>() does */
struct expr *widen(struct binder *b, struct expr *expr, enum kql_type type); /* implicit */
struct expr *as_json(struct binder *b, struct expr *expr);
struct expr *as_text(struct binder *b, struct expr *expr);

/* ---- calls and operators ---- */

struct expr *bind_call(struct binder *b, const struct node *node);
struct expr *bind_binary(struct binder *b, const struct node *node);
struct expr *bind_in(struct binder *b, const struct node *node);
struct expr *bind_star(struct binder *b, const struct node *node);
struct expr *text_operator(struct binder *b, enum binary_op op, struct expr *l, struct expr *r);
struct expr *regex_call(struct binder *b, const struct node *pattern_node, enum kql_type type,
                        const char *sql, struct expr *text, struct expr *pattern);
struct expr *compare(struct binder *b, const struct node *node, enum binary_op op, struct expr *l,
                     struct expr *r);

/* ---- tables ---- */

struct rowset *bind_table(struct binder *b, const struct node *node); /* any tabular expression */
struct rowset *bind_operators(struct binder *b, const struct node *first, struct rowset *input);
struct rowset *bind_operator(struct binder *b, const struct node *node, struct rowset *input);
bool node_is_tabular(const struct binder *b, const struct node *node);
struct rowset *bind_function_table(struct binder *b, const struct scope *function,
                                   const struct node *call, struct rowset *piped);
bool scope_is_view(const struct scope *scope);
const struct scope *scope_find(const struct scope *scope, const char *name);
struct rowset *bind_body(struct binder *b, const struct node *body);
struct expr *bind_function_value(struct binder *b, const struct scope *function,
                                 const struct node *call);
bool bind_let(struct binder *b, const struct node *node);
bool bind_is_scalar_body(const struct binder *b, const struct node *function);

/* The tables that search or find names, or all; and the rows that meet its condition. */
bool tables_collect(struct binder *b, const struct node *node, struct union_tables *ret);
struct rowset *searched(struct binder *b, const struct node *node, struct rowset *rows);

/* Columns as a bag of their names, by k_bag or k_bag_filled. */
struct expr *pack_columns(struct binder *b, const struct column_ref *list, size_t count,
                          const char *sql);
struct expr *rowset_array(struct binder *b, const struct node *at, struct rowset *table);
int workspace_table(const char *name);

struct rel *rel_new(struct binder *b, enum rel_kind kind, struct rel *left);
struct rowset *rowset_new(struct binder *b, struct rel *rel, size_t columns);
struct rowset *rowset_copy(struct binder *b, const struct rowset *table);
struct column_ref *rowset_find(const struct rowset *table, const char *name);
bool rowset_add(struct binder *b, struct rowset *table, const char *name, enum kql_type type,
                unsigned id);
unsigned rowset_compute(struct binder *b, struct rowset *table,
                        struct expr *expr); /* hidden; its id */
/* A name that neither has, where `table` has this one: what a join calls its right columns. */
const char *name_unique_in_both(struct binder *b, const struct rowset *table,
                                const struct rowset *other, const char *name);
const char *name_unique(struct binder *b, const struct rowset *table, const char *name);
struct expr *unknown_name(struct binder *b, const struct node *node, const struct rowset *table);
struct column_ref *bind_column(struct binder *b, const struct node *node,
                               const struct rowset *table);
struct rowset *rowset_share(struct binder *b, struct rowset *table); /* to be used more than once */
struct rowset *rowset_refer(struct binder *b, const struct rowset *shared); /* one use of it */
/* Around the binding of what a row is joined with (REL_LATERAL): what it shares stays with it. */
struct shared **local_enter(struct binder *b);
struct shared *local_leave(struct binder *b, struct shared **outer);
void order_drop(struct rowset *table);
bool order_number(struct binder *b, struct rowset *table); /* rows numbered: one unique key */
struct rowset *rowset_top(struct binder *b, struct rowset *table, unsigned id, enum kql_type type,
                          int64_t count);
bool rowset_filter(struct binder *b, struct rowset *table, struct expr *where);
/* Tells tables below that rows are wanted only where this holds. */
void narrow_tables(struct binder *b, struct rel *rel, const struct expr *where);

/* A value of several columns: arg_max, percentiles, series_fit_line. */
struct multi_column {
	const char *name; /* NULL: as the target is called */
	struct expr *expr;
};
struct multi {
	struct multi_column *columns;
	size_t count;
};

/* One "name = expr" of a list, bound: what a list makes. */
struct made {
	const struct node *node;
	const char *name; /* given or proposed; NULL: none */
	bool given;       /* by the user */
	struct expr *expr;
};
struct made_list {
	struct made *items;
	size_t count, room;
};
bool made_bind(struct binder *b, const struct node *list, struct made_list *ret);
bool made_compute(struct binder *b, struct rowset *rows, const struct made_list *list,
                  unsigned *ids);
bool made_add(struct binder *b, const struct made_list *list, const unsigned *ids,
              struct rowset *output, const char *pattern, size_t number);
const char *made_name(struct binder *b, const struct rowset *rows, const struct made *made,
                      const char *pattern, size_t *number);

struct rowset *rowset_group(struct binder *b, struct rowset *input, const struct made_list *by,
                            const struct made_list *list, unsigned *ids);
bool aggregates_bind(struct binder *b, const struct node *group, const struct made_list *by,
                     struct made_list *ret);
struct rowset *prefix_lookup(struct binder *b, const struct node *call, struct rowset *input,
                             bool v6);
bool call_mentions(const struct node *node, const char *name); /* a name anywhere in it */
bool union_collect(struct binder *b, const struct node *group, bool fuzzy,
                   struct union_tables *list);
struct rowset *union_make(struct binder *b, const struct union_tables *inputs, bool inner,
                          const char *withsource);

/* One more table that the query gives; false and an error beyond BIND_RESULTS_MAX. */
bool result_add(struct binder *b, const struct node *at, const char *name, struct rowset *table);

typedef struct rowset *operator_binder(struct binder *b, const struct node *node,
                                       struct rowset *input);
operator_binder op_where, op_project, op_extend, op_project_away, op_project_keep,
    op_project_rename, op_project_reorder, op_summarize, op_distinct, op_sort, op_top, op_take,
    op_count, op_print, op_datatable, op_range, op_serialize, op_as, op_getschema, op_render,
    op_union, op_join, op_mv_expand, op_mv_apply, op_make_series, op_parse, op_search, op_find,
    op_partition, op_top_nested, op_evaluate, op_sample, op_sample_distinct, op_consume, op_invoke,
    op_top_hitters, op_fork, op_facet, op_scan, op_parse_kv;
