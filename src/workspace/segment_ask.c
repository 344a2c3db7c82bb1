#include "workspace/segment_ask.h"

#include <stdio.h>
#include <string.h>

#include "workspace/relation.h"
#include "workspace/segment_columns.h"
#include "workspace/workspace_internal.h"

enum column_id recorded_column(enum table_id table)
{
	return column_in(COL_BeginTime, table) ? COL_BeginTime : COL_FlowRecordTime;
}

static void add_limits(struct buf *sql, enum column_id id, enum table_id table)
{
	if (segment_holds(table, id))
		buf_printf(sql, ", min(\"%s\"), max(\"%s\")", columns[id].name, columns[id].name);
	else
		buf_puts(sql, ", NULL::BIGINT, NULL::BIGINT");
}

/* The hash is of every cell, so that every page is decompressed and decoded. */
static void add_question(struct buf *sql, const char *dir, const struct segment *s)
{
	char copy[4096];
	struct segment one = *s;
	const char *before = ", bit_xor(hash(";
	buf_puts(sql, "SELECT count(*)");
	add_limits(sql, COL_TimeGenerated, s->table);
	add_limits(sql, recorded_column(s->table), s->table);
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		if (!segment_holds(s->table, id))
			continue;
		buf_puts(sql, before);
		db_quote_name(sql, columns[id].name, strlen(columns[id].name));
		before = ", ";
	}
	buf_puts(sql, ")) FROM ");
	snprintf(copy, sizeof copy, "%s", dir);
	struct workspace place = { .dir = copy };
	relation_add_rows(sql, &place, s->table, &(struct segment_list){ &one, 1 });
}

static struct time_range read_range(const struct db_rows *rows, size_t column)
{
	if (db_cell_is_null(rows, column, 0))
		return (struct time_range){ INT64_MAX, INT64_MIN };
	return (struct time_range){ db_cell_i64(rows, column, 0),
		                    db_cell_i64(rows, column + 1, 0) };
}

bool segment_ask(struct db *db, const char *dir, const struct segment *s,
                 struct segment_answer *ret, struct err *e)
{
	struct buf sql = { 0 };
	size_t count = 0;
	add_question(&sql, dir, s);
	struct db_rows *rows = NULL;
	if (sql.failed)
		err_set(e, ERR_NOMEM, "no memory for the query");
	else
		rows = db_query(db, buf_text(&sql), e);
	bool ok = rows && db_rows_next(rows, &count, e) && count == 1;
	if (ok)
		*ret = (struct segment_answer){ db_cell_i64(rows, 0, 0), read_range(rows, 1),
			                        read_range(rows, 3) };
	db_rows_close(rows);
	buf_done(&sql);
	return ok;
}
