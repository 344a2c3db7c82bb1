/* repair: takes damaged segments out of a workspace, so that everything else answers again.
 *
 * What verify.h finds wrong with a segment (but for files that this process merely may not read,
 * which is an error) is taken out in one commit: its file gets a second name below DIR/damaged
 * before, and loses its first one after it, so that whoever is killed in between has lost nothing
 * and may begin anew.  The rows are lost to queries; verify_problem.segment tells how many, and of
 * which time.  A damaged catalog is an error: which files count, and which of them replace which
 * others, stands nowhere else, so that rows would be lost or doubled unseen. */
#pragma once

#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/verify.h"

#define DAMAGED_DIR "damaged" /* below DIR: files that were set aside, under their own names */

/* `ws` is open for writing.  lists[] are keys of states whose lines each end in the id of a
 * segment: lines of segments that are taken out are, too.  `take` gets each problem as it is found.
 */
MUST_CHECK bool workspace_repair(struct workspace *ws, const char *const *lists, size_t list_count,
                                 verify_taker *take, void *context, struct verify_report *ret,
                                 struct err *e);
