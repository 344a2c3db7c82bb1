/* export: the way out (contract in export.h). */
#include "workspace/export.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/durable.h"
#include "core/base/ticks.h"
#include "workspace/db_internal.h"
#include "workspace/relation.h"
#include "workspace/segment_columns.h"
#include "workspace/segment_file.h"
#include "workspace/segment_writer.h"
#include "workspace/transfer.h"
#include "workspace/workspace_internal.h"

struct exporting {
	struct workspace *ws;
	const char *dir;
	struct time_range time;
	struct db *db;
	struct buf files; /* their part of the manifest */
	struct export_report report;
};

/* ---- rows of a segment that lies partly in the range ---- */

struct answer_source {
	struct db_rows *rows;
	size_t columns;
	struct err *e;
	bool failed;
};

static size_t fill(void *state, duckdb_data_chunk chunk)
{
	struct answer_source *s = state;
	size_t count = 0;
	if (!db_rows_next(s->rows, &count, s->e)) {
		s->failed = true;
		return 0;
	}
	for (size_t i = 0; count > 0 && i < s->columns; i++)
		duckdb_vector_reference_vector(
		    duckdb_data_chunk_get_vector(chunk, i),
		    duckdb_data_chunk_get_vector(db_rows_chunk(s->rows), i));
	return count;
}

/* The columns of a table's segments, and a question for those of one segment. */
static size_t describe(const struct exporting *x, const struct segment *s, struct buf *sql,
                       struct source_column *ret)
{
	size_t count = 0;
	struct segment one = *s;
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		if (!segment_holds(s->table, id))
			continue;
		enum kql_type type = column_type(id, s->table);
		buf_puts(sql, count ? ", " : "SELECT ");
		db_quote_name(sql, columns[id].name, strlen(columns[id].name));
		buf_printf(sql, "::%s", sql_type_name(type));
		ret[count++] = (struct source_column){
			columns[id].name,
			duckdb_create_logical_type(sql_type(type)),
			false,
			false,
		};
	}
	buf_puts(sql, " FROM ");
	relation_add_rows(sql, x->ws, s->table, &(struct segment_list){ &one, 1 });
	buf_printf(sql, " WHERE \"TimeGenerated\" BETWEEN %" PRId64 " AND %" PRId64, x->time.from,
	           x->time.to);
	return count;
}

static bool write_part(struct exporting *x, const struct segment *s, const char *path,
                       struct err *e)
{
	struct buf sql = { 0 };
	struct source_column described[COLUMN_COUNT];
	struct answer_source answer = { .e = e };
	answer.columns = describe(x, s, &sql, described);
	bool ok = !sql.failed || err_set(e, ERR_NOMEM, "no memory for the query");
	answer.rows = ok ? db_query(x->db, buf_text(&sql), e) : NULL;
	struct row_source source = { described, answer.columns, fill, &answer };
	ok = answer.rows && segment_write(&source, SEGMENT_DENSE, path, NULL, e) && !answer.failed;
	db_rows_close(answer.rows);
	for (size_t i = 0; i < answer.columns; i++)
		duckdb_destroy_logical_type(&described[i].type);
	buf_done(&sql);
	return ok;
}

/* ---- files ---- */

/* Whether its file can be copied as it is. */
static bool is_fit(const struct exporting *x, const struct segment *s)
{
	return s->time.from >= x->time.from && s->time.to <= x->time.to &&
	       s->schema == segment_schema(s->table, SEGMENT_LIGHT);
}

static void add_file(struct exporting *x, const struct segment *s, const char *name,
                     const struct segment_file *file)
{
	buf_printf(&x->files,
	           "%s{\"file\":\"%s\",\"table\":\"%s\",\"rows\":%" PRId64 ",\"octets\":%" PRIu64
	           ",\"sum\":\"%08" PRIx32 "\",\"level\":%d}",
	           x->report.files ? ",\n" : "", name, tables[s->table].name, file->rows,
	           file->octets, file->sum, (int)s->level);
	x->report.files++;
	x->report.rows += (uint64_t)file->rows;
	x->report.octets += file->octets;
}

