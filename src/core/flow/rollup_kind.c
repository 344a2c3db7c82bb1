#include "core/flow/rollup_kind.h"

const char *const rollup_kind_names[ROLLUP_KIND_COUNT] = {
	[ROLLUP_NONE] = "",         [ROLLUP_TOTAL] = "total",
	[ROLLUP_SOURCE] = "source", [ROLLUP_DESTINATION] = "destination",
	[ROLLUP_PAIR] = "pair",     [ROLLUP_PORT] = "port",
};
