#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "support/program.h"
#include "support/unit.h"
#include "workspace/workspace.h"

static char workspace_dir[] = "/tmp/weir-test-circuits-XXXXXX";

enum { MINUTE = 29897647 }; /* 2026-11-05T06:07Z */

static void tell(void *context, const struct flow_row *const *rows, size_t count,
                 uint16_t *ret_kinds)
{
	(void)context;
	for (size_t i = 0; i < count; i++)
		ret_kinds[i] = rows[i]->key.vlan == 1;
}

static struct flow_row row_of(uint16_t vlan, uint64_t bytes, uint32_t minute)
{
	struct flow_row row;
	memset(&row, 0, sizeof row);
	row.key.present = COLUMN_BIT(TimeGenerated) | COLUMN_BIT(Exporter) |
	                  COLUMN_BIT(Dot1qVlanId) | COLUMN_BIT(InputInterface);
	row.key.exporter = ip_from_v4((const uint8_t[]){ 192, 0, 2, 1 });
	row.key.minute = minute;
	row.key.vlan = vlan;
	row.key.input_if = 5;
	row.present = COLUMN_BIT(NumberOfBytes);
	row.bytes = bytes;
	return row;
}

/* Of VLAN 1, which has a circuit, one row; of 2, two; of 3, one with more bytes than can be
 * summed. */
static int make_workspace(void **state)
{
	(void)state;
	static const char *const ids[] = { "", "a circuit" };
	static const uint16_t by_kind[] = { 0, 1 };
	struct enrichment enrichment = { .kinds = 2, .tell = tell };
	enrichment.columns[COL_ExRCircuitId] = (struct enriched_column){ ids, 2, by_kind };
	const struct flow_row rows[] = {
		row_of(1, 100, MINUTE),       row_of(2, 30, MINUTE),
		row_of(2, 40, MINUTE + 1),    row_of(3, INT64_MAX, MINUTE),
		row_of(3, INT64_MAX, MINUTE),
	};
	const struct flow_row *pointers[ARRAY_LEN(rows)];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		pointers[i] = &rows[i];
	struct err e = { 0 };
	struct constants constants = { 0 };
	if (!mkdtemp(workspace_dir))
		return -1;
	struct workspace *ws = workspace_open(workspace_dir, WORKSPACE_WRITE, &e);
	struct commit *c = ws ? commit_begin(ws, &e) : NULL;
	if (!c)
		return -1;
	commit_enrich(c, &enrichment);
	bool good =
	    commit_flow_rows(c, pointers, ARRAY_LEN(rows), &constants, &e) && commit_end(c, &e);
	workspace_close(ws);
	return good ? 0 : -1;
}

static int remove_workspace(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", workspace_dir);
	return system(command);
}

static void what_has_no_circuit_is_listed_by_what_a_rule_may_state(void **state)
{
	(void)state;
	struct said said = RUN("show", "circuits", "-w", workspace_dir, "--format", "json");
	assert_string_equal(said.err, "");
	assert_int_equal(said.status, 0);
	json_t *listed = json_loads(said.out, 0, NULL);
	static const char want[] =
	    "[{'exporter': '192.0.2.1', 'input_interface': 5, 'output_interface': null, 'vlan': 3,"
	    " 'customer_vlan': null, 'vrf': null, 'rows': 2, 'bytes': 9223372036854775807,"
	    " 'last': '2026-11-05T06:07:00Z'},"
	    " {'exporter': '192.0.2.1', 'input_interface': 5, 'output_interface': null, 'vlan': 2,"
	    " 'customer_vlan': null, 'vrf': null, 'rows': 2, 'bytes': 70,"
	    " 'last': '2026-11-05T06:08:00Z'}]";
	char text[sizeof want];
	for (size_t i = 0; i < sizeof want; i++)
		text[i] = want[i] == '\'' ? '"' : want[i];
	json_t *wanted = json_loads(text, 0, NULL);
	assert_non_null(wanted);
	if (!json_equal(listed, wanted))
		fail_msg("%s", said.out);
	json_decref(listed);
	json_decref(wanted);
	said_done(said);
}

static void a_table_says_the_same(void **state)
{
	(void)state;
	struct said said = RUN("show", "circuits", "-w", workspace_dir);
	assert_int_equal(said.status, 0);
	assert_non_null(strstr(said.out, "customer_vlan"));
	assert_non_null(strstr(said.out, "192.0.2.1"));
	assert_non_null(strstr(said.out, "2026-11-05T06:08:00Z"));
	assert_null(strstr(said.out, "100"));
	said_done(said);
}

static void a_missing_workspace_is_said(void **state)
{
	(void)state;
	struct said said = RUN("show", "circuits", "--workspace", "/does/not/exist");
	assert_int_equal(said.status, 1);
	assert_string_equal(said.out, "");
	assert_non_null(strstr(said.err, "/does/not/exist"));
	said_done(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_circuit_is_listed_by_what_a_rule_may_state),
		cmocka_unit_test(a_table_says_the_same),
		cmocka_unit_test(a_missing_workspace_is_said),
	};
	return cmocka_run_group_tests(tests, make_workspace, remove_workspace);
}
