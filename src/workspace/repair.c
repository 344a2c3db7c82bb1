#include "workspace/repair.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/durable.h"
#include "workspace/workspace_internal.h"

struct repairing {
	struct workspace *ws;
	verify_taker *take;
	void *context;
	struct segment_list damaged; /* id and path only */
};

/* ---- finding ---- */

static bool note(struct repairing *r, const struct segment *s, struct err *e)
{
	struct segment_list *list = &r->damaged;
	struct segment *items = realloc(list->items, (list->count + 1) * sizeof *items);
	if (items)
		list->items = items;
	char *path = strdup(s->path);
	if (!items || !path) {
		free(path);
		return err_set(e, ERR_NOMEM, "no memory for %zu segments", list->count + 1);
	}
	items[list->count++] = (struct segment){ .id = s->id, .path = path };
	return true;
}

static bool take_problem(void *context, const struct verify_problem *problem, struct err *e)
{
	struct repairing *r = context;
	if (strcmp(problem->path, "catalog.db") == 0)
		return err_set(e, ERR_WORKSPACE,
		               "the catalog of '%s' is damaged (%s); nothing was changed: restore "
		               "a backup",
		               r->ws->dir, problem->text);
	if (problem->segment && problem->code == ERR_IO)
		return err_set(e, ERR_IO, "%s: %s", problem->path, problem->text);
	return r->take(r->context, problem, e) &&
	       (!problem->segment || note(r, problem->segment, e));
}

/* ---- setting aside ---- */

/* Where a file is set aside, to be freed. */
static char *aside(struct workspace *ws, const char *path, struct err *e)
{
	char below[128];
	snprintf(below, sizeof below, "%s/%s", DAMAGED_DIR, strrchr(path, '/') + 1);
	return workspace_path(ws, below, e);
}

static bool keep_file(struct workspace *ws, const char *path, struct err *e)
{
	char *from = workspace_path(ws, path, e), *to = from ? aside(ws, path, e) : NULL;
	bool ok = to && (link(from, to) == 0 || errno == EEXIST || errno == ENOENT ||
	                 err_set(e, ERR_IO, "cannot set '%s' aside: %s", from, strerror(errno)));
	free(from);
	free(to);
	return ok;
}

static bool keep_files(struct repairing *r, struct err *e)
{
	char *dir = workspace_path(r->ws, DAMAGED_DIR, e);
	bool ok = dir && dir_make(dir, e);
	for (size_t i = 0; ok && i < r->damaged.count; i++)
		ok = keep_file(r->ws, r->damaged.items[i].path, e);
	ok = ok && dir_sync(dir, e);
	free(dir);
	return ok;
}

/* What stays is swept like all that was retired. */
static void remove_files(struct repairing *r)
{
	for (size_t i = 0; i < r->damaged.count; i++) {
		char *path = workspace_path(r->ws, r->damaged.items[i].path, NULL);
		if (path)
			unlink(path);
		free(path);
	}
}

/* ---- the commit ---- */

static bool is_damaged(const struct repairing *r, long long id)
{
	for (size_t i = 0; i < r->damaged.count; i++)
		if (r->damaged.items[i].id == id)
			return true;
	return false;
}

/* Adds the lines of other segments. */
static void filter_lines(const struct repairing *r, char *text, struct buf *ret)
{
	char *rest;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *last = strrchr(line, ' ');
		if (!is_damaged(r, strtoll(last ? last : line, NULL, 10)))
			buf_printf(ret, "%s\n", line);
	}
}

static bool filter_list(struct repairing *r, struct commit *c, const char *key, struct err *e)
{
	struct buf text = { 0 }, kept = { 0 };
	bool ok = workspace_state(r->ws, key, &text, e);
	if (ok && text.len) {
		filter_lines(r, text.text, &kept);
		ok = !kept.failed || err_set(e, ERR_NOMEM, "no memory for the state of %s", key);
		ok = ok && commit_set_state(c, key, buf_text(&kept), kept.len, e);
	}
	buf_done(&text);
	buf_done(&kept);
	return ok;
}

static bool take_out(struct repairing *r, const char *const *lists, size_t list_count,
                     struct err *e)
{
	struct commit *c = commit_begin(r->ws, e);
	bool ok = c;
	for (size_t i = 0; ok && i < r->damaged.count; i++)
		ok = commit_retire(c, r->damaged.items[i].id, e);
	for (size_t i = 0; ok && i < list_count; i++)
		ok = filter_list(r, c, lists[i], e);
	if (ok)
		return commit_end(c, e);
	commit_abandon(c);
	return false;
}

bool workspace_repair(struct workspace *ws, const char *const *lists, size_t list_count,
                      verify_taker *take, void *context, struct verify_report *ret, struct err *e)
{
	struct repairing r = { .ws = ws, .take = take, .context = context };
	bool ok = workspace_verify(ws, take_problem, &r, ret, e);
	if (ok && r.damaged.count) {
		ok = keep_files(&r, e) && take_out(&r, lists, list_count, e);
		if (ok)
			remove_files(&r);
	}
	segment_list_done(&r.damaged);
	return ok;
}
