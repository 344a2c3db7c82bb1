/* lower_dedup: the newest row of each group, where nearly every group is one row.
 *
 * People take doubled records out of flow logs by
 *
 *     summarize arg_max(FlowRecordTime, *) by SourceIp, DestinationIp, …, Flowsequence
 *
 * Flowsequence alone tells nearly all rows apart, so nearly all groups are single rows, whose
 * values are at hand.  First the few values of Flowsequence that occur more than once are found,
 * which takes a table of numbers; then rows of all others pass straight through, and only the rest
 * are grouped. No row's columns go through a hash table for nothing.  The result is the same
 * whatever the data; where most values occur twice it costs one more pass. */
#include <string.h>

#include "query/lower_internal.h"

/* To carry fewer values through the grouping costs less than a second pass over the rows. */
enum { VALUES_LEAST = 6 };

static bool is_plain(const struct expr *expr, unsigned depth)
{
	if (depth > 100 || expr->kind == EXPR_SUBQUERY || expr->kind == EXPR_IN)
		return false;
	if (expr->kind == EXPR_CALL && (strstr(expr->sql, "random()") ||
	                                strstr(expr->sql, "uuid()") || strstr(expr->sql, " OVER ")))
		return false;
	for (size_t i = 0; i < expr->count; i++)
		if (!is_plain(expr->args[i], depth + 1))
			return false;
	return true;
}

/* The table below filters and computations that give the same when they are run again. */
static const struct rel *table_below(const struct rel *rel)
{
	for (; rel->kind == REL_FILTER || rel->kind == REL_COMPUTE; rel = rel->left) {
		if (rel->where && !is_plain(rel->where, 0))
			return NULL;
		for (size_t i = 0; i < rel->computed_count; i++)
			if (!is_plain(rel->computed[i].expr, 0))
				return NULL;
	}
	return rel->kind == REL_TABLE ? rel : NULL;
}

/* The table's column that tells its rows apart, or 0. */
static unsigned telling_column(const struct rel *table)
{
	unsigned id = table->first_id;
	for (int c = 0; c < COLUMN_COUNT; c++) {
		if (!column_in((enum column_id)c, table->filter.table))
			continue;
		if (c == COL_Flowsequence)
			return id;
		id++;
	}
	return 0;
}

static bool has_key(const struct rel *rel, unsigned id)
{
	for (size_t i = 0; i < rel->keys; i++)
		if (rel->computed[i].expr->kind == EXPR_COLUMN &&
		    rel->computed[i].expr->column == id)
			return true;
	return false;
}

/* Whether its value for a group of one row is known: through wrappers of one argument, too. */
static bool has_single(const struct expr *expr)
{
	while (!expr->single && expr->kind == EXPR_CALL && expr->count == 1)
		expr = expr->args[0];
	return expr->single;
}

/* All of its values that are needed are known for single rows, and there are many. */
static bool is_worth_it(const struct lowerer *l, const struct rel *rel)
{
	size_t count = 0;
	for (size_t i = rel->keys; i < rel->computed_count; i++) {
		if (!lower_needs(l, rel->computed[i].id))
			continue;
		if (!has_single(rel->computed[i].expr))
			return false;
		count++;
	}
	return count >= VALUES_LEAST;
}

/* " FROM (rows) AS l ANTI JOIN d1 …" */
static void lower_side(struct lowerer *l, const struct rel *rel, const char *join, unsigned column)
{
	struct relation_size size = l->options->size;
	size_t whole = l->options->whole;
	int64_t held = l->options->columns;
	unsigned name = rel->computed[0].id;
	buf_puts(l->sql, " FROM ");
	lower_rel(l, rel->left);
	buf_printf(l->sql, " AS l %s JOIN d%u ON l.c%u IS NOT DISTINCT FROM d%u.k", join, name,
	           column, name);
	l->options->size = size; /* counted once */
	l->options->whole = whole;
	l->options->columns = held;
}

bool lower_dedup(struct lowerer *l, const struct rel *rel)
{
	const struct rel *table = rel->keys ? table_below(rel->left) : NULL;
	unsigned column = table ? telling_column(table) : 0;
	if (!column || !has_key(rel, column) || !is_worth_it(l, rel))
		return false;
	buf_printf(l->sql, "WITH d%u AS MATERIALIZED (SELECT c%u AS k FROM ", rel->computed[0].id,
	           column);
	lower_rel(l, rel->left);
	buf_puts(l->sql, " GROUP BY 1 HAVING count(*) > 1) ");
	bool before = l->single;
	l->single = true;
	lower_computed(l, rel, rel->keys, "SELECT ");
	l->single = before;
	lower_side(l, rel, "ANTI", column);
	buf_puts(l->sql, " UNION ALL ");
	lower_computed(l, rel, rel->keys, "SELECT ");
	lower_side(l, rel, "SEMI", column);
	for (size_t i = 0; i < rel->keys; i++)
		buf_printf(l->sql, "%s%zu", i ? ", " : " GROUP BY ", i + 1);
	return true;
}
