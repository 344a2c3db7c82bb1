/* workspace: a directory that holds rows for as long as they are kept.
 *
 * Guide to this directory.  A workspace is
 *
 *     DIR/catalog.db           SQLite (WAL): which segments count, and since which commit
 *     DIR/segments/TABLE/DAY/  Parquet files, one per commit, table and day
 *     DIR/run/                 sockets and locks
 *
 * A segment is written (segment_writer.h) from chunks of columns (of flow_segment.c for flow rows,
 * plain_segment.c for rows that are never merged, cell_batch.c for rows that came as text) under a
 * temporary name, synced, renamed, its directory synced; the catalog transaction at the end of the
 * commit makes it visible together with everything else of that commit, or not at all.  Files that
 * no catalog row names are orphans; a writer sweeps them when it opens the workspace.  One writer
 * at a time holds DIR/run/writer.lock; readers need neither the lock nor write permission nor a
 * living writer, and may be as many as they like.
 *
 * Segments of hours and days that are over are written again, fewer and smaller (compact.h).
 *
 * To add a column: registry/columns.csv.  To add a table: registry/tables.csv (core/flow/plain.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/flow/column.h"
#include "core/flow/plain_rows.h"
#include "core/flow/row.h"
#include "workspace/source_file.h"

struct address_filters;
struct workspace; /* opaque; one thread at a time.  Open for reading it may be carried over fork().
                   */

enum workspace_mode {
	WORKSPACE_READ,  /* must exist; nothing in it is changed */
	WORKSPACE_WRITE, /* made if it does not exist; takes the writer's lock, sweeps orphans */
};

/* NULL and one clear line in e: not a workspace, made by a newer weir, locked by another writer
 * (its process id is named), not readable.  For writing, DIR is made if its parent exists; one that
 * holds files of others is refused.  A process opens a workspace for writing once: its lock tells
 * processes apart, not threads. */
MUST_CHECK struct workspace *workspace_open(const char *dir, enum workspace_mode mode,
                                            struct err *e);
void workspace_close(struct workspace *ws); /* NULL is fine */

/* Until workspace_let_go, all questions to a workspace that is open for reading are answered of one
 * moment, whatever is committed meanwhile; one that is open for writing changes by its own commits
 * only.  Not to be carried over fork() meanwhile. */
MUST_CHECK bool workspace_hold(struct workspace *ws, struct err *e);
void workspace_let_go(struct workspace *ws);

/* Makes DIR and DIR/run where they are missing, and refuses what workspace_open would for writing,
 * but neither locks nor opens anything: for daemons that need a place for sockets before they
 * become another user, to whom uid and gid (-1: nobody else) both directories are given. */
MUST_CHECK bool workspace_prepare(const char *dir, uid_t uid, gid_t gid, struct err *e);

/* A stretch of time in ticks, both ends included. */
struct time_range {
	int64_t from, to;
};
#define TIME_RANGE_ALL ((struct time_range){ INT64_MIN, INT64_MAX })

/* How far a segment has been compacted. */
enum segment_level {
	LEVEL_WRITTEN, /* as it was written */
	LEVEL_HOUR,    /* of one hour */
	LEVEL_DAY,     /* of one UTC day */
};

struct segment {
	int64_t id;
	char *path;           /* below the workspace directory */
	enum table_id table;  /* whose segment it is */
	unsigned schema;      /* says which columns it holds (segment_columns.h) */
	int64_t commit;       /* number of the commit that made it visible */
	int64_t committed_at; /* ticks */
	int64_t rows;
	int64_t bytes;              /* of the file */
	struct time_range time;     /* of TimeGenerated; from > to where no row has one */
	struct time_range recorded; /* of FlowRecordTime, or of BeginTime; likewise */
	enum segment_level level;
	struct address_filters *filters; /* of a new one, to be kept (address_filter.h); owned; NULL
	                                    where there are none, and in what a catalog lists */
};
void segment_done(struct segment *segment); /* its path and filters */

struct segment_list {
	struct segment *items; /* in order of id */
	size_t count;
};

/* A text that a wanted row may have in a column, by its hash (address_filter.h). */
struct sought_value {
	enum column_id column;
	uint64_t hash;
};

/* Wanted rows have one of these at least; best in order of columns, then hashes. */
struct sought {
	const struct sought_value *values;
	size_t count;
};

/* What a reader of `table` has to look at: the visible segments of the table itself and of the
 * table that its flow rows are stored in, less those that lie wholly outside either range, and less
 * some that have no row that is sought.  A segment in which no row has the time of a range is left
 * out unless the range is all time. */
struct segment_filter {
	enum table_id table;
	struct time_range time;      /* of TimeGenerated */
	struct time_range recorded;  /* of FlowRecordTime */
	const struct sought *sought; /* wanted rows are as each of these says; borrowed */
	size_t sought_count;
};

