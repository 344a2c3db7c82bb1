#include "weir/expiry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "collector/minute/ledger.h"
#include "core/base/ticks.h"
#include "weir/held_segments.h"

#define CLOCK_KEY   "retention/clock"
#define FIRST_SLACK (60 * TICKS_PER_MINUTE)

static const char *const cause_names[RETENTION_CAUSES] = { "age", "size", "disk" };

static const enum ledger_count causes[RETENTION_CAUSES] = {
	LEDGER_RowsDroppedByAge,
	LEDGER_RowsDroppedBySize,
	LEDGER_RowsDroppedForDisk,
};

static const enum ledger_count by_table[TABLE_COUNT] = {
	[TABLE_ATC] = LEDGER_FlowsDropped,
	[TABLE_FLOWS] = LEDGER_FlowsDropped,
	[TABLE_NAT] = LEDGER_NatEventsDropped,
	[TABLE_BINDINGS] = LEDGER_NatBindingsDropped,
	[TABLE_COUNTERS] = LEDGER_SflowCountersDropped,
	[TABLE_LEDGER] = LEDGER_LedgerRowsDropped,
	[TABLE_HOURLY] = LEDGER_RollupRowsDropped,
	[TABLE_DAILY] = LEDGER_RollupRowsDropped,
	[TABLE_AUDIT] = LEDGER_QueryAuditDropped,
};

const char *expiry_cause_name(enum retention_cause cause)
{
	return cause_names[cause];
}

void expiry_done(struct expiry *x)
{
	free(x->ids);
}

/* The ids that must stay: those that states name, and those that are chosen already. */
static bool find_kept(const struct expiry *x, struct workspace *ws, struct held_segments *ret,
                      struct err *e)
{
	return held_segments_add(ret, x->ids, x->count, e) && held_segments_read(ret, ws, e);
}

/* ---- finding ---- */

static void add_segment(struct expiry *x, const struct segment *s, enum retention_cause cause)
{
	struct dropped *d = &x->counts.of[s->table][cause];
	d->segments++;
	d->rows += (uint64_t)s->rows;
	d->octets += (uint64_t)s->bytes;
	x->ids[x->count++] = s->id;
}

/* Chooses of one table's segments, which are `list`. */
static bool choose(struct expiry *x, const struct segment_list *list,
                   const struct retention_wish *wish, enum retention_cause cause, struct err *e)
{
	size_t *places = calloc(list->count + 1, sizeof *places);
	int64_t *ids = realloc(x->ids, (x->count + list->count + 1) * sizeof *ids);
	if (ids)
		x->ids = ids;
	bool ok =
	    (places && ids) || err_set(e, ERR_NOMEM, "no memory for %zu segments", list->count);
	size_t count = ok ? retention_choose(list, wish, places) : 0;
	for (size_t i = 0; i < count; i++)
		add_segment(x, &list->items[places[i]], cause);
	free(places);
	return ok;
}

/* Adds what is wished of one table. */
static bool add_of(struct expiry *x, struct workspace *ws, enum table_id table,
                   struct retention_wish wish, enum retention_cause cause, struct err *e)
{
	struct held_segments held = { 0 };
	struct segment_list list = { 0 };
	wish.most = x->most - x->count;
	if (wish.most == 0)
		return true;
	bool ok = find_kept(x, ws, &held, e);
	wish.kept = held.ids;
	wish.kept_count = held.count;
	size_t look =
	    wish.most > SIZE_MAX - wish.kept_count ? SIZE_MAX : wish.most + wish.kept_count;
	ok = ok && workspace_oldest(ws, table, look, &list, e) && choose(x, &list, &wish, cause, e);
	segment_list_done(&list);
	held_segments_done(&held);
	return ok;
}

bool expiry_add_old(struct expiry *x, struct workspace *ws, const struct retention_policy *policy,
                    int64_t reached, int64_t wall, struct err *e)
{
	for (enum table_id table = 0; table < TABLE_COUNT; table++) {
		struct retention_wish wish = {
			.before = retention_before(policy->age[table], reached, wall),
		};
		if (wish.before != INT64_MIN && !add_of(x, ws, table, wish, RETENTION_AGE, e))
			return false;
	}
	return true;
}

uint64_t expiry_octets(const struct expiry *x)
{
	uint64_t octets = 0;
	for (size_t t = 0; t < TABLE_COUNT; t++)
		for (size_t cause = 0; cause < RETENTION_CAUSES; cause++)
			octets += x->counts.of[t][cause].octets;
	return octets;
}

