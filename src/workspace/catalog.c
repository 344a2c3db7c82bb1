#include "workspace/catalog.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/ticks.h"

enum { BUSY_MS = 10000, AGAIN_MS = 5, AGAIN_MOST = 100 };

struct catalog {
	char *dir;
	sqlite3 *db;
	int64_t format; /* of the workspace as it was opened */
};

/* ---- small tools over SQLite ---- */

static bool fail(struct catalog *c, struct err *e)
{
	return err_set(e, ERR_WORKSPACE, "catalog of '%s': %s", c->dir,
	               c->db ? sqlite3_errmsg(c->db) : "no memory");
}

static bool run(struct catalog *c, const char *sql, struct err *e)
{
	return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(c, e);
}

/* A reader that may not write meets the index of the WAL while the writer changes it: SQLite calls
 * that an attempt to write, where all that helps is to look again. */
static bool again(int rc, unsigned *tries)
{
	if ((rc & 0xff) != SQLITE_READONLY || ++*tries > AGAIN_MOST)
		return false;
	sqlite3_sleep(AGAIN_MS);
	return true;
}

static int step(sqlite3_stmt *s)
{
	unsigned tries = 0;
	int rc;
	do
		rc = sqlite3_step(s);
	while (again(rc, &tries));
	return rc;
}

static bool prepare(struct catalog *c, const char *sql, sqlite3_stmt **ret, struct err *e)
{
	unsigned tries = 0;
	int rc;
	do
		rc = sqlite3_prepare_v2(c->db, sql, -1, ret, NULL);
	while (again(rc, &tries));
	return rc == SQLITE_OK || fail(c, e);
}

/* Runs a statement that yields no rows. */
static bool finish(struct catalog *c, sqlite3_stmt *s, struct err *e)
{
	bool ok = step(s) == SQLITE_DONE || fail(c, e);
	sqlite3_finalize(s);
	return ok;
}

/* The first cell of a query's first row as a number; `none` where there is no row. */
static bool ask(struct catalog *c, const char *sql, int64_t none, int64_t *ret, struct err *e)
{
	sqlite3_stmt *s;
	if (!prepare(c, sql, &s, e))
		return false;
	int rc = step(s);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(s, 0);
	else if (rc == SQLITE_DONE)
		*ret = none;
	else
		fail(c, e);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

/* ---- opening ---- */

static bool file_in(const char *dir, const char *name, struct stat *ret)
{
	char *path = sqlite3_mprintf("%s/%s", dir, name);
	bool ok = path && stat(path, ret) == 0;
	sqlite3_free(path);
	return ok;
}

/* "file:" and the path with everything escaped that a URI gives a meaning to. */
static void uri_add(sqlite3_str *uri, const char *dir)
{
	sqlite3_str_appendall(uri, "file:");
	for (const char *at = dir; *at; at++)
		sqlite3_str_appendf(uri, strchr("%?#", *at) ? "%%%02X" : "%c", (unsigned char)*at);
	sqlite3_str_appendall(uri, "/catalog.db");
}

/* A catalog without a WAL (a copy of a workspace that nobody writes) can be read only as immutable;
 * one with a WAL needs the index's file, be it only to see that nobody uses it. */
static const char *read_parameters(const char *dir)
{
	struct stat wal, index;
	bool has_wal = file_in(dir, "catalog.db-wal", &wal) && wal.st_size > 0;
	if (!has_wal && !file_in(dir, "catalog.db-shm", &index))
		return "?mode=ro&immutable=1";
	return "?mode=ro&readonly_shm=1";
}

static bool open_database(struct catalog *c, enum workspace_mode mode, struct err *e)
{
	sqlite3_str *text = sqlite3_str_new(NULL);
	uri_add(text, c->dir);
	bool read = mode == WORKSPACE_READ;
	sqlite3_str_appendall(text, read ? read_parameters(c->dir) : "?mode=rwc");
	char *uri = sqlite3_str_finish(text);
	int flags = read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	int rc = uri ? sqlite3_open_v2(uri, &c->db, flags | SQLITE_OPEN_URI, NULL) : SQLITE_NOMEM;
	sqlite3_free(uri);
	if (rc != SQLITE_OK)
		return fail(c, e);
	sqlite3_busy_timeout(c->db, BUSY_MS);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, (int)read, NULL);
	return true;
}

