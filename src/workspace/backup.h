/* backup: a second workspace that holds what the first one did at one moment.
 *
 *     DIR/backup        the uuid of the workspace that it is of, and a lock
 *     DIR/catalog.db    as of that moment, without the files that were retired
 *     DIR/segments/     what that catalog names
 *     DIR/new/          the catalog of a backup under way
 *
 * It can be asked and verified like any workspace, but not written to.  A backup is made while a
 * collector runs: the catalog is copied in one snapshot, then the files that it names that are not
 * there yet; where one was removed meanwhile, a new snapshot is taken (BACKUP_TRIES times at most).
 * The new catalog takes the place of the old one once everything is durable, and then what only the
 * old one named goes.  Whoever is killed leaves the earlier backup whole.  Journals and sockets are
 * no part of it: what had not been committed is not in it.
 *
 * A restored workspace is another one: it has a uuid of its own, and its backups a place of their
 * own, for its segments will have names that the first one gives to others.  It is whole once it
 * has a catalog; one whose restoring was killed is no workspace and has a file "restoring", so that
 * the same can be done again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/verify.h"
#include "workspace/workspace.h"

enum { BACKUP_TRIES = 10 };

struct backup_report {
	uint64_t segments;       /* that are in it */
	uint64_t linked, copied; /* those of them that were not before */
	uint64_t octets;         /* that were copied */
	uint64_t removed;        /* files that were in the earlier one */
};

/* Backs up a workspace that is open for reading into `to`, which is made where it is missing.
 * ERR_WORKSPACE where `to` is something else than a backup of this workspace. */
MUST_CHECK bool workspace_backup(struct workspace *ws, const char *to, bool copy,
                                 struct backup_report *ret, struct err *e);

/* Makes a workspace at `to`, which is empty or missing, of the backup at `from`, once that was
 * verified: `take` gets what is wrong with it, and then nothing is restored. */
MUST_CHECK bool workspace_restore(const char *from, const char *to, bool copy, verify_taker *take,
                                  void *context, struct backup_report *ret, struct err *e);
