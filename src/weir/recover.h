/* recover: what an earlier run had received and not yet stored, at the start of a collector.
 *
 * Each ring that is found is read from its committed position and decoded with what its worker's
 * decoder knew then; rows and counts are committed together with the new position, so that a
 * further crash in between does no harm.  Rings of other sizes and of workers that are no more are
 * treated alike; rings are only removed or replaced after that.  Positions go on where they were
 * even where a ring is gone.  A file that is no ring of this workspace, or a damaged one, is set
 * aside as "ring.N.damaged.1" (up to 9), told, and does not keep the collector from starting.
 *
 * What decoders knew is under the key "decoder/N" of each worker N; positions are under "ring/N".
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "collector/decode/decode.h"
#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "weir/committing.h"

enum { RECOVER_RINGS = 64 };

struct recover_job {
	struct committing *committing;
	const char *dir; /* of the workspace */
	struct decoder_config decoder;
	size_t flows_max;
	const char *const *listeners; /* names, for the ledger */
	size_t listener_count;
	FILE *log;
};

struct recovered {
	uint8_t workspace[16];            /* uuid, for new rings */
	uint64_t ends[RECOVER_RINGS];     /* where the positions of each worker's ring go on */
	struct buf states[RECOVER_RINGS]; /* what each worker's decoder knew at the end */
};

MUST_CHECK bool recover(const struct recover_job *job, struct recovered *ret, struct err *e);
void recovered_done(struct recovered *r);

/* Notes a worker's position with a commit, and its decoder's state where there is one. */
MUST_CHECK bool recover_note(struct commit *commit, unsigned worker, uint64_t position,
                             const struct buf *state, struct err *e);

/* Takes what decoders knew out of the workspace, of workers from `first` on: others know it now. */
MUST_CHECK bool recover_forget(struct commit *commit, unsigned first, const struct recovered *r,
                               struct err *e);

/* Adds what worker N's decoder knew at its last commit to *ret. */
MUST_CHECK bool recover_state(struct workspace *ws, unsigned worker, struct buf *ret,
                              struct err *e);

/* "DIR/journal/ring.N" */
void recover_ring_path(const char *dir, unsigned worker, char *ret, size_t room);
