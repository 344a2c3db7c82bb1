/* thrift_read: the reading half of thrift.h, for footers that a disk may have damaged.
 *
 * Goes forward only and never beyond the end: what is not a structure in the compact protocol, or
 * is nested more than THRIFT_DEPTH deep, makes the reader `bad`, and it then yields nothing more.
 * Work is bounded by the octets: each step takes at least one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { THRIFT_DEPTH = 16 };

struct thrift_reader {
	const uint8_t *at, *end;
	int field; /* the one that was read last, in this structure */
	unsigned depth;
	bool bad;
};

/* The next field of the structure; 0 at its end, or where it is bad.  Its value must be read or
 * skipped before the next. */
int thrift_next(struct thrift_reader *r, int *ret_type);

int64_t thrift_read_number(struct thrift_reader *r);
const uint8_t *thrift_read_binary(struct thrift_reader *r, size_t *ret_len);
size_t thrift_read_list(struct thrift_reader *r, int *ret_type); /* how many elements follow */
void thrift_skip(struct thrift_reader *r, int type);             /* the value of a field */

/* Begins a structure, and goes on behind it. */
struct thrift_reader thrift_enter(const struct thrift_reader *r);
void thrift_leave(struct thrift_reader *r, const struct thrift_reader *inner);
