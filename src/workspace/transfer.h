/* transfer: segments' files from one directory to another.
 *
 * A file appears under its name whole or not at all; one that is there already with the right
 * number of octets is left as it is, since segments never change and names are never used twice.
 * On one file system a file gets a second name (hard link), so that nothing is copied, unless
 * `copy` asks for a copy, which survives damage to the other.  Nothing is synced: transfer_sync.
 * Holds 128 KiB. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct transfer {
	const char *from, *to; /* directories */
	bool copy;
	uint64_t files, linked, copied,
	    octets; /* in all; of those that were not there; copied ones */
};

/* The file at `below`, which has so many octets, and the directories that hold it.  *ret_gone: it
 * is no longer there, which is no failure. */
MUST_CHECK bool transfer_file(struct transfer *t, const char *below, int64_t octets, bool *ret_gone,
                              struct err *e);

/* Makes what was transferred durable. */
MUST_CHECK bool transfer_sync(const struct transfer *t, struct err *e);

/* Copies the octets of one file to a new one; neither is synced. */
MUST_CHECK bool file_copy(const char *from, const char *to, struct err *e);
