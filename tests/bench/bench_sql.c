/* bench_sql: runs a query in the database library's own SQL, as `weir query` would run it.
 *
 *     bench_sql SQL
 *
 * Prints how many rows came and an exclusive or of their octets, so that every cell is read. */
#include <stdio.h>

#include "core/base/err.h"
#include "workspace/db.h"

static unsigned char fold(const struct db_rows *rows, size_t column, size_t row)
{
	unsigned char octets = 0;
	if (db_cell_is_null(rows, column, row))
		return octets;
	if (db_rows_column_type(rows, column) != KQL_STRING)
		return (unsigned char)db_cell_i64(rows, column, row);
	struct db_text text = db_cell_text(rows, column, row);
	for (size_t i = 0; i < text.len; i++)
		octets ^= (unsigned char)text.at[i];
	return octets;
}

static bool run(struct db *db, const char *sql, struct err *e)
{
	size_t total = 0, count;
	unsigned char octets = 0;
	struct db_rows *rows = db_query(db, sql, e);
	bool ok = rows;
	while (ok && (ok = db_rows_next(rows, &count, e)) && count) {
		for (size_t row = 0; row < count; row++)
			for (size_t column = 0; column < db_rows_columns(rows); column++)
				octets ^= fold(rows, column, row);
		total += count;
	}
	db_rows_close(rows);
	if (ok)
		printf("%zu %02x\n", total, octets);
	return ok;
}

int main(int argc, char **argv)
{
	struct err e;
	struct db_limits limits = { 0 };
	if (argc != 2) {
		fprintf(stderr, "usage: %s SQL\n", argv[0]);
		return 2;
	}
	struct db *db = db_open(&limits, &e);
	bool ok = db && run(db, argv[1], &e);
	if (!ok)
		fprintf(stderr, "%s\n", e.text);
	db_close(db);
	return !ok;
}
