/* compact_plan: which segments are to be compacted next (contract in workspace/compact.h). */
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "core/flow/plain.h"
#include "workspace/compact.h"
#include "workspace/rollup.h"

#define NO_PERIOD INT64_MAX

/* What segments are gathered over to come to a level. */
struct span {
	enum segment_level level;
	int64_t ticks;
};

/* A segment that may be compacted. */
struct candidate {
	int64_t period;   /* first tick of it */
	bool reaches_far; /* rows begin long before; others must not be made to */
	const struct segment *segment;
};

struct candidates {
	struct candidate *items;
	size_t count;
};

void compaction_done(struct compaction *c)
{
	free(c->segments);
	*c = (struct compaction){ 0 };
}

/* ---- what may be compacted ---- */

static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static bool is_held(const struct compact_held *held, int64_t id)
{
	return held->count && bsearch(&id, held->ids, held->count, sizeof id, by_id);
}

static int64_t floor_to(int64_t time, int64_t width)
{
	int64_t rest = time % width;
	return time - (rest < 0 ? rest + width : rest);
}

/* Whether it lies within one period, which has been over for long enough. */
static bool is_ripe(const struct segment *s, const struct span *span, int64_t now)
{
	if (s->time.from > s->time.to || s->level > span->level)
		return false;
	int64_t period = floor_to(s->time.from, span->ticks);
	return floor_to(s->time.to, span->ticks) == period &&
	       period + span->ticks + COMPACT_WAIT_MINUTES * TICKS_PER_MINUTE <= now;
}

/* Bindings that lived long have segments of their own (collector/minute/nat_bindings.h). */
static bool reaches_far(const struct segment *s)
{
	return s->table == TABLE_BINDINGS && s->recorded.from < s->time.from - TICKS_PER_HOUR;
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_period(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = compare(x->period, y->period);
	order = order ? order : compare(x->reaches_far, y->reaches_far);
	order = order ? order : compare(x->segment->time.from, y->segment->time.from);
	return order ? order : compare(x->segment->id, y->segment->id);
}

static bool find_candidates(const struct segment_list *list, const struct span *span, int64_t now,
                            const struct compact_held *held, struct candidates *ret, struct err *e)
{
	*ret = (struct candidates){ .items = malloc((list->count + 1) * sizeof *ret->items) };
	if (!ret->items)
		return err_set(e, ERR_NOMEM, "no memory for %zu segments", list->count);
	for (size_t i = 0; i < list->count; i++) {
		const struct segment *s = &list->items[i];
		if (!is_ripe(s, span, now) || is_held(held, s->id))
			continue;
		ret->items[ret->count++] = (struct candidate){
			.period = floor_to(s->time.from, span->ticks),
			.reaches_far = reaches_far(s),
			.segment = s,
		};
	}
	qsort(ret->items, ret->count, sizeof *ret->items, by_period);
	return true;
}

/* ---- what is worth it ---- */

/* How many from `first` on go into one compaction. */
static size_t gather(const struct candidates *all, size_t first)
{
	const struct candidate *head = &all->items[first];
	int64_t rows = head->segment->rows;
	size_t next = first + 1;
	while (next < all->count && next - first < COMPACT_INPUTS) {
		const struct candidate *c = &all->items[next];
		if (c->period != head->period || c->reaches_far != head->reaches_far ||
		    c->segment->rows > (int64_t)COMPACT_ROWS - rows)
			break;
		rows += c->segment->rows;
		next++;
	}
	return next - first;
}

/* A segment that is dense already, as those of rollups always are, gains nothing alone; but the
 * hours of a day are to be rolled up. */
static bool is_worth_it(const struct candidate *some, size_t count, enum segment_level level)
{
	enum table_id table = some[0].segment->table;
	size_t below = 0, light = 0;
	for (size_t i = 0; i < count; i++) {
		below += some[i].segment->level < level;
		light += some[i].segment->level == LEVEL_WRITTEN && !rollup_is_of(table);
	}
	return light || (below && (count > 1 || table == TABLE_HOURLY));
}

/* Each row is counted by one key at a time. */
static size_t keys_for(int64_t rows)
{
	if (rows >= (int64_t)ROLLUP_KEYS)
		return ROLLUP_KEYS;
	return (size_t)rows + ROLLUP_LEAST_KEYS;
}

static bool take(const struct candidate *some, size_t count, enum segment_level level,
                 struct compaction *ret, struct err *e)
{
	*ret = (struct compaction){ .table = some[0].segment->table,
		                    .level = level,
		                    .room = COMPACT_ROWS };
	ret->segments = malloc(count * sizeof *ret->segments);
	if (!ret->segments)
		return err_set(e, ERR_NOMEM, "no memory for %zu segments", count);
	for (size_t i = 0; i < count; i++) {
		ret->segments[ret->count++] = some[i].segment->id;
		ret->rows += some[i].segment->rows;
		ret->bytes += some[i].segment->bytes;
	}
	ret->keys = keys_for(ret->rows);
	return true;
}

/* The first compaction of these that is worth it and of a period before `*before`, which becomes
 * that period then. */
static bool choose(const struct candidates *all, const struct span *span, int64_t *before,
                   struct compaction *ret, struct err *e)
{
	for (size_t first = 0, count; first < all->count; first += count) {
		count = gather(all, first);
		if (all->items[first].period >= *before)
			return true;
		if (!is_worth_it(all->items + first, count, span->level))
			continue;
		*before = all->items[first].period;
		compaction_done(ret);
		return take(all->items + first, count, span->level, ret, e);
	}
	return true;
}

/* ---- tables ---- */

static bool is_compacted(enum table_id table, enum segment_level level)
{
	if (table == TABLE_DAILY)
		return level == LEVEL_DAY;
	return table == TABLE_FLOWS || plain_tables[table].row_size;
}

/* Segments of the table itself alone. */
static void keep_own(struct segment_list *list, enum table_id table)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].table == table)
			list->items[kept++] = list->items[i];
		else
			free(list->items[i].path);
	}
	list->count = kept;
}

/* All that a plan is made from. */
struct plan {
	struct workspace *ws;
	int64_t now;
	struct compact_held held;
	int64_t before;
	struct compaction chosen;
};

static bool plan_table(struct plan *p, enum table_id table, const struct span *span, struct err *e)
{
	struct segment_filter filter = SEGMENTS_OF(table);
	struct segment_list list;
	struct candidates candidates = { 0 };
	if (!workspace_segments(p->ws, &filter, &list, e))
		return false;
	keep_own(&list, table);
	bool ok = find_candidates(&list, span, p->now, &p->held, &candidates, e) &&
	          choose(&candidates, span, &p->before, &p->chosen, e);
	free(candidates.items);
	segment_list_done(&list);
	return ok;
}

bool compact_plan(struct workspace *ws, int64_t now, struct compact_held held,
                  struct compaction *ret, struct err *e)
{
	static const struct span spans[] = { { LEVEL_HOUR, TICKS_PER_HOUR },
		                             { LEVEL_DAY, TICKS_PER_DAY } };
	struct plan plan = { .ws = ws, .now = now, .held = held, .before = NO_PERIOD };
	bool ok = true;
	for (size_t i = 0; ok && i < ARRAY_LEN(spans) && !plan.chosen.segments; i++)
		for (enum table_id table = 0; ok && table < TABLE_COUNT; table++)
			if (is_compacted(table, spans[i].level))
				ok = plan_table(&plan, table, &spans[i], e);
	if (ok)
		*ret = plan.chosen;
	else
		compaction_done(&plan.chosen);
	return ok;
}
