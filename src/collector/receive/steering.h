/* steering: which socket of several at one address a datagram goes to: by its source address alone.
 *
 * An exporter's templates live with one worker, so all that it sends must come to that worker,
 * whatever source ports it uses.  The kernel runs steering_attach's program for every datagram;
 * steering_choose gives the same answer here, for what does not come through such sockets (streams,
 * state to be spread again over another number of workers). */
#pragma once

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/ip.h"

enum { STEERING_MOST = 64 }; /* sockets at one address */

/* 0 to sockets - 1. */
unsigned steering_choose(const struct ip *from, unsigned sockets);

/* Makes the kernel choose among the `sockets` sockets that are bound to fd's address, fd among
 * them; their numbers follow the order in which they were bound. */
MUST_CHECK bool steering_attach(int fd, unsigned sockets, struct err *e);
