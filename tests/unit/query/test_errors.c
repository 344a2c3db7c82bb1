#include <string.h>

#include "support/unit.h"
#include "unit/query/asking.h"

static void places_are_lines_from_1_and_characters_from_0(void **state)
{
	assert_string_equal(
	    asking_columns(*state,
	                   "range v from 1 to 3 step 1\n| where v > 1\n| project v, nosuch"),
	    "SEM0100 3:13 Failed to resolve column or scalar expression named 'nosuch'");
	assert_non_null(
	    strstr(asking_columns(*state, "print '\xc3\xa9\xc3\xa9' nosuch"), "SYN0002 1:11"));
	assert_non_null(strstr(asking_columns(*state, "print x=\r\n  )"), "SYN0002 2:2"));
}

static void the_nearest_name_is_suggested(void **state)
{
	static const char *const pairs[][2] = {
		{ "print v=Strlen('x')", "did you mean 'strlen'?" },
		{ "datatable(SourceIp:string)[] | project SourceIP", "did you mean 'SourceIp'?" },
		{ "print a=1 | sumarize count()", "did you mean 'summarize'?" },
		{ "let window = 1h; print windwo", "did you mean 'window'?" },
		{ "let Flows = print a=1; Flos | count", "did you mean 'Flows'?" },
		{ "print a=1 | evaluate bag_unpck(a)", "did you mean 'bag_unpack'?" },
	};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (!strstr(asking_columns(*state, pairs[i][0]), pairs[i][1]))
			fail_msg("%s: %s", pairs[i][0], asking_columns(*state, pairs[i][0]));
}

static void errors_have_the_form_of_the_api(void **state)
{
	(void)state;
	struct query_error e = { 0 };
	struct buf out = { 0 };
	query_error_set(&e, QUERY_SYNTAX, "SYN0002", 11, 7,
	                "Query could not be parsed at 'invalid'");
	query_error_locate(&e, "completely invalid syntax", 25);
	query_error_json(&out, &e);
	assert_string_equal(
	    buf_text(&out),
	    "{\"error\":{\"message\":\"The request had some invalid properties\","
	    "\"code\":\"BadArgumentError\",\"innererror\":{\"code\":\"SyntaxError\","
	    "\"message\":\"A recognition error occurred in the query.\",\"innererror\":{"
	    "\"code\":\"SYN0002\",\"message\":\"Query could not be parsed at 'invalid'\","
	    "\"line\":1,\"pos\":11,\"token\":\"invalid\"}}}}");
	buf_clear(&out);
	query_error_text(&out, &e, "completely invalid syntax", 25);
	assert_string_equal(buf_text(&out),
	                    "Query could not be parsed at 'invalid' (line 1, column 12)\n"
	                    "  completely invalid syntax\n"
	                    "             ^\n");
	buf_done(&out);
}

static void the_first_error_stays(void **state)
{
	(void)state;
	struct query_error e = { 0 };
	query_error_set(&e, QUERY_SEMANTIC, "SEM0100", 1, 1, "first");
	query_error_set(&e, QUERY_SYNTAX, "SYN0002", 2, 1, "second");
	assert_string_equal(e.message, "first");
	assert_int_equal(e.class, QUERY_SEMANTIC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_lines_from_1_and_characters_from_0),
		cmocka_unit_test(the_nearest_name_is_suggested),
		cmocka_unit_test(errors_have_the_form_of_the_api),
		cmocka_unit_test(the_first_error_stays),
	};
	return cmocka_run_group_tests(tests, asking_start, asking_stop);
}
