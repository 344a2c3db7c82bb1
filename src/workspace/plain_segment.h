/* plain_segment: rows that are never merged as segments of their tables, one per UTC day, whoever
 * is to write them. */
#pragma once

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/plain_rows.h"
#include "workspace/commit.h"

/* The rows of one table, in the order of their minutes. */
MUST_CHECK bool plain_segments_write(const struct plain_rows *rows, enum table_id table,
                                     const struct segment_sink *sink, struct err *e);
