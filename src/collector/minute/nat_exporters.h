/* nat_exporters: when each exporter of NAT events started, and telling that it has started anew:
 * what it held before is gone then, though no event says so.
 *
 * Known is what headers tell: export time and uptime, so when the exporter started.  It has started
 * anew where its uptime has gone back and it started after the last export of its former life; so
 * neither a clock that is set, nor an uptime that wraps (every 49.7 days), nor two boxes behind one
 * address are taken for that.  Of exporters that tell no uptime nothing is concluded.
 *
 * Bound: NAT_EXPORTERS of them, those that come later are not watched.  One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/plain.h"

enum { NAT_EXPORTERS = 4096 }; /* addresses and observation domains */

struct nat_exporters; /* opaque */

MUST_CHECK struct nat_exporters *nat_exporters_new(struct err *e);
void nat_exporters_free(struct nat_exporters *x); /* NULL is fine */

/* Takes what an event tells of its exporter; true where it is the first after a new start.  At most
 * once in a minute of arrival. */
bool nat_exporters_restarted(struct nat_exporters *x, const struct nat_event *event);
