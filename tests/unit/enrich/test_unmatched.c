#include "collector/enrich/unmatched.h"

#include "unit/enrich/rules.h"

static struct unmatched *new_unmatched(void)
{
	struct err e = { 0 };
	struct unmatched *u = unmatched_new(&e);
	assert_non_null(u);
	return u;
}

static void rows_are_counted_by_what_a_rule_could_state(void **state)
{
	(void)state;
	struct unmatched *u = new_unmatched();
	struct flow_row row = whole_row();
	row.bytes = 100;
	unmatched_add(u, &row);
	SET(&row, SourceIp, src_addr, address("203.0.113.1"));
	SET(&row, SourcePort, src_port, 443);
	row.bytes = 50;
	unmatched_add(u, &row);
	SET(&row, Dot1qCustomerVlanId, customer_vlan, 201);
	row.bytes = 7;
	unmatched_add(u, &row);
	assert_int_equal(unmatched_count(u), 2);
	const struct unmatched_entry *first = unmatched_entry(u, 0),
				     *second = unmatched_entry(u, 1);
	assert_int_equal(first->sum.rows, 2);
	assert_int_equal(first->sum.bytes, 150);
	assert_int_equal(first->key.vlan, 100);
	assert_int_equal(first->key.customer_vlan, 200);
	assert_int_equal(first->key.input_if, 11);
	assert_int_equal(first->key.output_if, 12);
	assert_int_equal(first->key.ingress_vrf, 31);
	struct ip exporter = address("192.0.2.1");
	assert_true(ip_equal(&first->key.exporter, &exporter));
	assert_int_equal(second->sum.rows, 1);
	assert_int_equal(second->sum.bytes, 7);
	assert_int_equal(unmatched_total(u).rows, 3);
	assert_int_equal(unmatched_total(u).bytes, 157);
	assert_int_equal(unmatched_overflow(u).rows, 0);
	unmatched_free(u);
}

static void an_absent_value_is_not_a_zero(void **state)
{
	(void)state;
	struct unmatched *u = new_unmatched();
	struct flow_row row;
	memset(&row, 0, sizeof row);
	unmatched_add(u, &row);
	SET(&row, Dot1qVlanId, vlan, 0);
	unmatched_add(u, &row);
	assert_int_equal(unmatched_count(u), 2);
	assert_false(unmatched_entry(u, 0)->key.present & COLUMN_BIT(Dot1qVlanId));
	assert_true(unmatched_entry(u, 1)->key.present & COLUMN_BIT(Dot1qVlanId));
	unmatched_free(u);
}

static void what_finds_no_place_is_counted_together(void **state)
{
	(void)state;
	struct unmatched *u = new_unmatched();
	struct flow_row row = whole_row();
	row.bytes = 3;
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < UNMATCHED_MAX + 500; i++) {
			row.key.input_if = i;
			unmatched_add(u, &row);
		}
	assert_int_equal(unmatched_count(u), UNMATCHED_MAX);
	for (uint32_t i = 0; i < UNMATCHED_MAX; i++) {
		assert_int_equal(unmatched_entry(u, i)->key.input_if, i);
		assert_int_equal(unmatched_entry(u, i)->sum.rows, 2);
	}
	assert_int_equal(unmatched_overflow(u).rows, 1000);
	assert_int_equal(unmatched_overflow(u).bytes, 3000);
	assert_int_equal(unmatched_total(u).rows, 2 * (UNMATCHED_MAX + 500));
	unmatched_free(u);
}

static void sums_stop_at_the_largest_value(void **state)
{
	(void)state;
	struct unmatched *u = new_unmatched();
	struct flow_row row = whole_row();
	row.bytes = UINT64_MAX - 1;
	unmatched_add(u, &row);
	unmatched_add(u, &row);
	assert_true(unmatched_total(u).bytes == UINT64_MAX);
	unmatched_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_counted_by_what_a_rule_could_state),
		cmocka_unit_test(an_absent_value_is_not_a_zero),
		cmocka_unit_test(what_finds_no_place_is_counted_together),
		cmocka_unit_test(sums_stop_at_the_largest_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
