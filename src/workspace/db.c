#include "workspace/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "workspace/db_internal.h"
#include "workspace/flow_packed.h"

/* "Out of Memory Error: failed to …\n\nhints\n\nLINE 1: …": the kind tells the code; people get the
 * first line without it. */
bool db_err(struct err *e, const char *text)
{
	static const struct {
		const char *kind;
		enum err_code code;
	} kinds[] = {
		{ "Out of Memory Error: ", ERR_NOMEM },
		{ "IO Error: ", ERR_IO },
	};
	if (!text || !*text)
		text = "the database gives no reason";
	enum err_code code = ERR_QUERY;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strncmp(text, kinds[i].kind, strlen(kinds[i].kind)) == 0)
			code = kinds[i].code;
	const char *colon = strstr(text, " Error: ");
	size_t kind_len = strcspn(text, ":\n");
	if (colon && colon + strlen(" Error") == text + kind_len)
		text = colon + strlen(" Error: ");
	size_t len = strcspn(text, "\n");
	while (len && (text[len - 1] == '!' || text[len - 1] == '.'))
		len--;
	return err_set(e, code, "%.*s", (int)len, text);
}

static bool config_set(duckdb_config config, const char *name, const char *value, struct err *e)
{
	if (duckdb_set_config(config, name, value) == DuckDBError)
		return err_set(e, ERR_QUERY, "the database does not know its setting %s", name);
	return true;
}

/* The library's defaults would spill into the working directory and fetch extensions. */
static bool config_fill(duckdb_config config, const struct db_limits *limits, struct err *e)
{
	static const char *const off[] = {
		"autoload_known_extensions",
		"autoinstall_known_extensions",
		"allow_community_extensions",
	};
	for (size_t i = 0; i < ARRAY_LEN(off); i++)
		if (!config_set(config, off[i], "false", e))
			return false;
	char number[32];
	snprintf(number, sizeof number, "%lluB", (unsigned long long)limits->memory_bytes);
	if (limits->memory_bytes && !config_set(config, "memory_limit", number, e))
		return false;
	snprintf(number, sizeof number, "%u", limits->threads);
	if (limits->threads && !config_set(config, "threads", number, e))
		return false;
	snprintf(number, sizeof number, "%lluB", (unsigned long long)limits->spill_bytes);
	if (limits->spill_bytes && !config_set(config, "max_temp_directory_size", number, e))
		return false;
	return config_set(config, "temp_directory", limits->spill_dir ? limits->spill_dir : "", e);
}

static bool instance_open(struct db *db, const struct db_limits *limits, struct err *e)
{
	duckdb_config config = NULL;
	char *text = NULL;
	bool ok = false;
	if (duckdb_create_config(&config) == DuckDBError) {
		err_set(e, ERR_NOMEM, "no memory for the database's settings");
		goto done;
	}
	if (!config_fill(config, limits, e))
		goto done;
	if (duckdb_open_ext(NULL, &db->database, config, &text) == DuckDBError) {
		db_err(e, text);
		goto done;
	}
	if (duckdb_connect(db->database, &db->connection) == DuckDBError) {
		err_set(e, ERR_NOMEM, "the database gives no connection");
		goto done;
	}
	ok = true;
done:
	duckdb_free(text);
	duckdb_destroy_config(&config);
	return ok;
}

struct db *db_open(const struct db_limits *limits, struct err *e)
{
	struct db *db = calloc(1, sizeof *db);
	if (!db) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	if (!instance_open(db, limits, e) || !packed_functions_register(db, e)) {
		err_wrap(e, "opening the database");
		db_close(db);
		return NULL;
	}
	return db;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	duckdb_disconnect(&db->connection);
	duckdb_close(&db->database);
	free(db);
}

bool db_exec(struct db *db, const char *sql, struct err *e)
{
	duckdb_result result;
	bool ok = duckdb_query(db->connection, sql, &result) == DuckDBSuccess;
	if (!ok)
		db_err(e, duckdb_result_error(&result));
	duckdb_destroy_result(&result);
	return ok;
}

void db_interrupt(struct db *db)
{
	duckdb_interrupt(db->connection);
}

double db_progress(struct db *db)
{
	return duckdb_query_progress(db->connection).percentage;
}

/* SQL text ends at a NUL, so `nul` stands for one. */
static void quote(struct buf *sql, char mark, const char *nul, const char *text, size_t len)
{
	buf_putc(sql, mark);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == mark)
			buf_putc(sql, mark);
		if (text[i])
			buf_putc(sql, text[i]);
		else
			buf_puts(sql, nul);
	}
	buf_putc(sql, mark);
}

void db_quote_text(struct buf *sql, const char *text, size_t len)
{
	bool parts = len && memchr(text, '\0', len);
	if (parts)
		buf_putc(sql, '(');
	quote(sql, '\'', "'||chr(0)||'", text, len);
	if (parts)
		buf_putc(sql, ')');
}

void db_quote_name(struct buf *sql, const char *name, size_t len)
{
	quote(sql, '"', "\xef\xbf\xbd", name, len);
}

void db_quote_path(struct buf *sql, const char *path)
{
	struct buf pattern = { 0 };
	for (const char *at = path; *at; at++)
		buf_printf(&pattern, strchr("*?[", *at) ? "[%c]" : "%c", *at);
	db_quote_text(sql, buf_text(&pattern), pattern.len);
	sql->failed |= pattern.failed;
	buf_done(&pattern);
}
