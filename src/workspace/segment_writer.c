#include "workspace/segment_writer.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workspace/checked_file.h"
#include "workspace/parquet_column.h"

static const char magic[] = "PAR1";

/* A file that is being written. */
struct parquet_file {
	struct checked_file checked;
	FILE *file;
	uint64_t offset;
	int64_t rows;
	size_t column_count;
	struct parquet_column *columns;
	duckdb_data_chunk chunk;
	struct buf groups; /* what the footer says of the row groups so far */
	size_t group_count;
	struct address_values *values; /* by column; NULL: no filters are asked for */
};

static bool open_columns(struct parquet_file *f, const struct row_source *source,
                         enum segment_style style, struct err *e)
{
	duckdb_logical_type *types = calloc(source->column_count, sizeof(duckdb_logical_type));
	f->columns = calloc(source->column_count, sizeof *f->columns);
	bool ok = (types && f->columns) || err_set(e, ERR_NOMEM, "no memory");
	for (size_t i = 0; ok && i < source->column_count; i++) {
		const struct source_column *column = &source->columns[i];
		struct parquet_style how = { style == SEGMENT_DENSE,
			                     column->is_sought && !column->is_ordered };
		types[i] = column->type;
		f->column_count++;
		ok = parquet_column_init(&f->columns[i], column->name, types[i], how, e);
	}
	if (ok)
		f->chunk = duckdb_create_data_chunk(types, source->column_count);
	free(types);
	return ok;
}

/* Has the texts of columns gathered that rows are looked for by. */
static bool open_filters(struct parquet_file *f, const struct row_source *source, struct err *e)
{
	f->values = calloc(source->column_count, sizeof *f->values);
	if (!f->values)
		return err_set(e, ERR_NOMEM, "no memory");
	for (size_t i = 0; i < source->column_count; i++)
		if (source->columns[i].is_sought && column_find(source->columns[i].name) >= 0)
			f->columns[i].values = &f->values[i];
	return true;
}

static void make_filters(const struct parquet_file *f, struct address_filters *ret)
{
	ret->count = 0;
	for (size_t i = 0; i < f->column_count && ret->count < ADDRESS_COLUMNS; i++) {
		const struct parquet_column *c = &f->columns[i];
		if (c->values &&
		    address_filter_make(c->values, (enum column_id)column_find(c->name),
		                        f->offset / SEGMENT_FILTER_PART, &ret->items[ret->count]))
			ret->count++;
	}
}

static void write_octets(struct parquet_file *f, const void *octets, size_t len)
{
	fwrite(octets, 1, len, f->file);
	f->offset += len;
}

static bool write_group(struct parquet_file *f, struct err *e)
{
	size_t rows = f->columns[0].rows;
	uint64_t start = f->offset;
	struct thrift t = thrift_begin(&f->groups);
	thrift_list(&t, 1, THRIFT_STRUCT, f->column_count);
	bool ok = true;
	for (size_t i = 0; ok && i < f->column_count; i++)
		ok = parquet_column_write(&f->columns[i], f->file, &f->offset, &f->groups);
	thrift_i64(&t, 2, (int64_t)(f->offset - start));
	thrift_i64(&t, 3, (int64_t)rows);
	thrift_end(&t);
	f->group_count++;
	f->rows += (int64_t)rows;
	return ok || err_set(e, ERR_NOMEM, "no memory for a row group");
}

static bool write_rows(struct parquet_file *f, const struct row_source *source, struct err *e)
{
	size_t count;
	duckdb_data_chunk_reset(f->chunk);
	while ((count = source->fill(source->state, f->chunk)) > 0) {
		if (f->columns[0].rows + count > PARQUET_GROUP_ROWS && !write_group(f, e))
			return false;
		for (size_t i = 0; i < f->column_count; i++)
			parquet_column_add(&f->columns[i],
			                   duckdb_data_chunk_get_vector(f->chunk, i), count);
		duckdb_data_chunk_reset(f->chunk);
	}
	return f->columns[0].rows == 0 || write_group(f, e);
}

