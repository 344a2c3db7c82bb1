#include "workspace/commit.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/durable.h"
#include "core/base/ticks.h"
#include "workspace/segment_columns.h"
#include "workspace/workspace_internal.h"

struct commit {
	struct workspace *ws;
	struct catalog_change change;
	size_t room; /* of change.added.items */
	const struct enrichment *enrichments[ENRICHMENTS];
	size_t enrichment_count;
	bool failed; /* rows are missing: it must not become visible */
};

struct commit *commit_begin(struct workspace *ws, struct err *e)
{
	assert(ws->mode == WORKSPACE_WRITE && !ws->commit);
	struct commit *c = calloc(1, sizeof *c);
	if (!c) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	c->ws = ws;
	ws->commit = c;
	return c;
}

void commit_enrich(struct commit *c, const struct enrichment *enrichment)
{
	if (!enrichment) {
		c->enrichment_count = 0;
		return;
	}
	assert(enrichment->kinds <= ENRICHMENT_KINDS && c->enrichment_count < ENRICHMENTS);
	c->enrichments[c->enrichment_count++] = enrichment;
}

const struct enrichment *commit_enrichment(const struct commit *c, size_t number)
{
	return number < c->enrichment_count ? c->enrichments[number] : NULL;
}

static void commit_free(struct commit *c)
{
	c->ws->commit = NULL;
	segment_list_done(&c->change.added);
	free(c->change.sources.items);
	free(c->change.retired);
	for (size_t i = 0; i < c->change.state_count; i++) {
		free(c->change.states[i].key);
		free(c->change.states[i].octets);
	}
	free(c->change.states);
	free(c);
}

void commit_abandon(struct commit *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->change.added.count; i++) {
		char *path = workspace_path(c->ws, c->change.added.items[i].path, NULL);
		if (path)
			unlink(path); /* what stays is swept by the next writer */
		free(path);
	}
	commit_free(c);
}

bool commit_fail(struct commit *c)
{
	c->failed = true;
	return false;
}

bool commit_end(struct commit *c, struct err *e)
{
	bool ok = !c->failed || err_set(e, ERR_WORKSPACE, "rows of this commit were not written");
	bool doubtful = false;
	const struct catalog_change *change = &c->change;
	if (ok && (change->added.count || change->retired_count || change->state_count))
		ok = catalog_commit(c->ws->catalog, change, &doubtful, e);
	if (ok || doubtful)
		commit_free(c);
	else
		commit_abandon(c);
	return ok;
}

bool commit_note_file(struct commit *c, const struct source_file *file, struct err *e)
{
	struct source_list *list = &c->change.sources;
	struct source_file *items = realloc(list->items, (list->count + 1) * sizeof *items);
	if (!items)
		return err_set(e, ERR_NOMEM, "no memory for %zu files", list->count + 1);
	list->items = items;
	items[list->count++] = *file;
	return true;
}

int64_t commit_last_segment(const struct commit *c)
{
	const struct segment_list *added = &c->change.added;
	return added->count ? added->items[added->count - 1].id : 0;
}

size_t commit_segments(const struct commit *c, enum table_id table, int64_t *ret, size_t room)
{
	const struct segment_list *added = &c->change.added;
	size_t count = 0;
	for (size_t i = 0; i < added->count; i++) {
		if (added->items[i].table != table)
			continue;
		if (count < room)
			ret[count] = added->items[i].id;
		count++;
	}
	return count;
}

bool commit_retire(struct commit *c, int64_t segment, struct err *e)
{
	struct catalog_change *change = &c->change;
	int64_t *ids = realloc(change->retired, (change->retired_count + 1) * sizeof *ids);
	if (!ids)
		return err_set(e, ERR_NOMEM, "no memory for %zu segments",
		               change->retired_count + 1);
	change->retired = ids;
	ids[change->retired_count++] = segment;
	return true;
}

bool commit_set_state(struct commit *c, const char *key, const void *octets, size_t len,
                      struct err *e)
{
	struct catalog_change *change = &c->change;
	struct state_item *items =
	    realloc(change->states, (change->state_count + 1) * sizeof *items);
	if (items)
		change->states = items;
	struct state_item item = { strdup(key), malloc(len ? len : 1), len };
	if (!items || !item.key || !item.octets) {
		free(item.key);
		free(item.octets);
		return err_set(e, ERR_NOMEM, "no memory for the state of %s", key);
	}
	if (len)
		memcpy(item.octets, octets, len);
	items[change->state_count++] = item;
	return true;
}

/* ---- one segment ---- */

/* The paths of a segment that is being made. */
struct segment_paths {
	char below[256]; /* of the file, below DIR */
	char *file, *temporary;
};

