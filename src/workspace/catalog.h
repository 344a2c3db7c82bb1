/* catalog: which segments of a workspace count, and since which commit.
 *
 * An SQLite database in WAL mode, DIR/catalog.db:
 *
 *     meta      format (version of the workspace), uuid
 *     commits   number, at: one row per commit, numbers rise and are never used twice
 *     segments  one row per visible segment; ids rise and are never used twice
 *     imports   one row per file that a commit's rows came from
 *
 * The writer keeps the WAL and its index when it closes (SQLITE_FCNTL_PERSIST_WAL): without them a
 * reader that may not write in DIR could not read a WAL database at all.  Readers map the index
 * read-only (readonly_shm), or work without it while no writer lives; they never write, make or
 * lock anything for writing, and see either all of a commit or nothing of it.
 *
 * A struct catalog belongs to one thread and must not be carried over fork(). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/source_file.h"
#include "workspace/workspace.h"

#define CATALOG_FORMAT 1 /* of the workspaces that this program writes */

struct catalog; /* opaque */

/* NULL and one clear line (ERR_WORKSPACE) on failure.  For writing it is made if DIR has none; the
 * caller holds the writer's lock. */
MUST_CHECK struct catalog *catalog_open(const char *dir, enum workspace_mode mode, struct err *e);
void catalog_close(struct catalog *catalog); /* NULL is fine */

/* The segments that a filter leaves (workspace.h). */
MUST_CHECK bool catalog_segments(struct catalog *catalog, const struct segment_filter *filter,
                                 struct segment_list *ret, struct err *e);

/* Whether a row names the segment file at `path` below DIR. */
MUST_CHECK bool catalog_names(struct catalog *catalog, const char *path, bool *ret, struct err *e);

/* The smallest id that no segment has had yet. */
MUST_CHECK bool catalog_next_id(struct catalog *catalog, int64_t *ret, struct err *e);

/* The last commit whose rows came from this file, or 0. */
MUST_CHECK bool catalog_imported(struct catalog *catalog, const struct source_file *file,
                                 int64_t *ret, struct err *e);

/* The files that a commit's rows came from. */
struct source_list {
	struct source_file *items;
	size_t count;
};

/* Makes the segments visible as one commit, durably, or none of them.  What they say of commit and
 * committed_at is not read: the catalog numbers the commit. */
MUST_CHECK bool catalog_commit(struct catalog *catalog, const struct segment_list *segments,
                               const struct source_list *sources, struct err *e);
