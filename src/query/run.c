/* run: sessions and running queries (contract in query/query.h). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/arena.h"
#include "core/base/ticks.h"
#include "query/bind.h"
#include "query/lex.h"
#include "query/lower.h"
#include "query/parse.h"
#include "query/query.h"
#include "query/query_internal.h"
#include "query/render.h"
#include "query/sql_functions.h"
#include "query/watch.h"

enum { MAX_ROWS = 500000, MAX_BYTES = 64 << 20, TIME_MS = 180000, ARENA_BYTES = 64 << 20 };

struct query_session {
	struct db *db;
	struct workspace *workspace;
	struct query_limits limits;
	struct watch *watch;
	struct query_facts last;
};

struct query_result {
	struct query_session *session;
	const char *text;
	size_t text_len;
	struct arena arena;
	struct bound_query bound;
	struct query_column *columns;
	struct buf sql, render;
	struct lower_options told;  /* of the tables before the one that is answered now, */
	struct lower_options reads; /* and with it */
	size_t table;               /* its number */
	struct query_error *e;      /* while binding: constants that meet a limit tell it here */
	struct db_rows *rows;
	size_t chunk_rows, chunk_at; /* of the chunk that cells are read from */
	int64_t row_count;           /* of all tables, */
	int64_t table_rows;          /* of this one */
	size_t byte_count;
};

/* ---- sessions ---- */

static bool session_open(struct query_session *s, struct err *e)
{
	struct db_limits limits = { s->limits.memory_bytes, s->limits.threads, s->limits.spill_dir,
		                    s->limits.spill_bytes };
	s->db = db_open(&limits, e);
	if (!s->db || !sql_functions_register(s->db, e))
		return false;
	static const char *const settings[] = {
		"SET preserve_insertion_order = true",
		"SET enable_progress_bar = true",
		"SET enable_progress_bar_print = false",
	};
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (!db_exec(s->db, settings[i], e))
			return false;
	s->watch = watch_new(s->db, e);
	return s->watch;
}

struct query_session *query_session_new(struct workspace *workspace,
                                        const struct query_limits *limits, struct err *e)
{
	struct query_session *s = calloc(1, sizeof *s);
	if (!s) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	s->workspace = workspace;
	s->limits = *limits;
	if (!s->limits.max_rows)
		s->limits.max_rows = MAX_ROWS;
	if (!s->limits.max_bytes)
		s->limits.max_bytes = MAX_BYTES;
	if (!s->limits.time_ms)
		s->limits.time_ms = TIME_MS;
	if (!session_open(s, e)) {
		query_session_free(s);
		return NULL;
	}
	return s;
}

void query_session_free(struct query_session *s)
{
	if (!s)
		return;
	watch_free(s->watch);
	db_close(s->db);
	free(s);
}

struct query_facts query_last(const struct query_session *s)
{
	return s->last;
}

void query_cancel(struct query_session *s)
{
	watch_cancel(s->watch);
}

/* ---- errors while running ---- */

static bool run_failed(struct query_session *s, struct query_error *e, const struct err *cause)
{
	enum watch_state state = watch_state(s->watch);
	if (state == WATCH_EXPIRED)
		return query_error_set(e, QUERY_LIMIT, "LIM0003", 0, 0,
		                       "The query took longer than %lld ms",
		                       (long long)s->limits.time_ms);
	if (state == WATCH_CANCELLED)
		return query_error_set(e, QUERY_LIMIT, "LIM0004", 0, 0, "The query was cancelled");
	if (cause->code == ERR_NOMEM)
		return query_error_set(e, QUERY_LIMIT, "LIM0002", 0, 0,
		                       "The query needs more memory than it may have");
	if (cause->code == ERR_IO)
		return query_error_set(e, QUERY_RUNTIME, "RUN0002", 0, 0,
		                       "The rows could not be read");
	/* The database's own words speak of SQL, so they stay inside. */
	return query_error_set(e, QUERY_RUNTIME, "RUN0003", 0, 0,
	                       "The query could not be executed");
}

/* ---- constants ---- */

