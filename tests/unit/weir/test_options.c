#include "weir/options.h"

#include <string.h>

#include "support/unit.h"

static const struct option_row rows[] = {
	{ "workspace", 'w', "DIR", "./workspace", "where" },
	{ "format", 'f', "table|json", "table", "how" },
	{ "explain", 0, NULL, NULL, "whether" },
	{ 0 },
};
static const struct command two_files = { "import", "FILE [OTHER]", "reads", rows, NULL, NULL };

#define WORDS(...)                                                                                 \
	((const char *[]){ __VA_ARGS__ }), sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)

static const char *arguments[8];

static bool read_words(struct invocation *inv, const char *const *words, size_t count,
                       struct err *e)
{
	*inv = (struct invocation){ .command = &two_files, .arguments = arguments };
	*e = (struct err){ 0 };
	return options_read(inv, count, words, e);
}

static void defaults_stand_where_nothing_is_given(void **state)
{
	(void)state;
	struct invocation inv;
	struct err e;
	assert_true(read_words(&inv, WORDS("a"), &e));
	assert_string_equal(invocation_value(&inv, "workspace"), "./workspace");
	assert_true(invocation_chose(&inv, "format", "table"));
	assert_null(invocation_value(&inv, "explain"));
	assert_int_equal(inv.argument_count, 1);
}

static void every_spelling_of_an_option_is_read(void **state)
{
	(void)state;
	static const char *const spellings[][4] = {
		{ "a", "--workspace", "x", "b" },
		{ "--workspace=x", "a", "--explain", "b" },
		{ "a", "b", "-w", "x" },
		{ "-w", "y", "--workspace=x", "a" },
	};
	for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
		struct invocation inv;
		struct err e;
		assert_true(read_words(&inv, spellings[i], 4, &e));
		assert_string_equal(invocation_value(&inv, "workspace"), "x");
		assert_string_equal(inv.arguments[0], "a");
	}
}

static void a_flag_is_told_from_its_absence(void **state)
{
	(void)state;
	struct invocation inv;
	struct err e;
	assert_true(read_words(&inv, WORDS("--explain", "a"), &e));
	assert_string_equal(invocation_value(&inv, "explain"), "");
}

static void two_dashes_end_the_options(void **state)
{
	(void)state;
	struct invocation inv;
	struct err e;
	assert_true(read_words(&inv, WORDS("--", "--workspace", "-"), &e));
	assert_int_equal(inv.argument_count, 2);
	assert_string_equal(inv.arguments[0], "--workspace");
	assert_string_equal(inv.arguments[1], "-");
}

static void wrong_usage_is_one_line_that_says_what_to_do(void **state)
{
	(void)state;
	static const struct {
		const char *words[3];
		const char *says;
	} wrong[] = {
		{ { "a", "--worksapce", "x" }, "did you mean --workspace?" },
		{ { "a", "--banana", "x" }, "weir help import" },
		{ { "a", "-q", "x" }, "-q" },
		{ { "a", "b", "--workspace" }, "--workspace DIR" },
		{ { "a", "b", "--workspace=" }, "--workspace DIR" },
		{ { "a", "b", "--explain=yes" }, "takes no value" },
		{ { "a", "--format", "xml" }, "table|json" },
		{ { "a", "--format", "tab" }, "table|json" },
		{ { "a", "b", "c" }, "\"c\"" },
		{ { "--explain", "-w", "x" }, "FILE [OTHER]" },
	};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct invocation inv;
		struct err e;
		assert_false(read_words(&inv, wrong[i].words, 3, &e));
		assert_int_equal(e.code, ERR_USAGE);
		assert_non_null(strstr(e.text, wrong[i].says));
		assert_null(strchr(e.text, '\n'));
	}
}

static void a_row_tells_how_many_arguments(void **state)
{
	(void)state;
	static const struct {
		const char *arguments;
		size_t least, most;
	} known[] = {
		{ "", 0, 0 },
		{ "FILE", 1, 1 },
		{ "FILE...", 1, SIZE_MAX },
		{ "[KQL]", 0, 1 },
		{ "[WORD...]", 0, SIZE_MAX },
		{ "FROM TO", 2, 2 },
		{ "FILE [OTHER]", 1, 2 },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct argument_range range = argument_range(known[i].arguments);
		assert_int_equal(range.least, known[i].least);
		assert_int_equal(range.most, known[i].most);
	}
}

static void help_is_asked_for_before_the_two_dashes_only(void **state)
{
	(void)state;
	const char *asked[] = { "a", "--help" }, *shortly[] = { "-h" },
		   *not_asked[] = { "--", "--help" };
	assert_true(options_ask_for_help(2, asked));
	assert_true(options_ask_for_help(1, shortly));
	assert_false(options_ask_for_help(2, not_asked));
	assert_false(options_ask_for_help(1, asked));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_stand_where_nothing_is_given),
		cmocka_unit_test(every_spelling_of_an_option_is_read),
		cmocka_unit_test(a_flag_is_told_from_its_absence),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(wrong_usage_is_one_line_that_says_what_to_do),
		cmocka_unit_test(a_row_tells_how_many_arguments),
		cmocka_unit_test(help_is_asked_for_before_the_two_dashes_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