/* Writers only: WAL with every commit synced; the WAL stays for readers, but does not grow. */
static bool set_up_wal(struct catalog *c, struct err *e)
{
	int persist = 1;
	if (sqlite3_file_control(c->db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist) != SQLITE_OK)
		return fail(c, e);
	return run(c,
	           "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	           "PRAGMA journal_size_limit = 4194304",
	           e);
}

/* RFC 9562 section 5.4, version 4 */
static bool make_uuid(char ret[37], struct err *e)
{
	uint64_t id[2];
	if (getrandom(id, sizeof id, 0) != (ssize_t)sizeof id)
		return err_set(e, ERR_IO, "no random numbers: %s", strerror(errno));
	id[0] = (id[0] & ~UINT64_C(0xf000)) | UINT64_C(0x4000);
	id[1] = (id[1] & ~(UINT64_C(3) << 62)) | UINT64_C(2) << 62;
	sqlite3_snprintf(37, ret, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(id[0] >> 32),
	                 (unsigned)(id[0] >> 16 & 0xffff), (unsigned)(id[0] & 0xffff),
	                 (unsigned)(id[1] >> 48), (unsigned long long)(id[1] & 0xffffffffffff));
	return true;
}

static bool make_tables(struct catalog *c, struct err *e)
{
	static const char schema[] =
	    "CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;"
	    "CREATE TABLE commits (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL);"
	    "CREATE TABLE segments (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	    " path TEXT NOT NULL UNIQUE, name TEXT NOT NULL, schema INTEGER NOT NULL,"
	    " number INTEGER NOT NULL REFERENCES commits, rows INTEGER NOT NULL,"
	    " bytes INTEGER NOT NULL, time_from INTEGER NOT NULL, time_to INTEGER NOT NULL,"
	    " recorded_from INTEGER NOT NULL, recorded_to INTEGER NOT NULL,"
	    " level INTEGER NOT NULL DEFAULT 0);"
	    "CREATE INDEX segments_by_time ON segments (name, time_to);"
	    "CREATE TABLE imports (octets INTEGER NOT NULL, digest INTEGER NOT NULL,"
	    " number INTEGER NOT NULL REFERENCES commits);"
	    "CREATE TABLE retired (path TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;"
	    "CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;";
	char uuid[37];
	if (!make_uuid(uuid, e))
		return false;
	char *sql = sqlite3_mprintf(
	    "BEGIN IMMEDIATE; %s INSERT INTO meta VALUES ('format', %d), ('uuid', %Q); COMMIT",
	    schema, CATALOG_FORMAT, uuid);
	bool ok = sql ? run(c, sql, e) : fail(c, e);
	sqlite3_free(sql);
	return ok;
}

/* 0 for an empty file, -1 for another program's. */
static bool read_format(struct catalog *c, int64_t *ret, struct err *e)
{
	int64_t known;
	if (!ask(c, "SELECT count(*) FROM sqlite_schema", 0, &known, e))
		return false;
	*ret = known ? -1 : 0;
	int64_t has_meta;
	if (!ask(c, "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'", 0, &has_meta, e))
		return false;
	return !has_meta || ask(c, "SELECT value FROM meta WHERE key = 'format'", -1, ret, e);
}

static bool check_no_backup(struct catalog *c, struct err *e)
{
	int64_t mark;
	if (!ask(c, "SELECT count(*) FROM meta WHERE key = 'backup'", 0, &mark, e))
		return false;
	return !mark ||
	       err_set(e, ERR_WORKSPACE,
	               "'%s' is a backup: weir workspace restore makes a workspace of it", c->dir);
}

/* From every format that there was to this one, all of it or nothing. */
static bool upgrade(struct catalog *c, struct err *e)
{
	static const char sql[] =
	    "BEGIN IMMEDIATE;"
	    "ALTER TABLE segments ADD COLUMN level INTEGER NOT NULL DEFAULT 0;"
	    "UPDATE meta SET value = 2 WHERE key = 'format';"
	    "COMMIT";
	if (c->format == CATALOG_FORMAT)
		return true;
	if (!run(c, sql, e)) {
		sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
		return err_wrap(e, "bringing the workspace to format %d", CATALOG_FORMAT);
	}
	c->format = CATALOG_FORMAT;
	return true;
}

