/* session_event: the row of NatEvents of a session that begins or ends.
 *
 * NAT44 as RFC 8158 section 4.6 has it.  Linux itself does not translate IPv6 to IPv4; a program
 * (tayga) can, through an interface of its own, and gives each IPv6 host an IPv4 address by which
 * connection tracking knows it.  Where these are configured (nat64_hosts), and the session is then
 * translated to an outside address, both translations together are a NAT64 session and told of as
 * that, the destination as the prefix with the IPv4 address behind it (RFC 6052 section 2.2).  Of
 * hosts that are not configured the IPv4 side alone is known, and told of as NAT44.
 *
 * IPv6 that is translated to IPv6 has no events in RFC 8158, and is left out. */
#pragma once

#include <stdbool.h>

#include "core/flow/plain.h"
#include "exporter/nat/nat_logging.h"
#include "exporter/nat/session.h"

/* Whether such a session is told of at all: where destinations are not logged, one that only its
 * destination is translated of would say nothing, and a wrong thing of its source. */
bool session_event_wanted(const struct session *session, const struct nat_logging *config);

/* begins: created, else deleted; time: ticks.  Destinations are set whatever is configured. */
struct nat_event session_event(const struct session *session, bool begins, int64_t time,
                               const struct nat_logging *config);
