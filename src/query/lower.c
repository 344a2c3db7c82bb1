#include "query/lower.h"

#include <stdlib.h>
#include <string.h>

#include "query/lower_internal.h"
#include "query/prune.h"
#include "workspace/db.h"

bool lower_needs(const struct lowerer *l, unsigned id)
{
	return !l->needed || l->needed[id];
}

size_t lower_computed(struct lowerer *l, const struct rel *rel, size_t always, const char *lead)
{
	size_t count = 0;
	for (size_t i = 0; i < rel->computed_count && lower_goes_on(l); i++) {
		if (i >= always && !lower_needs(l, rel->computed[i].id))
			continue;
		buf_puts(l->sql, count++ ? ", " : lead);
		lower_expr(l, rel->computed[i].expr, false);
		buf_printf(l->sql, " AS c%u", rel->computed[i].id);
	}
	return count;
}

/* ---- sources ---- */

static void widen(bool *any, struct time_range *range, const struct time_range *by)
{
	if (!*any || by->from < range->from)
		range->from = by->from;
	if (!*any || by->to > range->to)
		range->to = by->to;
	*any = true;
}

/* The ledger and the audit are not what exporters sent. */
static void note_read(struct lower_options *options, const struct segment_filter *filter)
{
	widen(&options->reads_tables, &options->searched, &filter->time);
	if (filter->table != TABLE_LEDGER && filter->table != TABLE_AUDIT)
		widen(&options->reads_records, &options->read, &filter->time);
}

/* Which of the table's columns are needed. */
static void needed_columns(const struct lowerer *l, const struct rel *rel, bool ret[COLUMN_COUNT])
{
	unsigned id = rel->first_id;
	for (enum column_id c = 0; c < COLUMN_COUNT; c++)
		ret[c] = column_in(c, rel->filter.table) && lower_needs(l, id++);
}

static bool weigh(struct lowerer *l, const struct rel *rel, struct err *err)
{
	bool needed[COLUMN_COUNT];
	struct relation_weight weight;
	needed_columns(l, rel, needed);
	if (!workspace_weigh(l->options->workspace, &rel->filter, needed, &weight, err))
		return false;
	l->options->whole += weight.segments;
	l->options->columns += weight.bytes;
	return true;
}

/* The table's own names are renamed at once. */
static void lower_table(struct lowerer *l, const struct rel *rel)
{
	unsigned id = rel->first_id;
	const char *comma = "SELECT ";
	for (int c = 0; c < COLUMN_COUNT; c++) {
		if (!column_in((enum column_id)c, rel->filter.table))
			continue;
		if (lower_needs(l, id)) {
			buf_puts(l->sql, comma);
			db_quote_name(l->sql, columns[c].name, strlen(columns[c].name));
			buf_printf(l->sql, " AS c%u", id);
			comma = ", ";
		}
		id++;
	}
	if (comma[0] == 'S')
		buf_printf(l->sql, "SELECT NULL AS c%u", rel->first_id);
	buf_puts(l->sql, " FROM ");
	struct relation_size size = { 0 };
	struct err err = { 0 };
	if (!workspace_relation(l->options->workspace, &rel->filter, l->sql, &size, &err) ||
	    (l->options->weigh && !weigh(l, rel, &err))) {
		query_error_set(l->e, QUERY_RUNTIME, "RUN0001", 0, 0, "%s", err.text);
		return;
	}
	note_read(l->options, &rel->filter);
	l->options->size.segments += size.segments;
	l->options->size.rows += size.rows;
	l->options->size.bytes += size.bytes;
}

/* A watch-list: texts, a missing one being "". */
static void lower_file(struct lowerer *l, const struct rel *rel)
{
	buf_puts(l->sql, "SELECT ");
	for (int64_t i = 0; i < rel->count; i++)
		buf_printf(l->sql, "%scoalesce(f%lld, '') AS c%u", i ? ", " : "", (long long)i,
		           rel->first_id + (unsigned)i);
	buf_puts(l->sql, " FROM read_csv(");
	db_quote_path(l->sql, rel->path);
	buf_puts(l->sql, ", auto_detect = false, header = true, delim = ',', quote = '\"', "
	                 "escape = '\"', null_padding = true, strict_mode = false, columns = {");
	for (int64_t i = 0; i < rel->count; i++)
		buf_printf(l->sql, "%sf%lld: 'VARCHAR'", i ? ", " : "", (long long)i);
	buf_puts(l->sql, "})");
}

static void lower_values(struct lowerer *l, const struct rel *rel)
{
	size_t width = rel->computed_count;
	if (!rel->row_count) {
		lower_computed(l, rel, width, "SELECT ");
		buf_puts(l->sql, " WHERE FALSE");
		return;
	}
	buf_puts(l->sql, "SELECT * FROM (VALUES ");
	for (size_t row = 0; row < rel->row_count && lower_goes_on(l); row++) {
		buf_puts(l->sql, row ? ", (" : "(");
		for (size_t i = 0; i < width; i++) {
			if (i)
				buf_puts(l->sql, ", ");
			lower_expr(l, rel->cells[row * width + i], false);
		}
		buf_puts(l->sql, ")");
	}
	buf_puts(l->sql, ") AS v(");
	for (size_t i = 0; i < width; i++)
		buf_printf(l->sql, "%sc%u", i ? ", " : "", rel->computed[i].id);
	buf_puts(l->sql, ")");
}

