/* `exporter.nat` of the configuration. */
#include <stdio.h>
#include <string.h>

#include "support/unit.h"
#include "weir/config.h"

#define NAT(text) "exporter:\n  nat:\n" text

static struct config *parse(const char *text)
{
	struct problems problems;
	struct config *config = config_parse(text, strlen(text), &problems);
	if (!config)
		fail_msg("%s", problems.items[0].text);
	return config;
}

static void logging_is_off_and_as_rfc_8158_has_it_by_default(void **state)
{
	(void)state;
	struct config *config = parse("");
	const struct exporter_nat_config *nat = &config->exporter.nat;
	assert_string_equal(nat->events, "off");
	assert_string_equal(nat->dialect, "iana");
	assert_string_equal(nat->destinations, "no");
	assert_int_equal(nat->error_rate, 10000);
	assert_int_equal(nat->pools.count + nat->port_blocks.count + nat->nat64_hosts.count, 0);
	config_free(config);
}

static void a_pool_has_all_ports_that_linux_uses_unless_it_says_which(void **state)
{
	(void)state;
	struct config *config =
	    parse(NAT("    pools:\n"
	              "      - {addresses: 203.0.113.0/28}\n"
	              "      - {addresses: 203.0.113.64, first_port: 5, last_port: 6, name: b}\n"));
	const struct nat_pool *pools = config->exporter.nat.pools.items;
	assert_int_equal(config->exporter.nat.pools.count, 2);
	assert_int_equal(pools[0].first_port, 1024);
	assert_int_equal(pools[0].last_port, 65535);
	assert_string_equal(pools[0].name, "");
	assert_int_equal(pools[1].first_port, 5);
	assert_int_equal(pools[1].last_port, 6);
	assert_string_equal(pools[1].name, "b");
	config_free(config);
}

static void hosts_behind_nat64_stand_in_order(void **state)
{
	(void)state;
	struct config *config = parse(NAT("    nat64_hosts:\n"
	                                  "      - {ipv4: 10.0.0.9, ipv6: '2001:db8::9'}\n"
	                                  "      - {ipv4: 10.0.0.2, ipv6: '2001:db8::2'}\n"));
	const struct nat64_host *hosts = config->exporter.nat.nat64_hosts.items;
	char text[IP_TEXT_MAX];
	assert_int_equal(config->exporter.nat.nat64_hosts.count, 2);
	ip_format(&hosts[0].ipv6.ip, text);
	assert_string_equal(text, "2001:db8::2");
	config_free(config);
}

static void every_kind_of_mistake_is_named_at_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *text, *key, *says;
		unsigned line;
	} cases[] = {
		{ NAT("    error_rate: 2147483648\n"), "exporter.nat.error_rate", "out of range",
		  3 },
		{ NAT("    dialect: cisco\n"), "exporter.nat.dialect", "none of iana|junos", 3 },
		{ NAT("    pools:\n      - name: x\n"), "exporter.nat.pools[1]",
		  "lacks the key \"addresses\"", 4 },
		{ NAT("    pools:\n      - {addresses: 203.0.113.1, first_port: 9, last_port: "
		      "8}\n"),
		  "exporter.nat.pools", "ports 9 to 8 are none", 4 },
		{ NAT("    port_blocks:\n"
		      "      - {inside: 100.64.0.0/26, outside: 203.0.113.1, size: 1024}\n"),
		  "exporter.nat.port_blocks", "64 inside addresses, but outside has 63 blocks", 4 },
		{ NAT("    nat64_hosts:\n      - {ipv4: 10.0.0.0/24, ipv6: '2001:db8::9'}\n"),
		  "exporter.nat.nat64_hosts", "ipv4 must be an IPv4 address", 4 },
		{ NAT("    nat64_hosts:\n      - {ipv4: 10.0.0.2, ipv6: '2001:db8::9'}\n"
		      "      - {ipv4: 10.0.0.2, ipv6: '2001:db8::8'}\n"),
		  "exporter.nat.nat64_hosts", "10.0.0.2 stands for two hosts", 4 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct problems problems;
		struct config *config =
		    config_parse(cases[i].text, strlen(cases[i].text), &problems);
		assert_null(config);
		assert_int_equal(problems.count, 1);
		assert_string_equal(problems.items[0].key, cases[i].key);
		assert_non_null(strstr(problems.items[0].text, cases[i].says));
		assert_int_equal(problems.items[0].position.line, cases[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logging_is_off_and_as_rfc_8158_has_it_by_default),
		cmocka_unit_test(a_pool_has_all_ports_that_linux_uses_unless_it_says_which),
		cmocka_unit_test(hosts_behind_nat64_stand_in_order),
		cmocka_unit_test(every_kind_of_mistake_is_named_at_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
