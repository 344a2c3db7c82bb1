#include "core/base/ip.h"

#include <string.h>

#include "support/unit.h"

static void text_is_read_and_written(void **state)
{
	(void)state;
	static const char *const same[] = { "0.0.0.0", "192.0.2.1", "255.255.255.255",
		                            "2001:db8::1", "::" };
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct ip ip;
		char text[IP_TEXT_MAX];
		assert_true(ip_parse(same[i], &ip));
		assert_int_equal(ip_format(&ip, text), strlen(same[i]));
		assert_string_equal(text, same[i]);
	}
	struct ip ip;
	assert_false(ip_parse("192.0.2", &ip));
	assert_false(ip_parse("192.0.2.1/24", &ip));
}

static void masks_count_in_the_address_family(void **state)
{
	(void)state;
	static const struct {
		const char *ip;
		unsigned bits;
		const char *masked;
	} known[] = {
		{ "192.0.2.129", 25, "192.0.2.128" },
		{ "192.0.2.129", 0, "0.0.0.0" },
		{ "192.0.2.129", 32, "192.0.2.129" },
		{ "192.0.2.129", 200, "192.0.2.129" },
		{ "2001:db8:ffff::1", 33, "2001:db8:8000::" },
		{ "2001:db8::1", 128, "2001:db8::1" },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct ip ip;
		char text[IP_TEXT_MAX];
		assert_true(ip_parse(known[i].ip, &ip));
		ip = ip_masked(ip, known[i].bits);
		ip_format(&ip, text);
		assert_string_equal(text, known[i].masked);
	}
}

static void prefixes_hold_their_own_family_only(void **state)
{
	(void)state;
	struct ip_prefix p;
	struct ip in, out, other;
	assert_true(ip_prefix_parse("198.51.100.77/24", &p));
	assert_true(ip_parse("198.51.100.200", &in));
	assert_true(ip_parse("198.51.101.1", &out));
	assert_true(ip_parse("2001:db8::1", &other));
	assert_true(ip_prefix_holds(&p, &in));
	assert_false(ip_prefix_holds(&p, &out));
	assert_true(ip_prefix_parse("0.0.0.0/0", &p));
	assert_false(ip_prefix_holds(&p, &other));
	assert_false(ip_prefix_parse("198.51.100.0/33", &p));
	assert_false(ip_prefix_parse("198.51.100.0/", &p));
	assert_false(ip_prefix_parse("198.51.100.0/-1", &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_read_and_written),
		cmocka_unit_test(masks_count_in_the_address_family),
		cmocka_unit_test(prefixes_hold_their_own_family_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
