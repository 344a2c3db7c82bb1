#include <pthread.h>
#include <string.h>
#include <time.h>

#include "support/unit.h"
#include "unit/query/asking.h"

static bool to_buf(void *context, const char *text, size_t len)
{
	buf_add(context, text, len);
	return true;
}

static struct query_session *session_of(struct query_limits limits)
{
	struct err err = { 0 };
	limits.threads = 1;
	struct query_session *session = query_session_new(NULL, &limits, &err);
	assert_non_null(session);
	return session;
}

/* The answer, or error, as it is printed. */
static const char *printed(struct query_session *session, const char *kql, enum query_format format,
                           struct query_error *e)
{
	static struct buf out;
	struct query_options options = { .now = ASKING_NOW };
	buf_clear(&out);
	query_print(session, kql, strlen(kql), &options, format, to_buf, &out, e);
	return buf_text(&out);
}

static const char typed[] =
    "print b=true, i=int(7), l=9223372036854775807, r=1.5, n=real(nan), f=real(-inf), s='a\"b', "
    "t=datetime(2026-11-05 06:07:08.25), p=time(1.02:03:04.5), d=dynamic({\"a\": [1, \"x\"]}), "
    "g=guid(0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0), m=decimal(1.25), z=long(null), e=''";

static void json_is_that_of_the_api(void **state)
{
	struct query_error e;
	assert_string_equal(
	    printed(*state, typed, QUERY_JSON, &e),
	    "{\"tables\":[{\"name\":\"PrimaryResult\",\"columns\":["
	    "{\"name\":\"b\",\"type\":\"bool\"},{\"name\":\"i\",\"type\":\"int\"},"
	    "{\"name\":\"l\",\"type\":\"long\"},{\"name\":\"r\",\"type\":\"real\"},"
	    "{\"name\":\"n\",\"type\":\"real\"},{\"name\":\"f\",\"type\":\"real\"},"
	    "{\"name\":\"s\",\"type\":\"string\"},{\"name\":\"t\",\"type\":\"datetime\"},"
	    "{\"name\":\"p\",\"type\":\"timespan\"},{\"name\":\"d\",\"type\":\"dynamic\"},"
	    "{\"name\":\"g\",\"type\":\"guid\"},{\"name\":\"m\",\"type\":\"decimal\"},"
	    "{\"name\":\"z\",\"type\":\"long\"},{\"name\":\"e\",\"type\":\"string\"}],\"rows\":[["
	    "true,7,9223372036854775807,1.5,\"NaN\",\"-Infinity\",\"a\\\"b\","
	    "\"2026-11-05T06:07:08.25Z\",\"1.02:03:04.5000000\",\"{\\\"a\\\":[1,\\\"x\\\"]}\","
	    "\"0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0\",\"1.25\",null,\"\"]]}]}\n");
}

static void csv_quotes_what_must_be_quoted(void **state)
{
	struct query_error e;
	assert_string_equal(printed(*state,
	                            "print ['a,b']='x\"y', c='1\\n2', d=long(null), e='plain'",
	                            QUERY_CSV, &e),
	                    "\"a,b\",c,d,e\r\n\"x\"\"y\",\"1\n2\",,plain\r\n");
}

static void tables_align_numbers_to_the_right(void **state)
{
	struct query_error e;
	assert_string_equal(
	    printed(*state, "datatable(name:string, n:long)['a', 5, '\xc3\xa9\xc3\xa9', 123]",
	            QUERY_TABLE, &e),
	    "name    n\n"
	    "----  ---\n"
	    "a       5\n"
	    "\xc3\xa9\xc3\xa9    123\n");
}

static void render_is_passed_on(void **state)
{
	struct query_error e;
	const char *answer =
	    printed(*state, "print x=1 | render timechart with (title=\"a 'b'\", ycolumns=x, y)",
	            QUERY_JSON, &e);
	assert_non_null(
	    strstr(answer, "\"render\":{\"visualization\":\"timechart\",\"title\":\"a 'b'\""));
	assert_non_null(strstr(answer, "\"yColumns\":[\"x\",\"y\"]"));
}

