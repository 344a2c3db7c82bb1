/* replay_sockets: sending captured datagrams again, such that exporters stay apart.
 *
 * Each address and port that sent in the capture gets a socket of its own.  Where the collector is
 * on this machine (127.0.0.0/8), each address that sent becomes an address of this machine,
 * 127.1.0.1, 127.1.0.2 and so on in order of first appearance, with its own source port where that
 * is free; elsewhere exporters differ by port alone.  At most REPLAY_SOCKETS are open: the oldest
 * goes for a new one.  At most REPLAY_EXPORTERS addresses.  One owner, one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "collector/receive/listen_address.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/packet/datagram.h"

enum { REPLAY_SOCKETS = 256, REPLAY_EXPORTERS = 60000 };

struct replay_sockets; /* opaque */

MUST_CHECK struct replay_sockets *replay_sockets_new(const struct listen_address *collector,
                                                     struct err *e);
void replay_sockets_free(struct replay_sockets *sockets); /* NULL is fine */

/* Sends one datagram; may wait for room in the machine's own queues. */
MUST_CHECK bool replay_send(struct replay_sockets *sockets, const struct datagram *datagram,
                            struct err *e);

/* False where the collector's machine has answered that nobody listens there. */
MUST_CHECK bool replay_was_heard(const struct replay_sockets *sockets, struct err *e);

/* How many addresses sent. */
size_t replay_exporters(const struct replay_sockets *sockets);
