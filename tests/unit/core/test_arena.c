#include "core/base/arena.h"

#include <string.h>

#include "support/unit.h"

static void memory_is_zeroed_and_apart(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 24);
	char *one = arena_alloc(&a, 10);
	char *large = arena_alloc(&a, 3 << 20);
	char *two = arena_alloc(&a, 10);
	assert_non_null(one);
	assert_non_null(large);
	assert_non_null(two);
	memset(one, 1, 10);
	memset(large, 2, 3 << 20);
	for (int i = 0; i < 10; i++)
		assert_int_equal(two[i], 0);
	assert_string_equal(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	arena_done(&a);
}

static void the_limit_is_kept(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 100);
	assert_non_null(arena_alloc(&a, 60));
	assert_null(arena_alloc(&a, 60));
	assert_true(a.exhausted);
	assert_null(arena_alloc_array(&a, SIZE_MAX / 2, 3));
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_apart),
		cmocka_unit_test(the_limit_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
