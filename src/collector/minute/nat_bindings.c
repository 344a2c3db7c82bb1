#include "collector/minute/nat_bindings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "collector/minute/nat_exporters.h"
#include "collector/minute/nat_table.h"
#include "core/base/buf.h"
#include "core/base/ticks.h"
#include "core/flow/nat_event.h"

/* Rows of what lived so long go into segments of their own, so that one of them does not make a
 * reader look at all that ended with it. */
#define LONG_LIVED (60 * TICKS_PER_MINUTE)

static const char state_key[] = "nat/bindings";

enum {
	CLOSED_SETS = 64, /* full ones at most between two commits */
	SINCE_MAX = 256,  /* segments of events to be read again before open ones are written */
	SEGMENTS = 1024,  /* that one commit may add of a table */
	OPEN_PART = 4,    /* open ones are written once events are a quarter of them */
};

struct segment_ids {
	size_t count;
	int64_t ids[SEGMENTS + SINCE_MAX];
};

/* Rows that were closed, in sets of which each but the last is full. */
struct closed {
	struct plain_rows *sets[CLOSED_SETS]; /* kept for the next commit */
	size_t count;
};

struct nat_bindings {
	struct nat_table *table;
	struct nat_exporters *exporters;
	int64_t timeout;
	int64_t now; /* ticks: the latest minute in which an event arrived */

	struct closed short_lived, long_lived; /* since the last commit */

	bool durable;       /* what is open is kept for the next run */
	uint64_t changes;   /* events since open ones were written */
	bool untold;        /* something was closed that events do not tell */
	int64_t written_at; /* ticks: open ones */
	struct segment_ids open, since;

	/* what the commit under way will change */
	bool writing, writing_open;
	struct segment_ids new_open, new_since;
};

struct nat_bindings *nat_bindings_new(size_t max, int64_t timeout_ticks, struct err *e)
{
	struct nat_bindings *b = calloc(1, sizeof *b);
	if (!b) {
		err_set(e, ERR_NOMEM, "no memory for NAT bindings");
		return NULL;
	}
	b->timeout = timeout_ticks;
	b->table = nat_table_new(max, e);
	b->exporters = b->table ? nat_exporters_new(e) : NULL;
	if (b->exporters)
		return b;
	nat_bindings_free(b);
	return NULL;
}

void nat_bindings_free(struct nat_bindings *b)
{
	if (!b)
		return;
	nat_table_free(b->table);
	nat_exporters_free(b->exporters);
	for (size_t i = 0; i < CLOSED_SETS; i++) {
		plain_rows_free(b->short_lived.sets[i]);
		plain_rows_free(b->long_lived.sets[i]);
	}
	free(b);
}

/* ---- rows ---- */

/* What a binding has of the event that began it. */
static struct nat_binding binding_of(const struct nat_event *event, enum nat_object kind)
{
	struct nat_binding row = { .kind = (uint8_t)kind };
	row.present = PLAIN_BIT(BINDINGS, BindingKind);
#define TAKE(column, field)                                                                        \
	if (event->present & PLAIN_BIT(NAT, column)) {                                             \
		row.field = event->field;                                                          \
		row.present |= PLAIN_BIT(BINDINGS, column);                                        \
	}
	TAKE(Exporter, exporter)
	TAKE(ObservationDomain, domain)
	TAKE(NatInstanceId, nat_instance)
	TAKE(IngressVrf, ingress_vrf)
	TAKE(Dialect, dialect)
	TAKE(Protocol, protocol)
	TAKE(SourceIp, src_addr)
	TAKE(SourcePort, src_port)
	TAKE(DestinationIp, dst_addr)
	TAKE(DestinationPort, dst_port)
	TAKE(PostNatSourceIp, post_src_addr)
	TAKE(PostNatSourcePort, post_src_port)
	TAKE(PortBlockStart, block_start)
	TAKE(PortBlockEnd, block_end)
	TAKE(PortBlockStep, block_step)
	TAKE(PortBlockSize, block_size)
	TAKE(FlowId, flow_id)
#undef TAKE
	return row;
}

static void set_begin(struct nat_binding *row, int64_t time)
{
	row->begin_time = time;
	row->present |= PLAIN_BIT(BINDINGS, BeginTime);
}

static int64_t ticks_of(uint32_t minute)
{
	return TICKS_UNIX_EPOCH + minute * TICKS_PER_MINUTE;
}

static void closed_add(struct closed *c, const struct nat_binding *row)
{
	struct err unused;
	size_t i = c->count ? c->count - 1 : 0;
	if (c->sets[i] && plain_rows_is_full(c->sets[i]) && i + 1 < CLOSED_SETS)
		i++;
	if (!c->sets[i])
		c->sets[i] = plain_rows_new(&unused);
	c->count = i + 1;
	if (!c->sets[i] || !plain_rows_add(c->sets[i], TABLE_BINDINGS, row, 1))
		abort(); /* what is not written now would be lost unseen */
}

