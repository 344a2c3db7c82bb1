/* json_rows: rows exported as JSON objects, one a line, as they are (contract in
 * workspace/workspace.h).
 *
 * Holds one line of at most LINE_MAX_BYTES and one batch of cells. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/nearest.h"
#include "core/base/ticks.h"
#include "workspace/cell_batch.h"
#include "workspace/commit.h"

enum { LINE_MAX_BYTES = 1 << 20, SHOWN_BYTES = 60 };

/* ---- values ---- */

enum verdict {
	VALUE_OK,
	VALUE_WRONG_TYPE,
	VALUE_OUT_OF_RANGE,
	VALUE_NO_MEMORY,
};

static enum verdict set_number(struct cell *cell, int64_t number)
{
	*cell = (struct cell){ .present = true, .number = number };
	return VALUE_OK;
}

static enum verdict set_integer(struct cell *cell, const json_t *value, int64_t least, int64_t most)
{
	if (!json_is_integer(value))
		return VALUE_WRONG_TYPE;
	int64_t number = json_integer_value(value);
	return number < least || number > most ? VALUE_OUT_OF_RANGE : set_number(cell, number);
}

static enum verdict set_datetime(struct cell *cell, const json_t *value)
{
	const char *text = json_string_value(value);
	int64_t ticks;
	if (!text || strlen(text) != json_string_length(value) || !ticks_parse(text, &ticks))
		return VALUE_WRONG_TYPE;
	return set_number(cell, ticks);
}

static enum verdict set_real(struct cell *cell, const json_t *value)
{
	if (!json_is_number(value))
		return VALUE_WRONG_TYPE;
	*cell = (struct cell){ .present = true, .real = json_number_value(value) };
	return VALUE_OK;
}

static enum verdict set_string(struct cell_batch *b, struct cell *cell, const json_t *value)
{
	if (!json_is_string(value))
		return VALUE_WRONG_TYPE;
	return cell_set_text(b, cell, json_string_value(value), json_string_length(value))
	           ? VALUE_OK
	           : VALUE_NO_MEMORY;
}

static enum verdict set_cell(struct cell_batch *b, struct cell *cell, enum kql_type type,
                             const json_t *value)
{
	if (json_is_null(value))
		return VALUE_OK;
	switch (type) {
	case KQL_BOOL:
		return json_is_boolean(value) ? set_number(cell, json_is_true(value))
		                              : VALUE_WRONG_TYPE;
	case KQL_INT: return set_integer(cell, value, INT32_MIN, INT32_MAX);
	case KQL_LONG: return set_integer(cell, value, INT64_MIN, INT64_MAX);
	case KQL_REAL: return set_real(cell, value);
	case KQL_STRING: return set_string(b, cell, value);
	case KQL_DATETIME: return set_datetime(cell, value);
	default: return VALUE_WRONG_TYPE;
	}
}

/* ---- names ---- */

static bool unknown_column(const char *name, enum table_id table, struct err *e)
{
	struct nearest near = nearest_to(name);
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		if (column_in(id, table))
			nearest_offer(&near, columns[id].name);
	return err_set(e, ERR_DATA, "%s has no column %.*s%s%s%s", tables[table].name, SHOWN_BYTES,
	               name, near.best ? "; did you mean " : "", near.best ? near.best : "",
	               near.best ? "?" : "");
}

/* ---- lines ---- */

struct json_reader {
	FILE *file;
	const char *path;
	size_t line;
	char *text; /* of the line, LINE_MAX_BYTES */
	struct cell_batch batch;
	int hint; /* the column after the last one: exports keep an order */
};

static bool line_error(const struct json_reader *r, struct err *e)
{
	return err_wrap(e, "%s line %zu", r->path, r->line);
}

static int find_column(struct json_reader *r, const char *name)
{
	for (int i = 0; i < COLUMN_COUNT; i++) {
		int id = (r->hint + i) % COLUMN_COUNT;
		if (column_in((enum column_id)id, r->batch.table) &&
		    strcmp(columns[id].name, name) == 0) {
			r->hint = id + 1;
			return id;
		}
	}
	return -1;
}

