/* drop_counter: the kernel's 32-bit count of drops, made one that does not wrap.
 *
 * The same count is told in two ways, now (SO_MEMINFO) and as it was when a datagram came that is
 * read later (SO_RXQ_OVFL): of two values the older one changes nothing.  It must be looked at once
 * per 2^31 drops. */
#pragma once

#include <stdint.h>

struct drop_counter {
	uint64_t total; /* since `seen` was first set */
	uint32_t seen;  /* the kernel's count when it was last looked at */
};

static inline void drop_counter_see(struct drop_counter *d, uint32_t now)
{
	int32_t more = (int32_t)(now - d->seen);
	if (more <= 0)
		return;
	d->total += (uint32_t)more;
	d->seen = now;
}
