/* csv: lines of comma-separated values (RFC 4180). */
#pragma once

#include <stddef.h>

#include "core/base/buf.h"

/* Adds the fields of the first line of a text as a JSON array of strings. */
void csv_fields(struct buf *out, const char *text, size_t len);
