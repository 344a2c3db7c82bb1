#include "core/flow/column.h"

#include <string.h>

#include "core/flow/row.h"
#include "support/unit.h"

/* The schema that Azure documents for ATCExpressRouteCircuitIpfix, in its order. */
static const struct {
	const char *name;
	enum kql_type type;
} atc[] = {
	{ "ATCRegion", KQL_STRING },
	{ "ATCResourceId", KQL_STRING },
	{ "BgpNextHop", KQL_STRING },
	{ "DestinationIp", KQL_STRING },
	{ "DestinationPort", KQL_INT },
	{ "Dot1qCustomerVlanId", KQL_INT },
	{ "Dot1qVlanId", KQL_INT },
	{ "DstAsn", KQL_INT },
	{ "DstMask", KQL_INT },
	{ "DstSubnet", KQL_STRING },
	{ "ExRCircuitDirectPortId", KQL_STRING },
	{ "ExRCircuitId", KQL_STRING },
	{ "ExRCircuitServiceKey", KQL_STRING },
	{ "FlowRecordTime", KQL_DATETIME },
	{ "Flowsequence", KQL_LONG },
	{ "IcmpType", KQL_INT },
	{ "IpClassOfService", KQL_INT },
	{ "IpProtocolIdentifier", KQL_INT },
	{ "IpVerCode", KQL_INT },
	{ "MaxTtl", KQL_INT },
	{ "MinTtl", KQL_INT },
	{ "NextHop", KQL_STRING },
	{ "NumberOfBytes", KQL_LONG },
	{ "NumberOfPackets", KQL_LONG },
	{ "OperationName", KQL_STRING },
	{ "PeeringType", KQL_STRING },
	{ "Protocol", KQL_INT },
	{ "_ResourceId", KQL_STRING },
	{ "SchemaVersion", KQL_STRING },
	{ "SourceIp", KQL_STRING },
	{ "SourcePort", KQL_INT },
	{ "SourceSystem", KQL_STRING },
	{ "SrcAsn", KQL_INT },
	{ "SrcMask", KQL_INT },
	{ "SrcSubnet", KQL_STRING },
	{ "_SubscriptionId", KQL_STRING },
	{ "TcpFlag", KQL_INT },
	{ "TenantId", KQL_STRING },
	{ "TimeGenerated", KQL_DATETIME },
	{ "Type", KQL_STRING },
	{ "_BilledSize", KQL_REAL },
	{ "_IsBillable", KQL_STRING },
};

static void the_azure_table_is_verbatim(void **state)
{
	(void)state;
	size_t found = 0;
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		if (!column_in(id, TABLE_ATC))
			continue;
		assert_true(found < ARRAY_LEN(atc));
		assert_string_equal(columns[id].name, atc[found].name);
		assert_int_equal(column_type(id, TABLE_ATC), atc[found].type);
		found++;
	}
	assert_int_equal(found, ARRAY_LEN(atc));
}

static void flows_has_all_of_it_and_wide_as_numbers(void **state)
{
	(void)state;
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		assert_true(column_in(id, TABLE_FLOWS) || !column_in(id, TABLE_ATC));
	assert_int_equal(column_type(COL_SrcAsn, TABLE_FLOWS), KQL_LONG);
	assert_int_equal(column_type(COL_DstAsn, TABLE_FLOWS), KQL_LONG);
}

static void names_are_found_with_their_case(void **state)
{
	(void)state;
	assert_int_equal(column_find("SourceIp"), COL_SourceIp);
	assert_int_equal(column_find("SourceIP"), -1);
	assert_int_equal(table_find("Flows"), TABLE_FLOWS);
	assert_int_equal(table_find("flows"), -1);
}

static void every_stored_column_has_its_own_place(void **state)
{
	(void)state;
	uint64_t key_bits = 0, bits = 0;
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		const struct column *c = &columns[id];
		if (!column_in_flow_rows(id))
			continue;
		uint64_t *seen = c->role == ROLE_KEY ? &key_bits : &bits;
		assert_in_range(c->bit, 0, 63);
		assert_false(*seen >> c->bit & 1);
		*seen |= UINT64_C(1) << c->bit;
		assert_int_equal(c->role == ROLE_KEY, c->offset < sizeof(struct flow_key));
	}
}

/* Columns of struct flow_row lie one behind the other: none is wider than the way to the next. */
static void columns_of_rows_have_the_width_of_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		enum column_id id = (enum column_id)i;
		size_t next = sizeof(struct flow_row);
		if (!column_in_flow_rows(id))
			continue;
		for (size_t k = 0; k < COLUMN_COUNT; k++)
			if (column_in_flow_rows((enum column_id)k) &&
			    columns[k].offset > columns[i].offset && columns[k].offset < next)
				next = columns[k].offset;
		assert_in_range(row_width(id), 1, next - columns[i].offset);
	}
}

static void a_copied_column_is_its_value_or_null(void **state)
{
	(void)state;
	struct flow_row from = { 0 }, to = { 0 };
	from.key.src_port = 0x1234;
	from.key.present = COLUMN_BIT(SourcePort);
	row_copy(&to, COL_DestinationPort, &from, COL_SourcePort);
	assert_int_equal(to.key.dst_port, 0x1234);
	assert_true(row_has(&to, COL_DestinationPort));
	row_copy(&to, COL_DestinationPort, &from, COL_DestinationPort);
	assert_int_equal(to.key.dst_port, 0);
	assert_false(row_has(&to, COL_DestinationPort));
	assert_int_equal(to.key.present, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_of_rows_have_the_width_of_their_place),
		cmocka_unit_test(a_copied_column_is_its_value_or_null),
		cmocka_unit_test(the_azure_table_is_verbatim),
		cmocka_unit_test(flows_has_all_of_it_and_wide_as_numbers),
		cmocka_unit_test(names_are_found_with_their_case),
		cmocka_unit_test(every_stored_column_has_its_own_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
