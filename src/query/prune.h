/* prune: which columns of a bound query are needed at all.
 *
 * arg_max(x, *) and join make columns that nobody looks at; what is not needed is neither read nor
 * computed nor carried along.  Column numbers are unique in a query, so one flag each does. */
#pragma once

#include <stdbool.h>

#include "query/bind.h"

/* ret[id] for ids below query->next_id, all false before. */
void prune(const struct bound_query *query, bool *ret);