static bool value_error(enum verdict verdict, enum kql_type type, const char *name,
                        const json_t *value, struct err *e)
{
	if (verdict == VALUE_NO_MEMORY)
		return err_set(e, ERR_NOMEM, "no memory for the row");
	char *shown = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	err_set(e, ERR_DATA, "%s is of type %s, %.*s %s", name, kql_type_name(type), SHOWN_BYTES,
	        shown ? shown : "the value",
	        verdict == VALUE_WRONG_TYPE ? "is not" : "is out of its range");
	free(shown);
	return false;
}

static bool read_object(struct json_reader *r, json_t *object, struct err *e)
{
	struct cell_batch *b = &r->batch;
	struct cell *row = cell_batch_add(b);
	if (!row)
		return err_set(e, ERR_NOMEM, "no memory for the row");
	const char *name;
	json_t *value;
	json_object_foreach(object, name, value)
	{
		int id = find_column(r, name);
		if (id < 0)
			return unknown_column(name, b->table, e);
		enum kql_type type = column_type((enum column_id)id, b->table);
		struct cell dropped; /* of a column that is worked out when read */
		struct cell *cell = b->place[id] >= 0 ? &row[b->place[id]] : &dropped;
		enum verdict verdict = set_cell(b, cell, type, value);
		if (verdict != VALUE_OK)
			return value_error(verdict, type, name, value, e);
	}
	return true;
}

static bool read_row(struct json_reader *r, size_t len, struct err *e)
{
	json_error_t json;
	json_t *object = json_loadb(r->text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &json);
	bool ok = object ? json_is_object(object) || err_set(e, ERR_DATA, "not a JSON object")
	                 : err_set(e, ERR_DATA, "not JSON: %s", json.text);
	ok = ok && read_object(r, object, e);
	json_decref(object);
	return ok;
}

/* Reads a line without its end; *ret_end where there is none. */
static bool next_line(struct json_reader *r, size_t *ret_len, bool *ret_end, struct err *e)
{
	size_t len = 0;
	int c;
	r->line++;
	while ((c = getc_unlocked(r->file)) != EOF && c != '\n') {
		if (len == LINE_MAX_BYTES)
			return err_set(e, ERR_DATA, "longer than %d bytes", LINE_MAX_BYTES);
		r->text[len++] = (char)c;
	}
	if (ferror(r->file))
		return err_set(e, ERR_IO, "%s", strerror(errno));
	*ret_len = len;
	*ret_end = c == EOF && len == 0;
	return true;
}

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
			return false;
	return true;
}

static bool read_lines(struct json_reader *r, struct commit *c, size_t *ret_rows, struct err *e)
{
	size_t len = 0, rows = 0;
	bool end = false;
	for (;;) {
		if (!next_line(r, &len, &end, e))
			return line_error(r, e);
		if (end)
			break;
		if (is_blank(r->text, len))
			continue;
		if (!read_row(r, len, e))
			return line_error(r, e);
		rows++;
		if (cell_batch_is_full(&r->batch) && !cell_batch_write(&r->batch, c, e))
			return false;
	}
	*ret_rows = rows;
	return cell_batch_write(&r->batch, c, e);
}

bool commit_json_lines(struct commit *c, enum table_id table, const char *path, size_t *ret_rows,
                       struct err *e)
{
	struct json_reader r = { .path = path, .file = fopen(path, "re") };
	if (!r.file) {
		err_set(e, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
		return commit_fail(c);
	}
	r.text = malloc(LINE_MAX_BYTES);
	cell_batch_init(&r.batch, table);
	size_t rows = 0;
	bool ok = r.text ? read_lines(&r, c, &rows, e) : err_set(e, ERR_NOMEM, "no memory");
	if (ok)
		*ret_rows = rows;
	cell_batch_done(&r.batch);
	free(r.text);
	fclose(r.file);
	return ok || commit_fail(c);
}
