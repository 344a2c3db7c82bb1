#include "core/wire/rc.h"

const char *wire_rc_name(enum wire_rc rc)
{
	static const char *const names[WIRE_RC_COUNT] = {
#define X(id, name, help) name,
		WIRE_RC_TABLE(X)
#undef X
	};
	return names[rc];
}

const char *wire_rc_help(enum wire_rc rc)
{
	static const char *const helps[WIRE_RC_COUNT] = {
#define X(id, name, help) help,
		WIRE_RC_TABLE(X)
#undef X
	};
	return helps[rc];
}
