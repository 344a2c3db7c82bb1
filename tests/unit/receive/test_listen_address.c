#include "collector/receive/listen_address.h"

#include <string.h>

#include "support/unit.h"

static void assert_reads(const char *text, const char *want)
{
	struct listen_address a;
	struct err e = { 0 };
	char got[LISTEN_TEXT_MAX];
	if (!listen_address_parse(text, &a, &e))
		fail_msg("%s: %s", text, e.text);
	assert_int_equal(listen_address_format(&a, got), strlen(want));
	assert_string_equal(got, want);
}

static void every_form_is_read(void **state)
{
	(void)state;
	assert_reads("192.0.2.1:2055", "192.0.2.1:2055");
	assert_reads("0.0.0.0:4739", "0.0.0.0:4739");
	assert_reads("[2001:DB8::1]:65535", "[2001:db8::1]:65535");
	assert_reads("[::]:1", "[::]:1");
	assert_reads(":2055", "*:2055");
	assert_reads("2055", "*:2055");
	assert_reads("127.0.0.1:0", "127.0.0.1:0");
	assert_reads("tcp:4739", "tcp:*:4739");
	assert_reads("tcp:[::1]:4739", "tcp:[::1]:4739");
}

static void anything_else_is_refused_by_name(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"",
		":",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:65536",
		"-1",
		"2055x",
		"127.0.0.1:+1",
		"::1:2055",
		"[::1]",
		"[::1]2055",
		"[]:2055",
		"[::1:2055",
		"[127.0.0.1]:1",
		"example:2055",
		" 2055",
		"[::1]x:2055",
		"1.2.3.4.5:6",
		"00002055",
		"[11111111111111111111111111111111111111111111111111111111::]:1",
	};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct listen_address a;
		struct err e = { 0 };
		if (listen_address_parse(wrong[i], &a, &e))
			fail_msg("\"%s\" was read", wrong[i]);
		assert_int_equal(e.code, ERR_USAGE);
		assert_non_null(strstr(e.text, wrong[i]));
	}
}

static void both_families_are_neither(void **state)
{
	(void)state;
	struct listen_address any, v6, v4;
	struct err e = { 0 };
	assert_true(listen_address_parse(":1", &any, &e));
	assert_true(listen_address_parse("[::]:1", &v6, &e));
	assert_true(listen_address_parse("0.0.0.0:1", &v4, &e));
	assert_true(listen_address_equal(&any, &any));
	assert_false(listen_address_equal(&any, &v6));
	assert_false(listen_address_equal(&any, &v4));
	assert_false(listen_address_equal(&v6, &v4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_read),
		cmocka_unit_test(anything_else_is_refused_by_name),
		cmocka_unit_test(both_families_are_neither),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
