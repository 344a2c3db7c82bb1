#include "collector/decode/sequence.h"

#include <string.h>

#include "core/base/ticks.h"

enum {
	PRELUDE_RECORDS = 64, /* a datagram before the first that came has at most so many */
	DECIDED = 8,          /* evidence that settles what v9 counts */
	AGAINST = 4,          /* a step of one behind many records is as good as so many others */
};

/* Export times are whole seconds, and clocks are set. */
#define START_SLACK (5 * TICKS_PER_SECOND)
#define YOUNG       (10 * TICKS_PER_MINUTE)
/* Datagrams of before a restart may still come for so long. */
#define STRAGGLERS TICKS_PER_MINUTE

static uint32_t ms_of(int64_t arrival)
{
	return (uint32_t)(arrival / TICKS_PER_MS);
}

static int32_t distance(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}

/* ---- gaps ---- */

static void gap_remove(struct sequence *s, size_t at)
{
	s->gap_count--;
	memmove(&s->gaps[at], &s->gaps[at + 1], (s->gap_count - at) * sizeof s->gaps[0]);
}

/* There is room, but in a sequence that was read from damaged octets. */
static void gap_insert(struct sequence *s, size_t at, struct gap gap)
{
	if (s->gap_count == SEQUENCE_GAPS)
		return;
	memmove(&s->gaps[at + 1], &s->gaps[at], (s->gap_count - at) * sizeof s->gaps[0]);
	s->gaps[at] = gap;
	s->gap_count++;
}

/* Whether the numbers so far may well tell that v9 counts records. */
static bool is_doubtful(const struct sequence *s)
{
	return s->either && s->unit == SEQUENCE_DATAGRAMS &&
	       (s->evidence > 0 || s->advances <= SEQUENCE_WINDOW);
}

/* Gives up the lowest gap. */
static void give_up(struct sequence *s)
{
	if (!s->gaps[0].silent)
		s->doubted += s->gaps[0].length;
	gap_remove(s, 0);
}

static void give_up_all(struct sequence *s)
{
	while (s->gap_count)
		give_up(s);
}

static void give_up_old(struct sequence *s, int64_t now)
{
	while (s->gap_count) {
		const struct gap *g = &s->gaps[0];
		if (g->passed <= SEQUENCE_WINDOW &&
		    distance(g->opened_ms, ms_of(now)) <= SEQUENCE_SECONDS * 1000)
			return;
		give_up(s);
	}
}

static void pass_over(struct sequence *s, uint32_t from, uint32_t length, bool silent,
                      int64_t arrival)
{
	struct gap gap = { from, length, ms_of(arrival), 0, silent };
	gap_insert(s, s->gap_count, gap);
}

static void pass(struct sequence *s, uint32_t number)
{
	for (size_t i = 0; i < s->gap_count && distance(s->gaps[i].from, number) > 0; i++)
		s->gaps[i].passed++;
}

/* Takes a step out of the gap that it begins in; false where that is none. */
static bool fill(struct sequence *s, const struct sequence_step *step)
{
	size_t at = 0;
	while (at < s->gap_count && step->number - s->gaps[at].from >= s->gaps[at].length)
		at++;
	if (at == s->gap_count)
		return false;
	struct gap *g = &s->gaps[at];
	uint32_t before = step->number - g->from, rest = g->length - before;
	uint32_t taken = step->open || step->length > rest ? rest : step->length;
	struct gap behind = *g;
	behind.from = step->number + taken;
	behind.length = rest - taken;
	g->length = before;
	if (!before)
		gap_remove(s, at);
	pass(s, step->number);
	if (behind.length)
		gap_insert(s, at + (before > 0), behind);
	return true;
}

/* ---- beginning ---- */

static struct sequence_step step_of(const struct sequence *s, const struct numbered *n)
{
	if (s->unit == SEQUENCE_DATAGRAMS)
		return (struct sequence_step){ n->number, 1, false };
	return (struct sequence_step){ n->number, n->records_unknown ? 0 : n->records,
		                       n->records_unknown };
}

static void advance(struct sequence *s, const struct sequence_step *step)
{
	s->next = step->number + step->length;
	s->open = step->open;
}

/* What comes from just before the first one is late, and no duplicate. */
static void begin(struct sequence *s, const struct sequence_step *step, int64_t arrival)
{
	uint32_t each = s->unit == SEQUENCE_RECORDS ? PRELUDE_RECORDS : 1;
	uint32_t prelude = SEQUENCE_WINDOW * each;
	s->gap_count = 0;
	s->held = false;
	s->floors[0] = s->floors[1] = step->number - prelude;
	pass_over(s, step->number - prelude, prelude, true, arrival);
	advance(s, step);
}

/* ---- starting anew ---- */

/* How far the exporter's start has moved, in ticks. */
static int64_t start_moved(const struct sequence *s, const struct numbered *n)
{
	int64_t uptime = distance(s->uptime_ms, n->uptime_ms);
	return n->time - s->time - uptime * TICKS_PER_MS;
}

bool sequence_has_restarted(const struct sequence *s, const struct numbered *n)
{
	if (!n->has_uptime || !s->has_clock || n->number == s->next ||
	    distance(s->uptime_ms, n->uptime_ms) >= 0)
		return false;
	int64_t moved = start_moved(s, n), uptime = n->uptime_ms * TICKS_PER_MS;
	if (moved >= -START_SLACK && moved <= START_SLACK)
		return false;
	return uptime < YOUNG || n->time - uptime > s->time - START_SLACK;
}

