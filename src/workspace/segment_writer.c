#include "workspace/segment_writer.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "workspace/db.h"
#include "workspace/db_internal.h"

/* Measured on a million flow rows (bench_segment): the version 2 encodings (deltas) take 42 bytes
 * per row where version 1 takes 56, and less time; dictionaries are tried only as far as
 * they are surely worth it. */
#define FORMAT                                                                                     \
	"FORMAT parquet, PARQUET_VERSION V2, COMPRESSION lz4_raw, ROW_GROUP_SIZE 122880, "         \
	"DICTIONARY_SIZE_LIMIT 1000"

struct segment_writer {
	struct db *db;
	const struct row_source *source; /* while a file is written */
};

/* ---- the table function ---- */

static void bind(duckdb_bind_info info)
{
	const struct segment_writer *writer = duckdb_bind_get_extra_info(info);
	for (size_t i = 0; i < writer->source->column_count; i++)
		duckdb_bind_add_result_column(info, writer->source->columns[i].name,
		                              writer->source->columns[i].type);
}

/* One thread keeps the rows in order. */
static void init(duckdb_init_info info)
{
	duckdb_init_set_max_threads(info, 1);
}

static void next_chunk(duckdb_function_info info, duckdb_data_chunk chunk)
{
	const struct segment_writer *writer = duckdb_function_get_extra_info(info);
	const struct row_source *source = writer->source;
	duckdb_data_chunk_set_size(chunk, source->fill(source->state, chunk));
}

static bool register_rows(struct segment_writer *writer, struct err *e)
{
	duckdb_table_function function = duckdb_create_table_function();
	duckdb_table_function_set_name(function, "segment_rows");
	duckdb_table_function_set_extra_info(function, writer, NULL);
	duckdb_table_function_set_bind(function, bind);
	duckdb_table_function_set_init(function, init);
	duckdb_table_function_set_function(function, next_chunk);
	bool ok = duckdb_register_table_function(writer->db->connection, function) == DuckDBSuccess;
	duckdb_destroy_table_function(&function);
	return ok || err_set(e, ERR_NOMEM, "the database takes no table function");
}

/* ---- the writer ---- */

struct segment_writer *segment_writer_new(struct err *e)
{
	struct segment_writer *writer = calloc(1, sizeof *writer);
	if (!writer) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	writer->db = db_open(&(struct db_limits){ .memory_bytes = WRITER_MEMORY, .threads = 1 }, e);
	if (!writer->db || !register_rows(writer, e)) {
		segment_writer_free(writer);
		return NULL;
	}
	return writer;
}

void segment_writer_free(struct segment_writer *writer)
{
	if (!writer)
		return;
	db_close(writer->db);
	free(writer);
}

bool segment_writer_write(struct segment_writer *writer, const struct row_source *source,
                          const char *path, struct err *e)
{
	struct buf sql = { 0 };
	buf_puts(&sql, "COPY (SELECT * FROM segment_rows()) TO ");
	db_quote_text(&sql, path, strlen(path));
	buf_puts(&sql, " (" FORMAT ")");
	writer->source = source;
	bool ok = sql.failed ? err_set(e, ERR_NOMEM, "no memory")
	                     : db_exec(writer->db, buf_text(&sql), e);
	writer->source = NULL;
	buf_done(&sql);
	return ok;
}
