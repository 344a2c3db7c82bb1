/* verify: whether a workspace is what its catalog and its ledger say it is.
 *
 * Looked at are the catalog (SQLite's integrity_check), every visible segment (its sum over every
 * octet, segment_file.h; then every cell is read, and rows, octets and both time ranges are those
 * of the catalog), files that the catalog does not name, and the ledger's equations
 * (docs/ledger.md).  Nothing is changed, and a living writer is no hindrance: a segment that it
 * takes out meanwhile is passed over, and files without a name are told only where nobody writes.
 * Takes 1 us a row, and FLOW_READ_MEMORY at most.  One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/workspace.h"

/* What is wrong: with which file below DIR, and with which segment, NULL where it is none. */
struct verify_problem {
	const char *path;
	const struct segment *segment;
	enum err_code code; /* ERR_IO: it may be whole, but this process cannot read it */
	const char *text;
};
/* Takes one problem, borrowed for the call. */
typedef bool verify_taker(void *context, const struct verify_problem *problem, struct err *e);

struct verify_report {
	uint64_t segments, rows, octets;
	uint64_t without_sum; /* segments of programs before the sum */
	uint64_t problems;
	bool has_writer; /* files without a name were not told */
};

/* False and e where it could not be looked at, or as `take` said; problems are no failure. */
MUST_CHECK bool workspace_verify(struct workspace *ws, verify_taker *take, void *context,
                                 struct verify_report *ret, struct err *e);