/* From before the restart. */
static bool is_straggler(const struct sequence *s, const struct numbered *n)
{
	return s->restarted && n->has_uptime && n->arrival - s->restarted < STRAGGLERS &&
	       start_moved(s, n) < -START_SLACK;
}

static void set_clock(struct sequence *s, const struct numbered *n)
{
	s->has_clock = n->has_uptime;
	s->uptime_ms = n->uptime_ms;
	s->time = n->time;
}

/* ---- what v9 counts ---- */

/* True where it turned out to be the other one: what was passed over by the wrong unit is nothing.
 */
static bool learn_unit(struct sequence *s, const struct numbered *n)
{
	uint32_t step = n->number - s->last_number, records = s->last_records;
	if (records > 1 && step == records)
		s->evidence++;
	else if (records > 1 && step == 1)
		s->evidence -= AGAINST;
	if (s->evidence > DECIDED)
		s->evidence = DECIDED;
	if (s->evidence < -DECIDED)
		s->evidence = -DECIDED;
	enum sequence_unit unit = s->evidence == DECIDED    ? SEQUENCE_RECORDS
	                          : s->evidence == -DECIDED ? SEQUENCE_DATAGRAMS
	                                                    : s->unit;
	if (unit == s->unit)
		return false;
	s->unit = unit;
	s->doubted = 0;
	return true;
}

/* ---- one datagram ---- */

static uint32_t lower(uint32_t a, uint32_t b)
{
	return distance(a, b) < 0 ? b : a;
}

static void keep_floors(struct sequence *s, uint32_t number)
{
	s->floors[0] = lower(s->floors[0], number);
	if (++s->advances % SEQUENCE_BLOCK)
		return;
	s->floors[1] = s->floors[0];
	s->floors[0] = number;
}

static bool is_far(const struct sequence *s, uint32_t number)
{
	int32_t ahead = distance(s->next, number);
	return ahead > SEQUENCE_FAR ||
	       (ahead < 0 && distance(lower(s->floors[0], s->floors[1]), number) < 0);
}

/* One that is far off waits for a second one: then the exporter has begun anew. */
static void hold(struct sequence *s, const struct sequence_step *step, int64_t arrival,
                 struct sequence_found *found)
{
	if (!s->held) {
		s->held = true;
		s->straggler = *step;
		return;
	}
	give_up_all(s);
	found->restarts++;
	begin(s, &s->straggler, arrival);
}

static void place_behind(struct sequence *s, const struct sequence_step *step,
                         struct sequence_found *found)
{
	if (step->length == 0 && !step->open)
		return;
	if (fill(s, step))
		found->reordered++;
	else
		found->duplicates++;
}

static void place(struct sequence *s, const struct sequence_step *step, int64_t arrival,
                  struct sequence_found *found)
{
	if (is_far(s, step->number)) {
		hold(s, step, arrival, found);
		if (s->held)
			return;
	}
	found->duplicates += s->held;
	s->held = false;
	int32_t ahead = distance(s->next, step->number);
	if (ahead < 0) {
		place_behind(s, step, found);
		return;
	}
	if (ahead > 0)
		pass_over(s, s->next, (uint32_t)ahead, s->open, arrival);
	pass(s, step->number);
	advance(s, step);
	keep_floors(s, step->number);
}

static bool begins_anew(struct sequence *s, const struct numbered *n, struct sequence_found *found)
{
	if (!s->begun)
		return true;
	if (n->either && learn_unit(s, n))
		return true;
	if (!sequence_has_restarted(s, n))
		return false;
	give_up_all(s);
	found->restarts++;
	s->restarted = n->arrival;
	s->has_clock = false;
	return true;
}

static void take(struct sequence *s, const struct numbered *n, struct sequence_found *found)
{
	s->either = n->either;
	if (!n->either)
		s->unit = n->unit;
	bool anew = begins_anew(s, n, found);
	if (!anew && is_straggler(s, n)) {
		found->reordered++;
		return;
	}
	struct sequence_step step = step_of(s, n);
	if (anew)
		begin(s, &step, n->arrival);
	else
		place(s, &step, n->arrival, found);
	if (!s->has_clock || distance(s->uptime_ms, n->uptime_ms) > 0)
		set_clock(s, n);
	s->begun = true;
}

/* What is given up counts, as soon as its unit is sure. */
static void tell(struct sequence *s, struct sequence_found *found)
{
	if (is_doubtful(s))
		return;
	found->lost += s->doubted;
	s->doubted = 0;
}

void sequence_take(struct sequence *s, const struct numbered *n, struct sequence_found *found)
{
	give_up_old(s, n->arrival); /* by time */
	take(s, n, found);
	give_up_old(s, n->arrival); /* by what has passed */
	tell(s, found);
	s->last_number = n->number;
	s->last_records = n->records_unknown ? 0 : n->records;
}

void sequence_settle(struct sequence *s, int64_t now, struct sequence_found *found)
{
	if (now != INT64_MAX) {
		give_up_old(s, now);
		tell(s, found);
		return;
	}
	give_up_all(s);
	if (s->evidence > 0 && is_doubtful(s))
		s->doubted = 0;
	found->lost += s->doubted;
	s->doubted = 0;
}
