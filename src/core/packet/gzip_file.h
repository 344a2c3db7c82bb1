/* gzip_file: a file as a stream, gunzipped where it begins as RFC 1952 2.3.1 says. */
#pragma once

#include <stdio.h>

#include "core/base/attr.h"
#include "core/base/err.h"

/* The file from its beginning; the caller closes it.  A gzip stream that ends too early is an error
 * of reading (ferror), not an end.  NULL with ERR_IO where it cannot be opened. */
MUST_CHECK FILE *gzip_file_open(const char *path, struct err *e);