/* A file that has no row in the range after all is left out. */
static bool export_segment(struct exporting *x, const struct segment *s, struct err *e)
{
	char name[128], path[4096];
	struct segment_file file;
	snprintf(name, sizeof name, "%s-%010" PRId64 ".parquet", tables[s->table].name, s->id);
	if (snprintf(path, sizeof path, "%s/%s", x->dir, name) >= (int)sizeof path)
		return err_set(e, ERR_IO, "a path is too long: %s", x->dir);
	char *from = workspace_path(x->ws, s->path, e);
	bool ok = from && (is_fit(x, s) ? file_copy(from, path, e) : write_part(x, s, path, e));
	ok = ok && segment_file_read(path, &file, e);
	free(from);
	if (!ok)
		return err_wrap(e, "%s", s->path);
	if (file.rows)
		add_file(x, s, name, &file);
	else
		remove(path);
	return true;
}

static bool export_table(struct exporting *x, enum table_id table, struct err *e)
{
	struct segment_filter filter = { .table = table,
		                         .time = x->time,
		                         .recorded = TIME_RANGE_ALL };
	struct segment_list list;
	if (!workspace_segments(x->ws, &filter, &list, e))
		return false;
	bool ok = true;
	for (size_t i = 0; ok && i < list.count; i++)
		if (list.items[i].table == table &&
		    list.items[i].time.from <= list.items[i].time.to)
			ok = export_segment(x, &list.items[i], e);
	segment_list_done(&list);
	return ok;
}

/* ---- the manifest ---- */

static void add_manifest(const struct exporting *x, const char *uuid, struct buf *ret)
{
	char from[TICKS_TEXT_MAX], to[TICKS_TEXT_MAX];
	ticks_format(x->time.from, from);
	ticks_format(x->time.to + 1, to);
	buf_printf(ret,
	           "{\"format\":1,\"workspace\":\"%s\",\n\"from\":\"%s\",\"to\":\"%s\",\n"
	           "\"files\":[\n",
	           uuid, from, to);
	buf_add(ret, buf_text(&x->files), x->files.len);
	buf_puts(ret, "]}\n");
	ret->failed |= x->files.failed;
}

static bool make_manifest(const struct exporting *x, struct buf *ret, struct err *e)
{
	struct buf uuid = { 0 };
	struct catalog *catalog = workspace_catalog(x->ws, e);
	bool ok = catalog && catalog_uuid(catalog, &uuid, e);
	workspace_catalog_done(x->ws, catalog);
	if (ok)
		add_manifest(x, buf_text(&uuid), ret);
	buf_done(&uuid);
	return ok && (!ret->failed || err_set(e, ERR_NOMEM, "no memory for the manifest"));
}

static bool write_manifest(const struct exporting *x, struct err *e)
{
	struct buf text = { 0 };
	char path[4096 + 32], temporary[sizeof path + 8];
	snprintf(path, sizeof path, "%s/manifest.json", x->dir);
	snprintf(temporary, sizeof temporary, "%s.tmp", path);
	if (!make_manifest(x, &text, e)) {
		buf_done(&text);
		return false;
	}
	FILE *f = fopen(temporary, "we");
	bool ok = f && fwrite(buf_text(&text), 1, text.len, f) == text.len;
	if (f && fclose(f) != 0)
		ok = false;
	if (!ok)
		err_set(e, ERR_IO, "cannot write '%s': %s", temporary, strerror(errno));
	buf_done(&text);
	return ok && transfer_sync(&(struct transfer){ .to = x->dir }, e) &&
	       file_publish(temporary, path, e);
}

static bool make_place(const char *dir, struct err *e)
{
	if (!dir_make(dir, e))
		return false;
	DIR *d = opendir(dir);
	bool empty = d;
	for (struct dirent *entry; empty && (entry = readdir(d));)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (d)
		closedir(d);
	return empty || err_set(e, ERR_IO, "'%s' holds other files", dir);
}

bool workspace_export(struct workspace *ws, int table, struct time_range time, const char *dir,
                      struct export_report *ret, struct err *e)
{
	struct exporting x = { .ws = ws, .dir = dir, .time = time };
	struct db_limits limits = { .memory_bytes = FLOW_READ_MEMORY, .threads = 1 };
	if (!make_place(dir, e))
		return false;
	x.db = db_open(&limits, e);
	bool ok = x.db;
	for (int t = 0; ok && t < TABLE_COUNT; t++)
		if (table < 0 || t == table)
			ok = export_table(&x, (enum table_id)t, e);
	ok = ok && write_manifest(&x, e);
	db_close(x.db);
	buf_done(&x.files);
	*ret = x.report;
	return ok;
}
