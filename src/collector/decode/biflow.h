/* biflow: the row of a biflow's other direction (RFC 5103).
 *
 * A biflow is one record of two flows: what is told under PEN_REVERSE is of the packets that went
 * back.  It becomes two rows that are never summed, for a question about one direction must not get
 * both.  The second one starts as the first one turned round:
 *
 *     ends change places      addresses, ports, masks, ASNs, interfaces, VRFs (RFC 5103 section 2,
 *                             Directional Key Fields)
 *     what is of one          counters, TCP flags, TTLs, ICMP type and code, next hops, flow
 *     direction is null       direction, unless the record tells the other direction's
 *     all else stays          protocol, class of service, VLANs, times, sampling: keys of both, and
 *                             times of the whole
 *
 * and is then filled from the reverse elements (plan.h).  Its Flowsequence is the next number,
 * which no other row has, and its RecordCount 0: the record counts once, in its first row.
 *
 * A template whose reverse elements fill no counter, or that has no address to turn round, makes
 * one row of a record.  So does a record whose reverse counters are zero: no packet went back, and
 * a row would show traffic that never was (exporters that know biflows only send every flow so).
 * biflowDirection (239) says how the exporter chose which end comes first; both rows are true
 * whichever it was. */
#pragma once

#include "core/flow/row.h"

/* Writes the other direction's row, before its reverse elements. */
void biflow_turn(const struct flow_row *forward, struct flow_row *ret);
