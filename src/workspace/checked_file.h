/* checked_file: files that carry a CRC-32 of themselves, so that a flipped bit anywhere in them is
 * found: in pages, in their heads, in filters and in the footer alike.
 *
 * The sum (that of gzip and of Parquet's pages, RFC 1952 section 8) is of the whole file with
 * CHECK_DIGITS zeros in the place of the sum's own digits.  In a segment it is the value of the
 * key "weir.crc32" in the footer's key-value metadata.  Summing costs 16 ns a row of 42 octets.
 * One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"

enum { CHECK_DIGITS = 8 };

extern const char check_key[]; /* "weir.crc32" */

/* Ends the text by which a segment's footer tells its maker, so that one flipped bit cannot make a
 * file with a sum look like one without. */
extern const char check_mark[]; /* " (build crc32)" */

/* What has been written so far; stays where it is until the file is closed. */
struct checked_file {
	int fd;
	uint32_t sum;
};

/* A new file to be written from begin to end; NULL with errno.  To be closed by fclose. */
MUST_CHECK FILE *checked_open(struct checked_file *f, const char *path);

/* Writes `end`, the last octets, with the sum's digits at `digits` in them.  False where writing
 * failed before: the error is the file's. */
MUST_CHECK bool checked_end(struct checked_file *f, FILE *file, struct buf *end, size_t digits);

/* The sum of a file of `len` octets from its begin on, which has its digits at `digits` (SIZE_MAX:
 * it has none).  False with errno where it cannot be read, or is shorter (errno 0). */
MUST_CHECK bool checked_sum(int fd, uint64_t len, uint64_t digits, uint32_t *ret);
