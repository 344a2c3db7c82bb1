/* progress: one line on a terminal that says how far a long query is; nothing for short ones.
 *
 * A thread of its own writes it, from the second second on, and takes it away at the end. */
#pragma once

#include <stdio.h>

#include "query/query.h"

struct progress; /* opaque; NULL: nothing is shown */

struct progress *progress_start(struct query_session *session, FILE *terminal);
void progress_stop(struct progress *progress); /* NULL is fine */