static void add_schema(const struct parquet_file *f, struct thrift *t)
{
	thrift_list(t, 2, THRIFT_STRUCT, f->column_count + 1);
	struct thrift root = thrift_begin(t->out);
	thrift_binary(&root, 4, "weir", strlen("weir"));
	thrift_i32(&root, 5, (int32_t)f->column_count);
	thrift_end(&root);
	for (size_t i = 0; i < f->column_count; i++)
		parquet_column_schema(&f->columns[i], t->out);
}

/* Without an order of its values a column's limits count for nothing. */
static void add_orders(const struct parquet_file *f, struct thrift *t)
{
	thrift_list(t, 7, THRIFT_STRUCT, f->column_count);
	for (size_t i = 0; i < f->column_count; i++) {
		struct thrift order = thrift_begin(t->out);
		struct thrift by_type = thrift_struct(&order, 1);
		thrift_end(&by_type);
		thrift_end(&order);
	}
}

/* The sum of all the file, whose digits are still to come; returns where in the footer. */
static size_t add_check(struct thrift *t)
{
	static const char digits[CHECK_DIGITS] = { 0 };
	thrift_list(t, 5, THRIFT_STRUCT, 1);
	struct thrift pair = thrift_begin(t->out);
	thrift_binary(&pair, 1, check_key, strlen(check_key));
	thrift_binary(&pair, 2, digits, sizeof digits);
	size_t at = t->out->len - sizeof digits;
	thrift_end(&pair);
	return at;
}

static void add_maker(struct thrift *t)
{
	struct buf maker = { 0 };
	buf_printf(&maker, "weir version %s%s", WEIR_VERSION, check_mark);
	thrift_binary(t, 6, buf_text(&maker), maker.len);
	t->out->failed |= maker.failed;
	buf_done(&maker);
}

/* The end of the file, from the footer on.  Errors of the file are the file's. */
static bool write_footer(struct parquet_file *f, struct err *e)
{
	struct buf footer = { 0 };
	struct thrift t = thrift_begin(&footer);
	thrift_i32(&t, 1, 2);
	add_schema(f, &t);
	thrift_i64(&t, 3, f->rows);
	thrift_list(&t, 4, THRIFT_STRUCT, f->group_count);
	buf_add(&footer, buf_text(&f->groups), f->groups.len);
	size_t digits = add_check(&t);
	add_maker(&t);
	add_orders(f, &t);
	thrift_end(&t);
	uint32_t len = htole32((uint32_t)footer.len);
	buf_add(&footer, (const char *)&len, sizeof len);
	buf_add(&footer, magic, sizeof magic - 1);
	bool ok = (!footer.failed && !f->groups.failed) ||
	          err_set(e, ERR_NOMEM, "no memory for a footer");
	if (ok && !checked_end(&f->checked, f->file, &footer, digits))
		ok = err_set(e, ERR_IO, "%s", strerror(errno));
	buf_done(&footer);
	return ok;
}

static void file_done(struct parquet_file *f)
{
	for (size_t i = 0; i < f->column_count; i++) {
		parquet_column_done(&f->columns[i]);
		if (f->values)
			address_values_done(&f->values[i]);
	}
	free(f->values);
	free(f->columns);
	duckdb_destroy_data_chunk(&f->chunk);
	buf_done(&f->groups);
}

bool segment_write(const struct row_source *source, enum segment_style style, const char *path,
                   struct address_filters *ret_filters, struct err *e)
{
	assert(source->column_count > 0);
	struct parquet_file f = { .file = NULL };
	f.file = checked_open(&f.checked, path);
	if (!f.file)
		return err_set(e, ERR_IO, "%s", strerror(errno));
	bool ok =
	    open_columns(&f, source, style, e) && (!ret_filters || open_filters(&f, source, e));
	if (ok)
		write_octets(&f, magic, sizeof magic - 1);
	ok = ok && write_rows(&f, source, e) && write_footer(&f, e);
	if (ok && ferror(f.file))
		ok = err_set(e, ERR_IO, "%s", strerror(errno));
	if (fclose(f.file) != 0 && ok)
		ok = err_set(e, ERR_IO, "%s", strerror(errno));
	if (ok && ret_filters)
		make_filters(&f, ret_filters);
	file_done(&f);
	return ok;
}
