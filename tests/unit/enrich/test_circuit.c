#include "collector/enrich/circuit.h"

#include <stdio.h>
#include <stdlib.h>

#include "collector/enrich/circuit_index.h"
#include "unit/enrich/rules.h"

/* The id of the rule that wins, or "". */
static const char *winner(const struct circuit *rules, size_t count, const struct flow_row *row)
{
	struct err e = { 0 };
	struct circuits circuits = { rules, count };
	struct circuit_index *index = circuit_index_new(&circuits, &e);
	assert_non_null(index);
	uint32_t found = circuit_find(index, row);
	circuit_index_free(index);
	assert_true(found <= count);
	return found ? rules[found - 1].id : "";
}

#define WINS(row, name, ...)                                                                       \
	do {                                                                                       \
		const struct circuit rules_[] = { __VA_ARGS__ };                                   \
		assert_string_equal(winner(rules_, ARRAY_LEN(rules_), row), name);                 \
	} while (0)

static void a_rule_matches_by_each_of_its_parts(void **state)
{
	(void)state;
	struct flow_row row = whole_row();
	WINS(&row, "x", RULE("x", 0, .vlan = 1));
	WINS(&row, "x", RULE("x", CIRCUIT_VLAN, .vlan = 100));
	WINS(&row, "", RULE("x", CIRCUIT_VLAN, .vlan = 200));
	WINS(&row, "x", RULE("x", CIRCUIT_CUSTOMER_VLAN, .customer_vlan = 200));
	WINS(&row, "", RULE("x", CIRCUIT_CUSTOMER_VLAN, .customer_vlan = 100));
	WINS(&row, "x", RULE("x", CIRCUIT_EXPORTER, .exporter = prefix("192.0.2.0/24")));
	WINS(&row, "x", RULE("x", CIRCUIT_EXPORTER, .exporter = prefix("192.0.2.1")));
	WINS(&row, "", RULE("x", CIRCUIT_EXPORTER, .exporter = prefix("192.0.2.2/31")));
	WINS(&row, "", RULE("x", CIRCUIT_VLAN | CIRCUIT_CUSTOMER_VLAN, .vlan = 100));
}

static void interfaces_and_vrfs_match_where_a_flow_comes_in_or_goes_out(void **state)
{
	(void)state;
	struct flow_row row = whole_row();
	WINS(&row, "x", RULE("x", CIRCUIT_INTERFACE, .interface = 11));
	WINS(&row, "x", RULE("x", CIRCUIT_INTERFACE, .interface = 12));
	WINS(&row, "", RULE("x", CIRCUIT_INTERFACE, .interface = 31));
	WINS(&row, "x", RULE("x", CIRCUIT_VRF, .vrf = 31));
	WINS(&row, "x", RULE("x", CIRCUIT_VRF, .vrf = 32));
	WINS(&row, "", RULE("x", CIRCUIT_VRF, .vrf = 11));
	WINS(&row, "x", RULE("x", CIRCUIT_INTERFACE | CIRCUIT_VRF, .interface = 12, .vrf = 31));
	WINS(&row, "", RULE("x", CIRCUIT_INTERFACE | CIRCUIT_VRF, .interface = 12, .vrf = 33));
}

static void what_was_not_exported_matches_no_stated_part(void **state)
{
	(void)state;
	struct flow_row row;
	memset(&row, 0, sizeof row);
	WINS(&row, "", RULE("x", CIRCUIT_VLAN, .vlan = 0));
	WINS(&row, "", RULE("x", CIRCUIT_CUSTOMER_VLAN, .customer_vlan = 0));
	WINS(&row, "", RULE("x", CIRCUIT_INTERFACE, .interface = 0));
	WINS(&row, "", RULE("x", CIRCUIT_VRF, .vrf = 0));
	WINS(&row, "", RULE("x", CIRCUIT_EXPORTER, .exporter = prefix("::/0")));
	WINS(&row, "x", RULE("x", 0, .vrf = 0));
	SET(&row, OutputInterface, output_if, 0);
	WINS(&row, "x", RULE("x", CIRCUIT_INTERFACE, .interface = 0));
	SET(&row, Dot1qVlanId, vlan, 0);
	WINS(&row, "x", RULE("x", CIRCUIT_VLAN, .vlan = 0));
}

