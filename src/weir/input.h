/* input: reading what a person hands over as a whole: a query, a configuration. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"

/* Appends all that `in` still holds to *ret.  More than `limit` bytes are an error (ERR_DATA). */
MUST_CHECK bool read_whole(FILE *in, size_t limit, struct buf *ret, struct err *e);
