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
	/* of others */
	struct plain_rows *plain;
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
                       struct err *e)
{
	struct stat st;
	bool ok = segment_write(source, SEGMENT_DENSE, path, e) && file_sync(path, e) &&
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
	int64_t bytes = 0;
	bool ok = path && write_file(source, path, &bytes, e);
	free(path);
	if (!ok) {
		free(below);
		return false;
	}
	*segment = (struct segment){
		.path = below,
		.table = facts->table,
		.schema = segment_schema(facts->table),
		.rows = facts->rows,
		.bytes = bytes,
		.time = facts->time,
		.recorded = facts->recorded,
		.level = r->job->level,
	};
	r->made.count++;
	return true;
}

/* ---- flow rows ---- */

static bool write_flows(struct rewriting *r, const struct flow_row **rows, size_t count,
                        struct err *e)
{
	static const struct constants none;
	struct enrichment kinds;
	struct flow_run run = { rows, count, &none, { &kinds } };
	for (size_t i = 0; i < count; i++)
		rows[i] = flow_table_row(r->table, i);
	return flow_order_sort(rows, count, e) && flow_kinds_enrichment(&r->kinds, &kinds, e) &&
	       flow_segment_write(&run, &r->sink, e);
}

/* The rows so far as a segment. */
static bool flush_flows(struct rewriting *r, struct err *e)
{
	size_t count = flow_table_count(r->table);
	if (!count)
		return true;
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

static bool rewrite_flows(struct rewriting *r, struct err *e)
{
	flow_kinds_init(&r->kinds);
	r->table = flow_table_new(r->job->room, e);
	bool ok =
	    r->table && flow_read(r->ws, &r->old, &r->kinds, take_flows, r, e) && flush_flows(r, e);
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

/* ---- all ---- */

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
	bool ok = c->table == TABLE_FLOWS ? rewrite_flows(&r, e) : rewrite_plain(&r, e);
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
