#include "core/flow/audit_state.h"

const char *const audit_state_names[AUDIT_STATE_COUNT] = {
	[AUDIT_NONE] = "",
	[AUDIT_COMPLETED] = "Completed",
	[AUDIT_PARTIAL] = "Partial",
	[AUDIT_FAILED] = "Failed",
};
