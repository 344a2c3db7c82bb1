/* db_internal: what the files of this directory share of the database library: the body of struct
 * db, and its errors in our words. */
#pragma once

#include <duckdb.h>

#include "core/base/err.h"
#include "workspace/db.h"

struct db {
	duckdb_database database;
	duckdb_connection connection;
};

/* Sets code and text from an error of the library.  `text` may be NULL.  Always false. */
bool db_err(struct err *e, const char *text);
