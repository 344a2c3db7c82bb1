/* catalog_sql: an open catalog, and small tools over SQLite, for the files that make up catalog.h:
 * catalog_open.c opens and makes it, catalog.c reads and writes it. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct catalog {
	char *dir;
	sqlite3 *db;
	int64_t format; /* of the workspace as it was opened */
};

/* What SQLite said last; false. */
bool catalog_fail(struct catalog *c, struct err *e);

/* Runs statements that yield no rows. */
MUST_CHECK bool catalog_run(struct catalog *c, const char *sql, struct err *e);

/* Whether to try once more, after a pause: the answer was of a writer who changes the WAL's index.
 */
enum { CATALOG_AGAIN_MS = 5, CATALOG_AGAIN_MOST = 100 };
bool catalog_again(int rc, unsigned *tries);

/* As sqlite3_step and sqlite3_prepare_v2, but patient with a writer who changes the WAL's index. */
int catalog_step(sqlite3_stmt *s);
MUST_CHECK bool catalog_prepare(struct catalog *c, const char *sql, sqlite3_stmt **ret,
                                struct err *e);

/* Runs a prepared statement that yields no rows, and frees it. */
MUST_CHECK bool catalog_finish(struct catalog *c, sqlite3_stmt *s, struct err *e);

/* The first cell of a query's first row as a number; `none` where there is no row. */
MUST_CHECK bool catalog_ask(struct catalog *c, const char *sql, int64_t none, int64_t *ret,
                            struct err *e);

/* A new uuid as text. */
MUST_CHECK bool catalog_make_uuid(char ret[37], struct err *e);
