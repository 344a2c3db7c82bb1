#include <stdio.h>
#include <string.h>

#include "support/unit.h"
#include "weir/config.h"

static struct config *parse(const char *text, struct problems *problems)
{
	return config_parse(text, strlen(text), problems);
}

static void azure_is_local_without_configuration(void **state)
{
	(void)state;
	static const char *const files[] = { "", "local:\n  prefixes: [10.0.0.0/8]\n" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct problems problems;
		struct config *config = parse(files[i], &problems);
		assert_non_null(config);
		const struct local_ends *local = &config->enrich.local;
		assert_int_equal(local->asns.count, 2);
		assert_int_equal(local->asns.items[0], 65515);
		assert_int_equal(local->asns.items[1], 12076);
		assert_int_equal(local->prefixes.count, i);
		config_free(config);
	}
}

static void what_is_listed_as_local_takes_its_place(void **state)
{
	(void)state;
	struct problems problems;
	struct config *config = parse("local:\n"
	                              "  asns: [4294967295]\n"
	                              "  prefixes:\n"
	                              "    - 10.1.2.3/8\n"
	                              "    - 2001:db8::1\n",
	                              &problems);
	assert_non_null(config);
	const struct local_ends *local = &config->enrich.local;
	assert_int_equal(local->asns.count, 1);
	assert_int_equal(local->asns.items[0], UINT32_MAX);
	assert_int_equal(local->prefixes.count, 2);
	struct ip net;
	assert_true(ip_parse("10.0.0.0", &net));
	assert_true(ip_equal(&local->prefixes.items[0].ip, &net));
	assert_int_equal(local->prefixes.items[0].bits, 8);
	assert_int_equal(local->prefixes.items[1].bits, 128);
	config_free(config);
	config = parse("local: {asns: []}\n", &problems);
	assert_non_null(config);
	assert_int_equal(config->enrich.local.asns.count, 0);
	config_free(config);
}

static void a_rule_says_what_it_states(void **state)
{
	(void)state;
	struct problems problems;
	struct config *config = parse("circuits:\n"
	                              "  - id: all\n"
	                              "  - vlan: 0\n"
	                              "    id: priority\n"
	                              "  - exporter: 192.0.2.0/24\n"
	                              "    interface: 4294967295\n"
	                              "    vlan: 4095\n"
	                              "    customer_vlan: 7\n"
	                              "    vrf: 9\n"
	                              "    id: five\n"
	                              "    direct_port_id: port\n"
	                              "    service_key: key\n"
	                              "    peering_type: my own\n"
	                              "    bandwidth: 10G\n",
	                              &problems);
	assert_non_null(config);
	const struct circuits *circuits = &config->enrich.circuits;
	assert_int_equal(circuits->count, 3);
	const struct circuit *c = circuits->items;
	assert_int_equal(c[0].parts, 0);
	assert_string_equal(c[0].id, "all");
	assert_string_equal(c[0].direct_port_id, "");
	assert_string_equal(c[0].service_key, "");
	assert_string_equal(c[0].peering_type, "");
	assert_int_equal(c[0].bandwidth, 0);
	assert_int_equal(c[1].parts, CIRCUIT_VLAN);
	assert_int_equal(c[1].vlan, 0);
	assert_int_equal(c[2].parts, CIRCUIT_EXPORTER | CIRCUIT_INTERFACE | CIRCUIT_VLAN |
	                                 CIRCUIT_CUSTOMER_VLAN | CIRCUIT_VRF);
	assert_int_equal(c[2].exporter.bits, 24);
	assert_int_equal(c[2].interface, UINT32_MAX);
	assert_int_equal(c[2].vlan, 4095);
	assert_int_equal(c[2].customer_vlan, 7);
	assert_int_equal(c[2].vrf, 9);
	assert_string_equal(c[2].direct_port_id, "port");
	assert_string_equal(c[2].service_key, "key");
	assert_string_equal(c[2].peering_type, "my own");
	assert_true(c[2].bandwidth == UINT64_C(10000000000));
	config_free(config);
}

static void a_bandwidth_has_a_unit_or_none(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t want; /* 0: refused */
	} cases[] = {
		{ "1", 1 },
		{ "64k", 64000 },
		{ "500M", 500000000 },
		{ "400G", UINT64_C(400000000000) },
		{ "1000000G", UINT64_C(1000000000000000) },
		{ "1000001G", 0 },
		{ "18446744073709551615G", 0 },
		{ "0", 0 },
		{ "G", 0 },
		{ "10g", 0 },
		{ "10Gb", 0 },
		{ "1.5G", 0 },
		{ "-1G", 0 },
		{ "10 G", 0 },
		{ "\"10G\"", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[128];
		snprintf(text, sizeof text, "circuits: [{id: a, bandwidth: %s}]\n", cases[i].text);
		struct problems problems;
		struct config *config = parse(text, &problems);
		assert_int_equal(config != NULL, cases[i].want != 0);
		if (config)
			assert_true(config->enrich.circuits.items[0].bandwidth == cases[i].want);
		config_free(config);
	}
}

