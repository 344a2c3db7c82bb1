/* lower_internal: what lower.c and lower_expr.c share. */
#pragma once

#include "query/lower.h"

struct lowerer {
	struct lower_options *options;
	struct buf *sql;
	struct query_error *e;
	const struct order_key *order; /* what $O stands for */
	size_t order_count;
	unsigned depth;
	const bool *needed; /* by column number (prune.h); NULL: all */
	bool single;        /* aggregates are lowered as of groups of one row */
};

/* Adds the expression; as a filter where null may count as false. */
void lower_expr(struct lowerer *l, const struct expr *expr, bool as_filter);
void lower_order(struct lowerer *l, const struct order_key *order, size_t count);
void lower_rel(struct lowerer *l, const struct rel *rel); /* ( SELECT … ) */
/* The computed columns that are needed, and the first `always` anyhow, behind `lead`; how many. */
size_t lower_computed(struct lowerer *l, const struct rel *rel, size_t always, const char *lead);
bool lower_needs(const struct lowerer *l, unsigned id);

/* arg_max(x, *) by keys of which one is nearly unique; false, with nothing written, where it is
 * something else. */
bool lower_dedup(struct lowerer *l, const struct rel *rel);

bool lower_goes_on(struct lowerer *l); /* false, with an error, once there is too much SQL */
