/* lower: a bound query to SQL for the database.
 *
 * Each relation becomes a parenthesised SELECT over the one below it; columns are c<number>.  The
 * only text of the user's in it are constants, which db_quote_text writes. */
#pragma once

#include "core/base/buf.h"
#include "query/bind.h"
#include "workspace/workspace.h"

enum { SQL_TEXT_MAX = 16 << 20 };

struct lower_options {
	struct workspace *workspace; /* may be NULL: tables yield no rows */
	int64_t max_rows;            /* of the result; 0: any number */
	bool weigh;                  /* tell `whole` and `columns`, too: looks into every segment */
	struct relation_size size;   /* out: what will be read */
	size_t whole;                /* out: segments of the tables that are read */
	int64_t columns;             /* out: octets of the columns that are read */
	bool reads_tables;           /* out: tables are read, */
	struct time_range searched;  /* and of these the rows of this TimeGenerated, at most */
	bool reads_records;          /* out: the same for tables of what exporters sent */
	struct time_range read;
};

/* The whole query: its visible columns in order, sorted as it says. */
MUST_CHECK bool lower_query(const struct bound_query *query, struct lower_options *options,
                            struct buf *sql, struct query_error *e);

/* "SELECT expression", for constants. */
MUST_CHECK bool lower_constant(const struct expr *expr, struct lower_options *options,
                               const struct shared *shared, struct buf *sql, struct query_error *e);
