/* export: the way in (contract in export.h). */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "workspace/commit.h"
#include "workspace/db.h"
#include "workspace/export.h"
#include "workspace/segment_ask.h"
#include "workspace/segment_columns.h"
#include "workspace/segment_file.h"
#include "workspace/transfer.h"
#include "workspace/workspace_internal.h"

/* Where a file waits for its name; a rest is swept like every file without one. */
static const char waiting[] = "segments/attached.tmp";

struct attaching {
	struct workspace *ws;
	const char *dir;
	struct db *db;
	struct commit *commit;
	struct export_report report;
	bool brings[TABLE_COUNT]; /* files of the table */
};

/* One file, as the manifest has it. */
struct listed {
	const char *file, *table, *sum;
	json_int_t rows, octets;
	int level;
};

static bool read_listed(json_t *item, struct listed *ret, struct err *e)
{
	json_error_t why;
	ret->level = LEVEL_WRITTEN;
	if (json_unpack_ex(item, &why, 0, "{s:s,s:s,s:s,s:I,s:I,s?i}", "file", &ret->file, "table",
	                   &ret->table, "sum", &ret->sum, "rows", &ret->rows, "octets",
	                   &ret->octets, "level", &ret->level) < 0)
		return err_set(e, ERR_DATA, "manifest.json makes no sense: %s", why.text);
	if (strchr(ret->file, '/') || ret->file[0] == '.')
		return err_set(e, ERR_DATA, "manifest.json names a file elsewhere: %s", ret->file);
	return table_find(ret->table) >= 0 ||
	       err_set(e, ERR_DATA, "there is no table %s in this weir", ret->table);
}

/* ---- one file ---- */

static bool check_file(const struct listed *l, const char *path, struct err *e)
{
	struct segment_file file;
	char sum[16];
	if (!segment_file_read(path, &file, e))
		return false;
	snprintf(sum, sizeof sum, "%08" PRIx32, file.sum);
	return (file.rows == l->rows && (json_int_t)file.octets == l->octets &&
	        strcmp(sum, l->sum) == 0) ||
	       err_set(e, ERR_DATA, "it is not the file that manifest.json tells of");
}

/* The table's stored column of that name, or COLUMN_COUNT. */
static enum column_id find_column(enum table_id table, struct db_text name)
{
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		if (segment_holds(table, id) && strlen(columns[id].name) == name.len &&
		    memcmp(columns[id].name, name.at, name.len) == 0)
			return id;
	return COLUMN_COUNT;
}

static bool check_column(enum table_id table, struct db_text name, struct db_text type,
                         struct err *e)
{
	enum column_id id = find_column(table, name);
	if (id == COLUMN_COUNT)
		return err_set(e, ERR_DATA, "%s has no column %.*s in this weir",
		               tables[table].name, (int)name.len, name.at);
	const char *want = sql_type_name(column_type(id, table));
	return (strlen(want) == type.len && memcmp(want, type.at, type.len) == 0) ||
	       err_set(e, ERR_DATA, "%s is %.*s, not %s", columns[id].name, (int)type.len, type.at,
	               want);
}

static size_t held_columns(enum table_id table)
{
	size_t count = 0;
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		count += segment_holds(table, id);
	return count;
}

static bool check_rows(struct db_rows *rows, enum table_id table, size_t *ret_columns,
                       struct err *e)
{
	size_t count;
	do {
		if (!db_rows_next(rows, &count, e))
			return false;
		for (size_t i = 0; i < count; i++)
			if (!check_column(table, db_cell_text(rows, 0, i), db_cell_text(rows, 1, i),
			                  e))
				return false;
		*ret_columns += count;
	} while (count);
	return true;
}

/* Which columns it holds: all of the table's are of today's schema, fewer of an earlier one. */
static bool check_columns(const struct attaching *a, const char *path, struct segment *s,
                          struct err *e)
{
	struct buf sql = { 0 };
	size_t count = 0;
	buf_puts(&sql,
	         "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(");
	db_quote_path(&sql, path);
	buf_puts(&sql, "))");
	struct db_rows *rows = sql.failed ? NULL : db_query(a->db, buf_text(&sql), e);
	bool ok = rows && check_rows(rows, s->table, &count, e);
	db_rows_close(rows);
	buf_done(&sql);
	s->schema = count == held_columns(s->table) ? segment_schema(s->table, SEGMENT_LIGHT) : 0;
	return ok;
}

