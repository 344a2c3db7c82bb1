#include "workspace/db.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "support/unit.h"

static struct db *open_small(void)
{
	struct err e = { 0 };
	struct db *db =
	    db_open(&(struct db_limits){ .memory_bytes = (uint64_t)256 << 20, .threads = 2 }, &e);
	if (!db)
		fail_msg("%s", e.text);
	return db;
}

/* The query's answer with its first chunk loaded. */
static struct db_rows *first_chunk(struct db *db, const char *sql, size_t want_count)
{
	struct err e = { 0 };
	struct db_rows *rows = db_query(db, sql, &e);
	size_t count = 0;
	if (!rows || !db_rows_next(rows, &count, &e))
		fail_msg("%s: %s", sql, e.text);
	assert_int_equal(count, want_count);
	return rows;
}

#define ASSERT_TEXT(rows, column, row, want)                                                       \
	do {                                                                                       \
		struct db_text text_ = db_cell_text(rows, column, row);                            \
		assert_int_equal(text_.len, strlen(want));                                         \
		assert_memory_equal(text_.at, want, text_.len);                                    \
	} while (0)

static void every_type_has_its_cell(void **state)
{
	(void)state;
	struct db *db = open_small();
	static const char sql[] =
	    "SELECT true, (-128)::TINYINT, (-32768)::SMALLINT, (-2147483648)::INTEGER, "
	    "(-9223372036854775808)::BIGINT, 255::UTINYINT, 65535::USMALLINT, "
	    "4294967295::UINTEGER, "
	    "18446744073709551615::UBIGINT, 1.5::FLOAT, 0.1::DOUBLE, 'short', "
	    "'a text that is longer than twelve bytes', NULL::BIGINT";
	struct db_rows *rows = first_chunk(db, sql, 1);
	assert_int_equal(db_rows_columns(rows), 14);
	assert_true(db_cell_bool(rows, 0, 0));
	static const int64_t want[] = { INT8_MIN,  INT16_MIN,  INT32_MIN,  INT64_MIN,
		                        UINT8_MAX, UINT16_MAX, UINT32_MAX, INT64_MAX };
	static const enum kql_type types[] = { KQL_INT, KQL_INT, KQL_INT,  KQL_LONG,
		                               KQL_INT, KQL_INT, KQL_LONG, KQL_LONG };
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_true(db_cell_i64(rows, 1 + i, 0) == want[i]);
		assert_int_equal(db_rows_column_type(rows, 1 + i), types[i]);
	}
	assert_true(db_cell_f64(rows, 9, 0) == 1.5);
	assert_true(db_cell_f64(rows, 10, 0) == 0.1);
	ASSERT_TEXT(rows, 11, 0, "short");
	ASSERT_TEXT(rows, 12, 0, "a text that is longer than twelve bytes");
	assert_true(db_cell_is_null(rows, 13, 0));
	assert_false(db_cell_is_null(rows, 12, 0));
	db_rows_close(rows);
	db_close(db);
}

static void integers_of_128_bits_saturate(void **state)
{
	(void)state;
	static const struct {
		const char *sql;
		int64_t want;
	} known[] = {
		{ "SELECT 9223372036854775807::HUGEINT", INT64_MAX },
		{ "SELECT 9223372036854775808::HUGEINT", INT64_MAX },
		{ "SELECT -9223372036854775808::HUGEINT", INT64_MIN },
		{ "SELECT -9223372036854775809::HUGEINT", INT64_MIN },
		{ "SELECT -1::HUGEINT", -1 },
		{ "SELECT 170141183460469231731687303715884105727::HUGEINT", INT64_MAX },
		{ "SELECT 340282366920938463463374607431768211455::UHUGEINT", INT64_MAX },
		{ "SELECT 7::UHUGEINT", 7 },
	};
	struct db *db = open_small();
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct db_rows *rows = first_chunk(db, known[i].sql, 1);
		assert_true(db_cell_i64(rows, 0, 0) == known[i].want);
		db_rows_close(rows);
	}
	db_close(db);
}

static void unusual_types_arrive_as_text_and_keep_their_names(void **state)
{
	(void)state;
	struct db *db = open_small();
	struct db_rows *rows = first_chunk(
	    db, "SELECT 1.50 AS x, [1, 2] AS x, DATE '2026-11-05' AS d, 7 AS n -- the end", 1);
	assert_string_equal(db_rows_column_name(rows, 0), "x");
	assert_string_equal(db_rows_column_name(rows, 1), "x");
	assert_string_equal(db_rows_column_name(rows, 2), "d");
	assert_int_equal(db_rows_column_type(rows, 0), KQL_STRING);
	ASSERT_TEXT(rows, 0, 0, "1.50");
	ASSERT_TEXT(rows, 1, 0, "[1, 2]");
	ASSERT_TEXT(rows, 2, 0, "2026-11-05");
	assert_int_equal(db_cell_i64(rows, 3, 0), 7);
	db_rows_close(rows);
	db_close(db);
}