static void lower_range(struct lowerer *l, const struct rel *rel)
{
	buf_printf(l->sql, "SELECT range AS c%u FROM range(%lld)", rel->computed[0].id,
	           (long long)rel->count);
}

/* ---- one input ---- */

static void lower_filter(struct lowerer *l, const struct rel *rel)
{
	buf_puts(l->sql, "SELECT * FROM ");
	lower_rel(l, rel->left);
	buf_puts(l->sql, " WHERE ");
	lower_expr(l, rel->where, true);
}

static void lower_compute(struct lowerer *l, const struct rel *rel)
{
	bool one = rel->left->kind == REL_ONE;
	buf_puts(l->sql, one ? "SELECT " : "SELECT *");
	l->order = rel->order;
	l->order_count = rel->order_count;
	size_t count = lower_computed(l, rel, 0, one ? "" : ", ");
	if (one) {
		buf_puts(l->sql, count ? "" : "1");
		return;
	}
	buf_puts(l->sql, " FROM ");
	lower_rel(l, rel->left);
}

static void lower_aggregate(struct lowerer *l, const struct rel *rel)
{
	if (lower_dedup(l, rel))
		return;
	buf_puts(l->sql, "SELECT ");
	l->order = rel->order;
	l->order_count = rel->order_count;
	/* one row comes of no keys, whether or not its aggregates are needed */
	if (!lower_computed(l, rel, rel->keys, ""))
		buf_puts(l->sql, rel->computed_count ? "count(*) AS c0" : "1");
	buf_puts(l->sql, " FROM ");
	lower_rel(l, rel->left);
	for (size_t i = 0; i < rel->keys; i++)
		buf_printf(l->sql, "%s%zu", i ? ", " : " GROUP BY ", i + 1);
}

static void lower_limit(struct lowerer *l, const struct rel *rel)
{
	buf_puts(l->sql, "SELECT * FROM ");
	lower_rel(l, rel->left);
	buf_putc(l->sql, ' ');
	lower_order(l, rel->order, rel->order_count);
	buf_printf(l->sql, " LIMIT %lld", (long long)rel->count);
}

static void lower_sample(struct lowerer *l, const struct rel *rel)
{
	buf_puts(l->sql, "SELECT * FROM ");
	lower_rel(l, rel->left);
	buf_printf(l->sql, " ORDER BY random() LIMIT %lld", (long long)rel->count);
}

/* ---- several inputs ---- */

static void lower_union_input(struct lowerer *l, const struct union_input *input)
{
	const char *comma = "SELECT ";
	for (size_t i = 0; i < input->count; i++) {
		const struct union_column *c = &input->columns[i];
		if (!lower_needs(l, c->out))
			continue;
		buf_puts(l->sql, comma);
		comma = ", ";
		if (c->in)
			buf_printf(l->sql, "c%u", c->in);
		else
			lower_expr(l, c->fill, false);
		buf_printf(l->sql, " AS c%u", c->out);
	}
	buf_puts(l->sql, comma[0] == 'S' ? "SELECT 1 FROM " : " FROM ");
}

static void lower_union(struct lowerer *l, const struct rel *rel)
{
	for (size_t i = 0; i < rel->input_count; i++) {
		if (i)
			buf_puts(l->sql, " UNION ALL ");
		lower_union_input(l, &rel->inputs[i]);
		lower_rel(l, rel->inputs[i].rel);
	}
	if (!rel->input_count)
		buf_puts(l->sql, "SELECT 1 WHERE FALSE");
}

static void lower_shared(struct lowerer *l, const struct rel *rel)
{
	if (rel->input_count)
		lower_union_input(l, rel->inputs);
	else
		buf_puts(l->sql, "SELECT * FROM ");
	buf_printf(l->sql, "s%u", rel->shared->number);
}

static void lower_join(struct lowerer *l, const struct rel *rel)
{
	static const char *const words[] = {
		[JOIN_INNER] = "INNER JOIN",       [JOIN_LEFT_OUTER] = "LEFT JOIN",
		[JOIN_RIGHT_OUTER] = "RIGHT JOIN", [JOIN_FULL_OUTER] = "FULL JOIN",
		[JOIN_LEFT_SEMI] = "SEMI JOIN",    [JOIN_LEFT_ANTI] = "ANTI JOIN",
	};
	buf_puts(l->sql, "SELECT * FROM ");
	if (rel->distinct_count) {
		buf_puts(l->sql, "(SELECT DISTINCT ON (");
		for (size_t i = 0; i < rel->distinct_count; i++)
			buf_printf(l->sql, "%sc%u", i ? ", " : "", rel->distinct[i]);
		buf_puts(l->sql, ") * FROM ");
	}
	lower_rel(l, rel->left);
	buf_puts(l->sql, rel->distinct_count ? ") AS l " : " AS l ");
	buf_puts(l->sql, words[rel->join]);
	buf_putc(l->sql, ' ');
	lower_rel(l, rel->right);
	buf_puts(l->sql, " AS r ON ");
	lower_expr(l, rel->where, true);
}

