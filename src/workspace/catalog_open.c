/* catalog_open: opening, making and upgrading a catalog (contract in workspace/catalog.h). */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "workspace/catalog.h"
#include "workspace/catalog_filter.h"
#include "workspace/catalog_sql.h"

enum {
	BUSY_MS = 10000,
	WAL_HEADER = 32, /* octets; frames follow it */
	WAL_LOOKS = 10,  /* every CATALOG_AGAIN_MS */
};

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

/* Whether a writer died between a new WAL's header and its first frame. A living one goes on
 * within the looks, or has a sync to wait for, which takes longer than a reader reads. */
static bool wal_is_cut(const char *dir)
{
	struct stat wal;
	for (unsigned look = 0; look < WAL_LOOKS; look++) {
		if (look)
			sqlite3_sleep(CATALOG_AGAIN_MS);
		if (!file_in(dir, "catalog.db-wal", &wal) || wal.st_size == 0 ||
		    wal.st_size > WAL_HEADER)
			return false;
	}
	return true;
}

/* A catalog without a WAL (a copy of a workspace that nobody writes) can be read only as immutable;
 * one with a WAL needs the index's file, be it only to see that nobody uses it. A WAL without
 * frames says nothing, but SQLite 3.40 takes it for one that changes all the time. */
static const char *read_parameters(const char *dir)
{
	struct stat wal, index;
	bool has_wal = file_in(dir, "catalog.db-wal", &wal) && wal.st_size > 0;
	if ((!has_wal && !file_in(dir, "catalog.db-shm", &index)) || wal_is_cut(dir))
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
		return catalog_fail(c, e);
	sqlite3_busy_timeout(c->db, BUSY_MS);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, (int)read, NULL);
	return true;
}

/* Writers only: WAL with every commit synced; the WAL stays for readers, but does not grow. */
static bool set_up_wal(struct catalog *c, struct err *e)
{
	int persist = 1;
	if (sqlite3_file_control(c->db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist) != SQLITE_OK)
		return catalog_fail(c, e);
	return catalog_run(c,
	                   "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	                   "PRAGMA journal_size_limit = 4194304",
	                   e);
}

/* RFC 9562 section 5.4, version 4 */
bool catalog_make_uuid(char ret[37], struct err *e)
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
	    "CREATE INDEX segments_by_commit ON segments (number);"
	    "CREATE TABLE imports (octets INTEGER NOT NULL, digest INTEGER NOT NULL,"
	    " number INTEGER NOT NULL REFERENCES commits);"
	    "CREATE TABLE retired (path TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;"
	    "CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;";
	char uuid[37];
	if (!catalog_make_uuid(uuid, e))
		return false;
	char *sql = sqlite3_mprintf(
	    "BEGIN IMMEDIATE; %s %s INSERT INTO meta VALUES ('format', %d), ('uuid', %Q); COMMIT",
	    schema, catalog_filter_schema, CATALOG_FORMAT, uuid);
	bool ok = sql ? catalog_run(c, sql, e) : catalog_fail(c, e);
	sqlite3_free(sql);
	return ok;
}

/* 0 for an empty file, -1 for another program's. */
static bool read_format(struct catalog *c, int64_t *ret, struct err *e)
{
	int64_t known;
	if (!catalog_ask(c, "SELECT count(*) FROM sqlite_schema", 0, &known, e))
		return false;
	*ret = known ? -1 : 0;
	int64_t has_meta;
	if (!catalog_ask(c, "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'", 0, &has_meta,
	                 e))
		return false;
	return !has_meta ||
	       catalog_ask(c, "SELECT value FROM meta WHERE key = 'format'", -1, ret, e);
}

static bool check_no_backup(struct catalog *c, struct err *e)
{
	int64_t mark;
	if (!catalog_ask(c, "SELECT count(*) FROM meta WHERE key = 'backup'", 0, &mark, e))
		return false;
	return !mark ||
	       err_set(e, ERR_WORKSPACE,
	               "'%s' is a backup: weir workspace restore makes a workspace of it", c->dir);
}

/* From every format that there was to this one, all of it or nothing. */
static bool upgrade(struct catalog *c, struct err *e)
{
	static const char *const to_next[CATALOG_FORMAT] = {
		[1] = "ALTER TABLE segments ADD COLUMN level INTEGER NOT NULL DEFAULT 0;"
		      "UPDATE meta SET value = 2 WHERE key = 'format'",
		[2] = "CREATE INDEX segments_by_commit ON segments (number);"
		      "DELETE FROM commits WHERE number < (SELECT max(number) FROM commits)"
		      " AND number NOT IN (SELECT number FROM segments);"
		      "UPDATE meta SET value = 3 WHERE key = 'format'",
	};
	if (c->format == CATALOG_FORMAT)
		return true;
	bool ok = catalog_run(c, "BEGIN IMMEDIATE", e);
	for (int64_t from = c->format; ok && from < CATALOG_FORMAT; from++)
		ok = catalog_run(c, to_next[from], e);
	ok = ok && catalog_run(c, catalog_filter_schema, e) && catalog_run(c, "COMMIT", e);
	if (!ok) {
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
