#include "collector/minute/open.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/ticks.h"

static const char parts_key[] = "minute/parts";

/* A visible segment with rows of an open minute. */
struct part {
	uint64_t minute;
	int64_t segment;
};

struct parts {
	struct part *items;
	size_t count, room;
};

struct open_minutes {
	const struct constants *constants;
	struct flow_table *fold;
	size_t fold_max;
	struct parts parts;     /* of open minutes */
	struct parts recalled;  /* of an earlier run, whose rows are not folded yet */
	uint64_t closed_before; /* rows of earlier minutes stay parts for good */

	/* what the commit under way will change */
	struct parts added;
	const struct flow_table *tables[OPEN_WORKERS];
	size_t table_count;
	uint64_t closing; /* minutes before this one; 0: none */
	bool pausing;     /* what is closed goes on as parts */
};

struct open_minutes *open_new(size_t fold_max, const struct constants *constants, struct err *e)
{
	struct open_minutes *o = calloc(1, sizeof *o);
	if (!o) {
		err_set(e, ERR_NOMEM, "no memory for the open minutes");
		return NULL;
	}
	o->constants = constants;
	o->fold_max = fold_max;
	o->fold = flow_table_new(fold_max, e);
	if (!o->fold) {
		free(o);
		return NULL;
	}
	return o;
}

void open_free(struct open_minutes *o)
{
	if (!o)
		return;
	flow_table_free(o->fold);
	free(o->parts.items);
	free(o->recalled.items);
	free(o->added.items);
	free(o);
}

void open_set_constants(struct open_minutes *o, const struct constants *constants)
{
	o->constants = constants;
}

size_t open_rows(const struct open_minutes *o)
{
	return flow_table_count(o->fold);
}

size_t open_memory(const struct open_minutes *o)
{
	return flow_table_memory(o->fold) + (o->parts.room + o->added.room) * sizeof(struct part);
}

size_t open_bound(const struct open_minutes *o)
{
	return flow_table_bound(o->fold_max);
}

bool open_has_room(const struct open_minutes *o, size_t rows)
{
	return rows <= o->fold_max - flow_table_count(o->fold);
}

static bool parts_add(struct parts *parts, struct part part, struct err *e)
{
	if (parts->count == parts->room) {
		size_t room = parts->room ? parts->room * 2 : 64;
		struct part *items = realloc(parts->items, room * sizeof *items);
		if (!items)
			return err_set(e, ERR_NOMEM, "no memory for %zu parts", room);
		parts->items = items;
		parts->room = room;
	}
	parts->items[parts->count++] = part;
	return true;
}

/* ---- rows by minute ---- */