static void enums_read_as_their_texts(void **state)
{
	(void)state;
	struct db *db = open_small();
	struct err e;
	assert_true(db_exec(db, "CREATE TYPE small AS ENUM ('', 'tcp', 'udp')", &e));
	assert_true(
	    db_exec(db, "CREATE TYPE large AS ENUM (SELECT 'v' || range FROM range(300))", &e));
	struct db_rows *rows =
	    first_chunk(db, "SELECT 'udp'::small, 'v299'::large, ''::small, NULL::large", 1);
	ASSERT_TEXT(rows, 0, 0, "udp");
	ASSERT_TEXT(rows, 1, 0, "v299");
	ASSERT_TEXT(rows, 2, 0, "");
	assert_true(db_cell_is_null(rows, 3, 0));
	db_rows_close(rows);
	db_close(db);
}

/* Repeated values leave a Parquet file as dictionary vectors. */
static void dictionary_vectors_read_row_by_row(void **state)
{
	(void)state;
	struct db *db = open_small();
	struct err e;
	char path[] = "/tmp/weir-db-XXXXXX";
	close(mkstemp(path));
	char sql[256];
	snprintf(sql, sizeof sql,
	         "COPY (SELECT 'value number ' || range %% 3 AS t, "
	         "if(range %% 5 = 0, NULL, range %% 7) AS n "
	         "FROM range(5000)) TO '%s' (FORMAT parquet)",
	         path);
	assert_true(db_exec(db, sql, &e));
	snprintf(sql, sizeof sql, "SELECT t, n FROM read_parquet('%s') WHERE n IS DISTINCT FROM 1",
	         path);
	struct db_rows *rows = db_query(db, sql, &e);
	assert_non_null(rows);
	size_t count, range = 0, seen = 0;
	while (db_rows_next(rows, &count, &e) && count)
		for (size_t i = 0; i < count; i++, range++, seen++) {
			while (range % 5 != 0 && range % 7 == 1)
				range++;
			char want[32];
			snprintf(want, sizeof want, "value number %zu", range % 3);
			ASSERT_TEXT(rows, 0, i, want);
			assert_int_equal(db_cell_is_null(rows, 1, i), range % 5 == 0);
			if (range % 5)
				assert_int_equal(db_cell_i64(rows, 1, i), range % 7);
		}
	assert_int_equal(count, 0);
	assert_int_equal(seen, 5000 - 572); /* 1 mod 7: 715 numbers, 143 of them divisible by 5 */
	db_rows_close(rows);
	db_close(db);
	unlink(path);
}

static void answers_are_streamed(void **state)
{
	(void)state;
	struct db *db = open_small();
	struct err e;
	/* 8 GB if they were held: the instance may use 256 MiB */
	struct db_rows *rows = db_query(db, "SELECT range FROM range(1000000000)", &e);
	assert_non_null(rows);
	size_t count;
	assert_true(db_rows_next(rows, &count, &e));
	assert_in_range(count, 1, 1000000);
	assert_int_equal(db_cell_i64(rows, 0, count - 1), count - 1);
	db_rows_close(rows);
	rows = first_chunk(db, "SELECT 1", 1); /* a query left halfway does not hinder the next */
	assert_true(db_rows_next(rows, &count, &e));
	assert_int_equal(count, 0);
	db_rows_close(rows);
	db_close(db);
}

static void errors_are_one_sentence(void **state)
{
	(void)state;
	static const struct {
		const char *sql, *want;
		enum err_code code;
	} known[] = {
		{ "SELECT nope FROM range(3)",
		  "Referenced column \"nope\" not found in FROM clause", ERR_QUERY },
		{ "SELECT error('this: went Error: wrong')", "this: went Error: wrong", ERR_QUERY },
		{ "SELECT * FROM read_parquet('/nope/x.parquet')",
		  "No files found that match the pattern \"/nope/x.parquet\"", ERR_IO },
		{ "SELECT * FROM 'http://example.org/x.parquet'",
		  "File http://example.org/x.parquet requires the extension httpfs to be loaded",
		  ERR_QUERY },
	};
	struct db *db = open_small();
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct err e = { 0 };
		assert_null(db_query(db, known[i].sql, &e));
		assert_string_equal(e.text, known[i].want);
		assert_int_equal(e.code, known[i].code);
		e = (struct err){ 0 };
		assert_false(db_exec(db, known[i].sql, &e));
		assert_string_equal(e.text, known[i].want);
	}
	db_close(db);
}

static void an_error_may_come_with_a_later_chunk(void **state)
{
	(void)state;
	struct db *db = open_small();
	struct err e = { 0 };
	struct db_rows *rows = db_query(
	    db, "SELECT if(range < 20000000, range, error('late')) FROM range(20000001)", &e);
	assert_non_null(rows);
	size_t count, all = 0;
	while (db_rows_next(rows, &count, &e) && count)
		all += count;
	assert_in_range(all, 1, 20000000);
	assert_string_equal(e.text, "late");
	db_rows_close(rows);
	db_close(db);
}

