#include "exporter/nat/session_event.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/base/ticks.h"
#include "core/flow/nat_event.h"
#include "session_of.h"
#include "support/unit.h"

#define NOON (ticks_from_date((struct date){ 2026, 11, 27 }) + 12 * TICKS_PER_HOUR)

static void assert_ip(const struct ip *ip, const char *text)
{
	char found[IP_TEXT_MAX];
	ip_format(ip, found);
	assert_string_equal(found, text);
}

static void a_session_is_told_by_both_of_its_tuples(void **state)
{
	(void)state;
	struct nat_logging config = { .dialect = NAT_DIALECT_IANA };
	struct session s = session_of(2, 5000, 1024);
	struct nat_event e = session_event(&s, true, NOON, &config);
	assert_string_equal(nat_event_names[e.event], "NAT44 session create");
	assert_int_equal(e.event_time, NOON);
	assert_int_equal(e.protocol, 17);
	assert_ip(&e.src_addr, "10.0.0.2");
	assert_int_equal(e.src_port, 5000);
	assert_ip(&e.dst_addr, "192.0.2.9");
	assert_int_equal(e.dst_port, 53);
	assert_ip(&e.post_src_addr, "203.0.113.10");
	assert_int_equal(e.post_src_port, 1024);
	assert_ip(&e.post_dst_addr, "192.0.2.9");
	assert_int_equal(e.post_dst_port, 53);
	e = session_event(&s, false, NOON, &config);
	assert_string_equal(nat_event_names[e.event], "NAT44 session delete");
}

/* RFC 8158 Table 2, and the 15 values of the draft that Junos follows. */
static void the_number_is_that_of_the_dialect(void **state)
{
	(void)state;
	static const struct {
		enum nat_dialect dialect;
		uint8_t create, delete;
	} cases[] = { { NAT_DIALECT_IANA, 4, 5 }, { NAT_DIALECT_JUNOS, 1, 2 } };
	struct session s = session_of(2, 5000, 1024);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct nat_logging config = { .dialect = cases[i].dialect };
		assert_int_equal(session_event(&s, true, NOON, &config).event_code,
		                 cases[i].create);
		assert_int_equal(session_event(&s, false, NOON, &config).event_code,
		                 cases[i].delete);
	}
}

static void the_pool_of_the_outside_address_is_named(void **state)
{
	(void)state;
	struct nat_pool pools[] = { { .name = "other" }, { .name = "blue" } };
	struct nat_logging config = { .dialect = NAT_DIALECT_JUNOS,
		                      .pools = pools,
		                      .pool_count = 2 };
	assert_true(ip_prefix_parse("203.0.113.64/26", &pools[0].addresses));
	assert_true(ip_prefix_parse("203.0.113.0/26", &pools[1].addresses));
	struct session s = session_of(2, 5000, 1024);
	struct nat_event e = session_event(&s, true, NOON, &config);
	assert_true(e.present & PLAIN_BIT(NAT, NatPoolName));
	assert_int_equal(e.pool_name.len, 4);
	assert_memory_equal(e.pool_name.at, "blue", 4);
	s.post_src = htonl(0xc6336401U);
	e = session_event(&s, true, NOON, &config);
	assert_false(e.present & PLAIN_BIT(NAT, NatPoolName));
}

/* RFC 6052 section 2.2: 64:ff9b:: with 192.0.2.9 behind it is 64:ff9b::c000:209. */
static void a_known_host_behind_a_translator_has_a_nat64_session(void **state)
{
	(void)state;
	struct nat64_host hosts[2];
	assert_true(ip_prefix_parse("10.0.0.2", &hosts[0].ipv4) &&
	            ip_prefix_parse("2001:db8::2", &hosts[0].ipv6) &&
	            ip_prefix_parse("10.0.0.4", &hosts[1].ipv4) &&
	            ip_prefix_parse("2001:db8::4", &hosts[1].ipv6));
	struct nat_logging config = { .dialect = NAT_DIALECT_IANA };
	config.nat64_hosts = hosts;
	config.nat64_host_count = 2;
	assert_true(ip_parse("64:ff9b::", &config.nat64_prefix));
	struct session s = session_of(4, 5000, 1024);
	struct nat_event e = session_event(&s, true, NOON, &config);
	assert_string_equal(nat_event_names[e.event], "NAT64 session create");
	assert_int_equal(e.event_code, 6);
	assert_ip(&e.src_addr, "2001:db8::4");
	assert_ip(&e.dst_addr, "64:ff9b::c000:209");
	assert_ip(&e.post_src_addr, "203.0.113.10");
	assert_ip(&e.post_dst_addr, "192.0.2.9");
	assert_int_equal(session_event(&s, false, NOON, &config).event_code, 7);
	s = session_of(3, 5000, 1024);
	assert_int_equal(session_event(&s, true, NOON, &config).event_code, 4);
}

static void a_translated_destination_alone_is_told_of_where_destinations_are(void **state)
{
	(void)state;
	struct nat_logging config = { .dialect = NAT_DIALECT_IANA };
	struct session s = session_of(2, 5000, 1024);
	assert_true(session_event_wanted(&s, &config));
	s.post_src = s.key.src;
	s.post_src_port = s.key.src_port;
	s.post_dst = htonl(0x0a000063U);
	assert_false(session_event_wanted(&s, &config));
	config.destinations = true;
	assert_true(session_event_wanted(&s, &config));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_told_by_both_of_its_tuples),
		cmocka_unit_test(the_number_is_that_of_the_dialect),
		cmocka_unit_test(the_pool_of_the_outside_address_is_named),
		cmocka_unit_test(a_known_host_behind_a_translator_has_a_nat64_session),
		cmocka_unit_test(a_translated_destination_alone_is_told_of_where_destinations_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