static bool check_format(struct catalog *c, enum workspace_mode mode, struct err *e)
{
	int64_t format;
	if (!read_format(c, &format, e)) {
		if (sqlite3_errcode(c->db) == SQLITE_NOTADB)
			format = -1;
		else
			return false;
	}
	struct stat
	    segments; /* made after the catalog: an empty one beside them has lost its rows */
	c->format = format ? format : CATALOG_FORMAT;
	if (format == 0 && mode == WORKSPACE_WRITE && !file_in(c->dir, "segments", &segments))
		return set_up_wal(c, e) && make_tables(c, e);
	if (format <= 0)
		return err_set(e, ERR_WORKSPACE,
		               "'%s' is not a workspace: its catalog.db is something else", c->dir);
	if (format > CATALOG_FORMAT)
		return err_set(
		    e, ERR_WORKSPACE,
		    "workspace '%s' was made by a newer weir (format %lld, this one knows %d)",
		    c->dir, (long long)format, CATALOG_FORMAT);
	return mode == WORKSPACE_READ ||
	       (check_no_backup(c, e) && set_up_wal(c, e) && upgrade(c, e));
}

struct catalog *catalog_open(const char *dir, enum workspace_mode mode, struct err *e)
{
	struct catalog *c = calloc(1, sizeof *c);
	if (c)
		c->dir = strdup(dir);
	if (!c || !c->dir) {
		err_set(e, ERR_NOMEM, "no memory");
		goto fail;
	}
	if (!open_database(c, mode, e) || !check_format(c, mode, e))
		goto fail;
	return c;
fail:
	catalog_close(c);
	return NULL;
}

void catalog_close(struct catalog *c)
{
	if (!c)
		return;
	sqlite3_close(c->db);
	free(c->dir);
	free(c);
}

/* ---- reading ---- */

/* Prepares a query for what read_segment reads. */
static bool prepare_segments(struct catalog *c, const char *which, sqlite3_stmt **ret,
                             struct err *e)
{
	char *sql = sqlite3_mprintf(
	    "SELECT id, path, name, schema, number, at, rows, bytes, time_from, time_to,"
	    " recorded_from, recorded_to, %s FROM segments JOIN commits USING (number) %s",
	    c->format < 2 ? "0" : "level", which);
	bool ok = sql ? prepare(c, sql, ret, e) : err_set(e, ERR_NOMEM, "no memory for a query");
	sqlite3_free(sql);
	return ok;
}

/* What no weir wrote is taken for the highest, which is not compacted again. */
static enum segment_level read_level(int64_t number)
{
	return number < LEVEL_WRITTEN || number > LEVEL_DAY ? LEVEL_DAY
	                                                    : (enum segment_level)number;
}

static bool read_segment(sqlite3_stmt *s, struct segment *ret)
{
	int table = table_find((const char *)sqlite3_column_text(s, 2));
	*ret = (struct segment){
		.id = sqlite3_column_int64(s, 0),
		.path = strdup((const char *)sqlite3_column_text(s, 1)),
		.table = (enum table_id)table,
		.schema = (unsigned)sqlite3_column_int64(s, 3),
		.commit = sqlite3_column_int64(s, 4),
		.committed_at = sqlite3_column_int64(s, 5),
		.rows = sqlite3_column_int64(s, 6),
		.bytes = sqlite3_column_int64(s, 7),
		.time = { sqlite3_column_int64(s, 8), sqlite3_column_int64(s, 9) },
		.recorded = { sqlite3_column_int64(s, 10), sqlite3_column_int64(s, 11) },
		.level = read_level(sqlite3_column_int64(s, 12)),
	};
	return ret->path;
}

static bool read_segments(struct catalog *c, sqlite3_stmt *s, struct segment_list *list,
                          struct err *e)
{
	size_t room = 0;
	int rc;
	while ((rc = step(s)) == SQLITE_ROW) {
		if (list->count == room) {
			room = room ? room * 2 : 64;
			struct segment *items = realloc(list->items, room * sizeof *items);
			if (!items)
				return err_set(e, ERR_NOMEM, "no memory for %zu segments", room);
			list->items = items;
		}
		if (!read_segment(s, &list->items[list->count]))
			return err_set(e, ERR_NOMEM, "no memory for %zu segments", room);
		list->count++;
	}
	return rc == SQLITE_DONE || fail(c, e);
}

