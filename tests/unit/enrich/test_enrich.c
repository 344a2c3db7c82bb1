#include "collector/enrich/enrich.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit/workspace/scratch.h"
#include "core/base/ticks.h"
#include "unit/enrich/rules.h"

static const uint32_t azure[] = { 65515, 12076 };

/* Two circuits at one direct port; the second has a rule for each of its peerings. */
static const struct circuit rules[] = {
	{ .parts = CIRCUIT_VLAN,
	  .vlan = 100,
	  .id = "one",
	  .direct_port_id = "port",
	  .service_key = "key 1",
	  .peering_type = "AzurePrivatePeering" },
	{ .parts = CIRCUIT_VLAN | CIRCUIT_CUSTOMER_VLAN,
	  .vlan = 101,
	  .customer_vlan = 1,
	  .id = "two",
	  .direct_port_id = "port",
	  .service_key = "key 2",
	  .peering_type = "AzurePrivatePeering" },
	{ .parts = CIRCUIT_VLAN | CIRCUIT_CUSTOMER_VLAN,
	  .vlan = 101,
	  .customer_vlan = 2,
	  .id = "two",
	  .direct_port_id = "port",
	  .service_key = "key 2",
	  .peering_type = "MicrosoftPeering" },
};

static const struct enrich_config config = {
	.circuits = { rules, ARRAY_LEN(rules) },
	.local = { .asns = { azure, ARRAY_LEN(azure) } },
};

static struct enricher *new_enricher(const struct enrich_config *from)
{
	struct err e = { 0 };
	struct enricher *enricher = enricher_new(from, &e);
	assert_non_null(enricher);
	return enricher;
}

static struct flow_row row_of(uint16_t vlan, uint16_t customer_vlan, uint32_t src_asn,
                              uint32_t dst_asn, uint32_t minute)
{
	struct flow_row row = scratch_row(minute);
	SET(&row, Exporter, exporter, address("192.0.2.1"));
	SET(&row, Dot1qVlanId, vlan, vlan);
	SET(&row, Dot1qCustomerVlanId, customer_vlan, customer_vlan);
	SET(&row, SrcAsn, src_asn, src_asn);
	SET(&row, DstAsn, dst_asn, dst_asn);
	row.present |= COLUMN_BIT(NumberOfBytes);
	row.bytes = 10;
	return row;
}

static void a_kind_is_a_circuit_and_a_direction(void **state)
{
	(void)state;
	struct enricher *enricher = new_enricher(&config);
	uint64_t unmatched = 0;
	const struct flow_row rows[] = {
		row_of(100, 7, 64512, 65515, 1), row_of(101, 2, 12076, 64512, 1),
		row_of(101, 3, 64512, 12076, 1), row_of(102, 1, 64512, 64513, 1),
		row_of(101, 1, 64512, 64513, 1),
	};
	const struct flow_row *pointers[ARRAY_LEN(rows)];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		pointers[i] = &rows[i];
	uint16_t kinds[ARRAY_LEN(rows)];
	enrich_rows(enricher, &unmatched, pointers, ARRAY_LEN(rows), kinds);
	static const uint16_t want[] = { 1 * DIRECTION_COUNT + DIRECTION_INBOUND,
		                         3 * DIRECTION_COUNT + DIRECTION_OUTBOUND,
		                         DIRECTION_INBOUND, 0, 2 * DIRECTION_COUNT };
	assert_memory_equal(kinds, want, sizeof want);
	assert_int_equal(unmatched, 2);
	enrich_rows(enricher, NULL, pointers, ARRAY_LEN(rows), kinds);
	assert_int_equal(unmatched, 2);
	enricher_free(enricher);
}

/* Writes rows with or without an enrichment, in one commit. */
static void store(struct workspace *ws, const struct flow_row *rows, size_t count,
                  const struct enrichment *enrichment)
{
	static const struct constants none;
	struct err e = { 0 };
	const struct flow_row **pointers = calloc(count, sizeof *pointers);
	assert_non_null(pointers);
	for (size_t i = 0; i < count; i++)
		pointers[i] = &rows[i];
	struct commit *c = commit_begin(ws, &e);
	assert_non_null(c);
	commit_enrich(c, enrichment);
	if (!commit_flow_rows(c, pointers, count, &none, &e) || !commit_end(c, &e))
		fail_msg("%s", e.text);
	free(pointers);
}

#define ENRICHED                                                                                   \
	"Dot1qVlanId, Dot1qCustomerVlanId, ExRCircuitId, ExRCircuitDirectPortId, "                 \
	"ExRCircuitServiceKey, PeeringType, Direction"

