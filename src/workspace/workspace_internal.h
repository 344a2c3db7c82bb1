/* workspace_internal: the body of struct workspace, for the files of this directory. */
#pragma once

#include "workspace/catalog.h"
#include "workspace/workspace.h"

struct workspace {
	char *dir;
	enum workspace_mode mode;
	struct catalog *held; /* of a reader, while it is held */
	/* writers only */
	int lock;                /* descriptor of run/writer.lock, -1: none */
	struct catalog *catalog; /* readers open it anew for each question: they may be forked */
	int64_t next_segment;    /* id of the next segment */
	struct commit *commit;   /* the one that is under way, or NULL */
};

/* "DIR/below", to be freed; NULL and e without memory. */
MUST_CHECK char *workspace_path(const struct workspace *ws, const char *below, struct err *e);

/* What a restore has in DIR while it works: a file that says so, and the place of the new catalog,
 * which is empty once the catalog has its name. */
#define RESTORING_MARK "restoring"
#define SNAPSHOT_DIR   "new"

/* Removes both of a workspace that has its catalog; a file or a directory of others stays. */
void workspace_remove_marks(const struct workspace *ws);

/* Whether another process has the workspace open for writing. */
bool workspace_has_writer(const struct workspace *ws);

/* The writer's catalog, or one opened anew for one question; NULL and e on failure.  To be given
 * back by workspace_catalog_done. */
MUST_CHECK struct catalog *workspace_catalog(const struct workspace *ws, struct err *e);
void workspace_catalog_done(const struct workspace *ws, struct catalog *catalog);
