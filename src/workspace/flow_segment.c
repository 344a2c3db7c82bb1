/* flow_segment: flow rows as segments of TABLE_FLOWS, one per UTC day (contract in
 * workspace/workspace.h).
 *
 * Everything follows from the columns' table: flow_cells.c fills what a row carries as a number,
 * flow_enriched.c what enriching adds, flow_text.c the other texts. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "workspace/commit.h"
#include "workspace/flow_cells.h"
#include "workspace/flow_enriched.h"
#include "workspace/flow_packed.h"
#include "workspace/flow_segment.h"
#include "workspace/flow_text.h"
#include "workspace/segment_columns.h"

enum { MINUTES_PER_DAY = 1440, MOST_COLUMNS = COLUMN_COUNT + PACKED_COLUMNS };

struct flow_segment {
	const struct flow_row *const *rows;
	size_t count;
	size_t done; /* rows already handed over */
	size_t column_count;
	bool is_packed;
	enum column_id ids[MOST_COLUMNS];
	struct flow_enriched enriched[ENRICHMENTS];
	/* one of these for each column, `cells` with `from` */
	flow_cells_fill *fills[MOST_COLUMNS];
	const struct flow_enriched *from[MOST_COLUMNS];
	struct enriched_cells cells[MOST_COLUMNS];
	struct flow_text texts[MOST_COLUMNS];
	struct source_column columns[MOST_COLUMNS];
};

/* ---- chunks ---- */

static void fill_numbers(const struct flow_segment *s, size_t column,
                         const struct flow_presence *presence, size_t count, duckdb_vector vector)
{
	enum column_id id = s->ids[column];
	uint64_t words[FLOW_BLOCK / 64];
	s->fills[column](s->rows + s->done, count, columns[id].offset,
	                 duckdb_vector_get_data(vector));
	if (flow_presence_of(presence, id, count, words))
		return;
	duckdb_vector_ensure_validity_writable(vector);
	memcpy(duckdb_vector_get_validity(vector), words, (count + 63) / 64 * sizeof *words);
}

static size_t block_after(const struct flow_segment *s, size_t done)
{
	return s->count - done < FLOW_BLOCK ? s->count - done : FLOW_BLOCK;
}

/* Rows that are ordered by address lie anywhere: all of a block are fetched at once. */
static void fetch_block(const struct flow_segment *s, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		for (size_t at = 0; at < sizeof(struct flow_row); at += 64)
			__builtin_prefetch((const char *)s->rows[i] + at);
}

static size_t fill_chunk(void *state, duckdb_data_chunk chunk)
{
	struct flow_segment *s = state;
	size_t count = block_after(s, s->done);
	assert(duckdb_vector_size() >= FLOW_BLOCK);
	struct flow_presence presence;
	fetch_block(s, s->done, count);
	flow_presence_read(&presence, s->rows + s->done, count);
	for (size_t i = 0; i < s->column_count; i++) {
		duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
		if (s->fills[i])
			fill_numbers(s, i, &presence, count, vector);
		else if (s->from[i])
			enriched_cells_fill(&s->cells[i], s->from[i], s->done, count, vector);
		else
			flow_text_fill(&s->texts[i], s->rows, s->done, count, vector);
	}
	s->done += count;
	return count;
}

/* ---- one segment ---- */

static bool add_column(struct flow_segment *s, enum column_id id, struct err *e)
{
	size_t i = s->column_count++;
	s->ids[i] = id;
	s->columns[i].name = columns[id].name;
	/* limits of row groups find what rows are ordered by */
	s->columns[i].is_sought = segment_is_sought(id);
	s->columns[i].is_ordered = s->is_packed && id == COL_SourceIp;
	s->fills[i] = flow_cells_of(id);
	for (size_t k = 0; k < ENRICHMENTS; k++)
		if (flow_enriched_has(&s->enriched[k], id))
			s->from[i] = &s->enriched[k];
	return s->fills[i] || flow_text_init(&s->texts[i], id, s->count, e);
}

static void add_packed(struct flow_segment *s, const struct packed_column *packed)
{
	size_t i = s->column_count++;
	s->ids[i] = packed->of;
	s->columns[i].name = packed->name;
	s->fills[i] = packed->fill;
}

static bool add_columns(struct flow_segment *s, struct err *e)
{
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		if (segment_holds(TABLE_FLOWS, id) && !(s->is_packed && packed_sql(id)) &&
		    !add_column(s, id, e))
			return false;
	for (size_t i = 0; s->is_packed && i < PACKED_COLUMNS; i++)
		add_packed(s, &packed_columns[i]);
	return true;
}

static int64_t minute_of(const struct flow_row *row)
{
	return TICKS_UNIX_EPOCH + row->key.minute * TICKS_PER_MINUTE;
}

/* Looks at every row once: what the texts are, and what the catalog must know. */
static void scan(struct flow_segment *s, struct segment_facts *facts)
{
	for (size_t first = 0; first < s->count; first += FLOW_BLOCK) {
		size_t count = block_after(s, first);
		fetch_block(s, first, count);
		for (size_t i = 0; i < ENRICHMENTS; i++)
			flow_enriched_scan(&s->enriched[i], s->rows, first, count);
		for (size_t i = 0; i < s->column_count; i++)
			flow_text_scan(&s->texts[i], s->rows, first, count);
		for (size_t i = first; i < first + count; i++) {
			time_range_add(&facts->time, minute_of(s->rows[i]));
			if (row_has(s->rows[i], COL_FlowRecordTime))
				time_range_add(&facts->recorded, s->rows[i]->record_time);
		}
	}
}

