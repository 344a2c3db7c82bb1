/* recover: what an earlier run had received and not yet stored, at the start of a collector.
 *
 * Each ring that is found is read from its committed position and decoded with what its worker's
 * decoder knew then; rows and counts are committed together with the new position, so that a
 * further crash in between does no harm.  Rings of other sizes and of workers that are no more are
 * treated alike; rings are only removed or replaced after that. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "collector/decode/decode.h"
#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "workspace/workspace.h"

enum { RECOVER_RINGS = 64 };

struct recover_job {
	struct workspace *ws;
	const char *dir; /* of the workspace */
	struct decoder_config decoder;
	size_t flows_max;
	const struct constants *constants;
	const struct enrichment *enrichment;
	const char *const *listeners; /* names, for the ledger */
	size_t listener_count;
	FILE *log;
};

struct recovered {
	uint8_t workspace[16];            /* uuid, for new rings */
	uint64_t ends[RECOVER_RINGS];     /* where the positions of each worker's ring go on */
	struct buf states[RECOVER_RINGS]; /* what the decoders knew at the end */
	size_t state_count;
};

MUST_CHECK bool recover(const struct recover_job *job, struct recovered *ret, struct err *e);
void recovered_done(struct recovered *r);

/* Notes a worker's position, and its decoder's state where there is one, with a commit. */
struct commit;
MUST_CHECK bool recover_note(struct commit *commit, unsigned worker, uint64_t position,
                             const struct buf *state, struct err *e);

/* "DIR/journal/ring.N" */
void recover_ring_path(const char *dir, unsigned worker, char *ret, size_t room);
