#include "collector/decode/naming.h"

#include <string.h>

#include "core/flow/application.h"
#include "support/decoding.h"

#define HEADER                                                                                     \
	{                                                                                          \
		.uptime_ms = 1000000, .seconds = 0x6b023080, .sequence = 5, .domain = 100          \
	}

static struct name_log told;

static void take(void *context, const struct name *name)
{
	(void)context;
	name_log_add(&told, name);
}

/* What the message of options template and data tells, as lines "KIND ID TEXT", '~' before a
 * description. */
static const char *tells(struct bytes *m)
{
	static char lines[4096];
	static const struct decoder_config config;
	struct decode_sink sink = { .rows = decoding_take, .named = take };
	struct err e = { 0 };
	struct decoding d = { .decoder = decoder_new(&config, &sink, &e) };
	assert_non_null(d.decoder);
	if (m->b[1] == 10)
		wire_ipfix_end(m);
	name_log_clear(&told);
	decoding_send(&d, m);
	size_t len = 0;
	lines[0] = '\0';
	for (size_t i = 0; i < told.count; i++) {
		const struct name *n = &told.items[i];
		len += (size_t)snprintf(lines + len, sizeof lines - len, "%s %llx %s%s\n",
		                        name_kind_name(n->kind), (unsigned long long)n->id,
		                        n->described ? "~" : "", n->text);
	}
	decoder_free(d.decoder);
	name_log_done(&told);
	return lines;
}

/* Cisco IOS: option interface-table; scope System, 10, 82, 83. */
static void interfaces_of_netflow_9(void **state)
{
	(void)state;
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 1, "0100 0004 000c 00010004 000a0004 00520008 0053000c 0000");
	wire_set(&m, 256,
	         "0a210adb 00000001 5465302f302f3000 54656e476967302f302f3000"
	         "0a210adb 00000002 5465302f302f3100 54656e476967302f302f3100");
	assert_string_equal(tells(&m), "interface 1 Te0/0/0\ninterface 2 Te0/0/1\n");
}

/* The scope is the interface itself (RFC 3954 section 6.1, type 2), of two octets. */
static void the_scope_may_be_the_interface(void **state)
{
	(void)state;
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 1, "0100 0004 0004 00020002 00520004 0000");
	wire_set(&m, 256, "0203 65746830 fffe 65746831");
	assert_string_equal(tells(&m), "interface 203 eth0\ninterface fffe eth1\n");
}

/* A scope of another type has no number of an interface. */
static void other_scopes_are_none(void **state)
{
	(void)state;
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 1, "0100 0004 0004 000a0002 00520004 0000");
	wire_set(&m, 256, "0203 65746830");
	assert_string_equal(tells(&m), "");
}

static void interfaces_of_ipfix(void **state)
{
	(void)state;
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 3, "0100 0002 0001 000e0004 0052ffff");
	wire_set(&m, 256, "00000007 05 78652d3030 00000008 00 00000009 ff0003 616263");
	wire_set(&m, 3, "0101 0002 0001 00fc0004 00530008");
	wire_set(&m, 257, "00000007 75706c696e6b2020");
	wire_set(&m, 3, "0102 0002 0001 00fd0008 00520004");
	wire_set(&m, 258, "0000000100000000 65746830");
	assert_string_equal(tells(&m), "interface 7 xe-00\ninterface 9 abc\n"
	                               "interface 7 ~uplink\ninterface 100000000 eth0\n");
}

/* Cisco IOS XR: options vrf-table; 234 or 235 with 236. */
static void vrfs(void **state)
{
	(void)state;
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 1, "0100 0004 0008 00010004 00ea0004 00ec0008");
	wire_set(&m, 256, "00000001 60000001 7265640000000000");
	assert_string_equal(tells(&m), "vrf 60000001 red\n");
	m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 3, "0100 0002 0001 00eb0004 00ecffff");
	wire_set(&m, 256, "00000005 04 626c7565");
	assert_string_equal(tells(&m), "vrf 5 blue\n");
}

/* Cisco NBAR: option application-table; 95, 96, 94.  13:453 is 0d 0001c5. */
static void applications(void **state)
{
	(void)state;
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 1, "0100 0004 000c 00010004 005f0004 00600008 005e0008 0000");
	wire_set(&m, 256, "00000001 0d0001c5 796f757475626500 566964656f000000");
	assert_string_equal(tells(&m), "application d000000000001c5 youtube\n");
	m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 3, "0100 0002 0001 005fffff 005effff");
	wire_set(&m, 256, "09 1400003044 0000a203 02 6674 01 0d 01 78");
	assert_string_equal(tells(&m), "application 140030440000a203 ~ft\n"); /* 20:12356:41475 */
}

