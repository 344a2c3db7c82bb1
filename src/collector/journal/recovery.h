/* recovery: reading again what a program that died had in its ring.
 *
 * Yields every whole record from the last committed position on, in order, whatever the size of
 * the ring that will replace this one or the number of workers then.  A ring is not written on
 * after a recovery: commit what was recovered together with its end, then make a new ring that
 * starts there (ring_create), or remove the file of a worker that there is no more (ring_remove).
 *
 * The end is found by looking, since nobody could write it down: it lies behind the last record
 * that bears its own position and a checksum that fits.  A record of which only a part was written
 * is left out, as if it had never come.  Where something does not fit although whole records lie
 * behind it (after a power cut, or on a bad disk), it is a hole: it is stepped over, counted, and
 * the records behind it are yielded; say so to the operator.
 *
 * One thread.  The file is only read, at most twice over; a hole cannot be told from the end
 * without looking through the rest of the ring. */
#pragma once

#include "collector/journal/ring.h"

struct recovery_report {
	uint64_t records;
	uint64_t end;         /* position behind the last record, or where reading began */
	uint64_t holes;       /* stretches with no whole record in them, and whole records behind */
	uint64_t hole_octets; /* of the ring, in all of them */
	uint16_t worker;      /* whose ring it is */
};

/* `from` is the last committed position, before which nothing is wanted and behind which nothing
 * was released; one before the ring's start (or 0: nothing was ever committed) means its start.
 * Fails when there is no ring of this workspace (ring_file.h). */
MUST_CHECK struct recovery *recovery_open(const char *path, const uint8_t workspace[16],
                                          uint64_t from, struct err *e);
void recovery_close(struct recovery *recovery); /* NULL is fine */

/* The next record, valid until recovery_close; false at the end. */
MUST_CHECK bool recovery_next(struct recovery *recovery, struct ring_record *ret);

/* What was read so far; whole once recovery_next has returned false. */
const struct recovery_report *recovery_report(const struct recovery *recovery);
