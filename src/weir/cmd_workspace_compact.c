#include <stdint.h>

#include "core/base/ticks.h"
#include "weir/command.h"
#include "weir/commands.h"
#include "weir/held_segments.h"
#include "weir/listing.h"
#include "workspace/compact.h"

enum { LEVELS = LEVEL_DAY + 1 };

/* What was done at one level of one table. */
struct done {
	int64_t compactions;
	int64_t segments, rows, bytes; /* before */
	int64_t segments_after, rows_after, bytes_after;
};

struct compacting {
	struct invocation *inv;
	struct workspace *ws;
	struct held_segments unfit;
	struct done done[TABLE_COUNT][LEVELS];
};

static void count_done(struct compacting *c, const struct compaction *job,
                       const struct segment_list *made)
{
	struct done *done = &c->done[job->table][job->level];
	done->compactions++;
	done->segments += (int64_t)job->count;
	done->rows += job->rows;
	done->bytes += job->bytes;
	for (size_t i = 0; i < made->count; i++) {
		if (made->items[i].table != job->table)
			continue; /* rollups */
		done->segments_after++;
		done->rows_after += made->items[i].rows;
		done->bytes_after += made->items[i].bytes;
	}
}

/* What cannot be written again stays as it is, and is told. */
static bool leave_alone(struct compacting *c, const struct compaction *job, const struct err *why,
                        struct err *e)
{
	fprintf(c->inv->err, "weir %s: %zu segments of %s stay as they are: %s\n",
	        c->inv->command->name, job->count, tables[job->table].name, why->text);
	return held_segments_add(&c->unfit, job->segments, job->count, e);
}

static bool compact_one(struct compacting *c, const struct compaction *job, struct err *e)
{
	struct segment_list made;
	struct err why;
	if (!compact_write(c->ws, job, &made, &why)) {
		*e = why;
		return why.code == ERR_WORKSPACE && leave_alone(c, job, &why, e);
	}
	bool ok = compact_adopt(c->ws, job, &made, e);
	if (ok)
		count_done(c, job, &made);
	segment_list_done(&made);
	return ok;
}

/* The next compaction that is due, of what is neither held nor unfit. */
static bool plan(struct compacting *c, struct compaction *ret, struct err *e)
{
	int64_t now = invocation_value(c->inv, "all") ? INT64_MAX : ticks_now();
	struct held_segments held = { 0 };
	bool ok = held_segments_add(&held, c->unfit.ids, c->unfit.count, e) &&
	          held_segments_read(&held, c->ws, e) &&
	          compact_plan(c->ws, now, (struct compact_held){ held.ids, held.count }, ret, e);
	held_segments_done(&held);
	return ok;
}

static bool compact_all(struct compacting *c, struct err *e)
{
	bool ok = true, more = true;
	while (ok && more) {
		struct compaction job;
		if (!plan(c, &job, e))
			return false;
		more = job.segments;
		ok = !more || compact_one(c, &job, e);
		compaction_done(&job);
	}
	return ok;
}

static bool print(const struct compacting *c, struct err *e)
{
	static const struct listing_column shown[] = {
		{ "table", false },     { "level", false },         { "compactions", true },
		{ "segments", true },   { "segments_after", true }, { "rows", true },
		{ "rows_after", true }, { "bytes", true },          { "bytes_after", true },
	};
	static const char *const levels[LEVELS] = { "", "hour", "day" };
	struct listing l;
	listing_init(&l, shown, ARRAY_LEN(shown));
	for (size_t i = 0; i < (size_t)TABLE_COUNT * LEVELS; i++) {
		const struct done *d = &c->done[i / LEVELS][i % LEVELS];
		const int64_t numbers[] = { d->compactions, d->segments, d->segments_after, d->rows,
			                    d->rows_after,  d->bytes,    d->bytes_after };
		if (!d->compactions)
			continue;
		listing_text(&l, tables[i / LEVELS].name);
		listing_text(&l, levels[i % LEVELS]);
		for (size_t k = 0; k < ARRAY_LEN(numbers); k++)
			listing_number(&l, numbers[k]);
	}
	bool ok = listing_print(&l, invocation_value(c->inv, "format"), c->inv->out, e);
	listing_done(&l);
	return ok;
}

int cmd_workspace_compact(struct invocation *inv)
{
	struct err e = { 0 };
	struct compacting c = { .inv = inv };
	c.ws = workspace_open(invocation_value(inv, "workspace"), WORKSPACE_WRITE, &e);
	if (!c.ws)
		return invocation_fail(inv, &e);
	bool ok = workspace_sweep(c.ws, false, &e) && compact_all(&c, &e) && print(&c, &e);
	held_segments_done(&c.unfit);
	workspace_close(c.ws);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}