/* Runs the statement, and finalizes it. */
static bool list_segments(struct catalog *c, sqlite3_stmt *s, struct segment_list *ret,
                          struct err *e)
{
	struct segment_list list = { 0 };
	bool ok = read_segments(c, s, &list, e);
	sqlite3_finalize(s);
	if (ok)
		*ret = list;
	else
		segment_list_done(&list);
	return ok;
}

bool catalog_segments(struct catalog *c, const struct segment_filter *filter,
                      struct segment_list *ret, struct err *e)
{
	static const char which[] = "WHERE name IN (?1, ?2) AND time_from <= ?4 AND time_to >= ?3"
				    " AND recorded_from <= ?6 AND recorded_to >= ?5 ORDER BY id";
	sqlite3_stmt *s;
	if (!prepare_segments(c, which, &s, e))
		return false;
	const struct table *table = &tables[filter->table];
	sqlite3_bind_text(s, 1, table->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, tables[table->stored_in].name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, filter->time.from);
	sqlite3_bind_int64(s, 4, filter->time.to);
	sqlite3_bind_int64(s, 5, filter->recorded.from);
	sqlite3_bind_int64(s, 6, filter->recorded.to);
	return list_segments(c, s, ret, e);
}

bool catalog_oldest(struct catalog *c, enum table_id table, size_t most, struct segment_list *ret,
                    struct err *e)
{
	sqlite3_stmt *s;
	if (!prepare_segments(c, "WHERE name = ? ORDER BY max(time_to, at), id LIMIT ?", &s, e))
		return false;
	sqlite3_bind_text(s, 1, tables[table].name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, most > INT64_MAX ? INT64_MAX : (int64_t)most);
	return list_segments(c, s, ret, e);
}

bool catalog_octets(struct catalog *c, int64_t *ret, struct err *e)
{
	return ask(c, "SELECT coalesce(sum(bytes), 0) FROM segments", 0, ret, e);
}

bool catalog_last_commit(struct catalog *c, int64_t *ret, struct err *e)
{
	return ask(c, "SELECT at FROM commits ORDER BY number DESC LIMIT 1", 0, ret, e);
}

/* The segment that the statement, made anew, is asked for. */
static bool read_one(struct catalog *c, sqlite3_stmt *s, int64_t id, struct segment *ret,
                     struct err *e)
{
	sqlite3_reset(s);
	sqlite3_bind_int64(s, 1, id);
	int rc = step(s);
	if (rc == SQLITE_DONE)
		return err_set(e, ERR_WORKSPACE, "catalog of '%s': there is no segment %lld",
		               c->dir, (long long)id);
	if (rc != SQLITE_ROW)
		return fail(c, e);
	return read_segment(s, ret) || err_set(e, ERR_NOMEM, "no memory for a segment's path");
}

bool catalog_segments_of(struct catalog *c, const int64_t *ids, size_t count,
                         struct segment_list *ret, struct err *e)
{
	struct segment_list list = { .items = calloc(count + 1, sizeof *list.items) };
	if (!list.items)
		return err_set(e, ERR_NOMEM, "no memory for %zu segments", count);
	sqlite3_stmt *s;
	bool ok = prepare_segments(c, "WHERE id = ?", &s, e);
	while (ok && list.count < count) {
		ok = read_one(c, s, ids[list.count], &list.items[list.count], e);
		list.count += ok;
	}
	sqlite3_finalize(s);
	if (ok)
		*ret = list;
	else
		segment_list_done(&list);
	return ok;
}