/* All segments of a table. */
#define SEGMENTS_OF(id)                                                                            \
	((struct segment_filter){                                                                  \
	    .table = (id), .time = TIME_RANGE_ALL, .recorded = TIME_RANGE_ALL })
MUST_CHECK bool workspace_segments(struct workspace *ws, const struct segment_filter *filter,
                                   struct segment_list *ret, struct err *e);
void segment_list_done(struct segment_list *list);

/* The `most` oldest visible segments of a table, without those of another in which its rows are
 * stored, oldest first as retention_since (retention.h) has it. */
MUST_CHECK bool workspace_oldest(struct workspace *ws, enum table_id table, size_t most,
                                 struct segment_list *ret, struct err *e);

/* What the files of all visible segments have in octets. */
MUST_CHECK bool workspace_octets(struct workspace *ws, uint64_t *ret, struct err *e);

/* When the last commit was made, in ticks; 0 where there was none. */
MUST_CHECK bool workspace_last_commit(struct workspace *ws, int64_t *ret, struct err *e);

/* The disk that the workspace is on, in octets: in all, and what is left to others than root. */
struct disk_space {
	uint64_t total, free;
};
MUST_CHECK bool workspace_space(const struct workspace *ws, struct disk_space *ret, struct err *e);

/* Adds to *sql a parenthesised SELECT whose columns are exactly those of filter->table, in order,
 * with these SQL types: bool BOOLEAN, int INTEGER, long BIGINT, real DOUBLE, string VARCHAR (never
 * NULL), datetime and timespan BIGINT ticks, dynamic VARCHAR with JSON text.  It reads the segments
 * that workspace_segments finds; where there are none it yields no rows.  `ret` (may be NULL)
 * receives what it will read. */
struct relation_size {
	size_t segments;
	int64_t rows, bytes;
};
MUST_CHECK bool workspace_relation(struct workspace *ws, const struct segment_filter *filter,
                                   struct buf *sql, struct relation_size *ret, struct err *e);

/* How many segments the table of a filter has, whatever else the filter says; and how many octets
 * of those that it leaves, as they are on the disk, are of these columns or of what these are
 * worked out from.  Reads all their footers; a file that has just gone counts nothing. */
struct relation_weight {
	size_t segments;
	int64_t bytes;
};
MUST_CHECK bool workspace_weigh(struct workspace *ws, const struct segment_filter *filter,
                                const bool columns[COLUMN_COUNT], struct relation_weight *ret,
                                struct err *e);

/* Takes a batch of rows, borrowed for the call; false and e end the reading. */
typedef bool flow_taker(void *context, const struct flow_row *rows, size_t count, struct err *e);

/* Reads the rows of these segments of TABLE_FLOWS, segment by segment as given, each in the order
 * in which it was written.  Rows are what commit_flow_rows was given, as far as segments hold it:
 * written again, they make segments of equal contents.  What is worked out when rows are written
 * (constants, enriched columns, subnets) is not read.  Rows of older programs' segments do not have
 * the columns that these lack.
 *
 * ERR_WORKSPACE where an id is no visible segment of TABLE_FLOWS (nothing is taken then), or where
 * an imported row has what no flow row can (an address that is none, a time that is not a minute's
 * begin, …); ERR_IO where a file has gone; or as `take` said.  Starts a database of its own, of at
 * most FLOW_READ_MEMORY: 10 ms, and then 3 ms a segment and 0.33 us a row (bench_segment). */
#define FLOW_READ_MEMORY ((uint64_t)256 << 20)
MUST_CHECK bool workspace_flow_rows(struct workspace *ws, const int64_t *segments, size_t count,
                                    flow_taker *take, void *context, struct err *e);

/* Takes rows of the struct that a table of rows that are never merged has (core/flow/plain.h);
 * they and their texts are borrowed for the call.  False and e end the reading. */
typedef bool plain_taker(void *context, const void *rows, size_t count, struct err *e);

/* Reads the rows of these segments of such a table, as workspace_flow_rows does: written again,
 * they make segments of equal contents. */
MUST_CHECK bool workspace_plain_rows(struct workspace *ws, enum table_id table,
                                     const int64_t *segments, size_t count, plain_taker *take,
                                     void *context, struct err *e);

/* ---- writing: one commit at a time, by a workspace opened with WORKSPACE_WRITE ----
 *
 * A call that adds rows and fails has added some of them or none: such a commit never becomes
 * visible, commit_end refuses it. */

struct commit; /* opaque */

/* The last commit whose rows came from a file with this content, or 0. */
MUST_CHECK bool workspace_imported(struct workspace *ws, const struct source_file *file,
                                   int64_t *ret_commit, struct err *e);

/* The texts of ROLE_CONSTANT columns, by column id; NULL means "". */
struct constants {
	const char *text[COLUMN_COUNT];
};

