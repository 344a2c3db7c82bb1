/* relation: a table as SQL over the segments that hold it (contract in workspace/workspace.h).
 *
 * Columns stay bare names of the Parquet files wherever they can, so that the database reads only
 * what a query asks for and skips row groups by their statistics. */
#include <stdlib.h>
#include <string.h>

#include "workspace/db.h"
#include "workspace/flow_packed.h"
#include "workspace/relation.h"
#include "workspace/segment_columns.h"
#include "workspace/workspace_internal.h"

void segment_done(struct segment *segment)
{
	free(segment->path);
	free(segment->filters);
}

void segment_list_done(struct segment_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		segment_done(&list->items[i]);
	free(list->items);
	*list = (struct segment_list){ 0 };
}

bool workspace_segments(struct workspace *ws, const struct segment_filter *filter,
                        struct segment_list *ret, struct err *e)
{
	struct catalog *catalog = workspace_catalog(ws, e);
	bool ok = catalog && catalog_segments(catalog, filter, ret, e);
	workspace_catalog_done(ws, catalog);
	return ok;
}

bool relation_segments(struct workspace *ws, enum table_id table, const int64_t *ids, size_t count,
                       struct segment_list *ret, struct err *e)
{
	struct catalog *catalog = workspace_catalog(ws, e);
	bool ok = catalog && catalog_segments_of(catalog, ids, count, ret, e);
	workspace_catalog_done(ws, catalog);
	for (size_t i = 0; ok && i < ret->count; i++)
		if (ret->items[i].table != table) {
			segment_list_done(ret);
			return err_set(e, ERR_WORKSPACE, "segment %lld is not one of %s",
			               (long long)ids[i], tables[table].name);
		}
	return ok;
}

/* ---- SQL ---- */

/* The segments of one table among those of a list, seen as another table. */
struct part {
	const struct workspace *ws;
	const struct segment_list *list;
	enum table_id stored, seen;
	bool has_older; /* some may hold other columns than this program's */
};

static bool has_any(const struct segment_list *list, enum table_id stored)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].table == stored)
			return true;
	return false;
}

static void add_name(struct buf *sql, enum column_id id)
{
	db_quote_name(sql, columns[id].name, strlen(columns[id].name));
}

/* An empty relation of a table's columns; `held`: only those that its segments hold. */
static void add_nothing(struct buf *sql, enum table_id table, bool held)
{
	const char *comma = "SELECT ";
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		if (!column_in(id, table) || (held && !segment_holds(table, id)))
			continue;
		buf_printf(sql, "%sNULL::%s AS ", comma, sql_type_name(column_type(id, table)));
		add_name(sql, id);
		comma = ", ";
	}
	buf_puts(sql, " WHERE false");
}

static void add_path(struct buf *sql, const char *dir, const char *below)
{
	struct buf path = { 0 };
	buf_printf(&path, "%s/%s", dir, below);
	db_quote_path(sql, buf_text(&path));
	sql->failed |= path.failed;
	buf_done(&path);
}

/* What files of segments can be read as. */
enum form { FORM_PLAIN, FORM_PACKED, FORM_OLDER, FORM_COUNT };

static enum form form_of(const struct segment *segment)
{
	if (segment->schema == segment_schema(segment->table, SEGMENT_LIGHT))
		return FORM_PLAIN;
	if (segment->schema == segment_schema(segment->table, SEGMENT_DENSE))
		return FORM_PACKED;
	return FORM_OLDER;
}

/* The files of a form, as the library reads them. */
static void add_files(struct buf *sql, const struct workspace *ws, enum table_id stored,
                      const struct segment_list *list, enum form form)
{
	buf_puts(sql, "read_parquet([");
	const char *comma = "";
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].table != stored || form_of(&list->items[i]) != form)
			continue;
		buf_puts(sql, comma);
		add_path(sql, ws->dir, list->items[i].path);
		comma = ", ";
	}
	buf_printf(sql, "], hive_partitioning = false, union_by_name = %s)",
	           form == FORM_OLDER ? "true" : "false");
}

/* A held column by the columns of files of a form; older ones may be packed or not. */
static void add_held(struct buf *sql, enum table_id stored, enum column_id id, enum form form)
{
	bool may_be = segment_is_packed(stored, SEGMENT_DENSE) && packed_sql(id);
	if (form == FORM_PLAIN || !may_be) {
		add_name(sql, id);
		return;
	}
	buf_puts(sql, form == FORM_OLDER ? "coalesce(" : "");
	if (form == FORM_OLDER) {
		add_name(sql, id);
		buf_puts(sql, ", ");
	}
	buf_puts(sql, packed_sql(id));
	buf_puts(sql, form == FORM_OLDER ? ") AS " : " AS ");
	add_name(sql, id);
}

/* Files that lack a column of today's get it from an empty relation that has them all. */
static void add_any(struct buf *sql, enum table_id stored)
{
	add_nothing(sql, stored, true);
	buf_puts(sql, " UNION ALL BY NAME ");
	if (!segment_is_packed(stored, SEGMENT_DENSE))
		return;
	for (size_t i = 0; i < PACKED_COLUMNS; i++)
		buf_printf(sql, "%sNULL::BIGINT AS \"%s\"", i ? ", " : "SELECT ",
		           packed_columns[i].name);
	buf_puts(sql, " WHERE false UNION ALL BY NAME ");
}

