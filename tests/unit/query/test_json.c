#include "query/json.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "support/unit.h"

static struct json of(const char *text)
{
	return (struct json){ text, strlen(text) };
}

static const char *canonical(const char *text, bool relaxed)
{
	static char kept[1024];
	struct buf out = { 0 };
	bool ok = json_canonical(&out, text, strlen(text), relaxed);
	snprintf(kept, sizeof kept, "%s", ok ? buf_text(&out) : "refused");
	buf_done(&out);
	return kept;
}

static void any_json_becomes_compact(void **state)
{
	(void)state;
	assert_string_equal(canonical(" { \"a\" : [ 1 , -2.5e3 , null ] } ", false),
	                    "{\"a\":[1,-2.5e3,null]}");
	assert_string_equal(canonical("\"\\u0041\\n\\/\"", false), "\"A\\n/\"");
	assert_string_equal(canonical("[]", false), "[]");
	assert_string_equal(canonical("[[],{}]", false), "[[],{}]");
}

static void what_is_no_json_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "",    "[1,]",     "{\"a\"}",  "01",     "1.",
		                           "nul", "[1 2]",    "{a:1}",    "'x'",    "\"\\x\"",
		                           "[",   "]",        "{\"a\":1", "1 1",    "\"a",
		                           "+1",  "{\"a\":}", "[1]]",     "\"\t\"", "-" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_string_equal(canonical(bad[i], false), "refused");
}

static void nesting_is_bounded(void **state)
{
	(void)state;
	char deep[2 * JSON_DEPTH_MAX + 3];
	for (int extra = 0; extra <= 1; extra++) {
		size_t depth = JSON_DEPTH_MAX + (size_t)extra;
		memset(deep, '[', depth);
		memset(deep + depth, ']', depth);
		deep[2 * depth] = '\0';
		assert_string_equal(canonical(deep, false), extra ? "refused" : deep);
	}
}

static void literals_of_queries_may_say_more(void **state)
{
	(void)state;
	assert_string_equal(
	    canonical("{'a': datetime(2026-11-05), 'b': timespan(1.00:00:00)}", true),
	    "{\"a\":\"2026-11-05T00:00:00.0000000Z\",\"b\":\"1.00:00:00\"}");
	assert_string_equal(canonical("datetime(never)", true), "refused");
}

static void members_and_elements_are_found(void **state)
{
	(void)state;
	struct json bag = of("{\"a b\":1,\"\\u0061\":[10,[20],\"x,]\"]}"), value;
	assert_true(json_member(bag, "a b", 3, &value));
	assert_int_equal(value.len, 1);
	assert_true(json_member(bag, "a", 1, &value));
	struct json array = value;
	assert_true(json_element(array, 1, &value));
	assert_memory_equal(value.at, "[20]", 4);
	assert_true(json_element(array, -1, &value));
	assert_true(json_string_equals(value, "x,]", 3));
	assert_false(json_element(array, 3, &value));
	assert_false(json_element(array, -4, &value));
	assert_false(json_member(array, "a", 1, &value));
	assert_false(json_member(bag, "A", 1, &value));
}

static void values_are_compared_by_meaning(void **state)
{
	(void)state;
	assert_true(json_same(of("1"), of("1.0")));
	assert_true(json_same(of("{\"a\":1,\"b\":[2]}"), of("{\"b\":[2],\"a\":1}")));
	assert_false(json_same(of("{\"a\":1}"), of("{\"a\":1,\"b\":2}")));
	assert_false(json_same(of("\"1\""), of("1")));
	assert_false(json_same(of("9007199254740993"), of("9007199254740992")));
	assert_int_equal(json_compare(of("2"), of("10")), -1);
	assert_int_equal(json_compare(of("\"b\""), of("\"a\"")), 1);
	assert_int_equal(json_compare(of("1"), of("\"a\"")), INT_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_json_becomes_compact),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(literals_of_queries_may_say_more),
		cmocka_unit_test(members_and_elements_are_found),
		cmocka_unit_test(values_are_compared_by_meaning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