static bool value_copy(struct db_rows *rows, enum kql_type type, struct value *ret,
                       struct arena *arena)
{
	*ret = (struct value){ .type = type, .null = db_cell_is_null(rows, 0, 0) };
	if (ret->null) {
		if (type != KQL_STRING)
			return true;
		*ret = (struct value){ .type = type, .s = { "", 0 } };
		return true;
	}
	struct db_text text;
	switch (type) {
	case KQL_BOOL: ret->b = db_cell_bool(rows, 0, 0); return true;
	case KQL_INT:
	case KQL_LONG:
	case KQL_DATETIME:
	case KQL_TIMESPAN: ret->i = db_cell_i64(rows, 0, 0); return true;
	case KQL_REAL: ret->f = db_cell_f64(rows, 0, 0); return true;
	default:
		text = db_cell_text(rows, 0, 0);
		ret->s.at = arena_strndup(arena, text.at, text.len);
		ret->s.len = text.len;
		return ret->s.at;
	}
}

/* A segment that has gone since its list was read is asked for once more, on a fresh list. */
enum { ATTEMPTS = 2 };

static bool constant_try(struct query_result *r, const struct expr *expr,
                         const struct shared *shared, struct value *ret, struct err *err)
{
	struct lower_options options = { .workspace = r->session->workspace };
	struct query_error e = { 0 };
	struct buf sql = { 0 };
	size_t count = 0;
	bool ok = lower_constant(expr, &options, shared, &sql, &e);
	struct db_rows *rows = ok ? db_query(r->session->db, buf_text(&sql), err) : NULL;
	ok = rows && db_rows_next(rows, &count, err) && count == 1 &&
	     value_copy(rows, expr->type, ret, &r->arena);
	db_rows_close(rows);
	buf_done(&sql);
	return ok;
}

static bool constant_compute(void *context, const struct expr *expr, const struct shared *shared,
                             struct value *ret, struct arena *arena)
{
	struct query_result *r = context;
	(void)arena;
	for (int attempt = 1;; attempt++) {
		struct err err = { 0 };
		if (constant_try(r, expr, shared, ret, &err))
			return true;
		if (watch_state(r->session->watch) != WATCH_RUNNING || err.code == ERR_NOMEM)
			return run_failed(r->session, r->e, &err);
		if (err.code != ERR_IO || attempt == ATTEMPTS)
			return false;
	}
}

/* ---- from text to SQL ---- */

static bool result_bind(struct query_result *r, const struct query_options *options,
                        struct query_error *e)
{
	struct token_list tokens = { 0 };
	bool all = options->time.from == 0 && options->time.to == 0;
	struct bind_options bind_options = {
		.arena = &r->arena,
		.has_workspace = r->session->workspace,
		.now = options->now ? options->now : ticks_now(),
		.time = all ? TIME_RANGE_ALL : options->time,
		.read_all = options->read_all,
		.watchlists = options->watchlists,
		.eval = constant_compute,
		.eval_context = r,
	};
	bool ok = lex(r->text, r->text_len, &r->arena, &tokens, e);
	struct node *tree = ok ? parse(r->text, &tokens, &r->arena, e) : NULL;
	r->e = e;
	ok = tree && bind_query(tree, &bind_options, &r->bound, e) && e->class == QUERY_OK;
	r->e = NULL;
	token_list_done(&tokens);
	return ok;
}

static bool result_columns(struct query_result *r, struct query_error *e)
{
	const struct rowset *rows = r->bound.table;
	r->columns = ARENA_ARRAY(&r->arena, struct query_column, rows->count + 1);
	if (!r->columns)
		return query_error_set(e, QUERY_LIMIT, "LIM0001", 0, 0, "The query is too complex");
	for (size_t i = 0; i < rows->count; i++)
		r->columns[i] =
		    (struct query_column){ rows->columns[i].name, rows->columns[i].type };
	if (r->bound.render.visualization && !r->render.len)
		render_json(&r->render, &r->bound.render);
	return true;
}

/* All tables of a query are those of one moment: what is replaced or rolled up meanwhile would be
 * missing, or there twice. */
static bool hold(struct workspace *ws, struct query_error *e)
{
	struct err err;
	return !ws || workspace_hold(ws, &err) ||
	       query_error_set(e, QUERY_RUNTIME, "RUN0001", 0, 0, "%s", err.text);
}

