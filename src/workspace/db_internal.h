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

/* A column of the current chunk (db_rows_next) as the library holds it; `cells` are of the type
 * that the query gave the column. */
struct db_vector {
	const void *cells;
	const uint64_t *validity; /* a bit for each cell, set where it is not null; NULL: none is */
};
struct db_vector db_rows_vector(const struct db_rows *rows, size_t column);

/* The text in a cell of a VARCHAR, borrowed like the cell. */
struct db_text db_text_of(const duckdb_string_t *cell);

/* The current chunk itself, borrowed until the next one. */
duckdb_data_chunk db_rows_chunk(const struct db_rows *rows);
