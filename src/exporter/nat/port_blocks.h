/* port_blocks: which block of ports each subscriber has, from a map that never changes.
 *
 * Linux allocates no blocks; rules can (`snat to … map`), by a map that is known beforehand.  Such
 * blocks are held whether or not anybody uses them (RFC 7422), so they are not told of as sessions
 * come and go: all are told of as allocated when telling begins, and as de-allocated when it ends,
 * for another map may hold the next time.  As a datagram may be lost they are told of again every
 * now and then, with the same times: whoever has them sees nothing new.
 *
 * They are told of in shares, so that a large map does not hold up what happens meanwhile. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/flow/nat_event_sink.h"
#include "exporter/nat/nat_logging.h"

enum { PORT_BLOCKS_SHARE = 1024 };

struct port_blocks {
	const struct nat_logging *config;
	int64_t since;   /* ticks: when they were allocated */
	int64_t told_at; /* ticks of a clock that is never set: when telling began */
	size_t map;      /* the next one to be told of */
	uint32_t subscriber;
};

/* now: ticks, steady: ticks_steady(). */
void port_blocks_begin(struct port_blocks *b, const struct nat_logging *config, int64_t now,
                       int64_t steady);

/* Tells of the allocation of at most PORT_BLOCKS_SHARE blocks, and, once they have all been told of
 * and it is time, begins again.  Returns how many it were. */
unsigned port_blocks_tell(struct port_blocks *b, int64_t steady, const struct nat_event_sink *sink);

/* Tells of the de-allocation of all blocks at `now`. */
unsigned port_blocks_end(struct port_blocks *b, int64_t now, const struct nat_event_sink *sink);
