/* segment_writer: rows of any kind into one Parquet file.
 *
 * Who has rows describes their columns and fills chunks of them (struct row_source); the database
 * library pulls the chunks through a table function and writes the file as they come, so that no
 * more than one row group is held.  One thread; memory is bounded by WRITER_MEMORY. */
#pragma once

#include <duckdb.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"

#define WRITER_MEMORY ((uint64_t)256 << 20)

struct segment_writer; /* opaque */

struct source_column {
	const char *name;
	duckdb_logical_type type; /* the source's own */
};

struct row_source {
	const struct source_column *columns;
	size_t column_count;
	/* Fills the vectors of the chunk, one per column, with at most duckdb_vector_size() rows
	 * and returns how many; 0 is the end. */
	size_t (*fill)(void *state, duckdb_data_chunk chunk);
	void *state;
};

MUST_CHECK struct segment_writer *segment_writer_new(struct err *e);
void segment_writer_free(struct segment_writer *writer); /* NULL is fine */

/* Writes all rows of the source to `path`.  The file is not yet synced; on failure there may be a
 * part of it. */
MUST_CHECK bool segment_writer_write(struct segment_writer *writer, const struct row_source *source,
                                     const char *path, struct err *e);
