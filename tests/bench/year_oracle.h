/* year_oracle: what a simulated year adds up to, counted where it is made up.
 *
 * A file that is mapped, so that whoever checks (tests/support/simulated.py) reads it while the
 * simulation waits.  All of it are numbers of eight octets in this machine's order: the header,
 * then one array behind the other, each by UTC day first.
 *
 *     flows     [days][groups][3]     records, octets, packets (as captured)
 *     sources   [days][sources]       octets, scaled by the sampling rate
 *     ledger    [days][exporters][2]  datagrams, records
 *     nat       [days][2]             events, bindings that ended */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"

enum { ORACLE_FLOW_COUNTS = 3, ORACLE_LEDGER_COUNTS = 2, ORACLE_NAT_COUNTS = 2 };

struct oracle_header {
	uint64_t first_day; /* since 1970 */
	uint64_t days, groups, sources, exporters;
};

struct oracle {
	struct oracle_header *header;
	uint64_t *flows, *sources, *ledger, *nat;
};

/* Maps a new file; ends the program where it cannot. */
void oracle_open(struct oracle *o, const char *path, struct oracle_header header);

/* A flow record of this minute (since 1970). */
struct oracle_flow {
	uint32_t minute;
	uint32_t group, source;
	uint64_t bytes, packets, sampling;
};
void oracle_flow(struct oracle *o, const struct oracle_flow *flow);
void oracle_datagrams(struct oracle *o, uint32_t minute, uint32_t exporter, uint64_t datagrams,
                      uint64_t records);
void oracle_nat(struct oracle *o, uint32_t minute, uint64_t events, uint64_t ended);
