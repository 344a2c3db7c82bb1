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
#include "workspace/catalog_filter.h"
#include "workspace/catalog_sql.h"

bool catalog_hold(struct catalog *c, struct err *e)
{
	return catalog_run(c, "BEGIN", e);
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
	bool ok =
	    sql ? catalog_prepare(c, sql, ret, e) : err_set(e, ERR_NOMEM, "no memory for a query");
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
	while ((rc = catalog_step(s)) == SQLITE_ROW) {
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
	return rc == SQLITE_DONE || catalog_fail(c, e);
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

static bool list_by_time(struct catalog *c, const struct segment_filter *filter,
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

/* In one transaction, be it one that goes on (catalog_hold), which is cheaper than one for each
 * look into a filter. */
bool catalog_segments(struct catalog *c, const struct segment_filter *filter,
                      struct segment_list *ret, struct err *e)
{
	if (!filter->sought_count || c->format < 3)
		return list_by_time(c, filter, ret, e);
	struct segment_list list = { 0 };
	bool ok = catalog_run(c, "SAVEPOINT looking", e) && list_by_time(c, filter, &list, e) &&
	          catalog_filters_apply(c, filter, &list, e);
	sqlite3_exec(c->db, "RELEASE looking", NULL, NULL, NULL);
	if (ok)
		*ret = list;
	else
		segment_list_done(&list);
	return ok;
}

bool catalog_count(struct catalog *c, enum table_id table, int64_t *ret, struct err *e)
{
	char *sql = sqlite3_mprintf("SELECT count(*) FROM segments WHERE name IN (%Q, %Q)",
	                            tables[table].name, tables[tables[table].stored_in].name);
	bool ok = sql ? catalog_ask(c, sql, 0, ret, e) : err_set(e, ERR_NOMEM, "no memory");
	sqlite3_free(sql);
	return ok;
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
	return catalog_ask(c, "SELECT coalesce(sum(bytes), 0) FROM segments", 0, ret, e);
}

bool catalog_last_commit(struct catalog *c, int64_t *ret, struct err *e)
{
	return catalog_ask(c, "SELECT at FROM commits ORDER BY number DESC LIMIT 1", 0, ret, e);
}

/* The segment that the statement, made anew, is asked for. */
static bool read_one(struct catalog *c, sqlite3_stmt *s, int64_t id, struct segment *ret,
                     struct err *e)
{
	sqlite3_reset(s);
	sqlite3_bind_int64(s, 1, id);
	int rc = catalog_step(s);
	if (rc == SQLITE_DONE)
		return err_set(e, ERR_WORKSPACE, "catalog of '%s': there is no segment %lld",
		               c->dir, (long long)id);
	if (rc != SQLITE_ROW)
		return catalog_fail(c, e);
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
	if (!catalog_prepare(
		c,
		"SELECT 1 FROM segments WHERE path = ?1 UNION ALL SELECT 1 FROM retired WHERE "
		"path = ?1",
		&s, e))
		return false;
	sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
	int rc = catalog_step(s);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		catalog_fail(c, e);
	sqlite3_finalize(s);
	*ret = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

bool catalog_imported(struct catalog *c, const struct source_file *file, int64_t *ret,
                      struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c, "SELECT max(number) FROM imports WHERE octets = ? AND digest = ?",
	                     &s, e))
		return false;
	sqlite3_bind_int64(s, 1, file->octets);
	sqlite3_bind_int64(s, 2, file->digest);
	bool ok = catalog_step(s) == SQLITE_ROW || catalog_fail(c, e);
	if (ok)
		*ret = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return ok;
}

bool catalog_next_id(struct catalog *c, int64_t *ret, struct err *e)
{
	return catalog_ask(c, "SELECT seq + 1 FROM sqlite_sequence WHERE name = 'segments'", 1, ret,
	                   e);
}

/* ---- writing ---- */

static bool insert_segment(struct catalog *c, const struct segment *segment, int64_t number,
                           struct err *e)
{
	static const char sql[] = "INSERT INTO segments VALUES (?,?,?,?,?,?,?,?,?,?,?,?)";
	sqlite3_stmt *s;
	if (!catalog_prepare(c, sql, &s, e))
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
	return catalog_finish(c, s, e) &&
	       (!segment->filters || catalog_filters_keep(c, segment->id, segment->filters, e));
}

/* The commit before this one is the last no more: it stays only for its segments. */
static bool forget_last_commit(struct catalog *c, int64_t number, struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c,
	                     "DELETE FROM commits WHERE number ="
	                     " (SELECT max(number) FROM commits WHERE number < ?)"
	                     " AND NOT EXISTS (SELECT 1 FROM segments"
	                     " WHERE segments.number = commits.number)",
	                     &s, e))
		return false;
	sqlite3_bind_int64(s, 1, number);
	return catalog_finish(c, s, e);
}

