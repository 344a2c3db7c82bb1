/* weigh: what there is to be read of a table (contract in workspace/workspace.h). */
#include <stdlib.h>
#include <string.h>

#include "workspace/flow_packed.h"
#include "workspace/segment_columns.h"
#include "workspace/segment_file.h"
#include "workspace/workspace_internal.h"

static void add_named(const char *sql, bool ret[COLUMN_COUNT])
{
	for (enum column_id c = 0; sql && c < COLUMN_COUNT; c++)
		ret[c] |= strstr(sql, columns[c].name) != NULL;
}

/* Columns that are worked out when a table is read stand for all that their SQL names. */
static void stored_columns(enum table_id table, const bool wanted[COLUMN_COUNT],
                           bool ret[COLUMN_COUNT])
{
	memcpy(ret, wanted, COLUMN_COUNT * sizeof *ret);
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		if (wanted[id] && !segment_holds(tables[table].stored_in, id))
			add_named(columns[id].value, ret);
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		if (ret[id])
			add_named(packed_sql(id), ret);
}

static bool weigh_file(struct workspace *ws, const struct segment *s,
                       const bool stored[COLUMN_COUNT], int64_t *ret, struct err *e)
{
	struct err why = { 0 };
	char *path = workspace_path(ws, s->path, e);
	if (!path)
		return false;
	*ret = 0;
	bool ok = segment_file_columns(path, stored, ret, &why) || why.code == ERR_DATA;
	if (!ok)
		err_set(e, why.code, "%s: %s", path, why.text);
	free(path);
	return ok;
}

bool workspace_weigh(struct workspace *ws, const struct segment_filter *filter,
                     const bool columns_[COLUMN_COUNT], struct relation_weight *ret, struct err *e)
{
	bool stored[COLUMN_COUNT];
	struct segment_list list;
	int64_t all = 0, octets;
	struct catalog *catalog = workspace_catalog(ws, e);
	bool ok = catalog && catalog_count(catalog, filter->table, &all, e);
	workspace_catalog_done(ws, catalog);
	if (!ok || !workspace_segments(ws, filter, &list, e))
		return false;
	*ret = (struct relation_weight){ .segments = (size_t)all };
	stored_columns(filter->table, columns_, stored);
	for (size_t i = 0; ok && i < list.count; i++) {
		ok = weigh_file(ws, &list.items[i], stored, &octets, e);
		ret->bytes += ok ? octets : 0;
	}
	segment_list_done(&list);
	return ok;
}