bool catalog_names(struct catalog *c, const char *path, bool *ret, struct err *e)
{
	sqlite3_stmt *s;
	if (!prepare(c,
	             "SELECT 1 FROM segments WHERE path = ?1 UNION ALL SELECT 1 FROM retired WHERE "
	             "path = ?1",
	             &s, e))
		return false;
	sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
	int rc = step(s);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		fail(c, e);
	sqlite3_finalize(s);
	*ret = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

bool catalog_imported(struct catalog *c, const struct source_file *file, int64_t *ret,
                      struct err *e)
{
	sqlite3_stmt *s;
	if (!prepare(c, "SELECT max(number) FROM imports WHERE octets = ? AND digest = ?", &s, e))
		return false;
	sqlite3_bind_int64(s, 1, file->octets);
	sqlite3_bind_int64(s, 2, file->digest);
	bool ok = step(s) == SQLITE_ROW || fail(c, e);
	if (ok)
		*ret = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return ok;
}

bool catalog_next_id(struct catalog *c, int64_t *ret, struct err *e)
{
	return ask(c, "SELECT seq + 1 FROM sqlite_sequence WHERE name = 'segments'", 1, ret, e);
}

/* ---- writing ---- */

static bool insert_segment(struct catalog *c, const struct segment *segment, int64_t number,
                           struct err *e)
{
	static const char sql[] = "INSERT INTO segments VALUES (?,?,?,?,?,?,?,?,?,?,?,?)";
	sqlite3_stmt *s;
	if (!prepare(c, sql, &s, e))
		return false;
	sqlite3_bind_int64(s, 1, segment->id);
	sqlite3_bind_text(s, 2, segment->path, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 3, tables[segment->table].name, -1, SQLITE_STATIC);
	const int64_t numbers[] = { segment->schema,        number,
		                    segment->rows,          segment->bytes,
		                    segment->time.from,     segment->time.to,
		                    segment->recorded.from, segment->recorded.to,
		                    segment->level };
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		sqlite3_bind_int64(s, 4 + (int)i, numbers[i]);
	return finish(c, s, e);
}

static bool insert_commit(struct catalog *c, int64_t *ret_number, struct err *e)
{
	sqlite3_stmt *s;
	if (!prepare(c, "INSERT INTO commits (at) VALUES (?)", &s, e))
		return false;
	sqlite3_bind_int64(s, 1, ticks_now());
	if (!finish(c, s, e))
		return false;
	*ret_number = sqlite3_last_insert_rowid(c->db);
	return true;
}

static bool insert_import(struct catalog *c, const struct source_file *file, int64_t number,
                          struct err *e)
{
	sqlite3_stmt *s;
	if (!prepare(c, "INSERT INTO imports VALUES (?, ?, ?)", &s, e))
		return false;
	sqlite3_bind_int64(s, 1, file->octets);
	sqlite3_bind_int64(s, 2, file->digest);
	sqlite3_bind_int64(s, 3, number);
	return finish(c, s, e);
}

/* The file stays, and is named, for readers that have it on their list. */
static bool retire_segment(struct catalog *c, int64_t id, struct err *e)
{
	static const char *const steps[] = {
		"INSERT INTO retired SELECT path, ?2 FROM segments WHERE id = ?1",
		"DELETE FROM segments WHERE id = ?1",
	};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		sqlite3_stmt *s;
		if (!prepare(c, steps[i], &s, e))
			return false;
		sqlite3_bind_int64(s, 1, id);
		if (i == 0)
			sqlite3_bind_int64(s, 2, ticks_now());
		if (!finish(c, s, e))
			return false;
	}
	return true;
}

static bool put_state(struct catalog *c, const struct state_item *item, struct err *e)
{
	sqlite3_stmt *s;
	if (!prepare(c, "INSERT OR REPLACE INTO state VALUES (?, ?)", &s, e))
		return false;
	sqlite3_bind_text(s, 1, item->key, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(s, 2, item->len ? item->octets : "", item->len, SQLITE_STATIC);
	return finish(c, s, e);
}

static bool make_change(struct catalog *c, const struct catalog_change *change, struct err *e)
{
	int64_t number;
	bool ok = insert_commit(c, &number, e);
	for (size_t i = 0; ok && i < change->added.count; i++)
		ok = insert_segment(c, &change->added.items[i], number, e);
	for (size_t i = 0; ok && i < change->sources.count; i++)
		ok = insert_import(c, &change->sources.items[i], number, e);
	for (size_t i = 0; ok && i < change->retired_count; i++)
		ok = retire_segment(c, change->retired[i], e);
	for (size_t i = 0; ok && i < change->state_count; i++)
		ok = put_state(c, &change->states[i], e);
	return ok;
}

bool catalog_commit(struct catalog *c, const struct catalog_change *change, struct err *e)
{
	if (!run(c, "BEGIN IMMEDIATE", e))
		return false;
	bool ok = make_change(c, change, e) && run(c, "COMMIT", e);
	if (!ok)
		sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	return ok;
}

bool catalog_state(struct catalog *c, const char *key, struct buf *ret, struct err *e)
{
	sqlite3_stmt *s;
	if (!prepare(c, "SELECT value FROM state WHERE key = ?", &s, e))
		return false;
	sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
	int rc = step(s);
	bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE || fail(c, e);
	if (rc == SQLITE_ROW)
		buf_add(ret, sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0));
	sqlite3_finalize(s);
	return ok;
}

