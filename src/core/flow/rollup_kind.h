/* rollup_kind: what rows of FlowsHourly and FlowsDaily count (contract in workspace/rollup.h). */
#pragma once

enum rollup_kind {
	ROLLUP_NONE,
	ROLLUP_TOTAL, /* of applications and AS pairs */
	ROLLUP_SOURCE,
	ROLLUP_DESTINATION,
	ROLLUP_PAIR,
	ROLLUP_PORT, /* of a protocol's destination */
	ROLLUP_KIND_COUNT,
};
extern const char *const rollup_kind_names[ROLLUP_KIND_COUNT];
