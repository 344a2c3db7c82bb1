/* explain: what a query would do, for people and programs. */
#include <string.h>

#include "core/base/ticks.h"
#include "query/lower_internal.h"
#include "query/query_internal.h"

struct tree {
	struct buf *out;
	unsigned depth;
};

static void put_line(struct tree *t, const char *word)
{
	for (unsigned i = 0; i < t->depth; i++)
		buf_puts(t->out, "  ");
	buf_puts(t->out, word);
}

static void put_expr(struct tree *t, const struct expr *expr)
{
	struct lower_options options = { 0 };
	struct query_error ignored = { 0 };
	struct buf sql = { 0 };
	struct lowerer l = { .options = &options, .sql = &sql, .e = &ignored };
	lower_expr(&l, expr, true);
	buf_puts(t->out, buf_text(&sql));
	buf_done(&sql);
}

static void put_range(struct tree *t, const char *column, struct time_range range)
{
	char from[TICKS_TEXT_MAX] = "", to[TICKS_TEXT_MAX] = "";
	if (range.from == INT64_MIN && range.to == INT64_MAX)
		return;
	if (range.from > 0)
		ticks_format(range.from, from);
	if (range.to < TICKS_MAX)
		ticks_format(range.to, to);
	buf_printf(t->out, ", %s from %s to %s", column, *from ? from : "the start",
	           *to ? to : "the end");
}

/* The columns by whose filters segments are left out. */
static void put_sought(struct tree *t, const struct segment_filter *filter)
{
	for (size_t i = 0; i < filter->sought_count; i++) {
		const struct sought *sought = &filter->sought[i];
		const char *before = ", by ";
		for (size_t k = 0; k < sought->count; k++) {
			if (k && sought->values[k].column == sought->values[k - 1].column)
				continue;
			buf_printf(t->out, "%s%s", before, columns[sought->values[k].column].name);
			before = " or ";
		}
	}
}

static void put_order(struct tree *t, const struct rel *rel)
{
	for (size_t i = 0; i < rel->order_count; i++)
		buf_printf(t->out, "%s c%u%s", i ? "," : " by", rel->order[i].id,
		           rel->order[i].descending ? " desc" : "");
}

static void put_computed(struct tree *t, const struct rel *rel)
{
	for (size_t i = 0; i < rel->computed_count; i++) {
		buf_printf(t->out, "%s c%u = ", i ? "," : "", rel->computed[i].id);
		put_expr(t, rel->computed[i].expr);
	}
}

static void put_details(struct tree *t, const struct rel *rel)
{
	switch (rel->kind) {
	case REL_TABLE:
		buf_printf(t->out, " %s", tables[rel->filter.table].name);
		put_range(t, "TimeGenerated", rel->filter.time);
		put_range(t, "FlowRecordTime", rel->filter.recorded);
		put_sought(t, &rel->filter);
		break;
	case REL_FILTER:
	case REL_JOIN:
		buf_puts(t->out, rel->where ? " where " : "");
		if (rel->where)
			put_expr(t, rel->where);
		break;
	case REL_LIMIT:
		buf_printf(t->out, " %lld", (long long)rel->count);
		put_order(t, rel);
		break;
	case REL_FILE: buf_printf(t->out, " %s", rel->path); break;
	case REL_SHARED: buf_printf(t->out, " s%u", rel->shared->number); break;
	case REL_VALUES: buf_printf(t->out, " of %zu rows", rel->row_count); break;
	case REL_COMPUTE:
	case REL_AGGREGATE:
	case REL_UNNEST: put_computed(t, rel); break;
	default: break;
	}
}

/* No deeper than lowering allows, which comes first. */
static void put_rel(struct tree *t, const struct rel *rel)
{
	static const char *const words[] = {
		[REL_FILE] = "file",       [REL_TABLE] = "table",
		[REL_VALUES] = "values",   [REL_ONE] = "one row",
		[REL_RANGE] = "range",     [REL_FILTER] = "filter",
		[REL_COMPUTE] = "compute", [REL_AGGREGATE] = "aggregate",
		[REL_LIMIT] = "limit",     [REL_SAMPLE] = "sample",
		[REL_JOIN] = "join",       [REL_UNION] = "union",
		[REL_UNNEST] = "unnest",   [REL_LATERAL] = "for each row",
		[REL_SHARED] = "shared",   [REL_RECURSE] = "row by row",
	};
	if (!rel)
		return;
	put_line(t, words[rel->kind]);
	put_details(t, rel);
	buf_putc(t->out, '\n');
	t->depth++;
	put_rel(t, rel->left);
	put_rel(t, rel->right);
	for (size_t i = 0; rel->kind == REL_UNION && i < rel->input_count; i++)
		put_rel(t, rel->inputs[i].rel);
	t->depth--;
}

static void put_tree(struct buf *out, const struct bound_query *bound)
{
	struct tree tree = { .out = out };
	for (const struct shared *s = bound->shared; s; s = s->next) {
		buf_printf(out, "s%u, once:\n", s->number);
		tree.depth = 1;
		put_rel(&tree, s->rel);
	}
	tree.depth = 0;
	for (size_t i = 0; i < bound->table->count; i++)
		buf_printf(out, "%s%s c%u", i ? ", " : "result ", bound->table->columns[i].name,
		           bound->table->columns[i].id);
	buf_putc(out, '\n');
	put_rel(&tree, bound->table->rel);
}

static void put_json(struct buf *out, const struct query_result *result, const struct buf *tree,
                     const struct buf *sql)
{
	struct relation_size size = query_size(result);
	struct query_columns_size needed = query_columns_size(result);
	buf_puts(out, "{\"tree\":");
	buf_json_string(out, buf_text(tree), tree->len);
	buf_puts(out, ",\"sql\":");
	buf_json_string(out, buf_text(sql), sql->len);
	buf_printf(out,
	           ",\"segments\":%zu,\"segmentsOfTables\":%zu,\"rows\":%lld,\"bytes\":%lld,"
	           "\"bytesOfColumns\":%lld}\n",
	           size.segments, needed.segments, (long long)size.rows, (long long)size.bytes,
	           (long long)needed.bytes);
}

static void put_text(struct buf *out, const struct query_result *result, const struct buf *tree,
                     const struct buf *sql)
{
	struct relation_size size = query_size(result);
	struct query_columns_size needed = query_columns_size(result);
	buf_printf(out,
	           "%s\n%s\n\nreads at most %zu of %zu segments, %lld rows, %lld of %lld bytes\n",
	           buf_text(tree), buf_text(sql), size.segments, needed.segments,
	           (long long)size.rows, (long long)needed.bytes, (long long)size.bytes);
}

bool query_explain(struct query_session *session, const char *text, size_t len,
                   const struct query_options *options, bool json, struct buf *out,
                   struct query_error *e)
{
	struct query_options own = *options;
	own.explain = true;
	struct query_result *result = query_run(session, text, len, &own, e);
	if (!result)
		return false;
	struct buf tree = { 0 }, sql = { 0 };
	do {
		put_tree(&tree, query_bound(result));
		buf_printf(&sql, "%s%s", sql.len ? ";\n" : "", query_sql(result));
	} while (query_next_table(result, e));
	if (json)
		put_json(out, result, &tree, &sql);
	else
		put_text(out, result, &tree, &sql);
	buf_done(&tree);
	buf_done(&sql);
	query_result_free(result);
	return e->class == QUERY_OK;
}