/* The texts of ROLE_ENRICHED columns, and of ROLE_CONSTANT ones that are not the same in all rows
 * (compact.h).  Each row is of a kind, by which all columns of an enrichment are told: whoever
 * enriches lists every column's distinct texts, says which of them each kind has, and tells the
 * kinds of rows when they are written.  Columns that have nothing to do with each other have an
 * enrichment each. */
#define ENRICHMENT_KINDS 65535 /* most kinds */
#define ENRICHMENTS      8     /* of a commit at most */

struct enriched_column {
	const char *const *texts; /* distinct; NULL: "", or the constant, for every kind */
	size_t count;             /* of texts */
	const uint16_t *by_kind;  /* index into texts */
};

struct enrichment {
	struct enriched_column columns[COLUMN_COUNT]; /* by id; others' texts are NULL */
	size_t kinds; /* 0: nothing is told, and `tell` is not called */
	/* Writes the kinds of rows[0 … count-1], each below `kinds`. */
	void (*tell)(void *context, const struct flow_row *const *rows, size_t count,
	             uint16_t *ret_kinds);
	void *context;
};

MUST_CHECK struct commit *commit_begin(struct workspace *ws, struct err *e);

/* Rows that are added from now on are enriched by this, too, which is borrowed until the commit
 * ends or NULL takes all enrichments out; columns that none of them has are "".  What it points to
 * may change between two calls that add rows.  `tell` is called by the thread that adds rows, once
 * for each row, in order of minutes. */
void commit_enrich(struct commit *c, const struct enrichment *enrichment);

/* Adds flow rows as segments of TABLE_FLOWS, one per UTC day of `minute`, rows ordered by minute
 * and, within it, as given.  rows[] is an array of pointers, borrowed for the call.  What a row
 * does not have is null, or the empty text; every row has a minute, whatever its bit says.  Counts
 * above INT64_MAX are stored as that.  Takes 0.6 us of one core and 42 bytes of disk a row
 * (bench_segment), a fixed 3 ms (and two syncs) a segment, and up to 100 MiB of memory beside the
 * rows. */
MUST_CHECK bool commit_flow_rows(struct commit *c, const struct flow_row *const *rows, size_t count,
                                 const struct constants *constants, struct err *e);

/* Adds rows that are never merged, in the order of their minutes (plain_rows_sort), as segments of
 * their tables, one per UTC day.  What a row does not have is null, or the empty text. */
MUST_CHECK bool commit_plain_rows(struct commit *c, const struct plain_rows *rows, struct err *e);

/* Adds the rows of a file of JSON objects, one a line of at most 1 MiB, as they are, as segments of
 * `table`, one or more per UTC day of TimeGenerated.  Keys are column names; missing keys and nulls
 * are null, or the empty text; unknown keys, values of the wrong type and broken lines are errors
 * that name the line.  Blank lines are passed over.  *ret_rows receives how many rows there were.
 * Holds at most 100 MiB of the file's rows. */
MUST_CHECK bool commit_json_lines(struct commit *c, enum table_id table, const char *path,
                                  size_t *ret_rows, struct err *e);

/* Remembers with the commit that its rows came from this file. */
MUST_CHECK bool commit_note_file(struct commit *c, const struct source_file *file, struct err *e);

/* The id of the segment that was added last, or 0. */
int64_t commit_last_segment(const struct commit *c);

/* The ids of the table's segments that were added, in their order: writes at most `room` of them,
 * and returns how many there are. */
size_t commit_segments(const struct commit *c, enum table_id table, int64_t *ret, size_t room);

/* Takes a visible segment out: it no longer counts once the commit ends.  Its file stays for
 * RETIRED_MINUTES, since readers may have it on their lists; workspace_sweep removes it then. */
#define RETIRED_MINUTES 15
MUST_CHECK bool commit_retire(struct commit *c, int64_t segment, struct err *e);

/* Keeps octets under a key, to be found at the next start; copied. */
MUST_CHECK bool commit_set_state(struct commit *c, const char *key, const void *octets, size_t len,
                                 struct err *e);

/* The 16 octets that tell this workspace from every other. */
MUST_CHECK bool workspace_uuid(struct workspace *ws, uint8_t ret[16], struct err *e);

/* Adds what was kept under the key to *ret; nothing where nothing was. */
MUST_CHECK bool workspace_state(struct workspace *ws, const char *key, struct buf *ret,
                                struct err *e);

/* Unlinks the files of segments that were retired RETIRED_MINUTES ago, and the folders of days that
 * are empty then; with `all`, of all that were retired: readers that have one on their lists meet
 * ERR_IO and look again. */
MUST_CHECK bool workspace_sweep(struct workspace *ws, bool all, struct err *e);

/* Makes everything that was added visible in one transaction, or nothing.  Ends the commit either
 * way. */
MUST_CHECK bool commit_end(struct commit *c, struct err *e);
void commit_abandon(struct commit *c); /* removes what was written; NULL is fine */
