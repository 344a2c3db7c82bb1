/* compact_write: segments read and written again (contract in workspace/compact.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/durable.h"
#include "core/flow/batch.h"
#include "core/flow/table.h"
#include "workspace/commit.h"
#include "workspace/compact.h"
#include "workspace/flow_kinds.h"
#include "workspace/flow_order.h"
#include "workspace/flow_read.h"
#include "workspace/flow_segment.h"
#include "workspace/plain_segment.h"
#include "workspace/relation.h"
#include "workspace/rollup.h"
#include "workspace/segment_columns.h"
#include "workspace/workspace_internal.h"

/* New segments on their way. */
struct rewriting {
	struct workspace *ws;
	const struct compaction *job;
	struct segment_list old, made;
	struct segment_sink sink;
	/* of flow rows */
	struct flow_table *table;
	struct flow_kinds kinds;
	/* of rows that are never merged */
	struct plain_rows *plain;
	/* of rows of rollups: they are added up again */
	struct rollup *own;
	/* of rows that this compaction is the first to see, or NULL: what they add up to */
	struct rollup *above;
	bool are_new; /* the rows that are being read */
};

/* Where rows are rolled up, and up to which level they have not been. */
static const struct {
	enum table_id table, above;
	enum segment_level new_level, level; /* of a compaction */
} rolled_up[] = {
	{ TABLE_FLOWS, TABLE_HOURLY, LEVEL_WRITTEN, LEVEL_HOUR },
	{ TABLE_HOURLY, TABLE_DAILY, LEVEL_HOUR, LEVEL_DAY },
};

/* ---- files ---- */

/* "PATH.N.new" beside the first of the old segments, to be freed. */
static char *new_path(const char *old, size_t n, struct err *e)
{
	char *path;
	if (asprintf(&path, "%s.%zu.new", old, n) < 0) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	return path;
}

static struct segment *list_grow(struct segment_list *list, struct err *e)
{
	struct segment *items = realloc(list->items, (list->count + 1) * sizeof *items);
	if (!items) {
		err_set(e, ERR_NOMEM, "no memory for %zu segments", list->count + 1);
		return NULL;
	}
	list->items = items;
	return &items[list->count];
}

static bool write_file(const struct row_source *source, const char *path, int64_t *ret_bytes,
                       struct address_filters *ret_filters, struct err *e)
{
	struct stat st;
	bool ok = segment_write(source, SEGMENT_DENSE, path, ret_filters, e) &&
	          file_sync(path, e) &&
	          (stat(path, &st) == 0 || err_set(e, ERR_IO, "%s", strerror(errno)));
	if (ok)
		*ret_bytes = st.st_size;
	else
		unlink(path);
	return ok || err_wrap(e, "writing '%s'", path);
}

static bool take_segment(void *context, const struct segment_facts *facts,
                         const struct row_source *source, struct err *e)
{
	struct rewriting *r = context;
	struct segment *segment = list_grow(&r->made, e);
	char *below = segment ? new_path(r->old.items[0].path, r->made.count, e) : NULL;
	char *path = below ? workspace_path(r->ws, below, e) : NULL;
	struct address_filters *filters = path ? calloc(1, sizeof *filters) : NULL;
	int64_t bytes = 0;
	bool ok = path && (filters || err_set(e, ERR_NOMEM, "no memory for filters")) &&
	          write_file(source, path, &bytes, filters, e);
	free(path);
	if (!ok) {
		free(below);
		free(filters);
		return false;
	}
	*segment = (struct segment){
		.path = below,
		.table = facts->table,
		.schema = segment_schema(facts->table, SEGMENT_DENSE),
		.rows = facts->rows,
		.bytes = bytes,
		.time = facts->time,
		.recorded = facts->recorded,
		.level = facts->table == r->job->table ? r->job->level : LEVEL_WRITTEN,
		.filters = filters,
	};
	r->made.count++;
	return true;
}

/* ---- rollups ---- */

