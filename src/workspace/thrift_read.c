#include "workspace/thrift_read.h"

#include "workspace/thrift.h"

/* the compact protocol's types that thrift.h has no use for */
enum { TRUE_TYPE = 1, FALSE_TYPE, BYTE_TYPE, I16_TYPE, DOUBLE_TYPE = 7, SET_TYPE = 10, MAP_TYPE };

static uint8_t octet(struct thrift_reader *r)
{
	if (r->bad || r->at == r->end) {
		r->bad = true;
		return 0;
	}
	return *r->at++;
}

static uint64_t varint(struct thrift_reader *r)
{
	uint64_t number = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t o = octet(r);
		number |= (uint64_t)(o & 0x7f) << shift;
		if (!(o & 0x80))
			return number;
	}
	r->bad = true;
	return 0;
}

int64_t thrift_read_number(struct thrift_reader *r)
{
	uint64_t n = varint(r);
	return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

int thrift_next(struct thrift_reader *r, int *ret_type)
{
	uint8_t head = octet(r);
	if (r->bad || head == 0)
		return 0;
	*ret_type = head & 0x0f;
	r->field = head >> 4 ? r->field + (head >> 4) : (int)(int16_t)thrift_read_number(r);
	if (r->field <= 0)
		r->bad = true;
	return r->bad ? 0 : r->field;
}

static const uint8_t *take(struct thrift_reader *r, uint64_t len)
{
	if (r->bad || len > (uint64_t)(r->end - r->at)) {
		r->bad = true;
		return r->at;
	}
	const uint8_t *at = r->at;
	r->at += len;
	return at;
}

const uint8_t *thrift_read_binary(struct thrift_reader *r, size_t *ret_len)
{
	uint64_t len = varint(r);
	const uint8_t *at = take(r, len);
	*ret_len = r->bad ? 0 : (size_t)len;
	return at;
}

/* Every element has an octet at least, so that a count beyond what is left is damage. */
size_t thrift_read_list(struct thrift_reader *r, int *ret_type)
{
	uint8_t head = octet(r);
	*ret_type = head & 0x0f;
	uint64_t count = head >> 4 == 15 ? varint(r) : head >> 4;
	if (count > (uint64_t)(r->end - r->at))
		r->bad = true;
	return r->bad ? 0 : (size_t)count;
}

struct thrift_reader thrift_enter(const struct thrift_reader *r)
{
	struct thrift_reader inner = *r;
	inner.field = 0;
	inner.depth++;
	inner.bad |= inner.depth > THRIFT_DEPTH;
	return inner;
}

void thrift_leave(struct thrift_reader *r, const struct thrift_reader *inner)
{
	r->at = inner->at;
	r->bad = inner->bad;
}

static void skip_struct(struct thrift_reader *r)
{
	struct thrift_reader inner = thrift_enter(r);
	int type;
	while (thrift_next(&inner, &type))
		thrift_skip(&inner, type);
	thrift_leave(r, &inner);
}

/* Truth values have an octet of their own in lists only. */
static void skip_list(struct thrift_reader *r)
{
	struct thrift_reader inner = thrift_enter(r);
	int type;
	size_t count = thrift_read_list(&inner, &type);
	for (size_t i = 0; i < count && !inner.bad; i++)
		if (type <= FALSE_TYPE)
			octet(&inner);
		else
			thrift_skip(&inner, type);
	thrift_leave(r, &inner);
}

void thrift_skip(struct thrift_reader *r, int type)
{
	size_t len;
	switch (type) {
	case TRUE_TYPE:
	case FALSE_TYPE: break;
	case BYTE_TYPE: octet(r); break;
	case I16_TYPE:
	case THRIFT_I32:
	case THRIFT_I64: varint(r); break;
	case DOUBLE_TYPE: take(r, sizeof(double)); break;
	case THRIFT_BINARY: thrift_read_binary(r, &len); break;
	case THRIFT_LIST:
	case SET_TYPE: skip_list(r); break;
	case THRIFT_STRUCT: skip_struct(r); break;
	default: r->bad = true; /* maps: Parquet has none */
	}
}
