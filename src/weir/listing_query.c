#include "weir/listing_query.h"

#include "core/base/ticks.h"
#include "workspace/db.h"

static void add_text(struct listing *l, struct db_text text)
{
	struct buf copy = { 0 };
	buf_add(&copy, text.at, text.len);
	listing_text(l, buf_text(&copy));
	buf_done(&copy);
}

static void add_cell(struct listing *l, const struct db_rows *rows, size_t column, size_t row)
{
	char time[TICKS_TEXT_MAX];
	if (db_cell_is_null(rows, column, row)) {
		listing_text(l, "");
	} else if (db_rows_column_type(rows, column) == KQL_STRING) {
		add_text(l, db_cell_text(rows, column, row));
	} else if (l->columns[column].is_number) {
		listing_number(l, db_cell_i64(rows, column, row));
	} else {
		ticks_format(db_cell_i64(rows, column, row), time);
		listing_text(l, time);
	}
}

static bool add_rows(struct listing *l, struct db_rows *rows, struct err *e)
{
	size_t count;
	do {
		if (!db_rows_next(rows, &count, e))
			return false;
		for (size_t i = 0; i < count; i++)
			for (size_t k = 0; k < l->column_count; k++)
				add_cell(l, rows, k, i);
	} while (count);
	return true;
}

bool listing_query(struct listing *l, const char *sql, struct err *e)
{
	if (!*sql)
		return err_set(e, ERR_NOMEM, "no memory to ask");
	struct db *db = db_open(&(struct db_limits){ 0 }, e);
	struct db_rows *rows = db ? db_query(db, sql, e) : NULL;
	bool ok = rows && add_rows(l, rows, e);
	db_rows_close(rows);
	db_close(db);
	return ok;
}