static void an_empty_name_gives_way_to_the_description(void **state)
{
	(void)state;
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 3, "0100 0003 0001 000a0004 00520004 00530004");
	wire_set(&m, 256, "00000001 00000000 75706c6b 00000002 00000000 20202020");
	assert_string_equal(tells(&m), "interface 1 ~uplk\n");
}

/* An enterprise's element 82 is something else, and so is an identifier of nine octets. */
static void what_only_looks_like_it_is_none(void **state)
{
	(void)state;
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 3, "0100 0002 0001 000a0004 80520004 00000009");
	wire_set(&m, 256, "00000001 65746830");
	wire_set(&m, 3, "0101 0002 0001 800a0004 00000009 00520004");
	wire_set(&m, 257, "00000001 65746830");
	wire_set(&m, 3, "0102 0002 0001 000a0009 00520004");
	wire_set(&m, 258, "000000000000000001 65746830");
	wire_set(&m, 3, "0103 0002 0001 000affff 00520004");
	wire_set(&m, 259, "00 65746830");
	assert_string_equal(tells(&m), "");
}

static void a_record_may_tell_several(void **state)
{
	(void)state;
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 3, "0100 0004 0001 000a0004 00520004 00ea0004 00ec0004");
	wire_set(&m, 256, "00000001 65746830 00000002 72656400");
	assert_string_equal(tells(&m), "interface 1 eth0\nvrf 2 red\n");
}

static void names_have_their_exporter_domain_and_time(void **state)
{
	(void)state;
	static const struct decoder_config config;
	struct decode_sink sink = { .rows = decoding_take, .named = take };
	struct err e = { 0 };
	struct decoding d = { .decoder = decoder_new(&config, &sink, &e) };
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 1, "0100 0004 0004 00020002 00520004 0000");
	wire_set(&m, 256, "0203 65746830");
	decoding_send_from(&d, &m, "2001:db8::1", 999);
	struct ip want;
	assert_true(ip_parse("2001:db8::1", &want));
	assert_int_equal(told.count, 1);
	assert_true(ip_equal(&told.items[0].exporter, &want));
	assert_int_equal(told.items[0].domain, 100);
	assert_true(told.items[0].told ==
	            ticks_from_date((struct date){ 2026, 11, 22 }) + 90 * TICKS_PER_SECOND);
	name_log_done(&told);
	decoder_free(d.decoder);
}

/* The identifier of the last row as text, or "". */
static const char *application_of(struct bytes *m)
{
	static char text[APPLICATION_TEXT_MAX];
	struct decoding *d = decoding_new(NULL);
	wire_ipfix_end(m);
	decoding_send(d, m);
	assert_int_equal(d->count, 1);
	text[0] = '\0';
	if (row_has(&d->rows[0], COL_ApplicationId))
		application_format(d->rows[0].key.application, text);
	else
		assert_int_equal(d->rows[0].key.application, 0);
	decoding_free(d);
	return text;
}

static void records_have_the_identifier_of_their_application(void **state)
{
	(void)state;
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0002 00080004 005f0004");
	wire_set(&m, 256, "01010101 0d0001c5");
	assert_string_equal(application_of(&m), "13:453");
	m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0002 00080004 005fffff");
	wire_set(&m, 256, "01010101 09 14000030440000a203");
	assert_string_equal(application_of(&m), "20:12356:41475");
	m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0002 00080004 005fffff");
	wire_set(&m, 256, "01010101 01 0d"); /* no selector */
	assert_string_equal(application_of(&m), "");
	m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0002 00080004 005f000a");
	wire_set(&m, 256, "01010101 0d010000000000000000"); /* a selector of 65 bits */
	assert_string_equal(application_of(&m), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces_of_netflow_9),
		cmocka_unit_test(the_scope_may_be_the_interface),
		cmocka_unit_test(other_scopes_are_none),
		cmocka_unit_test(interfaces_of_ipfix),
		cmocka_unit_test(vrfs),
		cmocka_unit_test(applications),
		cmocka_unit_test(an_empty_name_gives_way_to_the_description),
		cmocka_unit_test(what_only_looks_like_it_is_none),
		cmocka_unit_test(a_record_may_tell_several),
		cmocka_unit_test(names_have_their_exporter_domain_and_time),
		cmocka_unit_test(records_have_the_identifier_of_their_application),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
