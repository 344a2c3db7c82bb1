/* db: the embedded columnar database, as the rest of the program sees it.
 *
 * Only workspace/ includes the database library's own header; everything else speaks SQL text and
 * reads typed cells through this file.  A struct db is one in-memory instance with one connection:
 * one thread at a time, except db_interrupt.  SQL types met in results map to Kusto's as follows:
 * BOOLEAN bool; integers that always fit 32 bits signed int, wider ones long; FLOAT, DOUBLE real;
 * VARCHAR, ENUM string; everything else (DECIMAL, DATE, LIST, …) arrives as its text, as a string.
 *
 * Errors carry the database's first sentence alone, without its hints, the position or the SQL.
 * Codes: ERR_QUERY, but ERR_NOMEM where memory_bytes was too little, and ERR_IO where a file could
 * not be read or written (a segment that has gone: ask again with a fresh list). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/column.h"

struct db;      /* opaque */
struct db_rows; /* opaque; a running query's answer */

struct db_limits {
	uint64_t memory_bytes; /* 0: 80 % of the machine's, the library's default */
	unsigned threads;      /* 0: one per core */
	const char *spill_dir; /* where large intermediate results may go; NULL: nowhere */
	uint64_t
	    spill_bytes; /* at most; 0: 90 % of what the disk has left, the library's default */
};

/* An instance that neither loads nor installs extensions and leaves no file behind.  NULL and e on
 * failure. */
MUST_CHECK struct db *db_open(const struct db_limits *limits, struct err *e);
void db_close(struct db *db); /* NULL is fine; its db_rows must be closed before */

/* Runs one statement and drops its answer. */
MUST_CHECK bool db_exec(struct db *db, const char *sql, struct err *e);

/* Starts a query whose answer is streamed: one at a time, db_rows_close it before the next
 * statement.  NULL and e on failure. */
MUST_CHECK struct db_rows *db_query(struct db *db, const char *sql, struct err *e);
void db_rows_close(struct db_rows *rows); /* NULL is fine */

size_t db_rows_columns(const struct db_rows *rows);
const char *db_rows_column_name(const struct db_rows *rows, size_t column); /* the rows' own */
enum kql_type db_rows_column_type(const struct db_rows *rows, size_t column);

/* Loads the next chunk of rows; *ret_count is 0 at the end.  Cells of the chunk before are gone. */
MUST_CHECK bool db_rows_next(struct db_rows *rows, size_t *ret_count, struct err *e);

/* Cells of the current chunk; `row` counts within it.  Each reads the types that fit it (asserted);
 * of a null cell the value means nothing.  Text is borrowed until the next db_rows_next and is not
 * NUL-terminated. */
struct db_text {
	const char *at;
	size_t len;
};
bool db_cell_is_null(const struct db_rows *rows, size_t column, size_t row);
bool db_cell_bool(const struct db_rows *rows, size_t column, size_t row);
int64_t db_cell_i64(const struct db_rows *rows, size_t column,
                    size_t row); /* any integer type; saturates */
double db_cell_f64(const struct db_rows *rows, size_t column, size_t row); /* FLOAT, DOUBLE */
struct db_text db_cell_text(const struct db_rows *rows, size_t column,
                            size_t row); /* VARCHAR, ENUM */

/* Ends the running query soon with an error; may be called from another thread or a signal
 * handler's thread.  One that arrives before the query has started is lost: ask again until it has
 * ended. */
void db_interrupt(struct db *db);

/* How far the running statement is, from 0 to 100; less than 0 where that is not known.  From any
 * thread. */
double db_progress(struct db *db);

/* Adds `text` (UTF-8, or the statement will be refused) to *sql as an SQL text literal or a quoted
 * name; nothing in it can end it early.  A NUL is kept in texts and becomes U+FFFD in names. */
struct buf;
void db_quote_text(struct buf *sql, const char *text, size_t len);
void db_quote_name(struct buf *sql, const char *name, size_t len);

/* Adds the path of a file as a text literal for functions that take patterns: it matches that file
 * alone, whatever characters are in it. */
void db_quote_path(struct buf *sql, const char *path);
