/* flow_text: the text columns of flow rows: configured constants, addresses, subnets and
 * identifiers of applications, which are held where addresses would be.
 *
 * Most of them have few distinct values in a commit.  Such a column becomes an ENUM: its texts are
 * made once, and each row carries a number of 16 bits.  Columns with more distinct values than that
 * are plain texts, made row by row. */
#pragma once

#include <duckdb.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/row.h"
#include "workspace/ip_enum.h"

struct flow_text {
	const struct column *address; /* what it is made from; NULL for a constant */
	const struct column *mask;    /* of a subnet, else NULL */
	ip_enum_format *format;
	bool is_application; /* eight octets in a row */
	struct ip_dictionary distinct;
	uint16_t *numbers; /* of the rows; NULL: plain texts */
	duckdb_logical_type type;
};

/* Prepares a column for the rows of one segment: init, scan all rows in order and in blocks that
 * stay in the processor's cache, finish.  `constant` is the text of a column that is not made from
 * addresses; it is borrowed until finish.  flow_text_done it in any case. */
MUST_CHECK bool flow_text_init(struct flow_text *text, enum column_id id, size_t rows,
                               struct err *e);
void flow_text_scan(struct flow_text *text, const struct flow_row *const *rows, size_t first,
                    size_t count);
MUST_CHECK bool flow_text_finish(struct flow_text *text, const char *constant, struct err *e);
void flow_text_done(struct flow_text *text); /* zeroed ones are fine */

/* Fills a vector with `count` rows of the segment from `first` on. */
void flow_text_fill(const struct flow_text *text, const struct flow_row *const *rows, size_t first,
                    size_t count, duckdb_vector vector);
