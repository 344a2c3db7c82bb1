/* Files of our own writer, read by the database library: every cell must be what a formula in SQL
 * says.  The same formula in C made the rows. */
#include "workspace/segment_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "scratch.h"
#include "support/unit.h"
#include "workspace/parquet_column.h"

/* What column n holds in row r: filled by C, checked by SQL. */
#define COLUMNS(X)                                                                                 \
	X(steady, BIGINT, "7")                                                                     \
	X(growing, BIGINT, "r * 65536 - 5")                                                        \
	X(wild, BIGINT, "[-9223372036854775808, 9223372036854775807, 0][r % 3 + 1]")               \
	X(wild32, INTEGER, "[-2147483648, 2147483647, 0][r % 3 + 1]")                              \
	X(holes, INTEGER, "CASE WHEN r % 7 <> 3 THEN r % 1000 END")                                \
	X(late, BIGINT, "CASE WHEN r >= 2500 THEN -r END")                                         \
	X(nothing, BIGINT, "NULL")                                                                 \
	X(truth, BOOLEAN, "CASE WHEN r % 5 <> 0 THEN r % 3 = 0 END")                               \
	X(real, DOUBLE, "CASE WHEN r % 2 = 0 THEN r / 4 END")                                      \
	X(text, VARCHAR, "CASE WHEN r % 11 <> 0 THEN repeat('ä', r % 4) || 'row ' || r END")       \
	X(long_text, VARCHAR, "repeat('x', 300)")                                                  \
	X(empty, VARCHAR, "''")                                                                    \
	X(one, VARCHAR, "'name 0'")                                                                \
	X(few, VARCHAR, "'name ' || (r % 3)")                                                      \
	X(many, VARCHAR, "'name ' || (r % 300)")

enum place {
#define X(name, type, sql) COLUMN_##name,
	COLUMNS(X)
#undef X
	    COUNT,
};

struct rows {
	int64_t next, count, at_a_time;
	struct source_column columns[COUNT];
};

static void set_text(duckdb_vector vector, idx_t i, int64_t r)
{
	char text[64];
	int len =
	    snprintf(text, sizeof text, "%.*srow %lld", (int)(r % 4) * 2, "ääää", (long long)r);
	duckdb_vector_assign_string_element_len(vector, i, text, (idx_t)len);
}

static void set_cell(duckdb_vector vector, enum place column, idx_t i, int64_t r)
{
	static const int64_t wild[] = { INT64_MIN, INT64_MAX, 0 };
	static const int32_t wild32[] = { INT32_MIN, INT32_MAX, 0 };
	void *data = duckdb_vector_get_data(vector);
	char x[300];
	memset(x, 'x', sizeof x);
	switch (column) {
	case COLUMN_steady: ((int64_t *)data)[i] = 7; break;
	case COLUMN_growing: ((int64_t *)data)[i] = r * 65536 - 5; break;
	case COLUMN_wild: ((int64_t *)data)[i] = wild[r % 3]; break;
	case COLUMN_wild32: ((int32_t *)data)[i] = wild32[r % 3]; break;
	case COLUMN_holes: ((int32_t *)data)[i] = (int32_t)(r % 1000); break;
	case COLUMN_late: ((int64_t *)data)[i] = -r; break;
	case COLUMN_truth: ((bool *)data)[i] = r % 3 == 0; break;
	case COLUMN_real: ((double *)data)[i] = (double)r / 4; break;
	case COLUMN_text: set_text(vector, i, r); break;
	case COLUMN_long_text: duckdb_vector_assign_string_element_len(vector, i, x, 300); break;
	case COLUMN_empty: duckdb_vector_assign_string_element_len(vector, i, "", 0); break;
	case COLUMN_one: ((uint8_t *)data)[i] = 0; break;
	case COLUMN_few: ((uint8_t *)data)[i] = (uint8_t)(r % 3); break;
	case COLUMN_many: ((uint16_t *)data)[i] = (uint16_t)(r % 300); break;
	default: break;
	}
}

static bool is_null(enum place column, int64_t r)
{
	return (column == COLUMN_holes && r % 7 == 3) || (column == COLUMN_late && r < 2500) ||
	       column == COLUMN_nothing || (column == COLUMN_truth && r % 5 == 0) ||
	       (column == COLUMN_real && r % 2 == 1) || (column == COLUMN_text && r % 11 == 0);
}

