/* observed: packets that were sampled, on their way from capturing to metering.
 *
 * One frame may stand for several packets: what a host's own offloads glue together (GSO, GRO) is
 * cut into packets of one size on the wire, all with the headers of the frame.  Of those the
 * sampled ones are counted here; the rest has left no trace. */
#pragma once

#include <stdint.h>

#include "core/packet/frame.h"

/* flowDirection (IE 61). */
enum observed_direction {
	OBSERVED_INGRESS,
	OBSERVED_EGRESS,
};

struct observed {
	int64_t time;       /* ticks */
	struct frame frame; /* of a FRAME_OK; borrows the captured bytes */
	uint32_t interface; /* ifIndex; 0: a file */
	enum observed_direction direction;
	uint32_t packets; /* sampled, 1 or more */
	uint64_t bytes;   /* of these packets, IP headers included, on the wire */
	uint64_t squares; /* sum of the squares of their sizes */
};

/* Who takes them.  What `o` points to is valid during the call only. */
struct observed_sink {
	void (*take)(void *context, const struct observed *o);
	void *context;
};
