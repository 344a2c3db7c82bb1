#include "workspace/verify.h"

#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workspace/db.h"
#include "workspace/segment_ask.h"
#include "workspace/segment_file.h"
#include "workspace/workspace_internal.h"

struct verifying {
	struct workspace *ws;
	struct catalog *catalog;
	struct db *db;
	verify_taker *take;
	void *context;
	struct verify_report report;
};

static bool tell(struct verifying *v, const struct verify_problem *problem, struct err *e)
{
	v->report.problems++;
	return v->take(v->context, problem, e);
}

static bool tell_text(struct verifying *v, const char *path, const char *text, struct err *e)
{
	return tell(v, &(struct verify_problem){ path, NULL, ERR_DATA, text }, e);
}

/* ---- the catalog ---- */

static bool check_catalog(struct verifying *v, struct err *e)
{
	struct buf text = { 0 };
	bool ok = catalog_check(v->catalog, &text, e);
	if (ok && text.len)
		ok = tell_text(v, "catalog.db", buf_text(&text), e);
	buf_done(&text);
	return ok;
}

/* ---- one segment ---- */

static bool ranges_differ(struct time_range a, struct time_range b)
{
	bool none = a.from > a.to && b.from > b.to;
	return !none && (a.from != b.from || a.to != b.to);
}

static bool read_cells(struct verifying *v, const struct segment *s, struct err *e)
{
	struct segment_answer found;
	if (!segment_ask(v->db, v->ws->dir, s, &found, e))
		return false;
	if (found.rows != s->rows)
		return err_set(e, ERR_DATA, "it holds %" PRId64 " rows, the catalog says %" PRId64,
		               found.rows, s->rows);
	if (ranges_differ(found.time, s->time))
		return err_set(e, ERR_DATA, "its TimeGenerated are not those of the catalog");
	if (ranges_differ(found.recorded, s->recorded))
		return err_set(e, ERR_DATA, "its %s are not those of the catalog",
		               columns[recorded_column(s->table)].name);
	return true;
}

static bool look(struct verifying *v, const struct segment *s, struct err *e)
{
	struct segment_file file;
	char *path = workspace_path(v->ws, s->path, e);
	bool ok = path && segment_file_read(path, &file, e);
	free(path);
	if (ok && (int64_t)file.octets != s->bytes)
		ok = err_set(e, ERR_DATA, "it has %" PRIu64 " octets, the catalog says %" PRId64,
		             file.octets, s->bytes);
	if (!ok || !read_cells(v, s, e))
		return false;
	v->report.segments++;
	v->report.rows += (uint64_t)s->rows;
	v->report.octets += file.octets;
	v->report.without_sum += !file.has_sum;
	return true;
}

static bool is_visible(struct verifying *v, const struct segment *s)
{
	struct segment_list list = { 0 };
	bool visible = catalog_segments_of(v->catalog, &s->id, 1, &list, NULL);
	segment_list_done(&list);
	return visible;
}

/* A segment that was taken out meanwhile is nobody's any more. */
static bool check_segment(struct verifying *v, const struct segment *s, struct err *e)
{
	struct err why = { 0 };
	if (look(v, s, &why) || !is_visible(v, s))
		return true;
	if (why.code == ERR_NOMEM) {
		*e = why;
		return err_wrap(e, "%s", s->path);
	}
	return tell(v, &(struct verify_problem){ s->path, s, why.code, why.text }, e);
}

static bool check_table(struct verifying *v, enum table_id table, struct err *e)
{
	struct segment_filter filter = SEGMENTS_OF(table);
	struct segment_list list;
	if (!catalog_segments(v->catalog, &filter, &list, e))
		return false;
	bool ok = true;
	for (size_t i = 0; ok && i < list.count; i++)
		if (list.items[i].table == table)
			ok = check_segment(v, &list.items[i], e);
	segment_list_done(&list);
	return ok;
}

/* ---- files ---- */

static bool check_name(struct verifying *v, const char *path, struct err *e)
{
	bool named;
	const char *below = path + strlen(v->ws->dir) + 1;
	if (!catalog_names(v->catalog, below, &named, e))
		return false;
	return named || tell_text(v, below, "the catalog does not name it", e);
}

