#include "exporter/capture/link.h"

#include <net/if_arp.h>
#include <string.h>

#include "support/unit.h"

static struct links *opened(void)
{
	struct err e = { 0 };
	struct links *links = links_open(&e);
	assert_string_equal(e.text, "");
	assert_non_null(links);
	return links;
}

/* Every network has one, and the C library knows its number. */
static void the_loopback_interface_is_what_it_is_everywhere(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct links *links = opened();
	struct link_info link, again;
	assert_true(link_by_name(links, "lo", &link, &e));
	assert_int_equal(link.index, if_nametoindex("lo"));
	assert_string_equal(link.name, "lo");
	assert_int_equal(link.type, ARPHRD_LOOPBACK);
	assert_true(link.mtu >= 1280);
	assert_int_equal(link.packets.in, link.packets.out); /* what goes out comes in */
	assert_true(link_by_index(links, link.index, &again, &e));
	assert_string_equal(again.name, "lo");
	links_close(links);
}

static void what_is_not_there_is_said(void **state)
{
	(void)state;
	static const char *const names[] = { "", "weir-none", "a-name-longer-than-names-can-be" };
	struct links *links = opened();
	struct link_info link = { .index = 77 };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct err e = { 0 };
		assert_false(link_by_name(links, names[i], &link, &e));
		assert_int_equal(e.code, ERR_CONFIG);
		assert_non_null(strstr(e.text, "there is no network interface"));
		assert_non_null(strstr(e.text, names[i]));
	}
	struct err e = { 0 };
	assert_false(link_by_index(links, 2000000000, &link, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_int_equal(link.index, 77);

	/* and one question's failing does not spoil the next */
	assert_true(link_by_name(links, "lo", &link, &e));
	assert_string_equal(link.name, "lo");
	links_close(links);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_loopback_interface_is_what_it_is_everywhere),
		cmocka_unit_test(what_is_not_there_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
