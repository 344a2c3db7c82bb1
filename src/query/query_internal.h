/* query_internal: what this directory may see of a running query. */
#pragma once

#include "query/bind.h"
#include "query/query.h"

const struct bound_query *query_bound(const struct query_result *result);
