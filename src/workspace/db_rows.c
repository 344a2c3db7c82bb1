/* db_rows: the answer of a running query, chunk by chunk (contract in workspace/db.h). */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "workspace/db.h"
#include "workspace/db_internal.h"

/* How a type of the database is seen.  Types without a row arrive as text. */
enum shape {
	SHAPE_OTHER,
	SHAPE_BOOL,
	SHAPE_INTEGER,
	SHAPE_REAL,
	SHAPE_TEXT,
};

/* clang-format off */
static const struct {
	enum shape shape;
	enum kql_type type;
} shapes[] = {
	[DUCKDB_TYPE_BOOLEAN]   = { SHAPE_BOOL,    KQL_BOOL },
	[DUCKDB_TYPE_TINYINT]   = { SHAPE_INTEGER, KQL_INT },
	[DUCKDB_TYPE_SMALLINT]  = { SHAPE_INTEGER, KQL_INT },
	[DUCKDB_TYPE_INTEGER]   = { SHAPE_INTEGER, KQL_INT },
	[DUCKDB_TYPE_UTINYINT]  = { SHAPE_INTEGER, KQL_INT },
	[DUCKDB_TYPE_USMALLINT] = { SHAPE_INTEGER, KQL_INT },
	[DUCKDB_TYPE_UINTEGER]  = { SHAPE_INTEGER, KQL_LONG },
	[DUCKDB_TYPE_BIGINT]    = { SHAPE_INTEGER, KQL_LONG },
	[DUCKDB_TYPE_UBIGINT]   = { SHAPE_INTEGER, KQL_LONG },
	[DUCKDB_TYPE_HUGEINT]   = { SHAPE_INTEGER, KQL_LONG },
	[DUCKDB_TYPE_UHUGEINT]  = { SHAPE_INTEGER, KQL_LONG },
	[DUCKDB_TYPE_FLOAT]     = { SHAPE_REAL,    KQL_REAL },
	[DUCKDB_TYPE_DOUBLE]    = { SHAPE_REAL,    KQL_REAL },
	[DUCKDB_TYPE_VARCHAR]   = { SHAPE_TEXT,    KQL_STRING },
	[DUCKDB_TYPE_ENUM]      = { SHAPE_TEXT,    KQL_STRING },
};
/* clang-format on */

static enum shape shape_of(duckdb_type type)
{
	return type < ARRAY_LEN(shapes) ? shapes[type].shape : SHAPE_OTHER;
}

struct answer_column {
	char *name;
	duckdb_type type;
	duckdb_type index_type; /* of an ENUM: how its cells are held */
	char **dictionary;      /* of an ENUM: its texts */
	size_t dictionary_count;
	const void *cells;        /* of the current chunk */
	const uint64_t *validity; /* NULL: no cell is null */
};

struct db_rows {
	struct db *db;
	duckdb_prepared_statement statement;
	duckdb_result result;
	bool started; /* result needs to be destroyed */
	duckdb_data_chunk chunk;
	struct answer_column *columns;
	size_t column_count;
};

/* ---- start ---- */

static bool prepare(struct db_rows *rows, const char *sql, struct err *e)
{
	duckdb_destroy_prepare(&rows->statement);
	if (duckdb_prepare(rows->db->connection, sql, &rows->statement) == DuckDBError)
		return db_err(e, duckdb_prepare_error(rows->statement));
	return true;
}

static bool columns_name(struct db_rows *rows, struct err *e)
{
	rows->column_count = duckdb_prepared_statement_column_count(rows->statement);
	rows->columns = calloc(rows->column_count + 1, sizeof *rows->columns);
	if (!rows->columns)
		return err_set(e, ERR_NOMEM, "no memory for %zu columns", rows->column_count);
	for (size_t i = 0; i < rows->column_count; i++) {
		const char *name = duckdb_prepared_statement_column_name(rows->statement, i);
		rows->columns[i].name = strdup(name ? name : "");
		duckdb_free((void *)(uintptr_t)name);
		if (!rows->columns[i].name)
			return err_set(e, ERR_NOMEM, "no memory for a column's name");
		rows->columns[i].type = duckdb_prepared_statement_column_type(rows->statement, i);
	}
	return true;
}

/* Prepares the query again with its unusual columns cast to text.  They are named by position,
 * for the query's own names may repeat. */
