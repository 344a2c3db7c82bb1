/* nat_event_sink: who takes NAT events of this machine, on their way to being exported.
 *
 * event_code is the number in the dialect that they are exported in.  What `event` points to, its
 * texts included, is valid during the call only. */
#pragma once

#include "core/flow/plain.h"

struct nat_event_sink {
	void (*take)(void *context, const struct nat_event *event);
	void *context;
};
