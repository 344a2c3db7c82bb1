/* defrag: puts the fragments of IP datagrams together again (RFC 791 3.2, RFC 8200 4.5).
 *
 * Holds at most DEFRAG_DATAGRAMS unfinished datagrams of 64 KiB each, in one allocation of about
 * DEFRAG_DATAGRAMS x 66 KiB of which only touched pages cost memory; when one more begins, the
 * oldest is given up.  A datagram whose fragments overlap is given up and so is whatever more
 * comes of it (RFC 5722); the exact copy of a fragment is ignored.  One owner, one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/packet/frame.h"

#define DEFRAG_DATAGRAMS 64
#define DEFRAG_SECONDS   60 /* from the first fragment to the last (RFC 8200 4.5) */

struct defrag; /* opaque */

MUST_CHECK struct defrag *defrag_new(struct err *e);
void defrag_free(struct defrag *d); /* NULL is fine */

/* Adds a fragment (f->fragment.is) that was seen at `now` ticks.  Returns true when it completes
 * its datagram: *f then is the whole datagram, no fragment any more, with transport header and
 * payload read; only ip_len is still the fragment's own.  What *f points to is valid until the next
 * call.  Else false, *f untouched. */
MUST_CHECK bool defrag_add(struct defrag *d, int64_t now, struct frame *f);

/* Datagrams given up so far: too old, pushed out, overlapping, too long; and fragments that could
 * not be used at all, as they were cut or of a length that no fragment has.  Unfinished ones that
 * are still held are not counted. */
uint64_t defrag_dropped(const struct defrag *d);

/* Unfinished datagrams that are held now. */
unsigned defrag_held(const struct defrag *d);
