/* source_file: which files rows were imported from, told apart by what is in them.
 *
 * So that importing one file twice, which stores its rows twice, does not go unnoticed.  A file is
 * known by its size and a digest of its first and last 64 KiB; that is no proof against somebody
 * who wants two files to look the same. */
#pragma once

#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct source_file {
	int64_t octets;
	int64_t digest;
};

/* Reads both ends of the file. */
MUST_CHECK bool source_file_read(const char *path, struct source_file *ret, struct err *e);
