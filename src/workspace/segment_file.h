/* segment_file: whether a segment's file is what was written, octet by octet.
 *
 * Needs no database.  Files of programs before the sum (checked_file.h) have none: of these only
 * the frame is looked at.  Holds the footer in memory, at most SEGMENT_FOOTER_MAX. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/column.h"

#define SEGMENT_FOOTER_MAX ((uint64_t)64 << 20)

struct segment_file {
	uint64_t octets;
	int64_t rows; /* that its footer tells */
	bool has_sum;
	uint32_t sum; /* of the file as it is (its digits as zeros); with or without has_sum */
};

/* ERR_DATA and how it is damaged: missing, or not to be read from its disk, too.  ERR_IO where this
 * process may not read it, or cannot just now. */
MUST_CHECK bool segment_file_read(const char *path, struct segment_file *ret, struct err *e);

/* How many octets of the file are of these columns.  Looks at the footer only; errors as above. */
MUST_CHECK bool segment_file_columns(const char *path, const bool wanted[COLUMN_COUNT],
                                     int64_t *ret_octets, struct err *e);