static void mistakes_are_named_at_their_place(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned line, column;
		const char *key, *says;
	} wrong[] = {
		{ "circuits: [{vlan: 1}]\n", 1, 12, "circuits[1]", "\"id\"" },
		{ "circuits: [{id: \"\"}]\n", 1, 17, "circuits[1].id", "must not be empty" },
		{ "circuits: [{id: a, vlan: 4096}]\n", 1, 26, "circuits[1].vlan", "0 to 4095" },
		{ "circuits: [{id: a, exporter: 192.0.2.0/33}]\n", 1, 30, "circuits[1].exporter",
		  "not a prefix" },
		{ "circuits: [{id: a, parts: 3}]\n", 1, 20, "circuits[1].parts", "no such key" },
		{ "local: {asns: [65515, x]}\n", 1, 23, "local.asns[2]", "not a whole number" },
		{ "local: {asns: [0]}\n", 1, 16, "local.asns[1]", "out of range" },
		{ "local: {asns: 65515}\n", 1, 15, "local.asns", "must be a list" },
		{ "local: {prefixes: [[10.0.0.1]]}\n", 1, 20, "local.prefixes[1]", "list" },
		{ "local: {\"asns[]\": 5}\n", 1, 9, "local.asns[]", "no such key" },
		{ "circuits:\n"
		  "  - {vlan: 1, customer_vlan: 2, id: a}\n"
		  "  - {vlan: 1, id: b}\n"
		  "  - {customer_vlan: 2, id: c, vlan: 1}\n",
		  4, 5, "circuits[3]", "can never match: the rule on line 2" },
		{ "circuits:\n"
		  "  - {exporter: 192.0.2.1/24, id: a}\n"
		  "  - {exporter: 192.0.2.0/24, id: a}\n",
		  3, 5, "circuits[2]", "can never match: the rule on line 2" },
		{ "circuits:\n  - {id: a}\n  - {id: b}\n", 3, 5, "circuits[2]", "line 2" },
	};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct problems problems;
		assert_null(parse(wrong[i].text, &problems));
		assert_int_equal(problems.count, 1);
		const struct problem *p = &problems.items[0];
		assert_string_equal(p->key, wrong[i].key);
		if (!strstr(p->text, wrong[i].says))
			fail_msg("%s: \"%s\" lacks \"%s\"", wrong[i].text, p->text, wrong[i].says);
		assert_int_equal(p->position.line, wrong[i].line);
		assert_int_equal(p->position.column, wrong[i].column);
	}
}

static void every_rule_that_is_shadowed_is_told(void **state)
{
	(void)state;
	struct problems problems;
	assert_null(parse("circuits:\n"
	                  "  - {vlan: 1, id: a}\n"
	                  "  - {vlan: 2, id: a}\n"
	                  "  - {vlan: 1, id: a}\n"
	                  "  - {vlan: 1, id: a}\n"
	                  "  - {vlan: 2, id: a}\n",
	                  &problems));
	assert_int_equal(problems.count, 3);
	static const struct {
		unsigned line;
		const char *other;
	} want[] = { { 4, "line 2 " }, { 5, "line 2 " }, { 6, "line 3 " } };
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_int_equal(problems.items[i].position.line, want[i].line);
		assert_non_null(strstr(problems.items[i].text, want[i].other));
	}
}

static void as_many_rules_as_are_allowed_can_be_read(void **state)
{
	(void)state;
	struct buf text = { 0 };
	buf_puts(&text, "circuits:\n");
	for (unsigned i = 0; i < CIRCUITS_MAX; i++)
		buf_printf(
		    &text,
		    "- exporter: 192.0.2.0/24\n  interface: %u\n  vlan: 1\n  customer_vlan: 2\n"
		    "  vrf: 3\n  id: /subscriptions/%0100u\n  direct_port_id: /ports/%0100u\n"
		    "  service_key: 00000000-0000-0000-0000-%012u\n"
		    "  peering_type: AzurePrivatePeering\n  bandwidth: 10G\n",
		    i, i, i, i);
	struct problems problems;
	struct config *config = config_parse(buf_text(&text), text.len, &problems);
	if (!config)
		fail_msg("%s", problems.items[0].text);
	assert_int_equal(config->enrich.circuits.count, CIRCUITS_MAX);
	config_free(config);
	buf_puts(&text, "- {id: one more}\n");
	assert_null(config_parse(buf_text(&text), text.len, &problems));
	assert_non_null(strstr(problems.items[0].text, "10001 items; at most 10000"));
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(azure_is_local_without_configuration),
		cmocka_unit_test(what_is_listed_as_local_takes_its_place),
		cmocka_unit_test(a_rule_says_what_it_states),
		cmocka_unit_test(a_bandwidth_has_a_unit_or_none),
		cmocka_unit_test(mistakes_are_named_at_their_place),
		cmocka_unit_test(every_rule_that_is_shadowed_is_told),
		cmocka_unit_test(as_many_rules_as_are_allowed_can_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