static size_t fill(void *state, duckdb_data_chunk chunk)
{
	struct rows *s = state;
	int64_t left = s->count - s->next;
	idx_t count = (idx_t)(left < s->at_a_time ? left : s->at_a_time);
	for (enum place c = 0; c < COUNT; c++) {
		duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, c);
		for (idx_t i = 0; i < count; i++) {
			int64_t r = s->next + (int64_t)i;
			if (!is_null(c, r)) {
				set_cell(vector, c, i, r);
				continue;
			}
			duckdb_vector_ensure_validity_writable(vector);
			duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), i);
		}
	}
	s->next += (int64_t)count;
	return count;
}

static duckdb_logical_type names(size_t count)
{
	static char texts[300][32];
	const char *list[300];
	for (size_t i = 0; i < count; i++) {
		snprintf(texts[i], sizeof texts[i], "name %zu", i);
		list[i] = texts[i];
	}
	return duckdb_create_enum_type(list, count);
}

static bool write_rows(const char *path, int64_t count, int64_t at_a_time, enum segment_style style,
                       struct err *e)
{
	static const size_t enums[COUNT] = {
		[COLUMN_one] = 1, [COLUMN_few] = 3, [COLUMN_many] = 300
	};
	struct rows rows = { .count = count, .at_a_time = at_a_time };
#define X(name, type, sql)                                                                         \
	rows.columns[COLUMN_##name] =                                                              \
	    (struct source_column){ #name,                                                         \
		                    enums[COLUMN_##name]                                           \
		                        ? names(enums[COLUMN_##name])                              \
		                        : duckdb_create_logical_type(DUCKDB_TYPE_##type),          \
		                    true, false };
	COLUMNS(X)
#undef X
	struct row_source source = { rows.columns, COUNT, fill, &rows };
	bool ok = segment_write(&source, style, path, NULL, e);
	for (size_t i = 0; i < COUNT; i++)
		duckdb_destroy_logical_type(&rows.columns[i].type);
	return ok;
}

#define ASSERT_SQL(want, ...)                                                                      \
	do {                                                                                       \
		char sql_[4096];                                                                   \
		snprintf(sql_, sizeof sql_, __VA_ARGS__);                                          \
		char *answer_ = scratch_sql(sql_);                                                 \
		assert_string_equal(answer_, want);                                                \
		free(answer_);                                                                     \
	} while (0)

static void assert_column(const char *path, const char *name, const char *type, const char *formula)
{
	char want[64];
	snprintf(want, sizeof want, "0|%s\n", type);
	ASSERT_SQL(want,
	           "SELECT count(*) FILTER (WHERE \"%s\" IS DISTINCT FROM (%s)),"
	           " coalesce(any_value(typeof(\"%s\")), '%s') FROM (SELECT *, file_row_number AS r"
	           " FROM read_parquet('%s', file_row_number = true))",
	           name, formula, name, type, path);
}

static void assert_kept_as(const char *dir, int64_t count, int64_t at_a_time,
                           enum segment_style style)
{
	struct err e = { 0 };
	const char *path = scratch_path(dir, "rows.parquet");
	char want[32];
	if (!write_rows(path, count, at_a_time, style, &e))
		fail_msg("%s", e.text);
	snprintf(want, sizeof want, "%lld\n", (long long)count);
	ASSERT_SQL(want, "SELECT count(*) FROM read_parquet('%s')", path);
#define X(name, type, sql) assert_column(path, #name, #type, sql);
	COLUMNS(X)
#undef X
}

static void assert_kept(const char *dir, int64_t count, int64_t at_a_time)
{
	assert_kept_as(dir, count, at_a_time, SEGMENT_LIGHT);
	assert_kept_as(dir, count, at_a_time, SEGMENT_DENSE);
}

static void the_database_reads_what_was_written(void **state)
{
	static const int64_t counts[] = {
		0, 1, 2, 31, 32, 33, 127, 128, 129, 130, 2047, 2048, 5000
	};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		assert_kept(*state, counts[i], 2048);
}

static void vectors_may_be_of_any_length(void **state)
{
	assert_kept(*state, 3001, 1);
	assert_kept(*state, 5000, 1000);
}

static void rows_are_cut_into_groups(void **state)
{
	assert_kept(*state, 2 * PARQUET_GROUP_ROWS + 100, 2048);
	ASSERT_SQL("3|122880\n",
	           "SELECT count(DISTINCT row_group_id), max(row_group_num_rows) FROM "
	           "parquet_metadata('%s')",
	           scratch_path(*state, "rows.parquet"));
}

#define ASSERT_LIMITS(dir, name, want)                                                             \
	ASSERT_SQL(want,                                                                           \
	           "SELECT stats_min_value, stats_max_value, stats_null_count FROM "               \
	           "parquet_metadata('%s') WHERE path_in_schema = '" name "'",                     \
	           scratch_path(dir, "rows.parquet"))

static void assert_limits(const char *dir)
{
	ASSERT_LIMITS(dir, "growing", "-5|327614459|0\n");
	ASSERT_LIMITS(dir, "wild", "-9223372036854775808|9223372036854775807|0\n");
	ASSERT_LIMITS(dir, "wild32", "-2147483648|2147483647|0\n");
	ASSERT_LIMITS(dir, "holes", "0|999|714\n");
	ASSERT_LIMITS(dir, "late", "-4999|-2500|2500\n");
	ASSERT_LIMITS(dir, "nothing", "null|null|5000\n");
	ASSERT_LIMITS(dir, "truth", "false|true|1000\n");
	ASSERT_LIMITS(dir, "few", "name 0|name 2|0\n");
	ASSERT_LIMITS(dir, "long_text", "null|null|0\n");
}

static void a_column_tells_its_limits_and_how_many_are_null(void **state)
{
	assert_kept_as(*state, 5000, 2048, SEGMENT_LIGHT);
	assert_limits(*state);
	assert_kept_as(*state, 5000, 2048, SEGMENT_DENSE);
	assert_limits(*state);
}

#define ASSERT_PROBE(dir, column, text, want)                                                      \
	ASSERT_SQL(want,                                                                           \
	           "SELECT bloom_filter_excludes FROM parquet_bloom_probe('%s', '" column          \
	           "', '" text "')",                                                               \
	           scratch_path(dir, "rows.parquet"))

/* The database asks the filters itself. */
static void a_dense_file_tells_which_texts_a_row_group_cannot_hold(void **state)
{
	assert_kept_as(*state, PARQUET_GROUP_ROWS + 3, 2048, SEGMENT_DENSE);
	ASSERT_PROBE(*state, "few", "name 0", "false\nfalse\n");
	ASSERT_PROBE(*state, "few", "name 3", "true\ntrue\n");
	ASSERT_PROBE(*state, "many", "name 299", "false\ntrue\n");
	ASSERT_PROBE(*state, "many", "name 300", "true\ntrue\n");
}

static void a_dense_file_is_smaller(void **state)
{
	struct stat light, dense;
	const char *path = scratch_path(*state, "rows.parquet");
	assert_kept_as(*state, PARQUET_GROUP_ROWS, 2048, SEGMENT_LIGHT);
	assert_int_equal(stat(path, &light), 0);
	assert_kept_as(*state, PARQUET_GROUP_ROWS, 2048, SEGMENT_DENSE);
	assert_int_equal(stat(path, &dense), 0);
	assert_true(dense.st_size < light.st_size);
}

static void a_disk_that_is_full_is_told(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_false(write_rows("/dev/full", 5000, 2048, SEGMENT_LIGHT, &e));
	assert_non_null(strstr(e.text, "No space left on device"));
	assert_false(write_rows("/nowhere/rows.parquet", 1, 2048, SEGMENT_LIGHT, &e));
	assert_non_null(strstr(e.text, "No such file or directory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_database_reads_what_was_written, scratch_make,
		                                scratch_remove),
		cmocka_unit_test_setup_teardown(vectors_may_be_of_any_length, scratch_make,
		                                scratch_remove),
		cmocka_unit_test_setup_teardown(
		    a_dense_file_tells_which_texts_a_row_group_cannot_hold, scratch_make,
		    scratch_remove),
		cmocka_unit_test_setup_teardown(a_dense_file_is_smaller, scratch_make,
		                                scratch_remove),
		cmocka_unit_test_setup_teardown(rows_are_cut_into_groups, scratch_make,
		                                scratch_remove),
		cmocka_unit_test_setup_teardown(a_column_tells_its_limits_and_how_many_are_null,
		                                scratch_make, scratch_remove),
		cmocka_unit_test(a_disk_that_is_full_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