static bool insert_commit(struct catalog *c, int64_t *ret_number, struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c, "INSERT INTO commits (at) VALUES (?)", &s, e))
		return false;
	sqlite3_bind_int64(s, 1, ticks_now());
	if (!catalog_finish(c, s, e))
		return false;
	*ret_number = sqlite3_last_insert_rowid(c->db);
	return forget_last_commit(c, *ret_number, e);
}

static bool insert_import(struct catalog *c, const struct source_file *file, int64_t number,
                          struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c, "INSERT INTO imports VALUES (?, ?, ?)", &s, e))
		return false;
	sqlite3_bind_int64(s, 1, file->octets);
	sqlite3_bind_int64(s, 2, file->digest);
	sqlite3_bind_int64(s, 3, number);
	return catalog_finish(c, s, e);
}

/* The file stays, and is named, for readers that have it on their list; its commit stays while
 * other segments came from it. */
static bool retire_segment(struct catalog *c, int64_t id, struct err *e)
{
	static const char *const steps[] = {
		"INSERT INTO retired SELECT path, ?2 FROM segments WHERE id = ?1",
		"DELETE FROM commits WHERE number = (SELECT number FROM segments WHERE id = ?1)"
		" AND NOT EXISTS (SELECT 1 FROM segments"
		" WHERE number = commits.number AND id <> ?1)",
		"DELETE FROM segments WHERE id = ?1",
	};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		sqlite3_stmt *s;
		if (!catalog_prepare(c, steps[i], &s, e))
			return false;
		sqlite3_bind_int64(s, 1, id);
		if (i == 0)
			sqlite3_bind_int64(s, 2, ticks_now());
		if (!catalog_finish(c, s, e))
			return false;
	}
	return catalog_filters_forget(c, id, e);
}

static bool put_state(struct catalog *c, const struct state_item *item, struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c, "INSERT OR REPLACE INTO state VALUES (?, ?)", &s, e))
		return false;
	sqlite3_bind_text(s, 1, item->key, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(s, 2, item->len ? item->octets : "", item->len, SQLITE_STATIC);
	return catalog_finish(c, s, e);
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

/* Writes a transaction of one page in the place of one that failed. Not synced: it is to be found
 * by whoever comes after a crash of this process, and it is the sync that may have failed. */
static bool overwrite_frames(struct catalog *c)
{
	char sql[80];
	int64_t version;
	struct err e;
	if (!catalog_ask(c, "PRAGMA user_version", 0, &version, &e))
		return false;
	snprintf(sql, sizeof sql, "PRAGMA synchronous = OFF; PRAGMA user_version = %d",
	         (int)((version + 1) & INT32_MAX));
	bool ok = catalog_run(c, sql, &e);
	return catalog_run(c, "PRAGMA synchronous = FULL", &e) && ok;
}

bool catalog_commit(struct catalog *c, const struct catalog_change *change, bool *ret_doubtful,
                    struct err *e)
{
	*ret_doubtful = false;
	if (!catalog_run(c, "BEGIN IMMEDIATE", e))
		return false;
	bool made = make_change(c, change, e), ok = made && catalog_run(c, "COMMIT", e);
	int rc = sqlite3_errcode(c->db);
	if (!ok)
		sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	/* Where there was no room its last frame, by which the others count, was not written. */
	if (made && !ok && rc != SQLITE_FULL)
		*ret_doubtful = !overwrite_frames(c);
	return ok;
}

bool catalog_state(struct catalog *c, const char *key, struct buf *ret, struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c, "SELECT value FROM state WHERE key = ?", &s, e))
		return false;
	sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
	int rc = catalog_step(s);
	bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE || catalog_fail(c, e);
	if (rc == SQLITE_ROW)
		buf_add(ret, sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0));
	sqlite3_finalize(s);
	return ok;
}

