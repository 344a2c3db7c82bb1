/* flow_order: flow rows in the order in which they rest: by source address, then time.
 *
 * Rows without an address come first, then those of IPv4 in the order of the addresses' texts, then
 * those of IPv6, in that order where the first eight characters tell them apart: that is the order
 * in which a row group's limits are told, so that the rows of an address stand in few row groups.
 * Beside the rows it takes 32 octets for each, and 32 more for each of IPv6. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/row.h"

/* Rows of the same address and minute stay as they are. */
MUST_CHECK bool flow_order_sort(const struct flow_row **rows, size_t count, struct err *e);
