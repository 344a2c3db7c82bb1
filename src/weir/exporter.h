/* exporter: from packets to what collectors are told, on interfaces and from files.
 *
 * One thread, one loop: packets are read as rings fill, flows that have ended are exported each
 * second, NAT events as they happen, templates when they are due.  A capture file has its own
 * clock, which its packets move on.  Interfaces and sockets are opened first, then the process is
 * isolated: from then on it may read packets and send messages, and nothing else. */
#pragma once

#include "core/base/attr.h"
#include "core/base/err.h"
#include "weir/exporter_setup.h"

/* What became of packets and flows. */
struct exporter_totals {
	bool is_file;
	uint64_t observed; /* packets; on interfaces by their own counters, which may take what is
	                      glued for one packet */
	uint64_t sampled, octets;
	uint64_t not_ip, unreadable; /* sampled frames */
	uint64_t dropped;            /* frames, by the ring */
	uint64_t flows;              /* exported */
	uint64_t pushed_out;         /* of these, for want of room */
};

struct exporter; /* opaque */

MUST_CHECK struct exporter *exporter_start(const struct exporter_setup *setup, struct err *e);
void exporter_free(struct exporter *x); /* NULL is fine */

/* Runs until SIGTERM or SIGINT, or to the end of the file, and exports what is there.  SIGHUP: all
 * templates are told anew.  False where the file is damaged; what came before was exported. */
MUST_CHECK bool exporter_run(struct exporter *x, struct err *e);

struct exporter_totals exporter_totals(struct exporter *x);
const struct emit *exporter_emit(const struct exporter *x);

/* NULL where NAT events are not logged. */
const struct exporter_nat *exporter_nat(const struct exporter *x);
