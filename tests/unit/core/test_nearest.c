#include "core/base/nearest.h"

#include <limits.h>
#include <string.h>

#include "support/unit.h"

static void distances_are_counted_in_letters(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		unsigned distance;
	} known[] = {
		{ "", "", 0 },           { "query", "query", 0 },    { "", "abc", 3 },
		{ "abc", "", 3 },        { "kitten", "sitting", 3 }, { "flaw", "lawn", 2 },
		{ "qurey", "query", 1 }, { "ab", "ba", 1 },          { "improt", "import", 1 },
		{ "check", "chek", 1 },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		assert_int_equal(word_distance(known[i].a, known[i].b), known[i].distance);
		assert_int_equal(word_distance(known[i].b, known[i].a), known[i].distance);
	}
}

static void long_words_are_far_from_everything(void **state)
{
	(void)state;
	char longest[64], longer[65];
	memset(longest, 'a', sizeof longest);
	memset(longer, 'a', sizeof longer);
	longest[63] = longer[64] = '\0';
	assert_int_equal(word_distance(longest, longest), 0);
	assert_int_equal(word_distance(longer, longest), UINT_MAX);
}

static const char *nearest_of(const char *word, const char *a, const char *b)
{
	struct nearest n = nearest_to(word);
	nearest_offer(&n, a);
	nearest_offer(&n, b);
	return n.best;
}

static void only_a_near_word_is_suggested(void **state)
{
	(void)state;
	assert_string_equal(nearest_of("workspce", "format", "workspace"), "workspace");
	assert_string_equal(nearest_of("decoed", "decode", "decoder"), "decode");
	assert_null(nearest_of("banana", "format", "workspace"));
	assert_null(nearest_of("xy", "ab", "format"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_are_counted_in_letters),
		cmocka_unit_test(long_words_are_far_from_everything),
		cmocka_unit_test(only_a_near_word_is_suggested),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
