/* plain_read: rows that are never merged, of segments, as they were when they were written
 * (contract in workspace/workspace.h). */
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "workspace/db.h"
#include "workspace/relation.h"
#include "workspace/segment_columns.h"
#include "workspace/workspace_internal.h"

enum { BATCH = 64 };

struct plain_reader {
	const struct plain_table *type;
	enum table_id table;
	struct db *db;
	char *rows; /* BATCH of them */
	plain_taker *take;
	void *context;
};

/* ---- cells ---- */

static void put_number(enum column_store store, int64_t v, void *field)
{
	switch (store) {
	case STORE_U8: *(uint8_t *)field = (uint8_t)v; break;
	case STORE_U16: *(uint16_t *)field = (uint16_t)v; break;
	case STORE_U32: *(uint32_t *)field = (uint32_t)v; break;
	case STORE_MINUTE:
		*(uint32_t *)field = (uint32_t)((v - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
		break;
	default: *(int64_t *)field = v;
	}
}

static bool put_ip(struct db_text text, void *field)
{
	char copy[IP_TEXT_MAX] = "";
	struct ip ip;
	if (text.len >= sizeof copy)
		return false;
	memcpy(copy, text.at, text.len);
	if (!ip_parse(copy, &ip))
		return false;
	memcpy(field, &ip, sizeof ip);
	return true;
}

static bool put_name(const struct plain_names *names, struct db_text text, void *field)
{
	for (size_t i = 0; i < names->count; i++)
		if (strlen(names->names[i]) == text.len &&
		    memcmp(names->names[i], text.at, text.len) == 0) {
			*(uint8_t *)field = (uint8_t)i;
			return true;
		}
	return false;
}

/* A text that is empty was absent, or as good as that. */
static bool put_text(const struct plain_column *c, struct db_text text, void *field)
{
	if (c->names.count)
		return put_name(&c->names, text, field);
	if (columns[c->id].store == STORE_IP)
		return put_ip(text, field);
	*(struct row_text *)field = (struct row_text){ text.at, text.len };
	return true;
}

/* One column of the rows first … of a chunk. */
static bool read_column(struct plain_reader *r, const struct db_rows *rows, size_t column,
                        size_t first, size_t count, struct err *e)
{
	const struct plain_column *c = &r->type->columns[column];
	bool texts = columns[c->id].type == KQL_STRING;
	for (size_t i = 0; i < count; i++) {
		char *row = r->rows + i * r->type->row_size;
		if (db_cell_is_null(rows, column, first + i))
			continue;
		if (texts) {
			struct db_text text = db_cell_text(rows, column, first + i);
			if (text.len == 0)
				continue;
			if (!put_text(c, text, row + c->offset))
				return err_set(e, ERR_WORKSPACE, "no row can have this %s",
				               columns[c->id].name);
		} else if (columns[c->id].type == KQL_BOOL) {
			row[c->offset] = db_cell_bool(rows, column, first + i);
		} else {
			put_number(columns[c->id].store, db_cell_i64(rows, column, first + i),
			           row + c->offset);
		}
		*(uint64_t *)(void *)row |= UINT64_C(1) << c->bit;
	}
	return true;
}

static bool read_rows(struct plain_reader *r, struct db_rows *rows, struct err *e)
{
	for (;;) {
		size_t chunk;
		if (!db_rows_next(rows, &chunk, e))
			return false;
		if (chunk == 0)
			return true;
		for (size_t first = 0, n; first < chunk; first += n) {
			n = chunk - first < BATCH ? chunk - first : BATCH;
			memset(r->rows, 0, n * r->type->row_size);
			for (size_t i = 0; i < r->type->column_count; i++)
				if (!read_column(r, rows, i, first, n, e))
					return false;
			if (!r->take(r->context, r->rows, n, e))
				return false;
		}
	}
}

/* ---- segments ---- */

static bool read_segment(struct plain_reader *r, const struct workspace *ws,
                         const struct segment *segment, struct err *e)
{
	struct buf sql = { 0 };
	const char *before = "SELECT ";
	for (size_t i = 0; i < r->type->column_count; i++) {
		const struct column *column = &columns[r->type->columns[i].id];
		buf_puts(&sql, before);
		db_quote_name(&sql, column->name, strlen(column->name));
		buf_printf(&sql, "::%s", sql_type_name(column->type));
		before = ", ";
	}
	buf_puts(&sql, " FROM ");
	struct segment one = *segment;
	relation_add_rows(&sql, ws, r->table, &(struct segment_list){ &one, 1 });
	struct db_rows *rows = sql.failed ? NULL : db_query(r->db, buf_text(&sql), e);
	if (sql.failed)
		err_set(e, ERR_NOMEM, "no memory for the query");
	bool ok = rows && read_rows(r, rows, e);
	db_rows_close(rows);
	buf_done(&sql);
	return ok || err_wrap(e, "segment %lld", (long long)segment->id);
}

bool workspace_plain_rows(struct workspace *ws, enum table_id table, const int64_t *segments,
                          size_t count, plain_taker *take, void *context, struct err *e)
{
	struct segment_list list;
	if (!relation_segments(ws, table, segments, count, &list, e))
		return false;
	struct plain_reader r = { .type = &plain_tables[table], .table = table };
	r.take = take;
	r.context = context;
	r.rows = malloc(BATCH * r.type->row_size);
	struct db_limits limits = { .memory_bytes = FLOW_READ_MEMORY, .threads = 1 };
	bool ok = r.rows || err_set(e, ERR_NOMEM, "no memory to read rows");
	r.db = ok ? db_open(&limits, e) : NULL;
	for (size_t i = 0; r.db && ok && i < list.count; i++)
		ok = read_segment(&r, ws, &list.items[i], e);
	ok = ok && r.db;
	db_close(r.db);
	free(r.rows);
	segment_list_done(&list);
	return ok;
}
