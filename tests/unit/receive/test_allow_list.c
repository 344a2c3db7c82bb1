#include "collector/receive/allow_list.h"

#include <stdlib.h>

#include "support/unit.h"

static bool holds(const struct allow_list *list, const char *text)
{
	struct ip ip;
	assert_true(ip_parse(text, &ip));
	return allow_list_holds(list, &ip);
}

static struct allow_list *list_of(size_t count, const char *const *texts)
{
	struct ip_prefix prefixes[8];
	for (size_t i = 0; i < count; i++)
		assert_true(ip_prefix_parse(texts[i], &prefixes[i]));
	struct allow_list *list = allow_list_new(prefixes, count);
	assert_non_null(list);
	return list;
}

static void prefixes_are_held_to_the_bit(void **state)
{
	(void)state;
	static const char *const texts[] = { "192.0.2.0/25", "198.51.100.7", "2001:db8::/33" };
	struct allow_list *list = list_of(ARRAY_LEN(texts), texts);
	assert_true(holds(list, "192.0.2.0"));
	assert_true(holds(list, "192.0.2.127"));
	assert_false(holds(list, "192.0.2.128"));
	assert_false(holds(list, "192.0.1.255"));
	assert_true(holds(list, "198.51.100.7"));
	assert_false(holds(list, "198.51.100.6"));
	assert_true(holds(list, "2001:db8:7fff:ffff::1"));
	assert_false(holds(list, "2001:db8:8000::"));
	allow_list_free(list);
}

static void families_are_kept_apart(void **state)
{
	(void)state;
	static const char *const four[] = { "0.0.0.0/0" }, *const six[] = { "::/0" };
	struct allow_list *v4 = list_of(1, four), *v6 = list_of(1, six);
	assert_true(holds(v4, "203.0.113.1"));
	assert_false(holds(v4, "::1"));
	assert_true(holds(v6, "::1"));
	assert_false(holds(v6, "203.0.113.1"));
	allow_list_free(v4);
	allow_list_free(v6);
}

static void no_list_allows_everyone(void **state)
{
	(void)state;
	struct allow_list *empty = allow_list_new(NULL, 0);
	assert_non_null(empty);
	assert_true(holds(empty, "192.0.2.1"));
	assert_true(holds(NULL, "::1"));
	allow_list_free(empty);
	allow_list_free(NULL);
}

static void its_length_is_bounded(void **state)
{
	(void)state;
	struct ip_prefix *many = calloc(ALLOW_MOST + 1, sizeof *many);
	assert_non_null(many);
	assert_null(allow_list_new(many, ALLOW_MOST + 1));
	struct allow_list *most = allow_list_new(many, ALLOW_MOST);
	assert_non_null(most);
	allow_list_free(most);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_are_held_to_the_bit),
		cmocka_unit_test(families_are_kept_apart),
		cmocka_unit_test(no_list_allows_everyone),
		cmocka_unit_test(its_length_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
