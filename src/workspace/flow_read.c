/* flow_read: flow rows of segments as they were when they were written (contract in
 * workspace/workspace.h).
 *
 * Everything follows from the columns' table; flow_fields.c reads each column. */
#include <stdlib.h>
#include <string.h>

#include "core/flow/batch.h"
#include "workspace/db.h"
#include "workspace/flow_fields.h"
#include "workspace/flow_read.h"
#include "workspace/relation.h"
#include "workspace/segment_columns.h"
#include "workspace/workspace_internal.h"

struct flow_reader {
	struct db *db;
	size_t column_count;
	enum column_id ids[COLUMN_COUNT];
	flow_fields_read *reads[COLUMN_COUNT];
	struct flow_kinds *kinds; /* NULL: nobody wants to know */
	flow_taker *take;
	void *context;
	struct batch batch;
};

static bool unfit(size_t row, const char *column, struct err *e)
{
	return err_set(e, ERR_WORKSPACE, "row %zu: no flow row can have this %s", row, column);
}

/* Rows first … of a chunk into the batch; `before` rows of the segment came in earlier chunks. */
static bool read_batch(struct flow_reader *r, const struct db_rows *rows, size_t first,
                       size_t before, struct err *e)
{
	struct batch *b = &r->batch;
	memset(b->rows, 0, b->count * sizeof *b->rows);
	for (size_t i = 0; i < r->column_count; i++) {
		const struct column *column = &columns[r->ids[i]];
		struct cell_run run = { db_rows_vector(rows, i), first, b->count };
		size_t done = r->reads[i](&run, column, b->rows);
		if (done < b->count)
			return unfit(before + first + done + 1, column->name, e);
	}
	for (size_t i = 0; i < b->count; i++)
		if (!row_has(&b->rows[i], COL_TimeGenerated))
			return unfit(before + first + i + 1, columns[COL_TimeGenerated].name, e);
	struct kind_run run = { rows, r->column_count, first, b->count };
	return !r->kinds || flow_kinds_read(r->kinds, &run, b->rows, e);
}

static bool read_rows(struct flow_reader *r, struct db_rows *rows, struct err *e)
{
	size_t before = 0, count;
	for (;; before += count) {
		if (!db_rows_next(rows, &count, e))
			return false;
		if (!count)
			return true;
		for (size_t first = 0; first < count; first += r->batch.count) {
			r->batch.count = count - first < BATCH_ROWS ? count - first : BATCH_ROWS;
			if (!read_batch(r, rows, first, before, e) ||
			    !r->take(r->context, r->batch.rows, r->batch.count, e))
				return false;
		}
	}
}

/* The casts say what cells are, whatever an older segment holds; others do nothing. */
static void add_query(struct buf *sql, const struct flow_reader *r, const struct workspace *ws,
                      const struct segment *segment)
{
	const char *before = "SELECT ";
	for (size_t i = 0; i < r->column_count; i++) {
		const struct column *column = &columns[r->ids[i]];
		buf_puts(sql, before);
		db_quote_name(sql, column->name, strlen(column->name));
		buf_printf(sql, "::%s", sql_type_name(column->type));
		before = ", ";
	}
	for (size_t i = 0; r->kinds && i < r->kinds->column_count; i++) {
		const char *name = columns[r->kinds->ids[i]].name;
		buf_puts(sql, ", coalesce(");
		db_quote_name(sql, name, strlen(name));
		buf_puts(sql, "::VARCHAR, '')");
	}
	buf_puts(sql, " FROM ");
	struct segment one = *segment;
	relation_add_rows(sql, ws, TABLE_FLOWS, &(struct segment_list){ &one, 1 });
}

static bool read_segment(struct flow_reader *r, const struct workspace *ws,
                         const struct segment *segment, struct err *e)
{
	struct buf sql = { 0 };
	struct db_rows *rows = NULL;
	add_query(&sql, r, ws, segment);
	if (sql.failed)
		err_set(e, ERR_NOMEM, "no memory for the query");
	else
		rows = db_query(r->db, buf_text(&sql), e);
	bool ok = rows && read_rows(r, rows, e);
	db_rows_close(rows);
	buf_done(&sql);
	return ok || err_wrap(e, "segment %lld", (long long)segment->id);
}

static struct flow_reader *reader_new(struct err *e)
{
	struct flow_reader *r = calloc(1, sizeof *r);
	if (!r) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		flow_fields_read *read = flow_fields_of(id);
		if (!read || !segment_holds(TABLE_FLOWS, id))
			continue;
		r->reads[r->column_count] = read;
		r->ids[r->column_count++] = id;
	}
	struct db_limits limits = { .memory_bytes = FLOW_READ_MEMORY, .threads = 1 };
	r->db = db_open(&limits, e);
	if (r->db)
		return r;
	free(r);
	return NULL;
}

bool flow_read(const struct workspace *ws, const struct segment_list *list,
               struct flow_kinds *kinds, flow_taker *take, void *context, struct err *e)
{
	struct flow_reader *r = reader_new(e);
	if (!r)
		return false;
	r->kinds = kinds;
	r->take = take;
	r->context = context;
	bool ok = true;
	for (size_t i = 0; ok && i < list->count; i++)
		ok = read_segment(r, ws, &list->items[i], e);
	db_close(r->db);
	free(r);
	return ok;
}

bool workspace_flow_rows(struct workspace *ws, const int64_t *segments, size_t count,
                         flow_taker *take, void *context, struct err *e)
{
	struct segment_list list;
	if (!relation_segments(ws, TABLE_FLOWS, segments, count, &list, e))
		return false;
	bool ok = flow_read(ws, &list, NULL, take, context, e);
	segment_list_done(&list);
	return ok;
}