static bool cast_to_text(struct db_rows *rows, const char *sql, struct err *e)
{
	bool any = false;
	struct buf outer = { 0 }, names = { 0 };
	buf_puts(&outer, "SELECT ");
	for (size_t i = 0; i < rows->column_count; i++) {
		bool other = shape_of(rows->columns[i].type) == SHAPE_OTHER;
		buf_printf(&outer, "%sc%zu%s", i ? "," : "", i, other ? "::VARCHAR" : "");
		buf_printf(&names, "%sc%zu", i ? "," : "", i);
		if (other)
			rows->columns[i].type = DUCKDB_TYPE_VARCHAR;
		any |= other;
	}
	buf_printf(&outer, " FROM (%s\n) AS answer(%s)", sql, buf_text(&names));
	bool ok = !any || (outer.failed ? err_set(e, ERR_NOMEM, "no memory for the query")
	                                : prepare(rows, buf_text(&outer), e));
	buf_done(&outer);
	buf_done(&names);
	return ok;
}

static bool dictionary_load(struct answer_column *column, duckdb_logical_type type, struct err *e)
{
	column->index_type = duckdb_enum_internal_type(type);
	size_t count = duckdb_enum_dictionary_size(type);
	column->dictionary = calloc(count + 1, sizeof *column->dictionary);
	if (!column->dictionary)
		return err_set(e, ERR_NOMEM, "no memory for %zu texts", count);
	column->dictionary_count = count;
	for (size_t i = 0; i < count; i++)
		column->dictionary[i] = duckdb_enum_dictionary_value(type, i);
	return true;
}

static bool dictionaries_load(struct db_rows *rows, struct err *e)
{
	for (size_t i = 0; i < rows->column_count; i++) {
		if (rows->columns[i].type != DUCKDB_TYPE_ENUM)
			continue;
		duckdb_logical_type type =
		    duckdb_prepared_statement_column_logical_type(rows->statement, i);
		bool ok = dictionary_load(&rows->columns[i], type, e);
		duckdb_destroy_logical_type(&type);
		if (!ok)
			return false;
	}
	return true;
}

static bool start(struct db_rows *rows, const char *sql, struct err *e)
{
	if (!prepare(rows, sql, e) || !columns_name(rows, e) || !cast_to_text(rows, sql, e) ||
	    !dictionaries_load(rows, e))
		return false;
	rows->started = true;
	if (duckdb_execute_prepared_streaming(rows->statement, &rows->result) == DuckDBError)
		return db_err(e, duckdb_result_error(&rows->result));
	return true;
}

struct db_rows *db_query(struct db *db, const char *sql, struct err *e)
{
	struct db_rows *rows = calloc(1, sizeof *rows);
	if (!rows) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	rows->db = db;
	if (!start(rows, sql, e)) {
		db_rows_close(rows);
		return NULL;
	}
	return rows;
}

void db_rows_close(struct db_rows *rows)
{
	if (!rows)
		return;
	duckdb_destroy_data_chunk(&rows->chunk);
	if (rows->started)
		duckdb_destroy_result(&rows->result);
	duckdb_destroy_prepare(&rows->statement);
	for (size_t i = 0; rows->columns && i < rows->column_count; i++) {
		struct answer_column *column = &rows->columns[i];
		for (size_t k = 0; k < column->dictionary_count; k++)
			duckdb_free(column->dictionary[k]);
		free(column->dictionary);
		free(column->name);
	}
	free(rows->columns);
	free(rows);
}

size_t db_rows_columns(const struct db_rows *rows)
{
	return rows->column_count;
}

const char *db_rows_column_name(const struct db_rows *rows, size_t column)
{
	return rows->columns[column].name;
}

enum kql_type db_rows_column_type(const struct db_rows *rows, size_t column)
{
	return shapes[rows->columns[column].type].type;
}

/* ---- chunks and cells ---- */

bool db_rows_next(struct db_rows *rows, size_t *ret_count, struct err *e)
{
	duckdb_destroy_data_chunk(&rows->chunk);
	rows->chunk = duckdb_fetch_chunk(rows->result);
	if (!rows->chunk) {
		const char *text = duckdb_result_error(&rows->result);
		if (text && *text)
			return db_err(e, text);
		*ret_count = 0;
		return true;
	}
	for (size_t i = 0; i < rows->column_count; i++) {
		duckdb_vector vector = duckdb_data_chunk_get_vector(rows->chunk, i);
		rows->columns[i].cells = duckdb_vector_get_data(vector);
		rows->columns[i].validity = duckdb_vector_get_validity(vector);
	}
	*ret_count = duckdb_data_chunk_get_size(rows->chunk);
	return true;
}