/* Prepares what new rows of this table add up to. */
static bool begin_above(struct rewriting *r, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(rolled_up); i++) {
		if (rolled_up[i].table != r->job->table || r->job->level < rolled_up[i].level)
			continue;
		r->above = rollup_new(rolled_up[i].above, r->job->keys, e);
		return r->above;
	}
	return true;
}

static bool is_new(const struct segment *segment)
{
	for (size_t i = 0; i < ARRAY_LEN(rolled_up); i++)
		if (rolled_up[i].table == segment->table)
			return segment->level <= rolled_up[i].new_level;
	return false;
}

typedef bool reader(struct rewriting *r, const struct segment_list *part, struct err *e);

/* Puts segments whose rows are new in front of the others; returns how many. */
static size_t part_new(const struct segment_list *list, struct segment *ret)
{
	size_t at = 0, new = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < list->count; i++)
			if (is_new(&list->items[i]) == (pass == 0))
				ret[at++] = list->items[i];
		if (pass == 0)
			new = at;
	}
	return new;
}

/* Reads all old segments: first those whose rows are new. */
static bool read_all(struct rewriting *r, reader *read, struct err *e)
{
	struct segment *items = malloc(r->old.count * sizeof *items);
	if (!items)
		return err_set(e, ERR_NOMEM, "no memory for %zu segments", r->old.count);
	size_t new = part_new(&r->old, items);
	r->are_new = true;
	bool ok = !new || read(r, &(struct segment_list){ items, new }, e);
	r->are_new = false;
	if (ok && new < r->old.count)
		ok = read(r, &(struct segment_list){ items + new, r->old.count - new }, e);
	free(items);
	return ok;
}

/* ---- flow rows ---- */

static bool write_flows(struct rewriting *r, const struct flow_row **rows, size_t count,
                        struct err *e)
{
	static const struct constants none;
	struct enrichment kinds;
	struct flow_run run = { rows, count, &none, { &kinds }, SEGMENT_DENSE };
	for (size_t i = 0; i < count; i++)
		rows[i] = flow_table_row(r->table, i);
	return flow_order_sort(rows, count, e) && flow_kinds_enrichment(&r->kinds, &kinds, e) &&
	       flow_segment_write(&run, &r->sink, e);
}

/* Counts the rows so far, where they are new. */
static bool roll_up(struct rewriting *r, struct err *e)
{
	struct rollup_flows flows = { r->table, &r->kinds };
	return !r->above || !r->are_new || rollup_add_flows(r->above, &flows, &r->sink, e);
}

/* The rows so far as a segment. */
static bool flush_flows(struct rewriting *r, struct err *e)
{
	size_t count = flow_table_count(r->table);
	if (!count)
		return true;
	if (!roll_up(r, e))
		return false;
	const struct flow_row **rows = malloc(count * sizeof *rows);
	bool ok = rows ? write_flows(r, rows, count, e)
	               : err_set(e, ERR_NOMEM, "no memory for %zu rows", count);
	free(rows);
	flow_table_remove_before(r->table, UINT64_MAX);
	flow_kinds_done(&r->kinds);
	flow_kinds_init(&r->kinds);
	return ok;
}

/* Rows are marked with their kinds in batches: what is full is emptied between two of them. */
static bool take_flows(void *context, const struct flow_row *rows, size_t count, struct err *e)
{
	struct rewriting *r = context;
	if (flow_table_merge(r->table, rows, count) < count)
		return err_set(e, ERR_NOMEM, "no memory for flow rows");
	bool is_full =
	    flow_table_count(r->table) + BATCH_ROWS > r->job->room || flow_kinds_is_full(&r->kinds);
	return !is_full || flush_flows(r, e);
}

static bool read_flows(struct rewriting *r, const struct segment_list *part, struct err *e)
{
	return flow_read(r->ws, part, &r->kinds, take_flows, r, e) && roll_up(r, e);
}

static bool rewrite_flows(struct rewriting *r, struct err *e)
{
	flow_kinds_init(&r->kinds);
	r->table = flow_table_new(r->job->room, e);
	bool ok = r->table && read_all(r, read_flows, e) && flush_flows(r, e);
	flow_table_free(r->table);
	flow_kinds_done(&r->kinds);
	return ok;
}

