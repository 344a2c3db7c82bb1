/* rate_limit: so many a second, and how many were held back.
 *
 * Seconds begin with the first that is asked for after the last one was over. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/ticks.h"

struct rate_limit {
	uint32_t per_second;
	uint32_t passed;     /* in this second */
	int64_t second;      /* when it began, ticks */
	uint64_t suppressed; /* ever */
};

/* Whether one more may pass at `now`, ticks. */
static inline bool rate_limit_pass(struct rate_limit *limit, int64_t now)
{
	int64_t since = now - limit->second;
	if (since >= TICKS_PER_SECOND || since < 0) {
		limit->second = now;
		limit->passed = 0;
	}
	bool passes = limit->passed < limit->per_second;
	if (passes)
		limit->passed++;
	else
		limit->suppressed++;
	return passes;
}