/* By minute, then in the order of their table, in which rows lie one behind the other. */
static int by_minute(const void *a, const void *b)
{
	const struct flow_row *const *x = a, *const *y = b;
	if ((*x)->key.minute != (*y)->key.minute)
		return (*x)->key.minute < (*y)->key.minute ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

/* The rows of minutes before `before`, in order of minute.  NULL where memory is short. */
static const struct flow_row **sorted_rows(const struct flow_table *table, uint64_t before,
                                           size_t *ret_count, struct err *e)
{
	size_t all = flow_table_count(table), count = 0;
	const struct flow_row **rows = malloc((all + 1) * sizeof(const struct flow_row *));
	if (!rows) {
		err_set(e, ERR_NOMEM, "no memory to write %zu rows", all);
		return NULL;
	}
	bool sorted = true;
	for (size_t i = 0; i < all; i++) {
		const struct flow_row *row = flow_table_row(table, i);
		if (row->key.minute >= before)
			continue;
		sorted &= count == 0 || rows[count - 1]->key.minute <= row->key.minute;
		rows[count++] = row;
	}
	if (!sorted)
		qsort(rows, count, sizeof(const struct flow_row *), by_minute);
	*ret_count = count;
	return rows;
}

/* Writes each minute's rows as one segment and calls `note` with it. */
static bool write_minutes(struct open_minutes *o, struct commit *commit,
                          const struct flow_table *table, uint64_t before, struct parts *ret,
                          struct err *e)
{
	size_t count;
	const struct flow_row **rows = sorted_rows(table, before, &count, e);
	if (!rows)
		return false;
	bool ok = true;
	for (size_t at = 0, end; ok && at < count; at = end) {
		uint32_t minute = rows[at]->key.minute;
		for (end = at; end < count && rows[end]->key.minute == minute; end++) {
		}
		ok = commit_flow_rows(commit, rows + at, end - at, o->constants, e);
		if (ok && ret)
			ok =
			    parts_add(ret, (struct part){ minute, commit_last_segment(commit) }, e);
	}
	free(rows);
	return ok;
}

/* ---- commits ---- */

bool open_add(struct open_minutes *o, struct commit *commit, const struct flow_table *table,
              struct err *e)
{
	assert(o->table_count < OPEN_WORKERS && !o->closing);
	o->tables[o->table_count++] = table;
	return write_minutes(o, commit, table, UINT64_MAX, &o->added, e);
}

uint64_t open_oldest(const struct open_minutes *o)
{
	uint64_t oldest = UINT64_MAX;
	for (size_t i = 0; i < o->parts.count; i++)
		if (o->parts.items[i].minute < oldest)
			oldest = o->parts.items[i].minute;
	return oldest;
}

static bool close_before(struct open_minutes *o, struct commit *commit, uint64_t before,
                         struct parts *ret, struct err *e)
{
	assert(o->table_count == 0 && before > 0);
	o->closing = before;
	bool ok = write_minutes(o, commit, o->fold, before, ret, e);
	for (size_t i = 0; ok && i < o->parts.count; i++)
		if (o->parts.items[i].minute < before)
			ok = commit_retire(commit, o->parts.items[i].segment, e);
	return ok;
}

bool open_close(struct open_minutes *o, struct commit *commit, uint64_t before, struct err *e)
{
	return close_before(o, commit, before, NULL, e);
}

bool open_pause(struct open_minutes *o, struct commit *commit, struct err *e)
{
	o->pausing = true;
	return close_before(o, commit, UINT64_MAX, &o->added, e);
}

static void list_parts(const struct parts *parts, uint64_t from, struct buf *out)
{
	for (size_t i = 0; i < parts->count; i++)
		if (parts->items[i].minute >= from)
			buf_printf(out, "%" PRIu64 " %" PRId64 "\n", parts->items[i].minute,
			           parts->items[i].segment);
}

bool open_seal(const struct open_minutes *o, struct commit *commit, struct err *e)
{
	struct buf text = { 0 };
	list_parts(&o->recalled, 0, &text);
	list_parts(&o->parts, o->closing, &text);
	list_parts(&o->added, o->pausing ? 0 : o->closed_before, &text);
	bool ok = !text.failed || err_set(e, ERR_NOMEM, "no memory to list the parts");
	ok = ok && commit_set_state(commit, parts_key, buf_text(&text), text.len, e);
	buf_done(&text);
	return ok;
}

/* Merges the rows of open minutes; open_has_room was asked before.  Rows lie one behind the other,
 * and many are merged faster at a time. */
static void fold_table(struct open_minutes *o, const struct flow_table *table)
{
	size_t count = flow_table_count(table);
	for (size_t at = 0, end; at < count; at = end + 1) {
		for (end = at; end < count; end++)
			if (flow_table_row(table, end)->key.minute < o->closed_before)
				break;
		if (end == at)
			continue;
		size_t merged = flow_table_merge(o->fold, flow_table_row(table, at), end - at);
		assert(merged == end - at);
		(void)merged;
	}
}

/* Keeps the parts of minutes from `from` on. */
static void keep_parts(struct parts *parts, uint64_t from)
{
	size_t kept = 0;
	for (size_t i = 0; i < parts->count; i++)
		if (parts->items[i].minute >= from)
			parts->items[kept++] = parts->items[i];
	parts->count = kept;
}

static void fold_added(struct open_minutes *o)
{
	for (size_t i = 0; i < o->table_count; i++)
		fold_table(o, o->tables[i]);
	keep_parts(&o->added, o->closed_before);
	struct err e;
	for (size_t i = 0; i < o->added.count; i++)
		if (!parts_add(&o->parts, o->added.items[i], &e))
			abort(); /* a part that is not retired would be counted twice */
}

/* After closing everything, what comes for the newest minute stays parts. */
static void forget_closed(struct open_minutes *o)
{
	uint64_t before = o->closing;
	if (before == UINT64_MAX) {
		before = o->closed_before;
		for (size_t i = 0; i < o->parts.count; i++)
			if (o->parts.items[i].minute >= before)
				before = o->parts.items[i].minute + 1;
	}
	if (before > o->closed_before)
		o->closed_before = before;
	flow_table_remove_before(o->fold, o->closing);
	keep_parts(&o->parts, o->closing);
}

void open_start_anew(struct open_minutes *o)
{
	assert(o->parts.count == 0);
	o->closed_before = 0;
}

void open_committed(struct open_minutes *o, bool ok)
{
	if (ok && o->closing)
		forget_closed(o);
	else if (ok)
		fold_added(o);
	o->added.count = 0;
	o->table_count = 0;
	o->closing = 0;
	o->pausing = false;
}

/* ---- going on where an earlier run ended ---- */

static bool read_parts(const char *text, struct parts *ret, struct err *e)
{
	while (*text) {
		struct part part;
		int len = 0;
		if (sscanf(text, "%" SCNu64 " %" SCNd64 "\n%n", &part.minute, &part.segment,
		           &len) != 2 ||
		    len == 0)
			return err_set(e, ERR_WORKSPACE, "the list of open parts is damaged");
		if (!parts_add(ret, part, e))
			return false;
		text += len;
	}
	return true;
}

static bool is_done(const struct parts *parts, uint64_t minute, uint64_t now)
{
	size_t count = 0;
	for (size_t i = 0; i < parts->count; i++)
		count += parts->items[i].minute == minute;
	return count == 1 && minute < now;
}

static bool fold_rows(void *context, const struct flow_row *rows, size_t count, struct err *e)
{
	return flow_table_merge(context, rows, count) == count ||
	       err_set(e, ERR_NOMEM, "their rows are more than flows.max allows");
}

bool open_recall(struct open_minutes *o, struct workspace *ws, struct err *e)
{
	struct buf text = { 0 };
	struct parts all = { 0 };
	uint64_t now = (uint64_t)((ticks_now() - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
	bool ok = workspace_state(ws, parts_key, &text, e) && read_parts(buf_text(&text), &all, e);
	for (size_t i = 0; ok && i < all.count; i++)
		if (!is_done(&all, all.items[i].minute, now))
			ok = parts_add(&o->recalled, all.items[i], e);
	free(all.items);
	buf_done(&text);
	return ok;
}

static bool fold_recalled(struct open_minutes *o, struct flow_table *table, struct workspace *ws,
                          struct err *e)
{
	size_t count = o->recalled.count;
	int64_t *ids = calloc(count + 1, sizeof *ids);
	if (!ids)
		return err_set(e, ERR_NOMEM, "no memory for %zu parts", count);
	for (size_t i = 0; i < count; i++)
		ids[i] = o->recalled.items[i].segment;
	bool ok = workspace_flow_rows(ws, ids, count, fold_rows, table, e);
	free(ids);
	return ok;
}

/* Rows are read into a table of their own first: should that fail, nothing has changed. */
static bool resume(struct open_minutes *o, struct workspace *ws, struct err *e)
{
	struct flow_table *table = flow_table_new(o->fold_max, e);
	bool ok = table && fold_recalled(o, table, ws, e);
	if (ok && !open_has_room(o, flow_table_count(table)))
		ok = err_set(e, ERR_NOMEM, "their rows are more than flows.max allows");
	for (size_t i = 0; ok && i < o->recalled.count; i++)
		ok = parts_add(&o->parts, o->recalled.items[i], e);
	if (ok)
		fold_table(o, table);
	flow_table_free(table);
	return ok;
}

bool open_resume(struct open_minutes *o, struct workspace *ws, struct err *e)
{
	bool ok = o->recalled.count == 0 || resume(o, ws, e);
	o->recalled.count = 0;
	return ok || err_wrap(e, "taking up the open minutes");
}
