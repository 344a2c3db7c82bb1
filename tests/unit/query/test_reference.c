#include "query/reference.h"

#include <string.h>

#include "query/example.h"
#include "query/function.h"
#include "support/unit.h"
#include "unit/query/asking.h"

/* asking_rows' "a|b\n" in the form of an example's answer. */
static void as_answer(struct buf *out, const char *rows)
{
	for (const char *at = rows; *at; at++)
		if (*at == '|')
			buf_puts(out, ", ");
		else if (*at == '\n')
			buf_puts(out, at[1] ? " / " : "");
		else
			buf_putc(out, *at);
}

static void example_runs(void *session, const struct example *example)
{
	struct buf kql = { 0 }, got = { 0 };
	buf_printf(&kql, "%s%s", EXAMPLE_TABLE, example->kql);
	as_answer(&got, asking_rows(session, buf_text(&kql)));
	if (strcmp(buf_text(&got), example->answer) != 0)
		fail_msg("%s: %s: expected %s, got %s", example->name, example->kql,
		         example->answer, buf_text(&got));
	buf_done(&kql);
	buf_done(&got);
}

static void every_example_gives_its_answer(void **state)
{
	for (size_t i = 0; i < scalar_example_count; i++)
		example_runs(*state, &scalar_examples[i]);
	for (size_t i = 0; i < table_example_count; i++)
		example_runs(*state, &table_examples[i]);
	for (size_t i = 0; i < operator_example_count; i++)
		example_runs(*state, &operator_examples[i]);
}

/* What follows the usage, the help and an empty line. */
static void every_word_has_an_example_that_uses_it(void **state)
{
	(void)state;
	const char *const *words;
	size_t count = reference_words(&words);
	assert_true(count > 350);
	for (size_t i = 0; i < count; i++) {
		struct buf text = { 0 };
		if (strcmp(words[i], "externaldata") == 0)
			continue; /* refused */
		assert_true(reference_word(words[i], &text, NULL));
		const char *example = strstr(buf_text(&text), "\n\n");
		if (!example || !strstr(example, words[i]) || !strstr(example, "→"))
			fail_msg("%s has no example", words[i]);
		buf_done(&text);
	}
}

static void words_exist(const struct example *rows, size_t count)
{
	struct buf text = { 0 };
	for (size_t i = 0; i < count; i++)
		assert_true(reference_word(rows[i].name, &text, NULL));
	buf_done(&text);
}

static void no_example_is_of_a_word_that_is_not_there(void **state)
{
	(void)state;
	words_exist(scalar_examples, scalar_example_count);
	words_exist(table_examples, table_example_count);
	words_exist(operator_examples, operator_example_count);
}

static void a_misspelt_word_has_a_neighbour(void **state)
{
	(void)state;
	struct buf text = { 0 };
	const char *near = NULL;
	assert_false(reference_word("summarise", &text, &near));
	assert_string_equal(near, "summarize");
	assert_true(text.len == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example_gives_its_answer),
		cmocka_unit_test(every_word_has_an_example_that_uses_it),
		cmocka_unit_test(no_example_is_of_a_word_that_is_not_there),
		cmocka_unit_test(a_misspelt_word_has_a_neighbour),
	};
	return cmocka_run_group_tests(tests, asking_start, asking_stop);
}
