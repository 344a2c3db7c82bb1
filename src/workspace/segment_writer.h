/* segment_writer: rows of any kind into one Parquet file.
 *
 * Who has rows describes their columns and fills chunks of them (struct row_source); each chunk is
 * encoded as it comes (parquet_column.h), so that no more than one row group is held, and that
 * encoded.  Written by hand, since the database library's own writer takes longer (bench_segment).
 * The file carries a sum of itself (checked_file.h).  One thread; memory is bounded by one row
 * group. */
#pragma once

#include <duckdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/address_filter.h"

struct source_column {
	const char *name;
	duckdb_logical_type type; /* the source's own */
	bool is_sought;           /* rows are looked for by it, so that it gets filters */
	bool is_ordered;          /* rows are in its order: limits do what a file's filters would */
};

struct row_source {
	const struct source_column *columns;
	size_t column_count;
	/* Fills the vectors of the chunk, one per column, with at most duckdb_vector_size() rows
	 * and returns how many; 0 is the end. */
	size_t (*fill)(void *state, duckdb_data_chunk chunk);
	void *state;
};

/* Light files take less time, dense ones less room (parquet_column.h). */
enum segment_style { SEGMENT_LIGHT, SEGMENT_DENSE };

/* Writes all rows of the source to `path`.  The file is not yet synced; on failure there may be a
 * part of it.  `ret_filters`, where it is not NULL, receives filters of the columns that rows are
 * looked for by, each of at most one part in SEGMENT_FILTER_PART of the file. */
enum { SEGMENT_FILTER_PART = 32 };
MUST_CHECK bool segment_write(const struct row_source *source, enum segment_style style,
                              const char *path, struct address_filters *ret_filters, struct err *e);
