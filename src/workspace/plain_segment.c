/* plain_segment: rows that are never merged as segments of their tables, one per UTC day (contract
 * in workspace/workspace.h). */
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "workspace/commit.h"
#include "workspace/plain_cells.h"
#include "workspace/plain_segment.h"
#include "workspace/segment_columns.h"

struct plain_segment {
	struct plain_run run;
	size_t done; /* rows already handed over */
	struct plain_cells cells[COLUMN_COUNT];
	struct source_column columns[COLUMN_COUNT];
};

static size_t fill_chunk(void *state, duckdb_data_chunk chunk)
{
	struct plain_segment *s = state;
	size_t count = s->run.count - s->done;
	if (count > duckdb_vector_size())
		count = duckdb_vector_size();
	for (size_t i = 0; count && i < s->run.type->column_count; i++)
		plain_cells_fill(&s->cells[i], &s->run, s->done, count,
		                 duckdb_data_chunk_get_vector(chunk, i));
	s->done += count;
	return count;
}

static int64_t time_of(const struct plain_run *run, size_t i)
{
	uint32_t minute;
	memcpy(&minute, run->rows + i * run->type->row_size + run->type->minute_offset,
	       sizeof minute);
	return TICKS_UNIX_EPOCH + minute * TICKS_PER_MINUTE;
}

static void add_times(struct time_range *range, const struct plain_run *run,
                      const struct plain_column *column)
{
	for (size_t i = 0; i < run->count; i++) {
		const char *row = run->rows + i * run->type->row_size;
		uint64_t present;
		int64_t time;
		memcpy(&present, row, sizeof present);
		memcpy(&time, row + column->offset, sizeof time);
		if (present >> column->bit & 1)
			time_range_add(range, time);
	}
}

/* The range of FlowRecordTime or BeginTime, where the table has one of them. */
static struct time_range recorded(const struct plain_run *run)
{
	struct time_range range = TIME_RANGE_NONE;
	for (size_t c = 0; c < run->type->column_count; c++) {
		enum column_id id = run->type->columns[c].id;
		if (id == COL_FlowRecordTime || id == COL_BeginTime)
			add_times(&range, run, &run->type->columns[c]);
	}
	return range;
}

static bool write_day(const struct segment_sink *sink, enum table_id table,
                      const struct plain_run *run, struct err *e)
{
	struct plain_segment *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(e, ERR_NOMEM, "no memory");
	s->run = *run;
	bool ok = true;
	for (size_t i = 0; ok && i < run->type->column_count; i++) {
		const struct plain_column *column = &run->type->columns[i];
		ok = plain_cells_init(&s->cells[i], column, run, e);
		s->columns[i] = (struct source_column){ columns[column->id].name, s->cells[i].type,
			                                segment_is_sought(column->id), false };
	}
	struct segment_facts facts = {
		.table = table,
		.rows = (int64_t)run->count,
		.time = { time_of(run, 0), time_of(run, run->count - 1) },
		.recorded = recorded(run),
		.day = time_of(run, 0),
	};
	struct row_source source = { s->columns, run->type->column_count, fill_chunk, s };
	ok = ok && sink->take(sink->context, &facts, &source, e);
	for (size_t i = 0; i < run->type->column_count; i++)
		plain_cells_done(&s->cells[i]);
	free(s);
	return ok;
}

bool plain_segments_write(const struct plain_rows *rows, enum table_id table,
                          const struct segment_sink *sink, struct err *e)
{
	struct plain_run all = { .type = &plain_tables[table] };
	all.rows = plain_rows_of(rows, table, &all.count);
	bool ok = true;
	for (size_t first = 0, next; ok && first < all.count; first = next) {
		int64_t day = time_of(&all, first) / TICKS_PER_DAY;
		next = first + 1;
		while (next < all.count && time_of(&all, next) / TICKS_PER_DAY == day)
			next++;
		struct plain_run run = { all.type, all.rows + first * all.type->row_size,
			                 next - first };
		ok = write_day(sink, table, &run, e);
	}
	return ok;
}

bool commit_plain_rows(struct commit *c, const struct plain_rows *rows, struct err *e)
{
	struct segment_sink sink = commit_sink(c);
	for (enum table_id table = 0; table < TABLE_COUNT; table++)
		if (plain_tables[table].row_size && !plain_segments_write(rows, table, &sink, e))
			return commit_fail(c);
	return true;
}