static void prefixes_hold_addresses_of_their_own_family(void **state)
{
	(void)state;
	struct flow_row row = whole_row();
	WINS(&row, "v4", RULE("v6", CIRCUIT_EXPORTER, .exporter = prefix("::/0")),
	     RULE("v4", CIRCUIT_EXPORTER, .exporter = prefix("0.0.0.0/0")));
	SET(&row, Exporter, exporter, address("2001:db8::1"));
	WINS(&row, "v6", RULE("v4", CIRCUIT_EXPORTER, .exporter = prefix("0.0.0.0/0")),
	     RULE("v6", CIRCUIT_EXPORTER, .exporter = prefix("::/0")));
	WINS(&row, "x", RULE("x", CIRCUIT_EXPORTER, .exporter = prefix("2001:db8::/32")),
	     RULE("y", CIRCUIT_EXPORTER, .exporter = prefix("2001:db8:1::/48")));
}

static void more_parts_win_whatever_they_are(void **state)
{
	(void)state;
	struct flow_row row = whole_row();
	WINS(&row, "two", RULE("one", CIRCUIT_CUSTOMER_VLAN, .customer_vlan = 200),
	     RULE("two", CIRCUIT_EXPORTER | CIRCUIT_VRF, .exporter = prefix("192.0.0.0/8"),
	          .vrf = 31));
	WINS(&row, "one", RULE("none", 0, .vrf = 0),
	     RULE("one", CIRCUIT_EXPORTER, .exporter = prefix("0.0.0.0/0")));
}

static void of_as_many_parts_the_more_telling_win(void **state)
{
	(void)state;
	struct flow_row row = whole_row();
	const struct circuit telling[] = {
		RULE("exporter", CIRCUIT_EXPORTER, .exporter = prefix("192.0.2.1")),
		RULE("vrf", CIRCUIT_VRF, .vrf = 31),
		RULE("interface", CIRCUIT_INTERFACE, .interface = 11),
		RULE("vlan", CIRCUIT_VLAN, .vlan = 100),
		RULE("customer_vlan", CIRCUIT_CUSTOMER_VLAN, .customer_vlan = 200),
	};
	for (size_t i = 0; i < ARRAY_LEN(telling); i++)
		assert_string_equal(winner(telling, i + 1, &row), telling[i].id);
	WINS(&row, "inner and exporter",
	     RULE("outer and interface", CIRCUIT_VLAN | CIRCUIT_INTERFACE, .vlan = 100,
	          .interface = 11),
	     RULE("inner and exporter", CIRCUIT_CUSTOMER_VLAN | CIRCUIT_EXPORTER,
	          .customer_vlan = 200, .exporter = prefix("192.0.2.0/24")));
}

static void of_the_same_parts_the_longer_prefix_wins_then_the_first(void **state)
{
	(void)state;
	struct flow_row row = whole_row();
	const unsigned parts = CIRCUIT_EXPORTER | CIRCUIT_VLAN;
	WINS(&row, "24", RULE("8", parts, .exporter = prefix("192.0.0.0/8"), .vlan = 100),
	     RULE("24", parts, .exporter = prefix("192.0.2.0/24"), .vlan = 100),
	     RULE("32", parts, .exporter = prefix("192.0.2.2/32"), .vlan = 100));
	WINS(&row, "out", RULE("out", CIRCUIT_INTERFACE, .interface = 12),
	     RULE("in", CIRCUIT_INTERFACE, .interface = 11));
	WINS(&row, "in", RULE("in", CIRCUIT_INTERFACE, .interface = 11),
	     RULE("out", CIRCUIT_INTERFACE, .interface = 12));
	WINS(&row, "first", RULE("first", CIRCUIT_VLAN, .vlan = 100),
	     RULE("second", CIRCUIT_VLAN, .vlan = 100));
}

