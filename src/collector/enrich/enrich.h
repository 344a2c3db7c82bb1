/* enrich: what a row's exporter did not tell, worked out once per row as it is committed.
 *
 * Guide to this directory.  A row gets the texts of every ROLE_ENRICHED column: which circuit it
 * belongs to (circuit.h says which rule wins, circuit_index.c finds it), whether it goes to the
 * local side (direction.h), and the names of its numbers (names.h, which stands for itself).  Rows
 * of the same circuit and direction are of one kind; the workspace writes a kind's texts without
 * looking at the rows again (struct enrichment in workspace/workspace.h).
 *
 * The program makes an enricher from its configuration and hands it to the commit (commit_enrich);
 * the stages that bring rows (collector/minute) know nothing of it.  That is simpler than to pass
 * an enricher through them, and lets rows be enriched where they are looked at anyway.  After a
 * reload of the configuration the next commit is given the new enricher, and the old one freed.
 *
 * An enricher is constant: any number of threads may enrich with it.  Bound: CIRCUITS_MAX rules and
 * LOCAL_MAX local ends, 2 MiB.
 *
 * To add an enriched column: a row in registry/columns.csv with the role `enriched`, and where its
 * texts come from in enrich.c. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collector/enrich/circuit.h"
#include "collector/enrich/direction.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/row.h"
#include "workspace/workspace.h"

struct enrich_config {
	struct circuits circuits;
	struct local_ends local;
};

struct enricher; /* opaque */

/* Texts of the configuration are borrowed until enricher_free. */
MUST_CHECK struct enricher *enricher_new(const struct enrich_config *config, struct err *e);
void enricher_free(struct enricher *enricher); /* NULL is fine */

/* Tells the kind of each row: circuit x DIRECTION_COUNT + direction, where circuits count from 1
 * and 0 is none, so that kind 0 has no text at all.  The number of rows of no circuit is added to
 * *unmatched, which may be NULL. */
void enrich_rows(const struct enricher *enricher, uint64_t *unmatched,
                 const struct flow_row *const *rows, size_t count, uint16_t *ret_kinds);

/* One thread's use of an enricher, and the form in which commits take it; both parts are borrowed.
 * `enriching` has to stay where it is as long as the enrichment is used. */
struct enriching {
	const struct enricher *enricher;
	uint64_t *unmatched; /* rows of no circuit; may be NULL */
};
struct enrichment enriching_as_enrichment(struct enriching *enriching);