static bool result_lower(struct query_result *r, bool weigh, struct query_error *e)
{
	r->reads = r->told;
	r->reads.workspace = r->session->workspace;
	r->reads.weigh = weigh;
	r->reads.max_rows = r->session->limits.max_rows;
	buf_clear(&r->sql);
	bool ok = hold(r->reads.workspace, e) && lower_query(&r->bound, &r->reads, &r->sql, e);
	if (r->reads.workspace)
		workspace_let_go(r->reads.workspace);
	return ok;
}

/* To the first chunk: what fails before it is the query's error, later a partial answer. */
static bool result_start(struct query_result *r, struct query_error *e)
{
	for (int attempt = 1;; attempt++) {
		struct err err = { 0 };
		r->rows = db_query(r->session->db, buf_text(&r->sql), &err);
		if (r->rows && db_rows_next(r->rows, &r->chunk_rows, &err))
			return true;
		db_rows_close(r->rows);
		r->rows = NULL;
		if (err.code != ERR_IO || attempt == ATTEMPTS)
			return run_failed(r->session, e, &err);
		if (!result_lower(r, false, e))
			return false;
	}
}

struct query_result *query_run(struct query_session *session, const char *text, size_t len,
                               const struct query_options *options, struct query_error *e)
{
	*e = (struct query_error){ 0 };
	session->last = (struct query_facts){ .time = TIME_RANGE_ALL };
	struct query_result *r = calloc(1, sizeof *r);
	if (!r) {
		query_error_set(e, QUERY_LIMIT, "LIM0002", 0, 0, "There is no memory left");
		return NULL;
	}
	r->session = session;
	r->text = text;
	r->text_len = len;
	arena_init(&r->arena, ARENA_BYTES);
	watch_start(session->watch, session->limits.time_ms);
	if (!result_bind(r, options, e) || !result_columns(r, e) ||
	    !result_lower(r, options->explain, e) || (!options->explain && !result_start(r, e))) {
		query_error_locate(e, text, len);
		query_result_free(r);
		return NULL;
	}
	return r;
}

void query_result_free(struct query_result *r)
{
	if (!r)
		return;
	r->session->last = (struct query_facts){
		.rows = r->row_count,
		.size = r->reads.size,
		.time = r->reads.reads_tables ? r->reads.searched : TIME_RANGE_ALL,
	};
	watch_stop(r->session->watch);
	db_rows_close(r->rows);
	buf_done(&r->sql);
	buf_done(&r->render);
	arena_done(&r->arena);
	free(r);
}

size_t query_columns(const struct query_result *r, const struct query_column **ret)
{
	*ret = r->columns;
	return r->bound.table->count;
}

const char *query_sql(const struct query_result *r)
{
	return buf_text(&r->sql);
}

struct relation_size query_size(const struct query_result *r)
{
	return r->reads.size;
}

struct query_columns_size query_columns_size(const struct query_result *r)
{
	return (struct query_columns_size){ r->reads.whole, r->reads.columns };
}

const char *query_visualization(const struct query_result *r)
{
	return r->bound.render.visualization;
}

double query_progress(struct query_session *s)
{
	return db_progress(s->db);
}

const struct bound_query *query_bound(const struct query_result *r)
{
	return &r->bound;
}

bool query_completeness(struct query_result *r, struct completeness *ret)
{
	struct err e = { 0 };
	if (!r->reads.reads_records || !r->session->workspace ||
	    watch_state(r->session->watch) != WATCH_RUNNING)
		return false;
	db_rows_close(r->rows);
	r->rows = NULL;
	return completeness_ask(r->session->db, r->session->workspace, r->reads.read, ret, &e) &&
	       ret->stored + ret->rejected + ret->lost > 0;
}

const char *query_render(const struct query_result *r)
{
	return r->render.len ? buf_text(&r->render) : NULL;
}

/* ---- rows ---- */