/* ---- rows that are never merged ---- */

static bool flush_plain(struct rewriting *r, struct err *e)
{
	bool ok = plain_rows_sort(r->plain, e) &&
	          plain_segments_write(r->plain, r->job->table, &r->sink, e);
	plain_rows_clear(r->plain);
	return ok;
}

static bool take_plain(void *context, const void *rows, size_t count, struct err *e)
{
	struct rewriting *r = context;
	if (plain_rows_is_full(r->plain) && !flush_plain(r, e))
		return false;
	return plain_rows_add(r->plain, r->job->table, rows, count) ||
	       err_set(e, ERR_NOMEM, "no memory for rows of %s", tables[r->job->table].name);
}

static bool rewrite_plain(struct rewriting *r, struct err *e)
{
	r->plain = plain_rows_new(e);
	bool ok = r->plain &&
	          workspace_plain_rows(r->ws, r->job->table, r->job->segments, r->job->count,
	                               take_plain, r, e) &&
	          flush_plain(r, e);
	plain_rows_free(r->plain);
	return ok;
}

/* ---- rows of rollups ---- */

static bool take_rollup(void *context, const void *rows, size_t count, struct err *e)
{
	struct rewriting *r = context;
	bool ok = !r->above || !r->are_new || rollup_add_rows(r->above, rows, count, &r->sink, e);
	return ok && rollup_add_rows(r->own, rows, count, &r->sink, e);
}

static bool read_rollup(struct rewriting *r, const struct segment_list *part, struct err *e)
{
	int64_t *ids = malloc(part->count * sizeof *ids);
	for (size_t i = 0; ids && i < part->count; i++)
		ids[i] = part->items[i].id;
	bool ok =
	    ids ? workspace_plain_rows(r->ws, r->job->table, ids, part->count, take_rollup, r, e)
		: err_set(e, ERR_NOMEM, "no memory for %zu segments", part->count);
	free(ids);
	return ok;
}

static bool rewrite_rollup(struct rewriting *r, struct err *e)
{
	r->own = rollup_new(r->job->table, r->job->keys, e);
	bool ok = r->own && read_all(r, read_rollup, e) && rollup_write(r->own, &r->sink, e);
	rollup_free(r->own);
	return ok;
}

/* ---- all ---- */

static bool rewrite(struct rewriting *r, struct err *e)
{
	if (!begin_above(r, e))
		return false;
	bool ok = r->job->table == TABLE_FLOWS  ? rewrite_flows(r, e)
	          : rollup_is_of(r->job->table) ? rewrite_rollup(r, e)
	                                        : rewrite_plain(r, e);
	ok = ok && (!r->above || rollup_write(r->above, &r->sink, e));
	rollup_free(r->above);
	return ok;
}

static void remove_made(struct workspace *ws, struct segment_list *made)
{
	for (size_t i = 0; i < made->count; i++) {
		char *path = workspace_path(ws, made->items[i].path, NULL);
		if (path)
			unlink(path);
		free(path);
	}
	segment_list_done(made);
}

bool compact_write(struct workspace *ws, const struct compaction *c, struct segment_list *ret,
                   struct err *e)
{
	struct rewriting r = { .ws = ws, .job = c };
	r.sink = (struct segment_sink){ take_segment, &r };
	if (!relation_segments(ws, c->table, c->segments, c->count, &r.old, e))
		return false;
	bool ok = rewrite(&r, e);
	if (ok)
		*ret = r.made;
	else
		remove_made(ws, &r.made);
	segment_list_done(&r.old);
	return ok;
}

void compact_clear(struct workspace *ws, const struct compaction *c)
{
	struct segment_list old;
	if (!relation_segments(ws, c->table, c->segments, c->count, &old, NULL))
		return;
	bool there = true;
	for (size_t n = 0; there; n++) {
		char *below = new_path(old.items[0].path, n, NULL);
		char *path = below ? workspace_path(ws, below, NULL) : NULL;
		there = path && unlink(path) == 0;
		free(path);
		free(below);
	}
	segment_list_done(&old);
}