/* segments/TABLE/DAY/ID.parquet, with its directories made */
static bool paths_make(struct workspace *ws, const struct segment_facts *facts,
                       struct segment_paths *ret, struct err *e)
{
	struct date day = ticks_to_date(facts->day);
	char table[128], dir[160];
	snprintf(table, sizeof table, "segments/%s", tables[facts->table].name);
	snprintf(dir, sizeof dir, "%s/%04d-%02d-%02d", table, day.year, day.month, day.day);
	snprintf(ret->below, sizeof ret->below, "%s/%010lld.parquet", dir,
	         (long long)ws->next_segment);
	const char *const dirs[] = { table, dir };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		char *path = workspace_path(ws, dirs[i], e);
		bool ok = path && dir_make(path, e);
		free(path);
		if (!ok)
			return false;
	}
	ret->file = workspace_path(ws, ret->below, e);
	if (!ret->file)
		return false;
	if (asprintf(&ret->temporary, "%s.tmp", ret->file) < 0) {
		ret->temporary = NULL;
		return err_set(e, ERR_NOMEM, "no memory");
	}
	return true;
}

static void paths_done(struct segment_paths *paths)
{
	free(paths->file);
	free(paths->temporary);
}

static bool write_file(const struct row_source *source, const struct segment_paths *paths,
                       struct address_filters *ret_filters, struct err *e)
{
	if (segment_write(source, SEGMENT_LIGHT, paths->temporary, ret_filters, e) &&
	    file_publish(paths->temporary, paths->file, e))
		return true;
	unlink(paths->temporary);
	unlink(paths->file);
	return err_wrap(e, "writing segment '%s'", paths->file);
}

static struct segment *list_grow(struct commit *c, struct err *e)
{
	if (c->change.added.count == c->room) {
		size_t room = c->room ? c->room * 2 : 8;
		struct segment *items = realloc(c->change.added.items, room * sizeof *items);
		if (!items) {
			err_set(e, ERR_NOMEM, "no memory for %zu segments", room);
			return NULL;
		}
		c->change.added.items = items;
		c->room = room;
	}
	return &c->change.added.items[c->change.added.count];
}

/* Adds a segment whose file has its name to the list of what the commit makes visible; its filters
 * go with it. */
static bool list_add(struct commit *c, const struct segment *facts, const char *below,
                     struct err *e)
{
	struct segment *segment = list_grow(c, e);
	if (!segment)
		return false;
	*segment = *facts;
	segment->id = c->ws->next_segment;
	segment->path = strdup(below);
	if (!segment->path)
		return err_set(e, ERR_NOMEM, "no memory");
	c->change.added.count++;
	c->ws->next_segment++;
	return true;
}

static bool note_segment(struct commit *c, const struct segment_facts *facts,
                         const struct segment_paths *paths, struct address_filters *filters,
                         struct err *e)
{
	struct stat st;
	if (stat(paths->file, &st) < 0)
		return err_set(e, ERR_IO, "segment '%s': %s", paths->file, strerror(errno));
	struct segment segment = {
		.table = facts->table,
		.schema = segment_schema(facts->table, SEGMENT_LIGHT),
		.rows = facts->rows,
		.bytes = st.st_size,
		.time = facts->time,
		.recorded = facts->recorded,
		.filters = filters,
	};
	return list_add(c, &segment, paths->below, e);
}

bool commit_segment(struct commit *c, const struct segment_facts *facts,
                    const struct row_source *source, struct err *e)
{
	struct segment_paths paths = { 0 };
	struct address_filters *filters = calloc(1, sizeof *filters);
	bool ok = filters || err_set(e, ERR_NOMEM, "no memory for filters");
	ok = ok && paths_make(c->ws, facts, &paths, e) && write_file(source, &paths, filters, e);
	if (ok && !note_segment(c, facts, &paths, filters, e)) {
		unlink(paths.file);
		ok = false;
	}
	if (!ok)
		free(filters);
	paths_done(&paths);
	return ok;
}

/* NULL of NULL. */
static bool copy_filters(const struct address_filters *from, struct address_filters **ret,
                         struct err *e)
{
	*ret = from ? malloc(sizeof *from) : NULL;
	if (*ret)
		**ret = *from;
	return !from || *ret || err_set(e, ERR_NOMEM, "no memory for filters");
}

bool commit_adopt(struct commit *c, const struct segment *made, struct err *e)
{
	struct segment_paths paths = { 0 };
	struct segment_facts facts = { .table = made->table, .day = made->time.from };
	char *from = workspace_path(c->ws, made->path, e);
	struct segment own = *made;
	bool ok = from && copy_filters(made->filters, &own.filters, e) &&
	          paths_make(c->ws, &facts, &paths, e) && file_publish(from, paths.file, e);
	if (ok && !list_add(c, &own, paths.below, e)) {
		unlink(paths.file);
		ok = false;
	}
	if (!ok && own.filters != made->filters)
		free(own.filters);
	free(from);
	paths_done(&paths);
	return ok || commit_fail(c);
}

static bool take_segment(void *context, const struct segment_facts *facts,
                         const struct row_source *source, struct err *e)
{
	return commit_segment(context, facts, source, e);
}

struct segment_sink commit_sink(struct commit *c)
{
	return (struct segment_sink){ take_segment, c };
}
