/* audit_state: how a query ended, in rows of QueryAudit. */
#pragma once

enum audit_state {
	AUDIT_NONE,
	AUDIT_COMPLETED,
	AUDIT_PARTIAL, /* rows were given, not all of them */
	AUDIT_FAILED,
	AUDIT_STATE_COUNT,
};
extern const char *const audit_state_names[AUDIT_STATE_COUNT];
