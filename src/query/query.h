/* query: KQL over a workspace.
 *
 * Guide to this directory, in the order that a query travels:
 *
 *     lex        text to tokens                       literal, lex_string
 *     parse      tokens to a tree (ast.h)             parse_expression, parse_operator, parse_forms
 *     bind       names and types (bound.h)            bind_*, op_*, call_*, made, rowset, type
 *     lower      to SQL                               lower_expr
 *     run        to rows                              format_*.c
 *
 * function_*.c is the table of KQL's functions; sql_*.c are those that the database does not have
 * and that it calls back for.  To add a function: a row, and where no SQL does it, a row in
 * sql_*.c.  To add an operator: a row in parse_operator.c and one in bind_table.c.
 *
 * What is bounded: a query's text (QUERY_TEXT_MAX), nesting, bound nodes, SQL, memory of the
 * front end (64 MiB) and of the database (limits), rows, bytes and time of an answer.  A session
 * serves one thread at a time; query_cancel may come from another. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "query/error.h"
#include "workspace/completeness.h"
#include "workspace/workspace.h"

struct query_limits {
	uint64_t memory_bytes; /* of the database; 0: its own default */
	unsigned threads;      /* 0: one per core */
	const char *spill_dir; /* NULL: nowhere; else a folder that the database may make */
	uint64_t spill_bytes;  /* most there; 0: 90 % of what the disk has left */
	int64_t max_rows;      /* 0: 500000 */
	size_t max_bytes;      /* of the answer's cells; 0: 64 MiB */
	int64_t time_ms;       /* of one query; 0: three minutes; less than 0: any */
};

struct query_session; /* opaque: a database instance and its functions */

/* `workspace` is borrowed and may be NULL: then there are no tables. */
MUST_CHECK struct query_session *
query_session_new(struct workspace *workspace, const struct query_limits *limits, struct err *e);
void query_session_free(struct query_session *session); /* NULL is fine */

struct query_options {
	int64_t now;            /* ticks, the same for the whole query; 0: the system's clock */
	struct time_range time; /* of TimeGenerated, both ends included; from 0 to 0: all */
	const char *watchlists; /* folder of CSV files for _GetWatchlist; NULL: none */
	bool explain;     /* bind and lower only: for query_sql, query_size, query_columns_size */
	bool read_all;    /* all segments of a table, whatever is asked (for comparison) */
	bool local_times; /* tables and charts show times as the clock of TZ does, not UTC */
	unsigned width;   /* of charts, in characters; 0: 80 */
};

struct query_column {
	const char *name;
	enum kql_type type;
};

struct query_result; /* opaque: a running query */

/* Runs a query up to its first rows; NULL and *e where it is refused or fails before them.  Where a
 * segment's file has gone meanwhile, it is run once more on a fresh list.  `text` is borrowed until
 * the result is freed. */
MUST_CHECK struct query_result *query_run(struct query_session *session, const char *text,
                                          size_t len, const struct query_options *options,
                                          struct query_error *e);
void query_result_free(struct query_result *result); /* NULL is fine */

size_t query_columns(const struct query_result *result, const struct query_column **ret);
const char *query_sql(const struct query_result *result);
struct relation_size query_size(const struct query_result *result);

/* Of a query that was explained only: how many segments its tables have, and how many octets of
 * those that it reads are of columns that it needs.  What compresses them is counted as it is on
 * the disk; row groups that can be left out are counted, too. */
struct query_columns_size {
	size_t segments;
	int64_t bytes;
};
struct query_columns_size query_columns_size(const struct query_result *result);

/* A cell of the current row. */
struct query_cell {
	bool null; /* never for strings */
	union {
		bool b;
		int64_t i; /* int, long, datetime, timespan: ticks */
		double f;
		struct {
			const char *at; /* borrowed until the next row */
			size_t len;
		} s; /* string, guid, decimal; dynamic: JSON */
	};
};

/* Moves to the next row and fills cells[], one per column.  False at the end, and on an error,
 * which *e then holds: rows before it stand (a partial answer). */
MUST_CHECK bool query_next(struct query_result *result, struct query_cell *cells,
                           struct query_error *e);

/* What the query did whose result was freed last. */
struct query_facts {
	int64_t rows;              /* that were handed out */
	struct relation_size size; /* what it was to read */
	struct time_range time;    /* TimeGenerated that its tables were narrowed to; all where one
	                              was not, or none was read */
};
struct query_facts query_last(const struct query_session *session);

/* A query of several statements, or with fork or facet, gives several tables: how many, and what
 * the one at hand is called by fork; NULL: by nobody. */
size_t query_tables(const struct query_result *result);
const char *query_table_name(const struct query_result *result);

/* Goes on to the next table, once no more rows of this one are wanted: its columns and rows are
 * then the result's.  False behind the last one, and on an error, which *e then holds.  The limit
 * of rows is for each table, that of bytes and time for all. */
MUST_CHECK bool query_next_table(struct query_result *result, struct query_error *e);

/* Ends the running query soon; from any thread. */
void query_cancel(struct query_session *session);

/* Writes the rows of a query that was explained only to a Parquet file: `select` is SQL over its
 * columns r0, r1, …  False where no file was written; where one was, *e may still say that more
 * rows than the session allows were left out. */
MUST_CHECK bool query_copy(struct query_result *result, const char *select, const char *path,
                           struct query_error *e);

/* How far the running query is, from 0 to 100; less than 0 where that is not known.  From any
 * thread. */
double query_progress(struct query_session *session);

/* How complete the stretch of time is that the query read of what exporters sent: the TimeGenerated
 * that its tables were narrowed to.  Once all rows that are wanted were read: ends the query. False
 * where there is nothing to say: it read no such table, or the ledger has nothing of that time. */
bool query_completeness(struct query_result *result, struct completeness *ret);

/* render's word, such as timechart; NULL where the query has none. */
const char *query_visualization(const struct query_result *result);

/* render's words, as JSON: {"visualization":"timechart",…}; NULL where the query has none. */
const char *query_render(const struct query_result *result);

/* ---- whole answers ---- */

enum query_format {
	QUERY_TABLE,   /* for people: aligned columns */
	QUERY_JSON,    /* for programs: as the Log Analytics API answers */
	QUERY_CSV,     /* RFC 4180 */
	QUERY_NDJSON,  /* one object a line */
	QUERY_CHART,   /* for people: drawn as its render says; a table where it has none */
	QUERY_PARQUET, /* one file */
};

/* Takes what was written so far; false ends it. */
typedef bool query_sink(void *context, const char *text, size_t len);

/* Runs a query and writes its answer, or its error, in that form.  False where it was refused or
 * failed; *e tells why (and was written, for JSON). */
bool query_print(struct query_session *session, const char *text, size_t len,
                 const struct query_options *options, enum query_format format, query_sink *sink,
                 void *context, struct query_error *e);

/* Binds and lowers a query and tells what would be run: the tree, the SQL, what would be read; as
 * text, or with `json` as one object.  False where it is refused; *e tells why. */
bool query_explain(struct query_session *session, const char *text, size_t len,
                   const struct query_options *options, bool json, struct buf *out,
                   struct query_error *e);

/* The parts of it, for those who compose answers themselves (the server). */
void query_error_json(struct buf *out, const struct query_error *e); /* {"error":{…}} */
void query_error_text(struct buf *out, const struct query_error *e, const char *text,
                      size_t len); /* with the line and ^ */
void query_cell_json(struct buf *out, enum kql_type type, const struct query_cell *cell);
void query_cell_text(struct buf *out, enum kql_type type, const struct query_cell *cell);