duckdb_data_chunk db_rows_chunk(const struct db_rows *rows)
{
	return rows->chunk;
}

struct db_vector db_rows_vector(const struct db_rows *rows, size_t column)
{
	return (struct db_vector){ rows->columns[column].cells, rows->columns[column].validity };
}

bool db_cell_is_null(const struct db_rows *rows, size_t column, size_t row)
{
	const uint64_t *validity = rows->columns[column].validity;
	return validity && !(validity[row / 64] >> row % 64 & 1);
}

bool db_cell_bool(const struct db_rows *rows, size_t column, size_t row)
{
	assert(rows->columns[column].type == DUCKDB_TYPE_BOOLEAN);
	return ((const bool *)rows->columns[column].cells)[row];
}

static int64_t saturate_u64(uint64_t value)
{
	return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

/* Of 128 bits two's complement, only those fit whose upper half repeats the sign. */
static int64_t saturate_hugeint(duckdb_hugeint value)
{
	if (value.upper == 0)
		return saturate_u64(value.lower);
	if (value.upper == -1 && value.lower >> 63)
		return (int64_t)value.lower;
	return value.upper < 0 ? INT64_MIN : INT64_MAX;
}

static int64_t saturate_uhugeint(duckdb_uhugeint value)
{
	return value.upper ? INT64_MAX : saturate_u64(value.lower);
}

static int64_t integer_at(duckdb_type type, const void *cells, size_t row)
{
	switch (type) {
	case DUCKDB_TYPE_TINYINT: return ((const int8_t *)cells)[row];
	case DUCKDB_TYPE_SMALLINT: return ((const int16_t *)cells)[row];
	case DUCKDB_TYPE_INTEGER: return ((const int32_t *)cells)[row];
	case DUCKDB_TYPE_BIGINT: return ((const int64_t *)cells)[row];
	case DUCKDB_TYPE_UTINYINT: return ((const uint8_t *)cells)[row];
	case DUCKDB_TYPE_USMALLINT: return ((const uint16_t *)cells)[row];
	case DUCKDB_TYPE_UINTEGER: return ((const uint32_t *)cells)[row];
	case DUCKDB_TYPE_UBIGINT: return saturate_u64(((const uint64_t *)cells)[row]);
	case DUCKDB_TYPE_HUGEINT: return saturate_hugeint(((const duckdb_hugeint *)cells)[row]);
	case DUCKDB_TYPE_UHUGEINT: return saturate_uhugeint(((const duckdb_uhugeint *)cells)[row]);
	default: assert(false && "a column of integers"); return 0;
	}
}

int64_t db_cell_i64(const struct db_rows *rows, size_t column, size_t row)
{
	return integer_at(rows->columns[column].type, rows->columns[column].cells, row);
}

double db_cell_f64(const struct db_rows *rows, size_t column, size_t row)
{
	const struct answer_column *c = &rows->columns[column];
	if (c->type == DUCKDB_TYPE_FLOAT)
		return (double)((const float *)c->cells)[row];
	assert(c->type == DUCKDB_TYPE_DOUBLE);
	return ((const double *)c->cells)[row];
}

struct db_text db_text_of(const duckdb_string_t *cell)
{
	size_t len = cell->value.inlined.length;
	return (struct db_text){ len <= sizeof cell->value.inlined.inlined
		                     ? cell->value.inlined.inlined
		                     : cell->value.pointer.ptr,
		                 len };
}

struct db_text db_cell_text(const struct db_rows *rows, size_t column, size_t row)
{
	const struct answer_column *c = &rows->columns[column];
	if (c->type == DUCKDB_TYPE_ENUM) {
		size_t index = (size_t)integer_at(c->index_type, c->cells, row);
		const char *text = index < c->dictionary_count ? c->dictionary[index] : "";
		return (struct db_text){ text, strlen(text) };
	}
	assert(c->type == DUCKDB_TYPE_VARCHAR);
	return db_text_of(&((const duckdb_string_t *)c->cells)[row]);
}