bool catalog_retired(struct catalog *c, int64_t before, struct buf *ret_path, struct err *e)
{
	sqlite3_stmt *s;
	if (!prepare(c, "SELECT path FROM retired WHERE at < ? LIMIT 1", &s, e))
		return false;
	sqlite3_bind_int64(s, 1, before);
	int rc = step(s);
	bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE || fail(c, e);
	if (rc == SQLITE_ROW)
		buf_puts(ret_path, (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	return ok;
}

bool catalog_forget(struct catalog *c, const char *path, struct err *e)
{
	sqlite3_stmt *s;
	if (!prepare(c, "DELETE FROM retired WHERE path = ?", &s, e))
		return false;
	sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
	return finish(c, s, e);
}

bool catalog_uuid(struct catalog *c, struct buf *ret, struct err *e)
{
	sqlite3_stmt *s;
	if (!prepare(c, "SELECT value FROM meta WHERE key = 'uuid'", &s, e))
		return false;
	bool ok = step(s) == SQLITE_ROW || fail(c, e);
	if (ok)
		buf_puts(ret, (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	return ok;
}

bool catalog_check(struct catalog *c, struct buf *ret, struct err *e)
{
	sqlite3_stmt *s;
	if (!prepare(c, "PRAGMA integrity_check(1)", &s, e))
		return false;
	int rc = step(s);
	const char *found = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
	if (rc != SQLITE_ROW)
		buf_puts(ret, sqlite3_errmsg(c->db));
	else if (found && strcmp(found, "ok") != 0)
		buf_puts(ret, found);
	sqlite3_finalize(s);
	return !ret->failed || err_set(e, ERR_NOMEM, "no memory");
}

/* ---- copies ---- */

static bool copy_pages(struct catalog *c, struct catalog *to, struct err *e)
{
	sqlite3_backup *b = sqlite3_backup_init(to->db, "main", c->db, "main");
	if (!b)
		return fail(to, e);
	unsigned tries = 0;
	int rc;
	do
		rc = sqlite3_backup_step(b, -1);
	while (again(rc, &tries) || ((rc == SQLITE_BUSY || rc == SQLITE_LOCKED) &&
	                             ++tries < AGAIN_MOST && sqlite3_sleep(AGAIN_MS)));
	rc = sqlite3_backup_finish(b);
	return rc == SQLITE_OK ||
	       err_set(e, ERR_WORKSPACE, "catalog of '%s': %s", c->dir, sqlite3_errstr(rc));
}

/* The copy is one file, to be read where it may not be written. */
static bool set_copy(struct catalog *to, bool as_backup, struct err *e)
{
	char uuid[37];
	if (!make_uuid(uuid, e))
		return false;
	char *sql = sqlite3_mprintf(as_backup ? "PRAGMA journal_mode = DELETE; DELETE FROM retired;"
	                                        "INSERT OR REPLACE INTO meta VALUES ('backup', 1)"
	                                      : "PRAGMA journal_mode = DELETE; DELETE FROM retired;"
	                                        "DELETE FROM meta WHERE key = 'backup';"
	                                        "UPDATE meta SET value = %Q WHERE key = 'uuid'",
	                            uuid);
	bool ok = sql ? run(to, sql, e) : err_set(e, ERR_NOMEM, "no memory");
	sqlite3_free(sql);
	return ok;
}

bool catalog_copy(struct catalog *c, const char *path, bool as_backup, struct err *e)
{
	struct catalog to = { .dir = c->dir };
	if (unlink(path) < 0 && errno != ENOENT)
		return err_set(e, ERR_IO, "cannot remove '%s': %s", path, strerror(errno));
	bool ok = sqlite3_open(path, &to.db) == SQLITE_OK || fail(&to, e);
	ok = ok && copy_pages(c, &to, e) && set_copy(&to, as_backup, e);
	sqlite3_close(to.db);
	return ok || err_wrap(e, "copying to '%s'", path);
}
