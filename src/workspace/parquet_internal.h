/* parquet_internal: what parquet_column.c and parquet_footer.c share. */
#pragma once

#include "workspace/parquet_column.h"

/* parquet.thrift */
enum parquet_type { TYPE_BOOLEAN, TYPE_INT32, TYPE_INT64, TYPE_DOUBLE = 5, TYPE_BYTE_ARRAY };
enum parquet_encoding {
	ENCODING_PLAIN = 0,
	ENCODING_RLE = 3,
	ENCODING_DELTA = 5,
	ENCODING_DELTA_LENGTH = 6,
	ENCODING_RLE_DICTIONARY = 8,
};
enum {
	OPTIONAL = 1,
	CONVERTED_UTF8 = 0,
	CODEC_NONE = 0,
	CODEC_ZSTD = 6,
	CODEC_LZ4_RAW = 7,
	PAGE_DATA = 0,
	PAGE_DICTIONARY = 2
};

struct parquet_kind {
	duckdb_type from;
	enum parquet_type type;
	enum parquet_encoding encoding;
	size_t width; /* octets of a value in a vector */
	/* Adds values that lie side by side. */
	void (*add)(struct parquet_column *c, const void *values, size_t count);
	/* Appends the encoded values of the row group; NULL: they are c->octets. */
	void (*finish)(struct parquet_column *c, struct buf *values);
};

/* Where the pages of this row group are. */
struct parquet_chunk {
	uint64_t dictionary, data, end;
	size_t plain; /* octets without compression */
	enum parquet_encoding encoding;
	size_t bloom; /* octets of the filter behind the pages; 0: there is none */
};

static inline bool parquet_is_text(const struct parquet_column *c)
{
	return c->kind->type == TYPE_BYTE_ARRAY;
}

/* Written light, only texts are worth it: packed numbers hardly get any smaller. */
static inline int parquet_codec(const struct parquet_column *c)
{
	if (c->style.dense)
		return CODEC_ZSTD;
	return parquet_is_text(c) ? CODEC_LZ4_RAW : CODEC_NONE;
}

/* Writes what the footer says of a column of a row group. */
void parquet_describe(const struct parquet_column *c, const struct parquet_chunk *chunk,
                      struct buf *footer);
