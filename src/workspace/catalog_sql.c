#include "workspace/catalog_sql.h"

#include <stddef.h>
#include <string.h>

/* Why the system did not do what SQLite asked of it, or 0: "disk I/O error" may be a full disk. */
static int system_error(struct catalog *c)
{
	int rc = sqlite3_errcode(c->db);
	return rc == SQLITE_IOERR || rc == SQLITE_CANTOPEN ? sqlite3_system_errno(c->db) : 0;
}

bool catalog_fail(struct catalog *c, struct err *e)
{
	if (!c->db)
		return err_set(e, ERR_WORKSPACE, "catalog of '%s': no memory", c->dir);
	int error = system_error(c);
	return err_set(e, ERR_WORKSPACE, "catalog of '%s': %s%s%s", c->dir, sqlite3_errmsg(c->db),
	               error ? ": " : "", error ? strerror(error) : "");
}

bool catalog_run(struct catalog *c, const char *sql, struct err *e)
{
	return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK || catalog_fail(c, e);
}

/* A reader that may not write meets the index of the WAL while the writer changes it: SQLite calls
 * that an attempt to write, where all that helps is to look again. */
bool catalog_again(int rc, unsigned *tries)
{
	if ((rc & 0xff) != SQLITE_READONLY || ++*tries > CATALOG_AGAIN_MOST)
		return false;
	sqlite3_sleep(CATALOG_AGAIN_MS);
	return true;
}

int catalog_step(sqlite3_stmt *s)
{
	unsigned tries = 0;
	int rc;
	do
		rc = sqlite3_step(s);
	while (catalog_again(rc, &tries));
	return rc;
}

bool catalog_prepare(struct catalog *c, const char *sql, sqlite3_stmt **ret, struct err *e)
{
	unsigned tries = 0;
	int rc;
	do
		rc = sqlite3_prepare_v2(c->db, sql, -1, ret, NULL);
	while (catalog_again(rc, &tries));
	return rc == SQLITE_OK || catalog_fail(c, e);
}

/* Runs a statement that yields no rows. */
bool catalog_finish(struct catalog *c, sqlite3_stmt *s, struct err *e)
{
	bool ok = catalog_step(s) == SQLITE_DONE || catalog_fail(c, e);
	sqlite3_finalize(s);
	return ok;
}

/* The first cell of a query's first row as a number; `none` where there is no row. */
bool catalog_ask(struct catalog *c, const char *sql, int64_t none, int64_t *ret, struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c, sql, &s, e))
		return false;
	int rc = catalog_step(s);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(s, 0);
	else if (rc == SQLITE_DONE)
		*ret = none;
	else
		catalog_fail(c, e);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW || rc == SQLITE_DONE;
}
