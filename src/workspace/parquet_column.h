/* parquet_column: one column of a Parquet file, gathered for a row group and written as pages.
 *
 * Follows Parquet's parquet.thrift and Encodings.md: numbers are DELTA_BINARY_PACKED, texts
 * DELTA_LENGTH_BYTE_ARRAY, texts of an ENUM a dictionary and RLE_DICTIONARY, doubles and truth
 * values PLAIN.  Every column is OPTIONAL, has one data page a row group and tells its smallest and
 * largest value (but for doubles, and texts longer than PARQUET_LIMIT_TEXT).
 *
 * A column is written light, by whoever must be quick: texts are compressed (LZ4_RAW), numbers are
 * small as they are.  Or dense, once rows have come to rest: everything is compressed (ZSTD),
 * values that occur often get a dictionary of each row group's own, and columns that rows are
 * looked for by get a Bloom filter.
 *
 * Values come as vectors of the database library, which is not otherwise involved.  Bound: what
 * the rows of one row group take when encoded (dense, in addition: its texts once more), and 2 MB.
 * One thread. */
#pragma once

#include <duckdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "workspace/address_filter.h"
#include "workspace/parquet_bloom.h"
#include "workspace/parquet_delta.h"
#include "workspace/parquet_dictionary.h"
#include "workspace/thrift.h"

enum { PARQUET_GROUP_ROWS = 122880, PARQUET_LIMIT_TEXT = 256 };

struct parquet_kind;

/* How a column is written. */
struct parquet_style {
	bool dense;
	bool is_sought; /* a Bloom filter, where it is dense and of texts */
};

struct parquet_column {
	const char *name;                /* borrowed */
	const struct parquet_kind *kind; /* how its type is written */
	duckdb_logical_type type;        /* borrowed */
	struct parquet_style style;
	struct address_values *values; /* borrowed: gets the texts of all row groups; or NULL */

	/* of this row group */
	size_t rows, present;
	uint64_t levels[PARQUET_GROUP_ROWS / 64]; /* a bit for each row that has a value */
	struct delta delta;                       /* numbers, or the lengths of texts */
	struct buf octets;                        /* texts, doubles, truth values */
	uint16_t *numbers;                        /* of texts of an ENUM, or in the dictionary */
	struct parquet_dictionary dictionary;     /* of texts */
	bool is_numbered;                         /* all texts so far are in it */
	int64_t least, most;
	struct buf least_text, most_text;
	struct parquet_bloom bloom;
};

/* False where the type is not one that segments hold. */
MUST_CHECK bool parquet_column_init(struct parquet_column *c, const char *name,
                                    duckdb_logical_type type, struct parquet_style style,
                                    struct err *e);
void parquet_column_done(struct parquet_column *c); /* zeroed ones are fine */

/* Writes what the file's schema says of it. */
void parquet_column_schema(const struct parquet_column *c, struct buf *footer);

/* Adds `count` rows of a vector; at most PARQUET_GROUP_ROWS between two pages. */
void parquet_column_add(struct parquet_column *c, duckdb_vector vector, size_t count);

/* Writes the pages of the rows so far to `file`, which stands at *offset, and what the footer says
 * of them; begins anew.  Returns false where memory was short; errors of the file are the file's.
 */
MUST_CHECK bool parquet_column_write(struct parquet_column *c, FILE *file, uint64_t *offset,
                                     struct buf *footer);