static void a_commit_writes_what_rows_got(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct enricher *enricher = new_enricher(&config);
	struct enriching enriching = { enricher, NULL };
	struct enrichment enrichment = enriching_as_enrichment(&enriching);
	const struct flow_row rows[] = {
		row_of(101, 2, 12076, 64512, 1441), /* the second day comes first */
		row_of(100, 7, 64512, 65515, 2),
		row_of(101, 1, 64512, 64513, 1),
		row_of(102, 1, 64512, 12076, 1442),
	};
	store(ws, rows, ARRAY_LEN(rows), &enrichment);
	ASSERT_ANSWER(ws, TABLE_FLOWS, ENRICHED, "ORDER BY ALL",
	              "100|7|one|port|key 1|AzurePrivatePeering|Inbound\n"
	              "101|1|two|port|key 2|AzurePrivatePeering|\n"
	              "101|2|two|port|key 2|MicrosoftPeering|Outbound\n"
	              "102|1|||||Inbound\n");
	ASSERT_ANSWER(ws, TABLE_ATC, "ExRCircuitId, count(*)", "GROUP BY ALL ORDER BY ALL",
	              "|1\none|1\ntwo|2\n");
	enricher_free(enricher);
	workspace_close(ws);
}

static void a_commit_without_enrichment_leaves_them_empty(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	const struct flow_row row = row_of(100, 7, 64512, 65515, 1);
	store(ws, &row, 1, NULL);
	ASSERT_ANSWER(ws, TABLE_FLOWS, ENRICHED, "", "100|7|||||\n");
	workspace_close(ws);
}

enum { MANY = 1000, ROWS = 5000 };

/* More texts than 8 bits number, and rows of several chunks. */
static void many_circuits_are_told_apart(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct circuit *many = calloc(MANY, sizeof *many);
	struct flow_row *rows = calloc(ROWS, sizeof *rows);
	char(*names)[16] = calloc(MANY, sizeof *names);
	assert_true(many && rows && names);
	for (uint16_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "circuit %u", i);
		many[i] = RULE(names[i], CIRCUIT_VLAN, .vlan = i);
	}
	for (unsigned i = 0; i < ROWS; i++)
		rows[i] = row_of((uint16_t)(i * 17 % (MANY + 1)), 0, 1, 2, 1);
	struct enrich_config all = { .circuits = { many, MANY } };
	struct enricher *enricher = new_enricher(&all);
	struct enriching enriching = { enricher, NULL };
	struct enrichment enrichment = enriching_as_enrichment(&enriching);
	store(ws, rows, ROWS, &enrichment);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*), count(DISTINCT ExRCircuitId)",
	              "WHERE ExRCircuitId = CASE WHEN Dot1qVlanId < 1000 THEN 'circuit ' || "
	              "Dot1qVlanId ELSE '' END",
	              "5000|1001\n");
	enricher_free(enricher);
	free(many);
	free(rows);
	free(names);
	workspace_close(ws);
}

static void the_largest_configuration_fits(void **state)
{
	(void)state;
	struct circuit *many = calloc(CIRCUITS_MAX, sizeof *many);
	char(*names)[16] = calloc(CIRCUITS_MAX, sizeof *names);
	assert_true(many && names);
	for (uint32_t i = 0; i < CIRCUITS_MAX; i++) {
		snprintf(names[i], sizeof names[i], "%u", i);
		many[i] = RULE(names[i], CIRCUIT_INTERFACE, .interface = i);
	}
	struct enrich_config all = { { many, CIRCUITS_MAX }, { .asns = { azure, 2 } } };
	struct enricher *enricher = new_enricher(&all);
	struct flow_row row = row_of(1, 1, 65515, 1, 1);
	SET(&row, OutputInterface, output_if, CIRCUITS_MAX - 1);
	const struct flow_row *pointer = &row;
	uint16_t kind;
	enrich_rows(enricher, NULL, &pointer, 1, &kind);
	struct enriching enriching = { enricher, NULL };
	struct enrichment enrichment = enriching_as_enrichment(&enriching);
	assert_true(kind < enrichment.kinds && enrichment.kinds <= ENRICHMENT_KINDS);
	const struct enriched_column *id = &enrichment.columns[COL_ExRCircuitId];
	const struct enriched_column *direction = &enrichment.columns[COL_Direction];
	assert_string_equal(id->texts[id->by_kind[kind]], "9999");
	assert_string_equal(direction->texts[direction->by_kind[kind]], "Outbound");
	enricher_free(enricher);
	free(many);
	free(names);
}

/* Those of names.h are filled by another enrichment. */
static bool is_filled_elsewhere(enum column_id id)
{
	static const enum column_id names[] = { COL_InputInterfaceName, COL_OutputInterfaceName,
		                                COL_IngressVrfName, COL_EgressVrfName,
		                                COL_Application };
	bool found = false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		found |= names[i] == id;
	return found;
}

static void every_enriched_column_is_filled(void **state)
{
	(void)state;
	struct enricher *enricher = new_enricher(&config);
	struct enriching enriching = { enricher, NULL };
	struct enrichment enrichment = enriching_as_enrichment(&enriching);
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		assert_int_equal(columns[id].role == ROLE_ENRICHED && !is_filled_elsewhere(id),
		                 enrichment.columns[id].texts != NULL);
	enricher_free(enricher);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kind_is_a_circuit_and_a_direction),
		cmocka_unit_test_setup_teardown(a_commit_writes_what_rows_got, scratch_make,
		                                scratch_remove),
		cmocka_unit_test_setup_teardown(a_commit_without_enrichment_leaves_them_empty,
		                                scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(many_circuits_are_told_apart, scratch_make,
		                                scratch_remove),
		cmocka_unit_test(the_largest_configuration_fits),
		cmocka_unit_test(every_enriched_column_is_filled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
