#include "workspace/plain_cells.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/ticks.h"
#include "workspace/ip_enum.h"
#include "workspace/segment_columns.h"

/* ---- what a row has ---- */

static const char *row_at(const struct plain_run *run, size_t i)
{
	return run->rows + i * run->type->row_size;
}

/* The presence word is the first of each row. */
static bool has(const char *row, const struct plain_column *column)
{
	uint64_t present;
	memcpy(&present, row, sizeof present);
	return present >> column->bit & 1;
}

static bool has_minute(const struct plain_column *column)
{
	return columns[column->id].store == STORE_MINUTE;
}

/* ---- numbers ---- */

/* A function that reads a `from` at each step of `stride` octets, v, and writes a `to`. */
#define FILL(name, from, to, value)                                                                \
	static void name(const char *at, size_t stride, size_t count, void *cells)                 \
	{                                                                                          \
		to *out = cells;                                                                   \
		for (size_t i = 0; i < count; i++, at += stride) {                                 \
			from v;                                                                    \
			memcpy(&v, at, sizeof v);                                                  \
			out[i] = value;                                                            \
		}                                                                                  \
	}

FILL(fill_u8, uint8_t, int32_t, v)
FILL(fill_u16, uint16_t, int32_t, v)
FILL(fill_u32, uint32_t, int64_t, v)
FILL(fill_u64, uint64_t, int64_t, v > INT64_MAX ? INT64_MAX : (int64_t)v)
FILL(fill_time, int64_t, int64_t, v)
FILL(fill_minute, uint32_t, int64_t, TICKS_UNIX_EPOCH + v * TICKS_PER_MINUTE)
FILL(fill_bool, uint8_t, bool, v != 0)
FILL(fill_name, uint8_t, uint8_t, v)

static const struct {
	enum column_store store;
	enum kql_type type;
	void (*fill)(const char *at, size_t stride, size_t count, void *cells);
} fills[] = {
	{ STORE_U8, KQL_INT, fill_u8 },          { STORE_U16, KQL_INT, fill_u16 },
	{ STORE_U32, KQL_LONG, fill_u32 },       { STORE_U64, KQL_LONG, fill_u64 },
	{ STORE_TIME, KQL_DATETIME, fill_time }, { STORE_MINUTE, KQL_DATETIME, fill_minute },
	{ STORE_U8, KQL_BOOL, fill_bool },       { STORE_U8, KQL_STRING, fill_name },
};

/* Names take 0, "", where they are absent; other numbers are null. */
static void fill_numbers(const struct plain_cells *cells, const struct plain_run *run, size_t first,
                         size_t count, duckdb_vector vector)
{
	const struct plain_column *c = cells->column;
	for (size_t i = 0; i < ARRAY_LEN(fills); i++)
		if (fills[i].store == columns[c->id].store && fills[i].type == columns[c->id].type)
			fills[i].fill(row_at(run, first) + c->offset, run->type->row_size, count,
			              duckdb_vector_get_data(vector));
	if (columns[c->id].type == KQL_STRING || has_minute(c))
		return;
	duckdb_vector_ensure_validity_writable(vector);
	uint64_t *validity = duckdb_vector_get_validity(vector);
	memset(validity, 0, (count + 63) / 64 * sizeof *validity);
	for (size_t i = 0; i < count; i++)
		validity[i / 64] |= (uint64_t)has(row_at(run, first + i), c) << i % 64;
}

/* ---- texts ---- */

static bool address_of(const char *row, const struct plain_column *c, struct ip *ret)
{
	if (!has(row, c))
		return false;
	memcpy(ret, row + c->offset, sizeof *ret);
	return true;
}

/* Numbers the addresses, or leaves none numbered where they are too many. */
static bool number_addresses(struct plain_cells *cells, const struct plain_run *run)
{
	cells->numbers = malloc(run->count * sizeof *cells->numbers);
	if (!cells->numbers || !ip_dictionary_init(&cells->distinct))
		return false;
	for (size_t i = 0; i < run->count; i++) {
		struct ip ip;
		cells->numbers[i] = 0;
		if (!address_of(row_at(run, i), cells->column, &ip))
			continue;
		cells->numbers[i] = ip_dictionary_number(&cells->distinct, &ip);
		if (cells->numbers[i] == 0) {
			free(cells->numbers);
			cells->numbers = NULL;
			return true;
		}
	}
	return true;
}

static void fill_addresses(const struct plain_cells *cells, const struct plain_run *run,
                           size_t first, size_t count, duckdb_vector vector)
{
	for (size_t i = 0; i < count; i++) {
		char text[IP_TEXT_MAX];
		struct ip ip;
		size_t len = address_of(row_at(run, first + i), cells->column, &ip)
		                 ? ip_format(&ip, text)
		                 : 0;
		duckdb_vector_assign_string_element_len(vector, i, text, len);
	}
}

static void fill_texts(const struct plain_cells *cells, const struct plain_run *run, size_t first,
                       size_t count, duckdb_vector vector)
{
	for (size_t i = 0; i < count; i++) {
		struct row_text text;
		memcpy(&text, row_at(run, first + i) + cells->column->offset, sizeof text);
		duckdb_vector_assign_string_element_len(vector, i, text.len ? text.at : "",
		                                        text.len);
	}
}

/* ---- a column ---- */

bool plain_cells_init(struct plain_cells *cells, const struct plain_column *column,
                      const struct plain_run *run, struct err *e)
{
	*cells = (struct plain_cells){ .column = column };
	if (column->names.count)
		cells->type = duckdb_create_enum_type((const char **)(uintptr_t)column->names.names,
		                                      column->names.count);
	else if (columns[column->id].store == STORE_IP && !number_addresses(cells, run))
		return err_set(e, ERR_NOMEM, "no memory for the addresses of %zu rows", run->count);
	else if (cells->numbers)
		return ip_enum_make(&cells->distinct, ip_format, &cells->type, e);
	else
		cells->type = duckdb_create_logical_type(sql_type(columns[column->id].type));
	return true;
}

void plain_cells_done(struct plain_cells *cells)
{
	ip_dictionary_done(&cells->distinct);
	free(cells->numbers);
	duckdb_destroy_logical_type(&cells->type);
	*cells = (struct plain_cells){ 0 };
}

void plain_cells_fill(const struct plain_cells *cells, const struct plain_run *run, size_t first,
                      size_t count, duckdb_vector vector)
{
	enum column_store store = columns[cells->column->id].store;
	if (cells->numbers)
		ip_enum_fill(cells->type, cells->numbers + first, count,
		             duckdb_vector_get_data(vector));
	else if (store == STORE_IP)
		fill_addresses(cells, run, first, count, vector);
	else if (store == STORE_TEXT)
		fill_texts(cells, run, first, count, vector);
	else
		fill_numbers(cells, run, first, count, vector);
}
