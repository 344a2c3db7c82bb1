/* query_audit: tells the collector of a workspace of a query that was answered (auditing.h).
 *
 * The collector is told and not asked: nothing comes back.  Where none runs, or it has not taken
 * the message within QUERY_AUDIT_MS, nobody is told, and the query is none the worse.  A query
 * without a collector leaves no row: it changes nothing in a workspace, where it often may not. For
 * the thread that asks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "query/query.h"

enum { QUERY_AUDIT_MS = 200 };

struct query_audit_clock {
	int64_t begun, cpu; /* ticks: of a steady clock, and of all processors */
};

/* To be read when a query begins. */
struct query_audit_clock query_audit_clock(void);

struct query_told {
	const char *client; /* what asks: "weir query" */
	const char *text;   /* the query */
	size_t len;
	struct query_audit_clock begun;
	struct query_facts facts;
	uint64_t octets; /* of the answer */
	bool broken_off; /* its reader wanted no more */
	const struct query_error *error;
};

void query_audit_tell(const char *workspace, const struct query_told *told);