bool expiry_add_octets(struct expiry *x, struct workspace *ws, uint64_t octets,
                       enum retention_cause cause, struct err *e)
{
	static const enum table_id order[] = { TABLE_FLOWS, TABLE_ATC };
	uint64_t enough = expiry_octets(x) + octets;
	for (size_t i = 0; i < ARRAY_LEN(order) && expiry_octets(x) < enough; i++) {
		struct retention_wish wish = { .before = INT64_MIN,
			                       .octets = enough - expiry_octets(x) };
		if (!add_of(x, ws, order[i], wish, cause, e))
			return false;
	}
	return true;
}

bool expiry_add_size(struct expiry *x, struct workspace *ws, const struct retention_policy *policy,
                     struct err *e)
{
	uint64_t octets;
	if (policy->size == 0)
		return true;
	if (!workspace_octets(ws, &octets, e))
		return false;
	uint64_t left = octets - expiry_octets(x);
	return left <= policy->size ||
	       expiry_add_octets(x, ws, left - policy->size, RETENTION_SIZE, e);
}

/* ---- dropping ---- */

static void count_dropped(const struct expiry_counts *x, uint64_t *counts)
{
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (size_t cause = 0; cause < RETENTION_CAUSES; cause++) {
			const struct dropped *d = &x->of[t][cause];
			counts[LEDGER_RowsDropped] += d->rows;
			counts[LEDGER_BytesDropped] += d->octets;
			counts[by_table[t]] += d->rows;
			counts[causes[cause]] += d->rows;
		}
	}
}

static bool write_ledger(const struct expiry *x, struct commit *commit, struct err *e)
{
	static const char *const nobody[] = { "" };
	struct ledger *ledger = ledger_new(e);
	if (!ledger)
		return false;
	struct ledger_key key = {
		.minute = (uint32_t)((ticks_now() - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE),
	};
	count_dropped(&x->counts, ledger_counts(ledger, &key));
	bool ok = ledger_write(ledger, commit, nobody, e);
	ledger_free(ledger);
	return ok;
}

static bool add_changes(const struct expiry *x, struct commit *commit, int64_t reached,
                        struct err *e)
{
	char text[24];
	int len = snprintf(text, sizeof text, "%" PRId64, reached);
	for (size_t i = 0; i < x->count; i++)
		if (!commit_retire(commit, x->ids[i], e))
			return false;
	return (x->count == 0 || write_ledger(x, commit, e)) &&
	       commit_set_state(commit, CLOCK_KEY, text, (size_t)len, e);
}

bool expiry_commit(const struct expiry *x, struct workspace *ws, int64_t reached, struct err *e)
{
	struct commit *commit = commit_begin(ws, e);
	if (!commit)
		return false;
	if (add_changes(x, commit, reached, e))
		return commit_end(commit, e);
	commit_abandon(commit);
	return false;
}

bool expiry_clock(struct workspace *ws, int64_t wall, int64_t *ret, struct err *e)
{
	struct buf text = { 0 };
	int64_t last = 0;
	bool ok = workspace_state(ws, CLOCK_KEY, &text, e) && workspace_last_commit(ws, &last, e);
	if (text.len)
		*ret = strtoll(buf_text(&text), NULL, 10);
	else if (last && last + FIRST_SLACK < wall)
		*ret = last + FIRST_SLACK;
	else
		*ret = wall;
	buf_done(&text);
	return ok;
}

/* ---- telling ---- */

void expiry_sum(struct expiry_counts *into, const struct expiry_counts *from)
{
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (size_t cause = 0; cause < RETENTION_CAUSES; cause++) {
			into->of[t][cause].segments += from->of[t][cause].segments;
			into->of[t][cause].rows += from->of[t][cause].rows;
			into->of[t][cause].octets += from->of[t][cause].octets;
		}
	}
}

void expiry_describe(struct buf *out, const struct expiry_counts *counts)
{
	struct dropped sum = { 0 };
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (size_t cause = 0; cause < RETENTION_CAUSES; cause++) {
			const struct dropped *d = &counts->of[t][cause];
			if (d->segments == 0)
				continue;
			buf_printf(out, "%s%" PRIu64 " rows of %s by %s", sum.segments ? ", " : "",
			           d->rows, tables[t].name, cause_names[cause]);
			sum.segments += d->segments;
			sum.octets += d->octets;
		}
	}
	if (sum.segments)
		buf_printf(out, ": %" PRIu64 " segments, %" PRIu64 " octets", sum.segments,
		           sum.octets);
}