static void rules_that_state_the_same_are_told(void **state)
{
	(void)state;
	struct circuit a = RULE("a", CIRCUIT_VLAN, .vlan = 7, .interface = 1);
	struct circuit b = RULE("b", CIRCUIT_VLAN, .vlan = 7, .interface = 2);
	assert_true(circuit_same_match(&a, &b));
	b.parts |= CIRCUIT_INTERFACE;
	assert_false(circuit_same_match(&a, &b));
	a.parts |= CIRCUIT_INTERFACE;
	assert_false(circuit_same_match(&a, &b));
	a = RULE("a", CIRCUIT_EXPORTER, .exporter = prefix("192.0.2.77/24"));
	b = RULE("b", CIRCUIT_EXPORTER, .exporter = prefix("192.0.2.0/24"));
	assert_true(circuit_same_match(&a, &b));
	b.exporter = prefix("192.0.2.0/25");
	assert_false(circuit_same_match(&a, &b));
}

/* ---- against the definition itself ---- */

static uint64_t seed = 12;

static uint32_t below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % n;
}

static bool has_either(const struct flow_row *row, uint32_t want, enum column_id a, uint32_t av,
                       enum column_id b, uint32_t bv)
{
	return (row_has(row, a) && av == want) || (row_has(row, b) && bv == want);
}

static bool matches(const struct circuit *c, const struct flow_row *row)
{
	const struct flow_key *k = &row->key;
	return (!(c->parts & CIRCUIT_EXPORTER) ||
	        (row_has(row, COL_Exporter) && ip_prefix_holds(&c->exporter, &k->exporter))) &&
	       (!(c->parts & CIRCUIT_VRF) || has_either(row, c->vrf, COL_IngressVrf, k->ingress_vrf,
	                                                COL_EgressVrf, k->egress_vrf)) &&
	       (!(c->parts & CIRCUIT_INTERFACE) ||
	        has_either(row, c->interface, COL_InputInterface, k->input_if, COL_OutputInterface,
	                   k->output_if)) &&
	       (!(c->parts & CIRCUIT_VLAN) ||
	        (row_has(row, COL_Dot1qVlanId) && c->vlan == k->vlan)) &&
	       (!(c->parts & CIRCUIT_CUSTOMER_VLAN) ||
	        (row_has(row, COL_Dot1qCustomerVlanId) && c->customer_vlan == k->customer_vlan));
}

/* Points 1 to 3 of the order; point 4 is left to the caller. */
static bool beats(const struct circuit *a, const struct circuit *b)
{
	static const enum circuit_part telling[] = { CIRCUIT_CUSTOMER_VLAN, CIRCUIT_VLAN,
		                                     CIRCUIT_INTERFACE, CIRCUIT_VRF,
		                                     CIRCUIT_EXPORTER };
	int parts = 0;
	for (size_t i = 0; i < ARRAY_LEN(telling); i++)
		parts += !!(a->parts & telling[i]) - !!(b->parts & telling[i]);
	if (parts)
		return parts > 0;
	for (size_t i = 0; i < ARRAY_LEN(telling); i++)
		if ((a->parts ^ b->parts) & telling[i])
			return a->parts & telling[i];
	return (a->parts & CIRCUIT_EXPORTER) && a->exporter.bits > b->exporter.bits;
}

static struct circuit random_rule(void)
{
	static const char *const prefixes[] = { "192.0.2.0/24",   "192.0.2.0/30", "192.0.2.2",
		                                "0.0.0.0/0",      "::/0",         "2001:db8::/32",
		                                "2001:db8::2/127" };
	return RULE("", below(32), .exporter = prefix(prefixes[below(ARRAY_LEN(prefixes))]),
	            .interface = below(4), .vrf = below(4), .vlan = below(4),
	            .customer_vlan = below(4));
}

/* What is absent is zero. */
#define FORGET(row, id, field)                                                                     \
	do {                                                                                       \
		(row)->key.present &= ~COLUMN_BIT(id);                                             \
		(row)->key.field = 0;                                                              \
	} while (0)

