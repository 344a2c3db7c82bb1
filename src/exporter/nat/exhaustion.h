/* exhaustion: addresses whose ports have run out ("NAT ports exhausted").
 *
 * The kernel tells no such event.  A packet for which no free port was found is dropped, and its
 * processor counts a failed insertion and a drop; but so it does where two packets of one new
 * connection race each other.  So both is asked for: that the counters have grown (by
 * conntrack_statistics), and that an address is full by the sessions that are known to be open.
 * A port can serve many sessions, as long as their destinations differ: an address is full when as
 * many sessions of one protocol lead from it to one destination address and port as the pool has
 * ports (nat_logging.h); of more than 64 one in 64 may be free, for the kernel gives up after some
 * hundred tries.
 *
 * Insertions that failed though nothing was full are counted as unconfirmed: races, or sessions
 * that this host has on an outside address untranslated, or more sessions than are tracked. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/ip.h"
#include "exporter/nat/conntrack_message.h"
#include "exporter/nat/nat_logging.h"
#include "exporter/nat/session_table.h"

struct exhaustion {
	bool counting; /* `last` is known */
	struct conntrack_statistics last;
};

/* Takes the counters as they are now; how many insertions have failed since the last time, by what
 * both counters say. */
uint32_t exhaustion_count(struct exhaustion *x, const struct conntrack_statistics *now);

/* Passes on each address and protocol that is full, once; returns how many those are, and -1 where
 * there is no memory.  Walks all sessions and takes, until it returns, up to 64 octets for each. */
MUST_CHECK long exhaustion_find(struct session_table *sessions, const struct nat_logging *config,
                                void (*full)(void *context, const struct ip *outside,
                                             uint8_t protocol),
                                void *context);