static void add_form(struct buf *sql, const struct workspace *ws, enum table_id stored,
                     const struct segment_list *list, enum form form)
{
	const char *comma = "SELECT ";
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		if (!segment_holds(stored, id))
			continue;
		buf_puts(sql, comma);
		add_held(sql, stored, id, form);
		comma = ", ";
	}
	buf_puts(sql, " FROM ");
	if (form == FORM_OLDER) {
		buf_puts(sql, "(");
		add_any(sql, stored);
		buf_puts(sql, "SELECT * FROM ");
	}
	add_files(sql, ws, stored, list, form);
	buf_puts(sql, form == FORM_OLDER ? ")" : "");
}

void relation_add_rows(struct buf *sql, const struct workspace *ws, enum table_id stored,
                       const struct segment_list *list)
{
	bool is_there[FORM_COUNT] = { false };
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].table == stored)
			is_there[form_of(&list->items[i])] = true;
	if (!is_there[FORM_PACKED] && !is_there[FORM_OLDER]) {
		add_files(sql, ws, stored, list, FORM_PLAIN);
		return;
	}
	const char *before = "(";
	for (enum form form = 0; form < FORM_COUNT; form++) {
		if (!is_there[form])
			continue;
		buf_puts(sql, before);
		add_form(sql, ws, stored, list, form);
		before = " UNION ALL ";
	}
	buf_puts(sql, ")");
}

/* SQL of a ROLE_VIEW column: "$TABLE" stands for the table's name, "$DAY" for whether its segments
 * are of days. */
static void add_view(struct buf *sql, const char *value, const struct part *part)
{
	const char *name = tables[part->seen].name;
	if (strcmp(value, "$TABLE") == 0)
		db_quote_text(sql, name, strlen(name));
	else if (strcmp(value, "$DAY") == 0)
		buf_puts(sql, part->list->items[0].level == LEVEL_DAY ? "true" : "false");
	else
		buf_puts(sql, value);
}

static void add_column(struct buf *sql, const struct part *part, enum column_id id)
{
	enum kql_type held = column_type(id, part->stored), wanted = column_type(id, part->seen);
	if (!segment_holds(part->stored, id)) {
		add_view(sql, columns[id].value, part);
	} else if (held != wanted) {
		buf_puts(sql, "TRY_CAST(");
		add_name(sql, id);
		buf_printf(sql, " AS %s)", sql_type_name(wanted));
	} else if (part->has_older && wanted == KQL_STRING) {
		buf_puts(sql, "coalesce(");
		add_name(sql, id);
		buf_puts(sql, ", '')");
	} else {
		add_name(sql, id);
	}
	buf_puts(sql, " AS ");
	add_name(sql, id);
}

static void add_part(struct buf *sql, const struct part *part)
{
	const char *comma = "SELECT ";
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		if (!column_in(id, part->seen))
			continue;
		buf_puts(sql, comma);
		add_column(sql, part, id);
		comma = ", ";
	}
	buf_puts(sql, " FROM ");
	relation_add_rows(sql, part->ws, part->stored, part->list);
}

static bool has_older(const struct segment_list *list, enum table_id stored)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].table == stored && form_of(&list->items[i]) == FORM_OLDER)
			return true;
	return false;
}

static void add_relation(struct buf *sql, const struct workspace *ws, enum table_id table,
                         const struct segment_list *list)
{
	const enum table_id stored[] = { table, tables[table].stored_in };
	const char *between = "(";
	for (size_t i = 0; i < (stored[0] == stored[1] ? 1 : ARRAY_LEN(stored)); i++) {
		if (!has_any(list, stored[i]))
			continue;
		struct part part = {
			.ws = ws,
			.list = list,
			.stored = stored[i],
			.seen = table,
			.has_older = has_older(list, stored[i]),
		};
		buf_puts(sql, between);
		add_part(sql, &part);
		between = " UNION ALL ";
	}
	if (!list->count) {
		buf_puts(sql, between);
		add_nothing(sql, table, false);
	}
	buf_puts(sql, ")");
}

static int days_last(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;
	int order = (x->level == LEVEL_DAY) - (y->level == LEVEL_DAY);
	return order ? order : (x->id > y->id) - (x->id < y->id);
}

/* Segments of days are told from those of hours, so that a query which leaves either out reads
 * nothing of it. */
static void add_hours(struct buf *sql, const struct workspace *ws, struct segment_list *list)
{
	size_t hours = 0;
	if (list->count)
		qsort(list->items, list->count, sizeof *list->items, days_last);
	while (hours < list->count && list->items[hours].level != LEVEL_DAY)
		hours++;
	struct segment_list days = { list->items + hours, list->count - hours };
	buf_puts(sql, "(SELECT * FROM ");
	add_relation(sql, ws, TABLE_HOURLY, &(struct segment_list){ list->items, hours });
	buf_puts(sql, " UNION ALL SELECT * FROM ");
	add_relation(sql, ws, TABLE_HOURLY, &days);
	buf_puts(sql, ")");
}

bool workspace_relation(struct workspace *ws, const struct segment_filter *filter, struct buf *sql,
                        struct relation_size *ret, struct err *e)
{
	struct segment_list list;
	if (!workspace_segments(ws, filter, &list, e))
		return false;
	struct relation_size size = { .segments = list.count };
	for (size_t i = 0; i < list.count; i++) {
		size.rows += list.items[i].rows;
		size.bytes += list.items[i].bytes;
	}
	if (filter->table == TABLE_HOURLY)
		add_hours(sql, ws, &list);
	else
		add_relation(sql, ws, filter->table, &list);
	segment_list_done(&list);
	if (sql->failed)
		return err_set(e, ERR_NOMEM, "the list of %zu segments is too long", size.segments);
	if (ret)
		*ret = size;
	return true;
}
