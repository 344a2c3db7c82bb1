/* kernel_filter: the classic BPF program by which the kernel samples, so that what is not sampled
 * costs next to nothing.
 *
 * One frame may stand for many packets (segments.h), each of which is to be sampled with
 * p = 1/interval.  The program cannot see how many; it knows the frame's length.  So it lets a
 * frame pass in `accepted` of `interval` cases, by the kernel's random numbers, where `accepted`
 * grows with the length so that it is no less than the number of packets of 512 octets or more that
 * such a frame can hold; selector_thin then sets it right, exactly for all frames whose packets are
 * not smaller.  What passes for nothing are two frames for each packet of 1500 octets that is
 * sampled.
 *
 * Of a direction only the frames of that direction pass. */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"

enum kernel_filter_direction {
	KERNEL_FILTER_BOTH,
	KERNEL_FILTER_INGRESS,
	KERNEL_FILTER_EGRESS,
};

struct kernel_filter {
	uint32_t interval; /* 1 or more; 1: all pass */
	enum kernel_filter_direction direction;
	uint32_t snap_len; /* octets of each frame that are kept */
};

enum { KERNEL_FILTER_MOST = 16 }; /* instructions */

/* Writes the program; returns how many instructions it has. */
size_t kernel_filter_write(const struct kernel_filter *filter,
                           struct sock_filter ret[KERNEL_FILTER_MOST]);

/* In how many of `interval` cases a frame of frame_len octets (as the kernel counts them: a tag
 * that it has taken off is not among them) passes: 1 to interval. */
uint32_t kernel_filter_accepted(uint32_t interval, uint32_t frame_len);

/* To be called before the socket is bound: what came earlier has not been filtered. */
MUST_CHECK bool kernel_filter_attach(int fd, const struct kernel_filter *filter, struct err *e);