static void memory_is_limited_and_nothing_is_spilled_unasked(void **state)
{
	(void)state;
	char before[4096], here[] = "/tmp/weir-db-XXXXXX";
	assert_non_null(getcwd(before, sizeof before));
	assert_non_null(mkdtemp(here));
	assert_int_equal(chdir(here), 0);
	struct db *db = open_small();
	struct err e = { 0 };
	assert_false(db_exec(db, "SELECT count(DISTINCT range || 'x') FROM range(30000000)", &e));
	assert_int_equal(e.code, ERR_NOMEM);
	assert_non_null(strstr(e.text, "256.0 MiB"));
	db_close(db);
	assert_int_equal(chdir(before), 0);
	assert_int_equal(rmdir(here), 0); /* empty: no .tmp in it */
}

static void with_a_place_to_spill_the_same_query_answers(void **state)
{
	(void)state;
	char dir[] = "/tmp/weir-db-XXXXXX";
	assert_non_null(mkdtemp(dir));
	char spill[64];
	snprintf(spill, sizeof spill, "%s/spill", dir);
	struct err e = { 0 };
	struct db *db = db_open(&(struct db_limits){ (uint64_t)128 << 20, 2, spill, 0 }, &e);
	assert_non_null(db);
	struct db_rows *rows = first_chunk(
	    db,
	    "SELECT max(n) FROM (SELECT range AS n FROM range(12000000) ORDER BY hash(range) "
	    "OFFSET 1)",
	    1);
	assert_in_range(db_cell_i64(rows, 0, 0), 11999998, 11999999);
	db_rows_close(rows);
	db_close(db);
	rmdir(spill);
	assert_int_equal(rmdir(dir), 0);
}

static void extensions_are_neither_loaded_nor_installed(void **state)
{
	(void)state;
	struct db *db = open_small();
	static const char *const names[] = { "autoload_known_extensions",
		                             "autoinstall_known_extensions",
		                             "allow_community_extensions",
		                             "allow_unsigned_extensions" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char sql[128];
		snprintf(sql, sizeof sql, "SELECT current_setting('%s')", names[i]);
		struct db_rows *rows = first_chunk(db, sql, 1);
		assert_false(db_cell_bool(rows, 0, 0));
		db_rows_close(rows);
	}
	db_close(db);
}

static atomic_bool ended;

static void *interrupt_until_ended(void *db)
{
	while (!atomic_load(&ended)) {
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
		db_interrupt(db);
	}
	return NULL;
}

static void a_running_query_can_be_interrupted(void **state)
{
	(void)state;
	struct db *db = open_small();
	pthread_t thread;
	atomic_store(&ended, false);
	assert_int_equal(pthread_create(&thread, NULL, interrupt_until_ended, db), 0);
	struct err e = { 0 };
	bool ok = db_exec(db,
	                  "SELECT sum(a.range % (b.range + 1)) FROM range(10000000) a, "
	                  "range(10000000) b",
	                  &e);
	atomic_store(&ended, true);
	pthread_join(thread, NULL);
	assert_false(ok);
	assert_int_equal(e.code, ERR_QUERY);
	assert_string_equal(e.text, "Interrupted");
	assert_true(db_exec(db, "SELECT 1", &e)); /* and the instance lives on */
	db_close(db);
}

static void quoted_text_comes_back_as_it_was(void **state)
{
	(void)state;
	static const struct db_text texts[] = {
		{ "", 0 },    { "it's", 4 },    { "''; DROP TABLE x; --", 20 },
		{ "\\'", 2 }, { "a\0b'\0", 5 }, { "\n\xc3\xa9\"", 4 },
	};
	struct db *db = open_small();
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf sql = { 0 };
		buf_puts(&sql, "SELECT ");
		db_quote_text(&sql, texts[i].at, texts[i].len);
		buf_puts(&sql, " AS ");
		db_quote_name(&sql, "a \"name\"; --", 12);
		struct db_rows *rows = first_chunk(db, buf_text(&sql), 1);
		struct db_text got = db_cell_text(rows, 0, 0);
		assert_int_equal(got.len, texts[i].len);
		assert_memory_equal(got.at, texts[i].at, got.len);
		assert_string_equal(db_rows_column_name(rows, 0), "a \"name\"; --");
		db_rows_close(rows);
		buf_done(&sql);
	}
	db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_has_its_cell),
		cmocka_unit_test(integers_of_128_bits_saturate),
		cmocka_unit_test(unusual_types_arrive_as_text_and_keep_their_names),
		cmocka_unit_test(enums_read_as_their_texts),
		cmocka_unit_test(dictionary_vectors_read_row_by_row),
		cmocka_unit_test(answers_are_streamed),
		cmocka_unit_test(errors_are_one_sentence),
		cmocka_unit_test(an_error_may_come_with_a_later_chunk),
		cmocka_unit_test(memory_is_limited_and_nothing_is_spilled_unasked),
		cmocka_unit_test(with_a_place_to_spill_the_same_query_answers),
		cmocka_unit_test(extensions_are_neither_loaded_nor_installed),
		cmocka_unit_test(a_running_query_can_be_interrupted),
		cmocka_unit_test(quoted_text_comes_back_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
