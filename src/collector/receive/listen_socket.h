/* listen_socket: the sockets behind a listener, or those at which sessions are accepted, one for
 * each worker, and what is asked of them.
 *
 * The first is bound alone, so that a port which another program has is refused even where both
 * could share it; the others join it.  Until all are there and steering is attached, they drop what
 * comes, as if they were not open yet: no exporter is ever seen by two workers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "collector/receive/listen_address.h"
#include "core/base/attr.h"
#include "core/base/err.h"

/* Opens and binds `count` sockets (1 to STEERING_MOST) into fds; none on failure.  Port 0 of the
 * address becomes the one that the kernel chose.  ERR_IO with one line: the port is in use, the
 * address not this machine's, no permission. */
MUST_CHECK bool listen_sockets_open(struct listen_address *address, size_t receive_buffer, int *fds,
                                    unsigned count, struct err *e);

/* Takes the sockets at this address that were inherited (which may be NULL); returns how many, at
 * most STEERING_MOST. */
struct inherited;
unsigned listen_sockets_take(struct inherited *inherited, const struct listen_address *address,
                             int *fds);

/* Asks a socket, bound or not, for a receive buffer (0: leaves it), for the kernel's arrival times
 * and for its count of drops. */
MUST_CHECK bool listen_socket_prepare(int fd, size_t receive_buffer, struct err *e);

/* Octets of receive buffer in the terms in which it is asked for: half of what the kernel books,
 * which counts its own overhead. */
size_t listen_socket_buffer(int fd);

/* Datagrams that found no room, since the socket was made, modulo 2^32. */
uint32_t listen_socket_drops(int fd);
