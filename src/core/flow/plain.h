/* plain: rows that are never merged: events, samples of counters, one row for each that came.
 *
 * Each table of such rows (the `row` column of registry/tables.csv) has a struct of its own, made
 * from registry/columns.csv like struct flow_row: a word of presence bits, then the columns.  What
 * is not present is zero.  Decoding fills them, plain_rows.h keeps them until they are committed,
 * workspace/plain_segment.c writes them column by column.
 *
 * To add a table: a row of registry/tables.csv with the name of its struct, its columns in
 * registry/columns.csv (TimeGenerated among them), and who fills the struct. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/ip.h"
#include "core/flow/column.h"

/* The text of a column: the sender's octets, borrowed. */
struct row_text {
	const char *at;
	uint64_t len;
};

#include "plain_rows.inc"

/* PLAIN_BIT(NAT, SourceIp): the presence bit of a column in the rows of a table. */
#define PLAIN_BIT(table, column) (UINT64_C(1) << PLAIN_BIT_##table##_##column)
enum {
#define PLAIN_COLUMN(table, column, row, field, bit, names) PLAIN_BIT_##table##_##column = (bit),
#include "plain_columns.inc"
#undef PLAIN_COLUMN
};

/* The texts of a string column that rows hold as a number of one octet: 0 is "". */
struct plain_names {
	const char *const *names;
	size_t count; /* at most 256 */
};

struct plain_column {
	enum column_id id;
	uint16_t offset;
	uint8_t bit;
	struct plain_names names;
};

struct plain_table {
	size_t row_size;      /* 0: a table of other rows */
	size_t minute_offset; /* of TimeGenerated */
	const struct plain_column *columns;
	size_t column_count;
};

/* By table. */
extern const struct plain_table plain_tables[TABLE_COUNT];
