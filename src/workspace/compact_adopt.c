/* compact_adopt: new segments in the place of old ones (contract in workspace/compact.h). */
#include <stdlib.h>
#include <unistd.h>

#include "workspace/commit.h"
#include "workspace/compact.h"
#include "workspace/relation.h"
#include "workspace/workspace_internal.h"

/* What is no longer visible has been dropped or replaced meanwhile: its rows must not come back. */
static bool are_visible(struct workspace *ws, const struct compaction *c, struct err *e)
{
	struct segment_list old;
	if (!relation_segments(ws, c->table, c->segments, c->count, &old, e))
		return false;
	segment_list_done(&old);
	return true;
}

static bool replace(struct commit *commit, const struct compaction *c,
                    const struct segment_list *made, struct err *e)
{
	for (size_t i = 0; i < made->count; i++)
		if (!commit_adopt(commit, &made->items[i], e))
			return false;
	for (size_t i = 0; i < c->count; i++)
		if (!commit_retire(commit, c->segments[i], e))
			return false;
	return true;
}

static void remove_new(struct workspace *ws, const struct segment_list *made)
{
	for (size_t i = 0; i < made->count; i++) {
		char *path = workspace_path(ws, made->items[i].path, NULL);
		if (path)
			unlink(path);
		free(path);
	}
}

bool compact_adopt(struct workspace *ws, const struct compaction *c,
                   const struct segment_list *made, struct err *e)
{
	struct commit *commit = are_visible(ws, c, e) ? commit_begin(ws, e) : NULL;
	bool ok = commit && replace(commit, c, made, e);
	if (ok)
		ok = commit_end(commit, e);
	else
		commit_abandon(commit);
	if (!ok)
		remove_new(ws, made);
	return ok;
}
