#include "core/base/err.h"

#include "support/unit.h"

static void what_a_file_holds_is_not_obeyed_by_a_terminal(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_false(err_set(&e, ERR_DATA, "'%s' is no number", "\x1b[2J\a\n1\x7f"));
	assert_string_equal(e.text, "'?[2J??1?' is no number");
	assert_false(err_wrap(&e, "%s line %d", "a\tb.jsonl", 3));
	assert_string_equal(e.text, "a?b.jsonl line 3: '?[2J??1?' is no number");
}

static void text_that_is_not_ascii_is_kept(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_false(err_set(&e, ERR_IO, "no file '%s'", "Z\xc3\xbcrich"));
	assert_string_equal(e.text, "no file 'Z\xc3\xbcrich'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_file_holds_is_not_obeyed_by_a_terminal),
		cmocka_unit_test(text_that_is_not_ascii_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