static void cell_read(struct query_result *r, size_t column, struct query_cell *ret)
{
	enum kql_type type = r->columns[column].type;
	size_t row = r->chunk_at;
	*ret = (struct query_cell){ .null = db_cell_is_null(r->rows, column, row) };
	if (ret->null) {
		if (type == KQL_STRING)
			*ret = (struct query_cell){ .s = { "", 0 } };
		return;
	}
	struct db_text text;
	switch (type) {
	case KQL_BOOL: ret->b = db_cell_bool(r->rows, column, row); break;
	case KQL_INT:
	case KQL_LONG:
	case KQL_DATETIME:
	case KQL_TIMESPAN: ret->i = db_cell_i64(r->rows, column, row); break;
	case KQL_REAL: ret->f = db_cell_f64(r->rows, column, row); break;
	default:
		text = db_cell_text(r->rows, column, row);
		ret->s.at = text.at;
		ret->s.len = text.len;
		r->byte_count += text.len;
		break;
	}
	r->byte_count += 8;
}

static bool too_large(struct query_result *r, struct query_error *e)
{
	const struct query_limits *limits = &r->session->limits;
	if (r->table_rows >= limits->max_rows)
		return !query_error_set(e, QUERY_LIMIT, "-2133196797", 0, 0,
		                        "The results of this query exceed the set limit of %lld "
		                        "records",
		                        (long long)limits->max_rows);
	if (r->byte_count >= limits->max_bytes)
		return !query_error_set(
		    e, QUERY_LIMIT, "-2133196797", 0, 0,
		    "The results of this query exceed the set limit of %zu bytes",
		    limits->max_bytes);
	return false;
}

bool query_next(struct query_result *r, struct query_cell *cells, struct query_error *e)
{
	struct err err = { 0 };
	*e = (struct query_error){ 0 };
	if (!r->rows)
		return false;
	while (r->chunk_rows && r->chunk_at == r->chunk_rows) {
		r->chunk_at = 0;
		if (!db_rows_next(r->rows, &r->chunk_rows, &err)) {
			r->chunk_rows = 0;
			return run_failed(r->session, e, &err);
		}
	}
	if (!r->chunk_rows)
		return false;
	if (too_large(r, e))
		return false;
	for (size_t i = 0; i < r->bound.table->count; i++)
		cell_read(r, i, &cells[i]);
	r->chunk_at++;
	r->table_rows++;
	r->row_count++;
	return true;
}

/* ---- several tables ---- */

size_t query_tables(const struct query_result *r)
{
	return r->bound.result_count;
}

const char *query_table_name(const struct query_result *r)
{
	return r->bound.results[r->table].name;
}

bool query_next_table(struct query_result *r, struct query_error *e)
{
	*e = (struct query_error){ 0 };
	if (r->table + 1 >= r->bound.result_count)
		return false;
	r->bound.table = r->bound.results[++r->table].table;
	r->told = r->reads;
	bool running = r->rows;
	db_rows_close(r->rows);
	r->rows = NULL;
	r->chunk_rows = r->chunk_at = 0;
	r->table_rows = 0;
	if (result_columns(r, e) && result_lower(r, !running, e) &&
	    (!running || result_start(r, e)))
		return true;
	query_error_locate(e, r->text, r->text_len);
	return false;
}

/* ---- files ---- */

static bool copy_rows(struct query_result *r, const char *select, const char *path, int64_t most,
                      int64_t *ret_rows, struct query_error *e)
{
	struct err err = { 0 };
	struct buf sql = { 0 };
	size_t count = 0;
	buf_printf(&sql, "COPY (SELECT %s FROM (%s) LIMIT %lld) TO ", select, buf_text(&r->sql),
	           (long long)most);
	db_quote_text(&sql, path, strlen(path));
	buf_puts(&sql, " (FORMAT parquet, COMPRESSION zstd)");
	struct db_rows *rows = db_query(r->session->db, buf_text(&sql), &err);
	bool ok = rows && db_rows_next(rows, &count, &err) && count == 1;
	if (ok)
		*ret_rows = db_cell_i64(rows, 0, 0);
	db_rows_close(rows);
	buf_done(&sql);
	return ok || run_failed(r->session, e, &err);
}

bool query_copy(struct query_result *r, const char *select, const char *path, struct query_error *e)
{
	int64_t most = r->session->limits.max_rows, rows;
	if (!copy_rows(r, select, path, most + 1, &rows, e))
		return false;
	bool more = rows > most;
	if (more && !copy_rows(r, select, path, most, &rows, e))
		return false;
	r->row_count = r->table_rows = rows;
	return !more || too_large(r, e);
}