static bool check_names(struct verifying *v, struct err *e)
{
	char *root = workspace_path(v->ws, "segments", e);
	if (!root)
		return false;
	FTS *walk = fts_open((char *const[]){ root, NULL }, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	bool ok = walk || err_set(e, ERR_IO, "cannot read '%s': %s", root, strerror(errno));
	for (FTSENT *entry; ok && (entry = fts_read(walk));)
		if (entry->fts_info == FTS_F)
			ok = check_name(v, entry->fts_path, e);
	if (walk)
		fts_close(walk);
	free(root);
	return ok;
}

/* ---- the ledger ---- */

/* A count, and what it is the sum of: columns' names, or a prefix of names. */
static const struct {
	const char *total;
	const char *parts[4];
	const char *prefix;
} equations[] = {
	{ "DatagramsOffered",
	  { "DatagramsDecoded", "DatagramsMalformed", "DatagramsNotAllowed", "DatagramsRefused" },
	  NULL },
	{ "DatagramsMalformed", { NULL }, "Malformed" },
	{ "RecordsDecoded", { "RecordsStored", "RecordsRejected" }, NULL },
	{ "RecordsRejected", { NULL }, "Rejected" },
};

static void add_sum(struct buf *sql, const char *name)
{
	buf_printf(sql, " + coalesce(sum(\"%s\"), 0)", name);
}

static void add_equation(struct buf *sql, size_t i)
{
	buf_puts(sql, i ? ", (0" : "SELECT (0");
	add_sum(sql, equations[i].total);
	buf_puts(sql, ")::BIGINT, (0");
	for (size_t k = 0; k < ARRAY_LEN(equations[i].parts) && equations[i].parts[k]; k++)
		add_sum(sql, equations[i].parts[k]);
	const char *prefix = equations[i].prefix;
	for (enum column_id id = 0; prefix && id < COLUMN_COUNT; id++)
		if (column_in(id, TABLE_LEDGER) &&
		    strncmp(columns[id].name, prefix, strlen(prefix)) == 0)
			add_sum(sql, columns[id].name);
	buf_puts(sql, ")::BIGINT");
}

static bool check_equations(struct verifying *v, const struct db_rows *rows, struct err *e)
{
	char text[256];
	for (size_t i = 0; i < ARRAY_LEN(equations); i++) {
		int64_t total = db_cell_i64(rows, 2 * i, 0),
			parts = db_cell_i64(rows, 2 * i + 1, 0);
		if (total == parts)
			continue;
		snprintf(text, sizeof text, "%s are %" PRId64 ", but their parts %" PRId64,
		         equations[i].total, total, parts);
		if (!tell_text(v, "CollectorLedger", text, e))
			return false;
	}
	return true;
}

/* Segments that cannot be read were told already: they are no failure here. */
static bool check_ledger(struct verifying *v, struct err *e)
{
	struct segment_filter filter = SEGMENTS_OF(TABLE_LEDGER);
	struct buf sql = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(equations); i++)
		add_equation(&sql, i);
	buf_puts(&sql, " FROM ");
	bool ok = workspace_relation(v->ws, &filter, &sql, NULL, e);
	struct db_rows *rows =
	    ok && !v->report.problems ? db_query(v->db, buf_text(&sql), e) : NULL;
	size_t count = 0;
	if (rows)
		ok = db_rows_next(rows, &count, e) && count == 1 && check_equations(v, rows, e);
	else
		ok = ok && v->report.problems;
	db_rows_close(rows);
	buf_done(&sql);
	return ok;
}

/* ---- all ---- */

static bool check_all(struct verifying *v, struct err *e)
{
	v->report.has_writer = workspace_has_writer(v->ws);
	bool ok = check_catalog(v, e);
	for (int table = 0; ok && table < TABLE_COUNT; table++)
		ok = check_table(v, (enum table_id)table, e);
	return ok && check_ledger(v, e) && (v->report.has_writer || check_names(v, e));
}

bool workspace_verify(struct workspace *ws, verify_taker *take, void *context,
                      struct verify_report *ret, struct err *e)
{
	struct verifying v = { .ws = ws, .take = take, .context = context };
	struct db_limits limits = { .memory_bytes = FLOW_READ_MEMORY, .threads = 1 };
	v.catalog = workspace_catalog(ws, e);
	v.db = v.catalog ? db_open(&limits, e) : NULL;
	bool ok = v.db && check_all(&v, e);
	db_close(v.db);
	workspace_catalog_done(ws, v.catalog);
	*ret = v.report;
	return ok;
}