static void closed_clear(struct closed *c)
{
	for (size_t i = 0; i < c->count; i++)
		plain_rows_clear(c->sets[i]);
	c->count = 0;
}

/* Ends a row at `time` in that minute, and puts it among the closed. */
static void close_row(struct nat_bindings *b, const struct nat_binding *row, enum nat_end how,
                      int64_t time, uint32_t minute)
{
	struct nat_binding closed = *row;
	closed.ended = (uint8_t)how;
	closed.end = time;
	closed.minute = minute;
	closed.present |= PLAIN_BIT(BINDINGS, EndTime) | PLAIN_BIT(BINDINGS, BindingEnd) |
	                  PLAIN_BIT(BINDINGS, TimeGenerated);
	bool lived_long =
	    row->present & PLAIN_BIT(BINDINGS, BeginTime) && time - row->begin_time >= LONG_LIVED;
	closed_add(lived_long ? &b->long_lived : &b->short_lived, &closed);
}

static void close_binding(struct nat_bindings *b, struct nat_binding *row, enum nat_end how,
                          int64_t time, uint32_t minute)
{
	close_row(b, row, how, time, minute);
	nat_table_remove(b->table, row);
}

/* ---- events ---- */

/* What the event is about; NAT_NONE where that is nothing that anybody holds. */
static enum nat_object object_of(const struct nat_event *event)
{
	enum nat_object object = nat_event_kinds[event->event].object;
	bool block = event->present & PLAIN_BIT(NAT, PortBlockStart);
	if (!(event->present & PLAIN_BIT(NAT, PostNatSourceIp)))
		return NAT_NONE;
	if (object == NAT_SESSION && block)
		return NAT_BLOCK;
	return object <= NAT_BLOCK ? object : NAT_NONE;
}

/* When it happened, as well as that is known. */
static int64_t time_of(const struct nat_event *event)
{
	return event->present & PLAIN_BIT(NAT, EventTime) ? event->event_time : event->record_time;
}

/* When what goes on or ends had begun; false where nobody tells. */
static bool begin_told(const struct nat_event *event, int64_t *ret)
{
	bool block = event->present & PLAIN_BIT(NAT, PortBlockTime);
	*ret = block ? event->block_time : event->start_time;
	return block || event->present & PLAIN_BIT(NAT, FlowStartTime);
}

