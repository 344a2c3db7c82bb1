#include "weir/compacting.h"

#include "core/base/ticks.h"

void compacting_done(struct compacting *c)
{
	keeper_free(c->keeper);
	c->keeper = NULL;
	compaction_done(&c->job);
	held_segments_done(&c->unfit);
}

/* Nothing has changed in the workspace but that there may be files which nobody names. */
static void leave_alone(struct compacting *c, const struct err *why)
{
	struct err e;
	fprintf(c->log, "%zu segments of %s are not compacted for the next %d minutes: %s\n",
	        c->job.count, tables[c->job.table].name, COMPACTING_PAUSE_MINUTES, why->text);
	compact_clear(c->ws, &c->job);
	if (!c->unfit.count)
		c->pause_ends = ticks_steady() + COMPACTING_PAUSE_MINUTES * TICKS_PER_MINUTE;
	if (c->unfit.count > COMPACTING_UNFIT ||
	    !held_segments_add(&c->unfit, c->job.segments, c->job.count, &e))
		c->due = c->pause_ends;
}

static void give_up(struct compacting *c, const struct err *why)
{
	fprintf(c->log, "nothing is compacted until the collector is started again: %s\n",
	        why->text);
	compacting_done(c);
}

static void finish_job(struct compacting *c)
{
	struct err e = { 0 };
	struct segment_list made;
	enum keeper_state state = keeper_ask(c->keeper, &made, &e);
	if (state == KEEPER_WORKS)
		return;
	if (state == KEEPER_GONE) {
		give_up(c, &e);
		return;
	}
	if (state == KEEPER_DONE) {
		if (!compact_adopt(c->ws, &c->job, &made, &e))
			leave_alone(c, &e);
		segment_list_done(&made);
	} else {
		leave_alone(c, &e);
	}
	compaction_done(&c->job);
}

static bool plan(struct compacting *c, struct err *e)
{
	struct held_segments held = { 0 };
	bool ok = held_segments_add(&held, c->unfit.ids, c->unfit.count, e) &&
	          held_segments_read(&held, c->ws, e) &&
	          compact_plan(c->ws, ticks_now(), (struct compact_held){ held.ids, held.count },
	                       &c->job, e);
	held_segments_done(&held);
	return ok;
}

static void begin_job(struct compacting *c)
{
	struct err e = { 0 };
	int64_t now = ticks_steady();
	if (now < c->due)
		return;
	c->due = now + TICKS_PER_MINUTE;
	if (now >= c->pause_ends)
		held_segments_done(&c->unfit);
	if (!plan(c, &e))
		fprintf(c->log, "compaction waits: %s\n", e.text);
	else if (c->job.segments && !keeper_give(c->keeper, &c->job, &e))
		give_up(c, &e);
}

void compacting_turn(struct compacting *c)
{
	if (!c->keeper)
		return;
	if (c->job.segments)
		finish_job(c);
	else
		begin_job(c);
}
