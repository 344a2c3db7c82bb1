/* flow_order: flow rows in the order in which they rest: by source address, then time.
 *
 * Addresses are ordered as their texts are where the first eight characters tell them apart, and so
 * are all of IPv4: that is the order in which a row group's limits are told, so that the rows of an
 * address stand in few row groups.  Rows without one come first.  Beside the rows it takes 32
 * octets for each, twice. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/row.h"

/* Rows of the same address and minute stay as they are. */
MUST_CHECK bool flow_order_sort(const struct flow_row **rows, size_t count, struct err *e);
