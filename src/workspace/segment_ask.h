/* segment_ask: what the database finds in one segment's file, every cell of which it reads. */
#pragma once

#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/db.h"
#include "workspace/workspace.h"

struct segment_answer {
	int64_t rows;
	struct time_range time, recorded; /* as struct segment has them */
};

/* The column by which `recorded` is told, where the table has it. */
enum column_id recorded_column(enum table_id table);

/* Reads the segment at s->path below the directory, whose table and schema count. */
MUST_CHECK bool segment_ask(struct db *db, const char *dir, const struct segment *s,
                            struct segment_answer *ret, struct err *e);