static void open_binding(struct nat_bindings *b, struct nat_binding *row, int64_t seen)
{
	struct nat_binding *oldest = nat_table_oldest(b->table);
	if (nat_table_is_full(b->table))
		close_binding(b, oldest, NAT_END_PUSHED_OUT, seen,
		              (uint32_t)((seen - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE));
	row->seen = seen;
	row->present |= PLAIN_BIT(BINDINGS, SeenTime);
	nat_table_add(b->table, row);
}

static void take_hold(struct nat_bindings *b, const struct nat_event *event,
                      struct nat_binding *row, struct nat_binding *known)
{
	int64_t begin;
	if (known) {
		known->seen = ticks_of(event->minute);
		nat_table_touch(b->table, known);
		return;
	}
	if (begin_told(event, &begin))
		set_begin(row, begin);
	open_binding(b, row, ticks_of(event->minute));
}

/* The same told twice changes nothing. */
static void take_begin(struct nat_bindings *b, const struct nat_event *event,
                       struct nat_binding *row, struct nat_binding *known)
{
	int64_t begin;
	if (!begin_told(event, &begin))
		begin = time_of(event);
	if (known && known->present & PLAIN_BIT(BINDINGS, BeginTime) &&
	    known->begin_time == begin) {
		take_hold(b, event, row, known);
		return;
	}
	set_begin(row, begin);
	if (known)
		close_binding(b, known, NAT_END_REPLACED, begin, event->minute);
	open_binding(b, row, ticks_of(event->minute));
}

static void take_end(struct nat_bindings *b, const struct nat_event *event, struct nat_binding *row,
                     struct nat_binding *known)
{
	int64_t begin;
	if (known) {
		close_binding(b, known, NAT_END_DELETED, time_of(event), event->minute);
		return;
	}
	if (begin_told(event, &begin))
		set_begin(row, begin);
	close_row(b, row, NAT_END_DELETED, time_of(event), event->minute);
}

/* Nothing is left of what an exporter held before it started anew. */
static void close_all_of(struct nat_bindings *b, const struct nat_event *event)
{
	struct nat_binding *next, *row = nat_table_oldest(b->table);
	for (; row; row = next) {
		next = nat_table_after(b->table, row);
		if (row->domain == event->domain && ip_equal(&row->exporter, &event->exporter))
			close_binding(b, row, NAT_END_RESTARTED, event->exporter_start,
			              event->minute);
	}
	b->untold = true;
}

static void take_event(struct nat_bindings *b, const struct nat_event *event)
{
	enum nat_object object = object_of(event);
	enum nat_act act = nat_event_kinds[event->event].act;
	if (ticks_of(event->minute) > b->now)
		b->now = ticks_of(event->minute);
	if (nat_exporters_restarted(b->exporters, event))
		close_all_of(b, event);
	if (object == NAT_NONE || act == NAT_ACT_NONE)
		return;
	struct nat_binding row = binding_of(event, object);
	struct nat_binding *known = nat_table_find(b->table, &row);
	b->changes++;
	if (act == NAT_ACT_BEGIN)
		take_begin(b, event, &row, known);
	else if (act == NAT_ACT_HOLD)
		take_hold(b, event, &row, known);
	else
		take_end(b, event, &row, known);
}

void nat_bindings_take_rows(struct nat_bindings *b, const struct nat_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		take_event(b, &events[i]);
}

void nat_bindings_take(struct nat_bindings *b, const struct plain_rows *events)
{
	size_t count;
	const struct nat_event *rows = plain_rows_of(events, TABLE_NAT, &count);
	nat_bindings_take_rows(b, rows, count);
}

/* ---- commits ---- */

static void time_out(struct nat_bindings *b, int64_t now)
{
	struct nat_binding *oldest;
	uint32_t minute = (uint32_t)((now - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
	while ((oldest = nat_table_oldest(b->table)) && now - oldest->seen > b->timeout) {
		close_binding(b, oldest, NAT_END_TIMED_OUT, oldest->seen + b->timeout, minute);
		b->untold = true;
	}
}

static bool write_closed(struct closed *c, struct commit *commit, struct err *e)
{
	bool ok = true;
	for (size_t i = 0; ok && i < c->count; i++)
		ok = plain_rows_sort(c->sets[i], e) && commit_plain_rows(commit, c->sets[i], e);
	return ok;
}

/* All open ones, as of that minute. */
static bool write_open(struct nat_bindings *b, struct commit *commit, uint32_t minute,
                       struct err *e)
{
	struct plain_rows *rows = plain_rows_new(e);
	bool ok = rows != NULL;
	struct nat_binding *next = nat_table_oldest(b->table);
	while (ok && next) {
		for (; next && !plain_rows_is_full(rows); next = nat_table_after(b->table, next)) {
			struct nat_binding row = *next;
			row.minute = minute;
			row.present |= PLAIN_BIT(BINDINGS, TimeGenerated);
			if (!plain_rows_add(rows, TABLE_BINDINGS, &row, 1))
				break;
		}
		ok = commit_plain_rows(commit, rows, e);
		plain_rows_clear(rows);
	}
	plain_rows_free(rows);
	return ok;
}

/* Whether open ones are to be written: often where they are few, seldom where events are. */
static bool is_due(const struct nat_bindings *b, int64_t now)
{
	if (b->untold || b->since.count + b->new_since.count > SINCE_MAX)
		return true;
	return b->changes && (b->changes >= nat_table_count(b->table) / OPEN_PART ||
	                      now - b->written_at >= TICKS_PER_MINUTE);
}

static bool too_many(struct err *e)
{
	return err_set(e, ERR_WORKSPACE, "more segments of NAT bindings than are kept count of");
}

/* Writes open ones in the place of those that were written last. */
static bool replace_open(struct nat_bindings *b, struct commit *commit, int64_t now, struct err *e)
{
	struct segment_ids all;
	size_t before = commit_segments(commit, TABLE_BINDINGS, NULL, 0);
	uint32_t minute = (uint32_t)((now - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
	bool ok = write_open(b, commit, minute, e);
	for (size_t i = 0; ok && i < b->open.count; i++)
		ok = commit_retire(commit, b->open.ids[i], e);
	if (!ok)
		return false;
	all.count = commit_segments(commit, TABLE_BINDINGS, all.ids, SEGMENTS);
	if (all.count > SEGMENTS)
		return too_many(e);
	b->new_open.count = 0;
	for (size_t i = before; i < all.count; i++)
		b->new_open.ids[b->new_open.count++] = all.ids[i];
	b->writing_open = true;
	return true;
}

static void list_ids(struct buf *out, const char *word, const struct segment_ids *list)
{
	for (size_t i = 0; i < list->count; i++)
		buf_printf(out, "%s %" PRId64 "\n", word, list->ids[i]);
}

static bool note_state(const struct nat_bindings *b, struct commit *commit, struct err *e)
{
	struct buf text = { 0 };
	list_ids(&text, "open", b->writing_open ? &b->new_open : &b->open);
	if (!b->writing_open) {
		list_ids(&text, "since", &b->since);
		list_ids(&text, "since", &b->new_since);
	}
	bool ok = !text.failed || err_set(e, ERR_NOMEM, "no memory to note NAT bindings");
	ok = ok && commit_set_state(commit, state_key, buf_text(&text), text.len, e);
	buf_done(&text);
	return ok;
}

bool nat_bindings_write(struct nat_bindings *b, struct commit *commit, int64_t now, bool all,
                        struct err *e)
{
	b->writing = true;
	b->writing_open = false;
	b->new_since.count = commit_segments(commit, TABLE_NAT, b->new_since.ids, SEGMENTS);
	if (b->new_since.count > SEGMENTS)
		return too_many(e);
	time_out(b, now);
	if (!write_closed(&b->short_lived, commit, e) || !write_closed(&b->long_lived, commit, e))
		return false;
	bool ok = (!all && !is_due(b, now)) || replace_open(b, commit, now, e);
	if (b->writing_open)
		b->written_at = now;
	return ok && (!b->durable || !(b->new_since.count || b->writing_open) ||
	              note_state(b, commit, e));
}

void nat_bindings_committed(struct nat_bindings *b, bool ok)
{
	if (!b->writing || !ok) {
		b->writing = b->writing_open = false;
		return;
	}
	closed_clear(&b->short_lived);
	closed_clear(&b->long_lived);
	if (b->writing_open) {
		b->open = b->new_open;
		b->since.count = 0;
		b->changes = 0;
		b->untold = false;
	} else {
		for (size_t i = 0; i < b->new_since.count; i++)
			b->since.ids[b->since.count++] = b->new_since.ids[i];
	}
	b->writing = b->writing_open = false;
}

int64_t nat_bindings_now(const struct nat_bindings *b)
{
	return b->now;
}

/* ---- going on where an earlier run ended ---- */

static bool take_open(void *context, const void *rows, size_t count, struct err *e)
{
	struct nat_bindings *b = context;
	const struct nat_binding *open = rows;
	(void)e;
	for (size_t i = 0; i < count; i++) {
		b->written_at = ticks_of(open[i].minute);
		if (!nat_table_is_full(b->table) && !nat_table_find(b->table, &open[i]))
			nat_table_add(b->table, &open[i]);
	}
	return true;
}

static bool take_since(void *context, const void *rows, size_t count, struct err *e)
{
	(void)e;
	nat_bindings_take_rows(context, rows, count);
	return true;
}

static bool read_ids(const char *text, struct nat_bindings *b, struct err *e)
{
	while (*text) {
		char word[8];
		int64_t id;
		int len = 0;
		if (sscanf(text, "%7s %" SCNd64 "\n%n", word, &id, &len) != 2 || len == 0)
			return err_set(e, ERR_WORKSPACE, "the list of NAT bindings is damaged");
		struct segment_ids *list = word[0] == 'o' ? &b->open : &b->since;
		if (list->count == SEGMENTS)
			return too_many(e);
		list->ids[list->count++] = id;
		text += len;
	}
	return true;
}

bool nat_bindings_resume(struct nat_bindings *b, struct workspace *ws, struct err *e)
{
	struct buf text = { 0 };
	b->durable = true;
	bool ok = workspace_state(ws, state_key, &text, e) && read_ids(buf_text(&text), b, e);
	if (ok && b->open.count)
		ok = workspace_plain_rows(ws, TABLE_BINDINGS, b->open.ids, b->open.count, take_open,
		                          b, e);
	if (ok && b->since.count)
		ok = workspace_plain_rows(ws, TABLE_NAT, b->since.ids, b->since.count, take_since,
		                          b, e);
	closed_clear(&b->short_lived); /* the run that closed them has written them */
	closed_clear(&b->long_lived);
	buf_done(&text);
	if (ok)
		return true;
	nat_table_clear(b->table);
	b->open.count = b->since.count = 0;
	return err_wrap(e, "taking up the NAT bindings");
}

/* ---- memory ---- */

size_t nat_bindings_count(const struct nat_bindings *b)
{
	return nat_table_count(b->table);
}

static size_t closed_memory(const struct closed *c)
{
	size_t octets = 0;
	for (size_t i = 0; i < CLOSED_SETS; i++)
		octets += c->sets[i] ? plain_rows_memory(c->sets[i]) : 0;
	return octets;
}

size_t nat_bindings_memory(const struct nat_bindings *b)
{
	size_t octets = sizeof *b + nat_table_memory(b->table);
	return octets + closed_memory(&b->short_lived) + closed_memory(&b->long_lived);
}

size_t nat_bindings_bound(const struct nat_bindings *b)
{
	return sizeof *b + nat_table_bound(b->table) + 2 * plain_rows_bound();
}
