/* thrift: structures in Thrift's compact protocol, of which Parquet's headers and footers are made.
 *
 * Fields are written in the order of their numbers.  A structure within one is begun with
 * thrift_struct and ended before the outer one goes on; an element of a list is a structure of its
 * own (thrift_begin).  The buffer's `failed` tells of short memory. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

enum thrift_type {
	THRIFT_I32 = 5,
	THRIFT_I64 = 6,
	THRIFT_BINARY = 8,
	THRIFT_LIST = 9,
	THRIFT_STRUCT = 12
};

struct thrift {
	struct buf *out;
	int last; /* the field that was written last */
};

struct thrift thrift_begin(struct buf *out);
struct thrift thrift_struct(struct thrift *t, int field);
void thrift_end(const struct thrift *t);

void thrift_i32(struct thrift *t, int field, int32_t value);
void thrift_i64(struct thrift *t, int field, int64_t value);
void thrift_binary(struct thrift *t, int field, const void *octets, size_t len);

/* The head of a list; its elements follow: structures, or numbers and texts without fields. */
void thrift_list(struct thrift *t, int field, enum thrift_type type, size_t count);
void thrift_element_i32(const struct thrift *t, int32_t value);
void thrift_element_binary(const struct thrift *t, const void *octets, size_t len);
