/* held_segments: segments that must stay what they are: those that the catalog's states name
 * ("minute/parts" of collector/minute/open.h, "nat/bindings" of collector/minute/nat_bindings.h),
 * and those that were found unfit.
 *
 * Bound: as many as states and compactions name.  One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/compact.h"

struct held_segments {
	int64_t *ids; /* rising, once held_segments_read is done */
	size_t count, room;
};

void held_segments_done(struct held_segments *held); /* zeroed ones are fine */

MUST_CHECK bool held_segments_add(struct held_segments *held, const int64_t *ids, size_t count,
                                  struct err *e);

/* Adds those that states name, and puts all in order. */
MUST_CHECK bool held_segments_read(struct held_segments *held, struct workspace *ws, struct err *e);
