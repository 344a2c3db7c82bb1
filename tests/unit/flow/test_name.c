#include "core/flow/name.h"

#include <stdio.h>
#include <string.h>

#include "core/base/attr.h"
#include "support/unit.h"

static const char *set(const char *octets, size_t len)
{
	static struct name name;
	memset(&name, 0xee, sizeof name);
	return name_set_text(&name, (const uint8_t *)octets, len) ? name.text : NULL;
}
#define SET(literal) set(literal, sizeof literal - 1)

static void padding_is_cut(void **state)
{
	(void)state;
	assert_string_equal(SET("Te0/0/0"), "Te0/0/0");
	assert_string_equal(SET("Te0/0/0\0\0\0"), "Te0/0/0");
	assert_string_equal(SET("Te0/0/0   "), "Te0/0/0");
	assert_string_equal(SET("Te0/0/0  \0  "), "Te0/0/0");
	assert_string_equal(SET("a b\0what a buffer held before"), "a b");
	assert_null(SET(""));
	assert_null(SET("\0\0\0\0"));
	assert_null(SET("    "));
}

/* RFC 3629; U+FFFD is EF BF BD. */
static void what_is_no_text_is_replaced(void **state)
{
	(void)state;
	assert_string_equal(SET("M\xc3\xbcnchen"), "M\xc3\xbcnchen");
	assert_string_equal(SET("M\xfcnchen"), "M\xef\xbf\xbdnchen");
	assert_string_equal(SET("\x1b[2Jx"), "\xef\xbf\xbd[2Jx");
	assert_string_equal(SET("a\nb\tc\x7f"), "a\xef\xbf\xbd"
	                                        "b\xef\xbf\xbd"
	                                        "c\xef\xbf\xbd");
	assert_string_equal(SET("\xc2\x9b"
	                        "2J"),
	                    "\xef\xbf\xbd"
	                    "2J"); /* C1: CSI */
	assert_string_equal(SET("\xc2\xa0"), "\xc2\xa0");
	assert_string_equal(SET("x\xe2\x82"), "x\xef\xbf\xbd\xef\xbf\xbd"); /* cut short */
	assert_string_equal(SET("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd");   /* overlong */
}

static void a_long_text_is_cut_between_two_characters(void **state)
{
	(void)state;
	char octets[200];
	memset(octets, 'x', sizeof octets);
	assert_int_equal(strlen(set(octets, 64)), 64);
	assert_int_equal(strlen(set(octets, 65)), 64);
	assert_int_equal(strlen(set(octets, sizeof octets)), 64);
	memcpy(octets + 63, "\xc3\xbc", 2);
	assert_int_equal(strlen(set(octets, sizeof octets)), 63);
	memset(octets, 0xff, sizeof octets);
	assert_int_equal(strlen(set(octets, sizeof octets)), 63); /* 21 times U+FFFD */
}

static void a_log_keeps_order_and_is_bounded(void **state)
{
	(void)state;
	enum { MOST = NAME_LOG_FULL + NAME_LOG_SPARE };
	struct name_log log = { 0 };
	struct name name = { 0 };
	for (uint64_t i = 0; i < NAME_LOG_FULL; i++) {
		assert_false(name_log_is_full(&log));
		name.id = i;
		name_log_add(&log, &name);
	}
	assert_true(name_log_is_full(&log));
	for (uint64_t i = NAME_LOG_FULL; i < MOST + 1000; i++) {
		name.id = i;
		name_log_add(&log, &name);
	}
	assert_int_equal(log.count, MOST);
	for (size_t i = 0; i < log.count; i++)
		assert_int_equal(log.items[i].id, i);
	assert_true(name_log_memory(&log) <= name_log_bound());
	assert_true(name_log_bound() <= 8 << 20);
	name_log_clear(&log);
	assert_int_equal(log.count, 0);
	assert_true(name_log_memory(&log) <= 1 << 20);
	name_log_add(&log, &name);
	assert_int_equal(log.count, 1);
	name_log_done(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(padding_is_cut),
		cmocka_unit_test(what_is_no_text_is_replaced),
		cmocka_unit_test(a_long_text_is_cut_between_two_characters),
		cmocka_unit_test(a_log_keeps_order_and_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
