#include "scratch.h"

#include <fts.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/unit.h"

int scratch_make(void **state)
{
	char dir[] = "/tmp/weir-workspace-XXXXXX";
	if (!mkdtemp(dir))
		return -1;
	*state = strdup(dir);
	return *state ? 0 : -1;
}

int scratch_remove(void **state)
{
	FTS *walk = fts_open((char *const[]){ *state, NULL }, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	for (FTSENT *entry; walk && (entry = fts_read(walk));) {
		if (entry->fts_info == FTS_D)
			continue;
		remove(entry->fts_path);
	}
	if (walk)
		fts_close(walk);
	free(*state);
	return 0;
}

const char *scratch_path(const char *dir, const char *below)
{
	static char paths[4][4096];
	static unsigned turn;
	char *path = paths[turn++ % ARRAY_LEN(paths)];
	snprintf(path, sizeof paths[0], "%s/%s", dir, below);
	return path;
}

struct workspace *scratch_open(const char *dir, enum workspace_mode mode)
{
	struct err e = { 0 };
	struct workspace *ws = workspace_open(dir, mode, &e);
	if (!ws)
		fail_msg("%s", e.text);
	return ws;
}

size_t scratch_count_files(const char *dir)
{
	char root[4096];
	snprintf(root, sizeof root, "%s/segments", dir);
	size_t count = 0;
	FTS *walk = fts_open((char *const[]){ root, NULL }, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	for (FTSENT *entry; walk && (entry = fts_read(walk));)
		count += entry->fts_info == FTS_F;
	if (walk)
		fts_close(walk);
	return count;
}

void scratch_store(struct workspace *ws, const struct flow_row *rows, size_t count,
                   const struct constants *constants)
{
	static const struct constants none;
	struct err e = { 0 };
	const struct flow_row **pointers = calloc(count + 1, sizeof *pointers);
	assert_non_null(pointers);
	for (size_t i = 0; i < count; i++)
		pointers[i] = &rows[i];
	struct commit *c = commit_begin(ws, &e);
	if (!c || !commit_flow_rows(c, pointers, count, constants ? constants : &none, &e) ||
	    !commit_end(c, &e))
		fail_msg("%s", e.text);
	free(pointers);
}

void scratch_import(struct workspace *ws, const char *dir, enum table_id table, const char *json)
{
	const char *path = scratch_path(dir, "rows.jsonl");
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "%s\n", json);
	assert_int_equal(fclose(f), 0);
	struct err e;
	struct commit *c = commit_begin(ws, &e);
	size_t rows;
	if (!c || !commit_json_lines(c, table, path, &rows, &e) || !commit_end(c, &e))
		fail_msg("%s", e.text);
	remove(path);
}

struct flow_row scratch_row(uint32_t minute)
{
	struct flow_row row;
	memset(&row, 0, sizeof row);
	ROW_SET_KEY(&row, TimeGenerated, minute, minute);
	return row;
}

static void add_cell(struct buf *out, const struct db_rows *rows, size_t column, size_t row)
{
	if (db_cell_is_null(rows, column, row)) {
		buf_puts(out, "null");
		return;
	}
	struct db_text text;
	switch (db_rows_column_type(rows, column)) {
	case KQL_BOOL: buf_puts(out, db_cell_bool(rows, column, row) ? "true" : "false"); break;
	case KQL_INT:
	case KQL_LONG: buf_i64(out, db_cell_i64(rows, column, row)); break;
	case KQL_REAL: buf_double(out, db_cell_f64(rows, column, row)); break;
	default: text = db_cell_text(rows, column, row); buf_add(out, text.at, text.len);
	}
}

char *scratch_sql(const char *sql)
{
	struct err e = { 0 };
	struct db *db =
	    db_open(&(struct db_limits){ .memory_bytes = (uint64_t)1 << 30, .threads = 1 }, &e);
	struct db_rows *rows = db ? db_query(db, sql, &e) : NULL;
	if (!rows)
		fail_msg("%s: %.1000s", e.text, sql);
	struct buf out = { 0 };
	size_t count = 0;
	bool ok;
	while ((ok = db_rows_next(rows, &count, &e)) && count)
		for (size_t i = 0; i < count; i++)
			for (size_t k = 0; k < db_rows_columns(rows); k++) {
				add_cell(&out, rows, k, i);
				buf_putc(&out, k + 1 < db_rows_columns(rows) ? '|' : '\n');
			}
	if (!ok)
		fail_msg("%s: %.1000s", e.text, sql);
	db_rows_close(rows);
	db_close(db);
	char *text = strdup(buf_text(&out));
	buf_done(&out);
	return text;
}

char *scratch_ask(struct workspace *ws, enum table_id table, const char *select, const char *tail)
{
	struct err e = { 0 };
	struct buf sql = { 0 };
	struct segment_filter all = SEGMENTS_OF(table);
	buf_printf(&sql, "SELECT %s FROM ", select);
	if (!workspace_relation(ws, &all, &sql, NULL, &e))
		fail_msg("%s", e.text);
	buf_printf(&sql, " AS t %s", tail);
	char *answer = scratch_sql(buf_text(&sql));
	buf_done(&sql);
	return answer;
}

static sqlite3 *open_catalog(const char *dir)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(scratch_path(dir, "catalog.db"), &db), SQLITE_OK);
	return db;
}

void scratch_catalog(const char *dir, const char *sql)
{
	sqlite3 *db = open_catalog(dir);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

int64_t scratch_catalog_number(const char *dir, const char *sql)
{
	sqlite3 *db = open_catalog(dir);
	sqlite3_stmt *s;
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	int64_t number = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return number;
}
