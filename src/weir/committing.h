/* committing: one commit of the collector after the other, each all or nothing.
 *
 * The collector, and recovery before it, say what belongs into a commit; what every commit needs
 * beside that (enrichment, names, the list of open parts, telling minutes and bindings how it
 * ended) is done here.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "collector/enrich/names.h"
#include "collector/minute/nat_bindings.h"
#include "collector/minute/open.h"
#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "workspace/workspace.h"

struct committing {
	struct workspace *ws;
	struct open_minutes *open;
	struct nat_bindings *bindings;
	const struct enrichment *enrichment;
	struct names *names; /* rows get them; kept under the key "names" */
};

/* Adds the names that were kept last to *ret, as names_save wrote them. */
MUST_CHECK bool committing_names(struct workspace *ws, struct buf *ret, struct err *e);

/* Names that an earlier run kept; such as are damaged are left out, and told on `log`. */
MUST_CHECK bool committing_recall(struct committing *c, FILE *log, struct err *e);

/* Adds something to a commit; false where that failed, and nothing of the commit will be seen. */
typedef bool committing_fn(void *context, struct commit *commit, struct err *e);

/* Runs one commit of what `write` adds. */
MUST_CHECK bool committing_run(struct committing *c, committing_fn *write, void *context,
                               struct err *e);

/* Closes the minutes before `before`, UINT64_MAX: all; or leaves all to the next run. */
MUST_CHECK bool committing_close(struct committing *c, uint64_t before, struct err *e);
MUST_CHECK bool committing_pause(struct committing *c, struct err *e);