static struct flow_row random_row(void)
{
	static const char *const addresses[] = { "192.0.2.1",    "192.0.2.2",   "192.0.2.9",
		                                 "198.51.100.1", "2001:db8::2", "2001:db9::" };
	struct flow_row row = whole_row();
	row.key.exporter = address(addresses[below(ARRAY_LEN(addresses))]);
	row.key.input_if = below(5);
	row.key.output_if = below(5);
	row.key.ingress_vrf = below(5);
	row.key.egress_vrf = below(5);
	row.key.vlan = (uint16_t)below(5);
	row.key.customer_vlan = (uint16_t)below(5);
	for (int i = 0; i < 2; i++)
		switch (below(16)) {
		case 0: FORGET(&row, InputInterface, input_if); break;
		case 1: FORGET(&row, OutputInterface, output_if); break;
		case 2: FORGET(&row, IngressVrf, ingress_vrf); break;
		case 3: FORGET(&row, EgressVrf, egress_vrf); break;
		case 4: FORGET(&row, Dot1qVlanId, vlan); break;
		case 5: FORGET(&row, Dot1qCustomerVlanId, customer_vlan); break;
		default: break;
		}
	return row;
}

static uint32_t walk(const struct circuit *rules, size_t count, const struct flow_row *row)
{
	uint32_t best = 0;
	for (uint32_t i = 0; i < count; i++)
		if (matches(&rules[i], row) && (!best || beats(&rules[i], &rules[best - 1])))
			best = i + 1;
	return best;
}

static void look_ups_agree_with_walking_all_rules(void **state)
{
	(void)state;
	struct err e = { 0 };
	size_t found = 0, missed = 0;
	for (int round = 0; round < 300; round++) {
		struct circuit rules[64];
		struct circuits circuits = { rules, below(ARRAY_LEN(rules) + 1) };
		for (size_t i = 0; i < circuits.count; i++)
			rules[i] = random_rule();
		struct circuit_index *index = circuit_index_new(&circuits, &e);
		assert_non_null(index);
		for (int i = 0; i < 100; i++) {
			struct flow_row row = random_row();
			uint32_t want = walk(rules, circuits.count, &row);
			assert_int_equal(circuit_find(index, &row), want);
			*(want ? &found : &missed) += 1;
		}
		circuit_index_free(index);
	}
	assert_true(found > 1000 && missed > 1000);
}

static void ten_thousand_rules_are_all_found(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct circuit *rules = calloc(CIRCUITS_MAX, sizeof *rules);
	assert_non_null(rules);
	for (uint32_t i = 0; i < CIRCUITS_MAX; i++)
		rules[i] = RULE("", CIRCUIT_VLAN | CIRCUIT_CUSTOMER_VLAN, .vlan = i / 100,
		                .customer_vlan = i % 100);
	struct circuits circuits = { rules, CIRCUITS_MAX };
	struct circuit_index *index = circuit_index_new(&circuits, &e);
	assert_non_null(index);
	struct flow_row row = whole_row();
	for (uint32_t i = 0; i < CIRCUITS_MAX; i++) {
		row.key.vlan = (uint16_t)(i / 100);
		row.key.customer_vlan = (uint16_t)(i % 100);
		assert_int_equal(circuit_find(index, &row), i + 1);
	}
	row.key.vlan = 100;
	assert_int_equal(circuit_find(index, &row), 0);
	circuit_index_free(index);
	free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_matches_by_each_of_its_parts),
		cmocka_unit_test(interfaces_and_vrfs_match_where_a_flow_comes_in_or_goes_out),
		cmocka_unit_test(what_was_not_exported_matches_no_stated_part),
		cmocka_unit_test(prefixes_hold_addresses_of_their_own_family),
		cmocka_unit_test(more_parts_win_whatever_they_are),
		cmocka_unit_test(of_as_many_parts_the_more_telling_win),
		cmocka_unit_test(of_the_same_parts_the_longer_prefix_wins_then_the_first),
		cmocka_unit_test(rules_that_state_the_same_are_told),
		cmocka_unit_test(look_ups_agree_with_walking_all_rules),
		cmocka_unit_test(ten_thousand_rules_are_all_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
