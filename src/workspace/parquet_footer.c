/* parquet_footer: what a file's footer says of a column (contract in parquet_column.h). */
#include <endian.h>
#include <string.h>

#include "workspace/parquet_internal.h"

void parquet_column_schema(const struct parquet_column *c, struct buf *footer)
{
	struct thrift t = thrift_begin(footer);
	thrift_i32(&t, 1, (int32_t)c->kind->type);
	thrift_i32(&t, 3, OPTIONAL);
	thrift_binary(&t, 4, c->name, strlen(c->name));
	if (c->kind->type == TYPE_BYTE_ARRAY)
		thrift_i32(&t, 6, CONVERTED_UTF8);
	thrift_end(&t);
}

static void add_number_limit(struct thrift *t, int field, enum parquet_type type, int64_t value)
{
	static const size_t lens[] = { [TYPE_BOOLEAN] = 1, [TYPE_INT32] = 4, [TYPE_INT64] = 8 };
	uint64_t little = htole64((uint64_t)value);
	thrift_binary(t, field, &little, lens[type]);
}

static void add_statistics(const struct parquet_column *c, struct thrift *t)
{
	struct thrift s = thrift_struct(t, 12);
	thrift_i64(&s, 3, (int64_t)(c->rows - c->present));
	bool text = parquet_is_text(c);
	bool short_enough =
	    c->least_text.len <= PARQUET_LIMIT_TEXT && c->most_text.len <= PARQUET_LIMIT_TEXT;
	if (c->present && text && short_enough) {
		thrift_binary(&s, 5, buf_text(&c->most_text), c->most_text.len);
		thrift_binary(&s, 6, buf_text(&c->least_text), c->least_text.len);
	} else if (c->present && !text && c->kind->type != TYPE_DOUBLE) {
		add_number_limit(&s, 5, c->kind->type, c->most);
		add_number_limit(&s, 6, c->kind->type, c->least);
	}
	thrift_end(&s);
}

void parquet_describe(const struct parquet_column *c, const struct parquet_chunk *chunk,
                      struct buf *footer)
{
	bool has_dictionary = chunk->dictionary < chunk->data;
	struct thrift t = thrift_begin(footer);
	thrift_i64(&t, 2, (int64_t)chunk->dictionary);
	struct thrift m = thrift_struct(&t, 3);
	thrift_i32(&m, 1, (int32_t)c->kind->type);
	thrift_list(&m, 2, THRIFT_I32, 2);
	thrift_element_i32(&m, ENCODING_RLE);
	thrift_element_i32(&m, (int32_t)chunk->encoding);
	thrift_list(&m, 3, THRIFT_BINARY, 1);
	thrift_element_binary(&m, c->name, strlen(c->name));
	thrift_i32(&m, 4, parquet_codec(c));
	thrift_i64(&m, 5, (int64_t)c->rows);
	thrift_i64(&m, 6, (int64_t)chunk->plain);
	thrift_i64(&m, 7, (int64_t)(chunk->end - chunk->dictionary));
	thrift_i64(&m, 9, (int64_t)chunk->data);
	if (has_dictionary)
		thrift_i64(&m, 11, (int64_t)chunk->dictionary);
	add_statistics(c, &m);
	if (chunk->bloom) {
		thrift_i64(&m, 14, (int64_t)chunk->end);
		thrift_i32(&m, 15, (int32_t)chunk->bloom);
	}
	thrift_end(&m);
	thrift_end(&t);
}
