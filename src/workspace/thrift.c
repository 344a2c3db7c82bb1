#include "workspace/thrift.h"

#include "workspace/varint.h"

struct thrift thrift_begin(struct buf *out)
{
	return (struct thrift){ .out = out };
}

void thrift_end(const struct thrift *t)
{
	buf_putc(t->out, 0);
}

/* Parquet's fields are few: the distance to the last one always fits four bits. */
static void add_field(struct thrift *t, int field, enum thrift_type type)
{
	buf_putc(t->out, (char)((field - t->last) << 4 | (int)type));
	t->last = field;
}

struct thrift thrift_struct(struct thrift *t, int field)
{
	add_field(t, field, THRIFT_STRUCT);
	return thrift_begin(t->out);
}

void thrift_i32(struct thrift *t, int field, int32_t value)
{
	add_field(t, field, THRIFT_I32);
	varint_add(t->out, zigzag(value));
}

void thrift_i64(struct thrift *t, int field, int64_t value)
{
	add_field(t, field, THRIFT_I64);
	varint_add(t->out, zigzag(value));
}

void thrift_element_binary(const struct thrift *t, const void *octets, size_t len)
{
	varint_add(t->out, len);
	buf_add(t->out, octets, len);
}

void thrift_binary(struct thrift *t, int field, const void *octets, size_t len)
{
	add_field(t, field, THRIFT_BINARY);
	thrift_element_binary(t, octets, len);
}

void thrift_list(struct thrift *t, int field, enum thrift_type type, size_t count)
{
	enum { SHORT = 15 };
	add_field(t, field, THRIFT_LIST);
	buf_putc(t->out, (char)((count < SHORT ? count : SHORT) << 4 | (size_t)type));
	if (count >= SHORT)
		varint_add(t->out, count);
}

void thrift_element_i32(const struct thrift *t, int32_t value)
{
	varint_add(t->out, zigzag(value));
}
