/* catalog: which segments of a workspace count, and since which commit.
 *
 * An SQLite database in WAL mode, DIR/catalog.db:
 *
 *     meta      format (version of the workspace), uuid; backup, in a backup's copy (backup.h)
 *     commits   number, at: of the last commit, and of each that a visible segment came from;
 *               numbers rise and are never used twice
 *     segments  one row per visible segment; ids rise and are never used twice
 *     imports   one row per file that a commit's rows came from
 *     retired   one row per segment file that no longer counts but may still be read
 *     address_filters
 *               which addresses segments may hold (catalog_filter.h)
 *     state     what the writer wants to find again at its next start, by key
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
#include "core/base/buf.h"
#include "core/base/err.h"
#include "workspace/source_file.h"
#include "workspace/workspace.h"

/* Of the workspaces that this program writes.  Those of earlier formats are read as they are, and
 * brought to this one by the first writer that opens them:
 *
 *     1   segments without `level`: all are as they were written
 *     2   every commit is listed for ever, and segments have no address_filters: they are read
 *         whatever address is looked for, until they are compacted
 *     3   this one */
#define CATALOG_FORMAT 3

struct catalog; /* opaque */

/* NULL and one clear line (ERR_WORKSPACE) on failure.  For writing it is made if DIR has none; the
 * caller holds the writer's lock. */
MUST_CHECK struct catalog *catalog_open(const char *dir, enum workspace_mode mode, struct err *e);
void catalog_close(struct catalog *catalog); /* NULL is fine */

/* From here on until it is closed a catalog for reading stays as it is at the next question. */
MUST_CHECK bool catalog_hold(struct catalog *catalog, struct err *e);

/* The segments that a filter leaves (workspace.h). */
MUST_CHECK bool catalog_segments(struct catalog *catalog, const struct segment_filter *filter,
                                 struct segment_list *ret, struct err *e);

/* How many visible segments hold rows of a table. */
MUST_CHECK bool catalog_count(struct catalog *catalog, enum table_id table, int64_t *ret,
                              struct err *e);

/* The visible segments of these ids, in the ids' order; one that is not visible is an error. */
MUST_CHECK bool catalog_segments_of(struct catalog *catalog, const int64_t *ids, size_t count,
                                    struct segment_list *ret, struct err *e);

/* The `most` oldest segments of a table, oldest first: by their newest rows or their commits,
 * whichever are later. */
MUST_CHECK bool catalog_oldest(struct catalog *catalog, enum table_id table, size_t most,
                               struct segment_list *ret, struct err *e);

/* What the files of all visible segments have in octets. */
MUST_CHECK bool catalog_octets(struct catalog *catalog, int64_t *ret, struct err *e);

/* When the last commit was made, in ticks; 0 where there was none. */
MUST_CHECK bool catalog_last_commit(struct catalog *catalog, int64_t *ret, struct err *e);

/* Whether a row names the segment file at `path` below DIR, be it as retired. */
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

/* Something to be found again by its key. */
struct state_item {
	char *key;
	void *octets;
	size_t len;
};

/* All that one commit changes. */
struct catalog_change {
	struct segment_list added; /* what they say of commit and committed_at is not read;
	                              filters are kept */
	struct source_list sources;
	int64_t *retired; /* ids of segments that no longer count */
	size_t retired_count;
	struct state_item *states;
	size_t state_count;
};

/* Makes the change as one commit, durably, or nothing of it. *ret_doubtful: it failed where its
 * frames may have been written and only not synced, and they could not be overwritten: whoever
 * opens the catalog after a crash may find it done, so that no file that it adds may be removed. */
MUST_CHECK bool catalog_commit(struct catalog *catalog, const struct catalog_change *change,
                               bool *ret_doubtful, struct err *e);

/* Writes the catalog as it is at one moment to a new file at `path`, without the files that were
 * retired.  Copied as a backup it has a mark, with which it cannot be opened for writing; otherwise
 * it gets a uuid of its own, since from there on equal names of segments mean different files. */
MUST_CHECK bool catalog_copy(struct catalog *catalog, const char *path, bool as_backup,
                             struct err *e);

/* Adds what SQLite's integrity_check finds in the catalog, its first sentence; nothing where it is
 * whole. */
MUST_CHECK bool catalog_check(struct catalog *catalog, struct buf *ret, struct err *e);

/* The workspace's uuid as text. */
MUST_CHECK bool catalog_uuid(struct catalog *catalog, struct buf *ret, struct err *e);

/* Adds the octets of a key to *ret; nothing where the key has none. */
MUST_CHECK bool catalog_state(struct catalog *catalog, const char *key, struct buf *ret,
                              struct err *e);

/* The path of a file that was retired before `before` (ticks), or "" where there is none. */
MUST_CHECK bool catalog_retired(struct catalog *catalog, int64_t before, struct buf *ret_path,
                                struct err *e);

/* Forgets a retired file, once it is unlinked. */
MUST_CHECK bool catalog_forget(struct catalog *catalog, const char *path, struct err *e);
