/* nat_plan: from a template of NAT or firewall events to rows of NatEvents, one for each record.
 *
 * Compiled once, when the template is learnt.  Which elements fill which column, best first, is in
 * registry/columns.csv; fields of vendors that IANA does not know are a table in nat_plan.c.  What
 * an event is called depends on who sent it (nat_dialect.h).
 *
 * Of an element that stands in the template more than once the first counts (RFC 7011 section 8
 * obliges collectors to expect that): Junos' port-block records have observationTimeMilliseconds
 * twice, the event's and then the block's, which is PortBlockTime. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collector/decode/template.h"
#include "core/base/attr.h"
#include "core/flow/nat_event.h"
#include "core/flow/plain.h"

struct nat_plan; /* opaque */

/* Whether records of these fields are events.  natEvent marks them (RFC 8158).  firewallEvent marks
 * ASA's, but PAN-OS puts it beside the delta counters of ordinary flows, which stay flows.  Nokia's
 * have no mark: a translation with a time of begin or one of end, not both, and no counters. */
bool nat_is_event(const struct template *t);

/* NULL where memory is short.  Reads t->fields only. */
MUST_CHECK struct nat_plan *nat_plan_new(const struct template *t);
void nat_plan_free(struct nat_plan *plan); /* NULL is fine */
size_t nat_plan_memory(const struct nat_plan *plan);

/* What a record's row needs to know beside the record. */
struct nat_input {
	struct nat_event prototype; /* exporter, domain, minute, record_time: what each row has */
	enum nat_dialect stated;    /* by the operator, or NAT_DIALECT_NONE */
	bool has_uptime;            /* as in struct plan_input */
	uint32_t uptime_ms;
};

/* Writes the row of the record whose fields are at `places`.  Its texts point into the record. */
void nat_plan_run(const struct nat_plan *plan, const struct nat_input *in, const uint8_t *record,
                  const struct place *places, uint64_t sequence, struct nat_event *ret);