static void rows_beyond_the_limit_are_cut_and_said_so(void **state)
{
	(void)state;
	struct query_error e;
	struct query_session *session = session_of((struct query_limits){ .max_rows = 3 });
	assert_string_equal(
	    printed(session, "range x from 1 to 4 step 1", QUERY_JSON, &e),
	    "{\"tables\":[{\"name\":\"PrimaryResult\",\"columns\":[{\"name\":\"x\",\"type\":"
	    "\"long\"}],"
	    "\"rows\":[[1],[2],[3]]}],\"error\":{\"code\":\"PartialError\",\"message\":\"There "
	    "were some "
	    "errors when processing your "
	    "query.\",\"details\":[{\"code\":\"EngineError\",\"message\":"
	    "\"Something went wrong processing your query on the "
	    "server.\",\"innererror\":{\"code\":"
	    "\"-2133196797\",\"message\":\"The results of this query exceed the set limit of 3 "
	    "records\",\"severity\":2,\"severityName\":\"Error\"}}]}}\n");
	printed(session, "range x from 1 to 3 step 1", QUERY_JSON, &e);
	assert_int_equal(e.class, QUERY_OK);
	query_session_free(session);
}

static void bytes_beyond_the_limit_are_cut(void **state)
{
	(void)state;
	struct query_error e;
	struct query_session *session = session_of((struct query_limits){ .max_bytes = 10000 });
	const char *answer = printed(
	    session, "range x from 1 to 100 step 1 | project strrep('x', 1000)", QUERY_CSV, &e);
	assert_int_equal(e.class, QUERY_LIMIT);
	assert_in_range(strlen(answer), 9000, 12000);
	query_session_free(session);
}

static const char endless[] =
    "range x from 1 to 100000 step 1 | extend k=1 | as X | join kind=inner "
    "(X) on k | summarize sum(x * x1)";

static void a_query_that_takes_too_long_is_ended(void **state)
{
	(void)state;
	struct query_error e;
	struct timespec from, to;
	struct query_session *session = session_of((struct query_limits){ .time_ms = 200 });
	clock_gettime(CLOCK_MONOTONIC, &from);
	printed(session, endless, QUERY_JSON, &e);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_string_equal(e.code, "LIM0003");
	assert_true(to.tv_sec - from.tv_sec < 10);
	printed(session, "print 1", QUERY_JSON, &e); /* the session goes on */
	assert_int_equal(e.class, QUERY_OK);
	query_session_free(session);
}

static void *cancel_soon(void *session)
{
	nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
	query_cancel(session);
	return NULL;
}

static void a_query_can_be_cancelled(void **state)
{
	(void)state;
	struct query_error e;
	pthread_t thread;
	struct query_session *session = session_of((struct query_limits){ .time_ms = 60000 });
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, session), 0);
	printed(session, endless, QUERY_JSON, &e);
	pthread_join(thread, NULL);
	assert_string_equal(e.code, "LIM0004");
	query_session_free(session);
}

static void memory_has_an_end(void **state)
{
	(void)state;
	struct query_error e;
	struct query_session *session =
	    session_of((struct query_limits){ .memory_bytes = 20 << 20 });
	printed(session,
	        "range x from 1 to 5000000 step 1 | summarize make_list(strcat('abcdefgh', x))",
	        QUERY_JSON, &e);
	assert_string_equal(e.code, "LIM0002");
	query_session_free(session);
}

static void no_word_of_sql_is_in_an_error(void **state)
{
	(void)state;
	struct query_error e;
	struct query_session *session =
	    session_of((struct query_limits){ .memory_bytes = 20 << 20 });
	printed(session,
	        "range x from 1 to 5000000 step 1 | summarize make_list(strcat('abcdefgh', x))",
	        QUERY_JSON, &e);
	static const char *const words[] = { "SELECT", "VARCHAR", "DuckDB", "duckdb",
		                             "SQL",    "k_",      "temp" };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		assert_null(strstr(e.message, words[i]));
	query_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_that_of_the_api),
		cmocka_unit_test(csv_quotes_what_must_be_quoted),
		cmocka_unit_test(tables_align_numbers_to_the_right),
		cmocka_unit_test(render_is_passed_on),
		cmocka_unit_test(rows_beyond_the_limit_are_cut_and_said_so),
		cmocka_unit_test(bytes_beyond_the_limit_are_cut),
		cmocka_unit_test(a_query_that_takes_too_long_is_ended),
		cmocka_unit_test(a_query_can_be_cancelled),
		cmocka_unit_test(memory_has_an_end),
		cmocka_unit_test(no_word_of_sql_is_in_an_error),
	};
	return cmocka_run_group_tests(tests, asking_start, asking_stop);
}
