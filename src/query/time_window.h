/* time_window: the stretch of time that a request states beside its query, as the Log Analytics API
 * does: "PT12H" or "P1D" (back from now), "start/end", "start/P1D", "PT1H/end" (ISO 8601). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "workspace/workspace.h"

/* False where the text is none of these, a date or duration is out of range, or the end is before
 * the start.  Both ends are included.  `now` in ticks. */
MUST_CHECK bool time_window_parse(const char *text, size_t len, int64_t now,
                                  struct time_range *ret);

/* "P1DT2H30M", "PT0.5S", "P2W": years and months count 365 and 30 days. */
MUST_CHECK bool iso_duration_parse(const char *text, size_t len, int64_t *ret);