bool catalog_retired(struct catalog *c, int64_t before, struct buf *ret_path, struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c, "SELECT path FROM retired WHERE at < ? LIMIT 1", &s, e))
		return false;
	sqlite3_bind_int64(s, 1, before);
	int rc = catalog_step(s);
	bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE || catalog_fail(c, e);
	if (rc == SQLITE_ROW)
		buf_puts(ret_path, (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	return ok;
}

bool catalog_forget(struct catalog *c, const char *path, struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c, "DELETE FROM retired WHERE path = ?", &s, e))
		return false;
	sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
	return catalog_finish(c, s, e);
}

bool catalog_uuid(struct catalog *c, struct buf *ret, struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c, "SELECT value FROM meta WHERE key = 'uuid'", &s, e))
		return false;
	bool ok = catalog_step(s) == SQLITE_ROW || catalog_fail(c, e);
	if (ok)
		buf_puts(ret, (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	return ok;
}

bool catalog_check(struct catalog *c, struct buf *ret, struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c, "PRAGMA integrity_check(1)", &s, e))
		return false;
	int rc = catalog_step(s);
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
		return catalog_fail(to, e);
	unsigned tries = 0;
	int rc;
	do
		rc = sqlite3_backup_step(b, -1);
	while (catalog_again(rc, &tries) ||
	       ((rc == SQLITE_BUSY || rc == SQLITE_LOCKED) && ++tries < CATALOG_AGAIN_MOST &&
	        sqlite3_sleep(CATALOG_AGAIN_MS)));
	rc = sqlite3_backup_finish(b);
	return rc == SQLITE_OK ||
	       err_set(e, ERR_WORKSPACE, "catalog of '%s': %s", c->dir, sqlite3_errstr(rc));
}

/* The copy is one file, to be read where it may not be written. */
static bool set_copy(struct catalog *to, bool as_backup, struct err *e)
{
	char uuid[37];
	if (!catalog_make_uuid(uuid, e))
		return false;
	char *sql = sqlite3_mprintf(as_backup ? "PRAGMA journal_mode = DELETE; DELETE FROM retired;"
	                                        "INSERT OR REPLACE INTO meta VALUES ('backup', 1)"
	                                      : "PRAGMA journal_mode = DELETE; DELETE FROM retired;"
	                                        "DELETE FROM meta WHERE key = 'backup';"
	                                        "UPDATE meta SET value = %Q WHERE key = 'uuid'",
	                            uuid);
	bool ok = sql ? catalog_run(to, sql, e) : err_set(e, ERR_NOMEM, "no memory");
	sqlite3_free(sql);
	return ok;
}

bool catalog_copy(struct catalog *c, const char *path, bool as_backup, struct err *e)
{
	struct catalog to = { .dir = c->dir };
	if (unlink(path) < 0 && errno != ENOENT)
		return err_set(e, ERR_IO, "cannot remove '%s': %s", path, strerror(errno));
	bool ok = sqlite3_open(path, &to.db) == SQLITE_OK || catalog_fail(&to, e);
	ok = ok && copy_pages(c, &to, e) && set_copy(&to, as_backup, e);
	sqlite3_close(to.db);
	return ok || err_wrap(e, "copying to '%s'", path);
}