static void lower_recurse(struct lowerer *l, const struct rel *rel)
{
	buf_printf(l->sql, "WITH RECURSIVE s%u AS (SELECT ", rel->shared->number);
	lower_computed(l, rel, rel->computed_count, "");
	buf_puts(l->sql, " UNION ALL ");
	lower_union_input(l, rel->inputs);
	lower_rel(l, rel->inputs[0].rel);
	buf_printf(l->sql, ") SELECT * FROM s%u", rel->shared->number);
}

static void lower_unnest(struct lowerer *l, const struct rel *rel)
{
	buf_puts(l->sql, "SELECT *");
	for (size_t i = 0; i < rel->computed_count; i++) {
		buf_puts(l->sql, ", unnest(");
		lower_expr(l, rel->computed[i].expr, false);
		buf_printf(l->sql, ") AS c%u", rel->computed[i].id);
	}
	buf_puts(l->sql, " FROM ");
	lower_rel(l, rel->left);
}

static void lower_with(struct lowerer *l, const struct shared *shared)
{
	for (const char *lead = "WITH "; shared; shared = shared->next, lead = ", ") {
		buf_printf(l->sql, "%ss%u AS MATERIALIZED ", lead, shared->number);
		lower_rel(l, shared->rel);
	}
	buf_putc(l->sql, ' ');
}

static void lower_lateral(struct lowerer *l, const struct rel *rel)
{
	buf_puts(l->sql, "SELECT * FROM ");
	lower_rel(l, rel->left);
	buf_puts(l->sql, " AS l, LATERAL (");
	lower_with(l, rel->shared);
	buf_puts(l->sql, "SELECT * FROM ");
	lower_rel(l, rel->right);
	buf_puts(l->sql, ") AS r");
}

/* ---- all ---- */

static void lower_one(struct lowerer *l, const struct rel *rel)
{
	(void)rel;
	buf_puts(l->sql, "SELECT 1");
}

typedef void lower_kind(struct lowerer *l, const struct rel *rel);

void lower_rel(struct lowerer *l, const struct rel *rel)
{
	static lower_kind *const kinds[] = {
		[REL_TABLE] = lower_table,     [REL_FILE] = lower_file,
		[REL_VALUES] = lower_values,   [REL_ONE] = lower_one,
		[REL_RANGE] = lower_range,     [REL_FILTER] = lower_filter,
		[REL_COMPUTE] = lower_compute, [REL_AGGREGATE] = lower_aggregate,
		[REL_LIMIT] = lower_limit,     [REL_SAMPLE] = lower_sample,
		[REL_JOIN] = lower_join,       [REL_UNION] = lower_union,
		[REL_UNNEST] = lower_unnest,   [REL_SHARED] = lower_shared,
		[REL_LATERAL] = lower_lateral, [REL_RECURSE] = lower_recurse,
	};
	if (!lower_goes_on(l))
		return;
	if (++l->depth > 400) {
		query_error_set(l->e, QUERY_LIMIT, "LIM0001", 0, 0, "The query is too complex");
		return;
	}
	buf_putc(l->sql, '(');
	kinds[rel->kind](l, rel);
	buf_putc(l->sql, ')');
	l->depth--;
}

bool lower_query(const struct bound_query *query, struct lower_options *options, struct buf *sql,
                 struct query_error *e)
{
	bool *needed = calloc(query->next_id, sizeof *needed);
	struct lowerer l = { .options = options, .sql = sql, .e = e, .needed = needed };
	const struct rowset *rows = query->table;
	if (needed)
		prune(query, needed);
	lower_with(&l, query->shared);
	buf_puts(sql, "SELECT ");
	for (size_t i = 0; i < rows->count; i++)
		buf_printf(sql, "%sc%u AS r%zu", i ? ", " : "", rows->columns[i].id, i);
	buf_puts(sql, rows->count ? " FROM " : "1 AS r0 FROM ");
	lower_rel(&l, rows->rel);
	buf_putc(sql, ' ');
	lower_order(&l, rows->order, rows->order_count);
	if (options->max_rows)
		buf_printf(sql, " LIMIT %lld", (long long)options->max_rows + 1);
	free(needed);
	return lower_goes_on(&l);
}

bool lower_constant(const struct expr *expr, struct lower_options *options,
                    const struct shared *shared, struct buf *sql, struct query_error *e)
{
	struct lowerer l = { .options = options, .sql = sql, .e = e };
	lower_with(&l, shared);
	buf_puts(sql, "SELECT ");
	lower_expr(&l, expr, false);
	buf_puts(sql, " AS r0");
	return lower_goes_on(&l);
}
