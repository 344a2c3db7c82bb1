#include "workspace/cell_batch.h"

#include <duckdb.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "workspace/commit.h"
#include "workspace/segment_columns.h"

enum { ARENA_RESERVE = 4 << 20 }; /* for the row that makes a batch full */

void cell_batch_init(struct cell_batch *b, enum table_id table)
{
	*b = (struct cell_batch){ .table = table };
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		bool held = segment_holds(table, id);
		b->place[id] = held ? (int16_t)b->column_count : -1;
		if (held)
			b->ids[b->column_count++] = id;
	}
	arena_init(&b->arena, CELL_BATCH_BYTES + ARENA_RESERVE);
}

void cell_batch_done(struct cell_batch *b)
{
	arena_done(&b->arena);
	free(b->rows);
	b->rows = NULL;
	b->count = b->room = 0;
}

struct cell *cell_batch_add(struct cell_batch *b)
{
	if (b->count == b->room) {
		size_t room = b->room ? b->room * 2 : 1024;
		struct cell **rows = realloc(b->rows, room * sizeof(struct cell *));
		if (!rows)
			return NULL;
		b->rows = rows;
		b->room = room;
	}
	struct cell *row = ARENA_ARRAY(&b->arena, struct cell, b->column_count);
	if (row)
		b->rows[b->count++] = row;
	return row;
}

bool cell_set_text(struct cell_batch *b, struct cell *cell, const char *text, size_t len)
{
	char *copy = len <= UINT32_MAX ? arena_strndup(&b->arena, text, len) : NULL;
	if (!copy)
		return false;
	*cell = (struct cell){ .present = true, .len = (uint32_t)len, .text = copy };
	return true;
}

bool cell_batch_is_full(const struct cell_batch *b)
{
	return b->arena.used >= CELL_BATCH_BYTES;
}

/* ---- chunks ---- */

/* The rows of one segment. */
struct cell_segment {
	const struct cell_batch *batch;
	struct cell *const *rows;
	size_t count, done;
};

/* One cell of a column that is not text. */
static void put_number(duckdb_type type, void *cells, size_t i, const struct cell *cell)
{
	switch (type) {
	case DUCKDB_TYPE_BOOLEAN: ((bool *)cells)[i] = cell->number != 0; break;
	case DUCKDB_TYPE_INTEGER: ((int32_t *)cells)[i] = (int32_t)cell->number; break;
	case DUCKDB_TYPE_DOUBLE: ((double *)cells)[i] = cell->real; break;
	default: ((int64_t *)cells)[i] = cell->number;
	}
}

static void fill_vector(const struct cell_segment *s, size_t column, size_t count,
                        duckdb_vector vector)
{
	const struct cell_batch *b = s->batch;
	duckdb_type type = sql_type(column_type(b->ids[column], b->table));
	void *cells = duckdb_vector_get_data(vector);
	for (size_t i = 0; i < count; i++) {
		const struct cell *cell = &s->rows[s->done + i][column];
		if (type == DUCKDB_TYPE_VARCHAR) {
			duckdb_vector_assign_string_element_len(
			    vector, i, cell->present ? cell->text : "", cell->len);
		} else if (cell->present) {
			put_number(type, cells, i, cell);
		} else {
			duckdb_vector_ensure_validity_writable(vector);
			duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), i);
		}
	}
}

static size_t fill_chunk(void *state, duckdb_data_chunk chunk)
{
	struct cell_segment *s = state;
	size_t count = s->count - s->done;
	if (count > duckdb_vector_size())
		count = duckdb_vector_size();
	for (size_t i = 0; i < s->batch->column_count; i++)
		fill_vector(s, i, count, duckdb_data_chunk_get_vector(chunk, i));
	s->done += count;
	return count;
}

/* ---- segments ---- */

static const struct cell *cell_of(const struct cell_batch *b, const struct cell *row,
                                  enum column_id id)
{
	return b->place[id] >= 0 && row[b->place[id]].present ? &row[b->place[id]] : NULL;
}

static struct segment_facts facts_of(const struct cell_segment *s, int64_t day)
{
	struct segment_facts facts = {
		.table = s->batch->table,
		.rows = (int64_t)s->count,
		.time = TIME_RANGE_NONE,
		.recorded = TIME_RANGE_NONE,
		.day = day * TICKS_PER_DAY,
	};
	for (size_t i = 0; i < s->count; i++) {
		const struct cell *time = cell_of(s->batch, s->rows[i], COL_TimeGenerated);
		const struct cell *recorded = cell_of(s->batch, s->rows[i], COL_FlowRecordTime);
		if (time)
			time_range_add(&facts.time, time->number);
		if (recorded)
			time_range_add(&facts.recorded, recorded->number);
	}
	return facts;
}

static bool write_segment(struct commit *c, struct cell_segment *s, int64_t day, struct err *e)
{
	const struct cell_batch *b = s->batch;
	struct source_column described[COLUMN_COUNT];
	for (size_t i = 0; i < b->column_count; i++)
		described[i] = (struct source_column){
			columns[b->ids[i]].name,
			duckdb_create_logical_type(sql_type(column_type(b->ids[i], b->table))),
			segment_is_sought(b->ids[i]),
			false,
		};
	struct segment_facts facts = facts_of(s, day);
	struct row_source source = { described, b->column_count, fill_chunk, s };
	bool ok = commit_segment(c, &facts, &source, e);
	for (size_t i = 0; i < b->column_count; i++)
		duckdb_destroy_logical_type(&described[i].type);
	return ok;
}

struct timed_row {
	int64_t time;
	size_t order;
	struct cell *row;
};

static int compare_times(const void *left, const void *right)
{
	const struct timed_row *a = left, *b = right;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static bool sort_by_time(struct cell_batch *b, struct err *e)
{
	struct timed_row *timed = malloc((b->count + 1) * sizeof *timed);
	if (!timed)
		return err_set(e, ERR_NOMEM, "no memory to sort %zu rows", b->count);
	for (size_t i = 0; i < b->count; i++) {
		const struct cell *time = cell_of(b, b->rows[i], COL_TimeGenerated);
		timed[i] = (struct timed_row){ time ? time->number : -1, i, b->rows[i] };
	}
	qsort(timed, b->count, sizeof *timed, compare_times);
	for (size_t i = 0; i < b->count; i++)
		b->rows[i] = timed[i].row;
	free(timed);
	return true;
}

static int64_t day_of(const struct cell_batch *b, size_t row)
{
	const struct cell *time = cell_of(b, b->rows[row], COL_TimeGenerated);
	return time ? time->number / TICKS_PER_DAY : 0;
}

bool cell_batch_write(struct cell_batch *b, struct commit *c, struct err *e)
{
	bool ok = sort_by_time(b, e);
	for (size_t first = 0, next; ok && first < b->count; first = next) {
		int64_t day = day_of(b, first);
		next = first + 1;
		while (next < b->count && day_of(b, next) == day)
			next++;
		struct cell_segment s = { b, b->rows + first, next - first, 0 };
		ok = write_segment(c, &s, day, e);
	}
	arena_done(&b->arena);
	b->count = 0;
	return ok;
}