static bool adopt(struct attaching *a, const char *path, struct segment *s, struct err *e)
{
	struct segment_answer found;
	if (!segment_ask(a->db, a->dir, s, &found, e))
		return false;
	if (found.rows != s->rows || found.time.from > found.time.to)
		return err_set(e, ERR_DATA, "its rows are not what its footer tells");
	s->time = found.time;
	s->recorded = found.recorded;
	char *copy = workspace_path(a->ws, waiting, e);
	bool ok = copy && file_copy(path, copy, e);
	free(copy);
	s->path = (char *)(uintptr_t)waiting;
	return ok && commit_adopt(a->commit, s, e);
}

/* Compaction rolls up what is as it was written, and hours that are in no day: what comes with its
 * rollup is neither.  (TABLE_ATC, of number 0, is nobody's rollup.) */
static enum segment_level level_of(const struct attaching *a, enum table_id table, int told)
{
	static const enum table_id above[TABLE_COUNT] = {
		[TABLE_FLOWS] = TABLE_HOURLY, [TABLE_HOURLY] = TABLE_DAILY
	};
	bool is_known = told >= LEVEL_WRITTEN && told <= LEVEL_DAY;
	return is_known && above[table] && a->brings[above[table]] ? (enum segment_level)told
	                                                           : LEVEL_WRITTEN;
}

static bool attach_file(struct attaching *a, const struct listed *l, struct err *e)
{
	char path[4096];
	if (snprintf(path, sizeof path, "%s/%s", a->dir, l->file) >= (int)sizeof path)
		return err_set(e, ERR_IO, "a path is too long: %s", a->dir);
	struct segment s = { .table = (enum table_id)table_find(l->table),
		             .rows = l->rows,
		             .bytes = l->octets,
		             .path = (char *)(uintptr_t)l->file };
	s.level = level_of(a, s.table, l->level);
	if (!check_file(l, path, e) || !check_columns(a, path, &s, e) || !adopt(a, path, &s, e))
		return err_wrap(e, "%s", l->file);
	a->report.files++;
	a->report.rows += (uint64_t)l->rows;
	a->report.octets += (uint64_t)l->octets;
	return true;
}

/* ---- all ---- */

static bool attach_files(struct attaching *a, json_t *manifest, struct err *e)
{
	size_t i;
	json_t *item, *files = json_object_get(manifest, "files");
	if (json_integer_value(json_object_get(manifest, "format")) != 1 || !json_is_array(files))
		return err_set(e, ERR_DATA,
		               "manifest.json is not of an export that this weir knows");
	json_array_foreach(files, i, item)
	{
		struct listed listed;
		if (!read_listed(item, &listed, e))
			return false;
		a->brings[table_find(listed.table)] = true;
	}
	json_array_foreach(files, i, item)
	{
		struct listed listed;
		if (!read_listed(item, &listed, e) || !attach_file(a, &listed, e))
			return false;
	}
	return true;
}

static bool attach(struct attaching *a, json_t *manifest, const struct source_file *source,
                   struct err *e)
{
	int64_t before;
	if (!workspace_imported(a->ws, source, &before, e))
		return false;
	if (before)
		return err_set(e, ERR_WORKSPACE,
		               "this export was attached before, in commit %" PRId64, before);
	a->commit = commit_begin(a->ws, e);
	if (a->commit && attach_files(a, manifest, e) && commit_note_file(a->commit, source, e))
		return commit_end(a->commit, e);
	commit_abandon(a->commit);
	return false;
}

static json_t *read_manifest(const char *dir, struct source_file *ret, struct err *e)
{
	char path[4096 + 32];
	json_error_t why;
	snprintf(path, sizeof path, "%s/manifest.json", dir);
	if (!source_file_read(path, ret, e))
		return NULL;
	if ((uint64_t)ret->octets > MANIFEST_MAX) {
		err_set(e, ERR_DATA, "%s is too long", path);
		return NULL;
	}
	json_t *manifest = json_load_file(path, 0, &why);
	if (!manifest)
		err_set(e, ERR_DATA, "%s: line %d: %s", path, why.line, why.text);
	return manifest;
}

bool workspace_attach(struct workspace *ws, const char *dir, struct export_report *ret,
                      struct err *e)
{
	struct attaching a = { .ws = ws, .dir = dir };
	struct db_limits limits = { .memory_bytes = FLOW_READ_MEMORY, .threads = 1 };
	struct source_file source;
	json_t *manifest = read_manifest(dir, &source, e);
	a.db = manifest ? db_open(&limits, e) : NULL;
	bool ok = a.db && attach(&a, manifest, &source, e);
	db_close(a.db);
	json_decref(manifest);
	*ret = a.report;
	return ok;
}