static bool set_type(struct flow_segment *s, size_t i, const struct constants *constants,
                     struct err *e)
{
	enum column_id id = s->ids[i];
	duckdb_logical_type *type = &s->columns[i].type;
	if (s->fills[i]) {
		*type = duckdb_create_logical_type(sql_type(columns[id].type));
	} else if (s->from[i]) {
		if (!enriched_cells_init(&s->cells[i], s->from[i], id, e))
			return false;
		*type = s->cells[i].type;
	} else {
		const char *constant = constants->text[id] ? constants->text[id] : "";
		if (!flow_text_finish(&s->texts[i], constant, e))
			return false;
		*type = s->texts[i].type;
	}
	return true;
}

static void free_segment(struct flow_segment *s)
{
	for (size_t i = 0; i < s->column_count; i++) {
		if (s->fills[i])
			duckdb_destroy_logical_type(&s->columns[i].type);
		enriched_cells_done(&s->cells[i]);
		flow_text_done(&s->texts[i]);
	}
	for (size_t i = 0; i < ENRICHMENTS; i++)
		flow_enriched_done(&s->enriched[i]);
	free(s);
}

bool flow_segment_write(const struct flow_run *run, const struct segment_sink *sink, struct err *e)
{
	struct flow_segment *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(e, ERR_NOMEM, "no memory");
	s->rows = run->rows;
	s->count = run->count;
	s->is_packed = segment_is_packed(TABLE_FLOWS, run->style);
	struct segment_facts facts = {
		.table = TABLE_FLOWS,
		.rows = (int64_t)run->count,
		.time = TIME_RANGE_NONE,
		.recorded = TIME_RANGE_NONE,
		.day = minute_of(run->rows[0]),
	};
	bool ok = true;
	for (size_t i = 0; ok && i < ENRICHMENTS; i++)
		ok = flow_enriched_init(&s->enriched[i], run->enrichments[i], run->count, e);
	ok = ok && add_columns(s, e);
	if (ok)
		scan(s, &facts);
	for (size_t i = 0; ok && i < s->column_count; i++)
		ok = set_type(s, i, run->constants, e);
	struct row_source source = { s->columns, s->column_count, fill_chunk, s };
	ok = ok && sink->take(sink->context, &facts, &source, e);
	free_segment(s);
	return ok;
}

/* ---- order and days ---- */

static bool is_sorted(const struct flow_row *const *rows, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (rows[i - 1]->key.minute > rows[i]->key.minute)
			return false;
	return true;
}

/* One pass of a radix sort: from → to by 16 bits of the minute, rows of equal ones as they come. */
static void sort_pass(const struct flow_row *const *from, const struct flow_row **to, size_t count,
                      unsigned shift, size_t *places)
{
	memset(places, 0, ((size_t)1 << 16) * sizeof *places);
	for (size_t i = 0; i < count; i++)
		places[from[i]->key.minute >> shift & 0xffff]++;
	size_t before = 0;
	for (size_t k = 0; k < (size_t)1 << 16; k++) {
		size_t here = places[k];
		places[k] = before;
		before += here;
	}
	for (size_t i = 0; i < count; i++)
		to[places[from[i]->key.minute >> shift & 0xffff]++] = from[i];
}

/* The rows in the order of their minutes, to be freed. */
static const struct flow_row **sorted(const struct flow_row *const *rows, size_t count,
                                      struct err *e)
{
	const struct flow_row **half = malloc(count * sizeof *half);
	const struct flow_row **whole = malloc(count * sizeof *whole);
	size_t *places = malloc(((size_t)1 << 16) * sizeof *places);
	if (half && whole && places) {
		sort_pass(rows, half, count, 0, places);
		sort_pass(half, whole, count, 16, places);
	} else {
		free(whole);
		whole = NULL;
		err_set(e, ERR_NOMEM, "no memory to sort %zu rows", count);
	}
	free(half);
	free(places);
	return whole;
}

bool commit_flow_rows(struct commit *c, const struct flow_row *const *rows, size_t count,
                      const struct constants *constants, struct err *e)
{
	const struct flow_row **copy = NULL;
	if (!is_sorted(rows, count)) {
		copy = sorted(rows, count, e);
		if (!copy)
			return commit_fail(c);
		rows = copy;
	}
	bool ok = true;
	struct segment_sink sink = commit_sink(c);
	for (size_t first = 0, next; ok && first < count; first = next) {
		uint32_t day = rows[first]->key.minute / MINUTES_PER_DAY;
		next = first + 1;
		while (next < count && rows[next]->key.minute / MINUTES_PER_DAY == day)
			next++;
		struct flow_run run = {
			rows + first, next - first, constants, { NULL }, SEGMENT_LIGHT
		};
		for (size_t i = 0; i < ENRICHMENTS; i++)
			run.enrichments[i] = commit_enrichment(c, i);
		ok = flow_segment_write(&run, &sink, e);
	}
	free(copy);
	return ok || commit_fail(c);
}
