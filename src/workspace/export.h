/* export: a stretch of time as Parquet files that any program can read, and that another workspace
 * can take in.
 *
 *     DIR/manifest.json          what is in it, written last: without it, it is no export
 *     DIR/TABLE-SEGMENT.parquet  the rows of one segment that lie in the range
 *
 * The manifest: {"format":1,"workspace":"UUID","from":"…","to":"…","files":[{"file":"…",
 * "table":"Flows","rows":1,"octets":1,"sum":"1234abcd","level":0}]}, "sum" being that of
 * checked_file.h, "level" the segment's (enum segment_level; 0 where it is missing).
 * Columns are those of segments (docs/columns.md); times are ticks, (ticks - 621355968000000000) /
 * 10 microseconds since 1970.  Rows without TimeGenerated are in no range. */
#pragma once

#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/workspace.h"

#define MANIFEST_MAX ((size_t)64 << 20) /* octets of a manifest */

struct export_report {
	uint64_t files, rows, octets;
};

/* Exports a table's rows (-1: every table's) of a workspace that is open for reading into `dir`,
 * which must be empty or missing. */
MUST_CHECK bool workspace_export(struct workspace *ws, int table, struct time_range time,
                                 const char *dir, struct export_report *ret, struct err *e);

/* Adds the rows of an export to a workspace that is open for writing, in one commit, as imported
 * rows.  What the manifest says is checked against the files, and what is in these against the
 * tables.  Rows that were rolled up are not rolled up again where the export has rows of the
 * rollup, too.  ERR_WORKSPACE where the same export was attached before; ERR_DATA where it is
 * damaged or holds what this program does not know. */
MUST_CHECK bool workspace_attach(struct workspace *ws, const char *dir, struct export_report *ret,
                                 struct err *e);
