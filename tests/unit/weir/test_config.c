#include "weir/config.h"

#include <stdio.h>
#include <string.h>

#include "support/unit.h"
#include "weir/config_schema.h"

static struct config *parse(const char *text, struct problems *problems)
{
	return config_parse(text, strlen(text), problems);
}

static void an_empty_file_means_the_defaults(void **state)
{
	(void)state;
	static const char *const empty[] = { "", "# nothing\n",
		                             "constants:\nexporters:\nflows: ~\n" };
	for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
		struct problems problems;
		struct config *config = parse(empty[i], &problems);
		assert_non_null(config);
		assert_string_equal(config->constants.text[COL_ATCRegion], "");
		assert_string_equal(config->constants.text[COL_SchemaVersion], "1.0");
		assert_string_equal(config->constants.text[COL_SourceSystem], "weir");
		assert_int_equal(config->sampling_default, 0);
		assert_int_equal(config->exporters.count, 0);
		assert_int_equal(config->flows_max, 1000000);
		assert_string_equal(config->summary, "");
		config_free(config);
	}
}

static void values_arrive_where_they_belong(void **state)
{
	(void)state;
	struct problems problems;
	struct config *config = parse("constants:\n"
	                              "  atc_region: westeurope\n"
	                              "  schema_version: 2.0\n"
	                              "  source_system: \"\"\n"
	                              "sampling_default: 4294967295\n"
	                              "flows: {max: 100000000}\n"
	                              "exporters:\n"
	                              "  - {prefix: 192.0.2.0/24, sampling: 4096}\n"
	                              "  - prefix: 2001:db8::1\n"
	                              "    sampling: 1\n",
	                              &problems);
	assert_non_null(config);
	assert_string_equal(config->constants.text[COL_ATCRegion], "westeurope");
	assert_string_equal(config->constants.text[COL_SchemaVersion], "2.0");
	assert_string_equal(config->constants.text[COL_SourceSystem], "");
	assert_int_equal(config->sampling_default, UINT32_MAX);
	assert_int_equal(config->flows_max, 100000000);
	assert_string_equal(config->summary, "constants.atc_region westeurope, "
	                                     "constants.schema_version 2.0, "
	                                     "constants.source_system \"\", "
	                                     "sampling_default 4294967295, "
	                                     "flows.max 100000000, exporters (2)");
	config_free(config);
}

static void queries_are_audited_for_a_year_unless_told_otherwise(void **state)
{
	(void)state;
	static const struct {
		const char *text, *queries;
		int64_t days;
	} files[] = {
		{ "", "on", 365 },
		{ "audit: {queries: off}\nretention: {query_audit: 7}\n", "off", 7 },
	};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct problems problems;
		struct config *config = parse(files[i].text, &problems);
		assert_non_null(config);
		assert_string_equal(config->audit.queries, files[i].queries);
		assert_int_equal(config_retention(config).age[TABLE_AUDIT],
		                 files[i].days * TICKS_PER_DAY);
		config_free(config);
	}
}

static void exporters_stand_with_the_longest_prefix_first(void **state)
{
	(void)state;
	struct problems problems;
	struct config *config = parse("exporters:\n"
	                              "  - {prefix: 192.0.0.0/16, sampling: 16}\n"
	                              "  - {prefix: 192.0.2.7, sampling: 32}\n"
	                              "  - {prefix: 192.0.2.99/24, sampling: 24}\n",
	                              &problems);
	assert_non_null(config);
	assert_int_equal(config->exporters.count, 3);
	static const struct {
		const char *ip;
		unsigned bits;
	} want[] = { { "192.0.2.7", 32 }, { "192.0.2.0", 24 }, { "192.0.0.0", 16 } };
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		struct ip ip;
		assert_true(ip_parse(want[i].ip, &ip));
		const struct sampling_override *o = &config->exporters.items[i];
		assert_true(ip_equal(&o->prefix.ip, &ip));
		assert_int_equal(o->prefix.bits, want[i].bits);
		assert_int_equal(o->interval, want[i].bits);
	}
	config_free(config);
}

static void a_dialect_may_be_stated(void **state)
{
	(void)state;
	struct problems problems;
	struct config *config = parse("exporters:\n"
	                              "  - {prefix: 192.0.2.1, nat_dialect: junos}\n"
	                              "  - {prefix: 192.0.2.2, nat_dialect: iana, sampling: 7}\n"
	                              "  - {prefix: 192.0.2.3}\n",
	                              &problems);
	assert_non_null(config);
	const struct sampling_override *o = config->exporters.items;
	assert_int_equal(o[0].nat, NAT_DIALECT_JUNOS);
	assert_int_equal(o[0].interval, 0);
	assert_int_equal(o[1].nat, NAT_DIALECT_IANA);
	assert_int_equal(o[1].interval, 7);
	assert_int_equal(o[2].nat, NAT_DIALECT_NONE);
	config_free(config);
}

static void every_kind_of_mistake_is_named_at_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned line, column;
		const char *key, *says;
	} wrong[] = {
		{ "flow:\n  max: 5000\n", 1, 1, "flow", "did you mean \"flows\"?" },
		{ "flows:\n  maxx: 5000\n", 2, 3, "flows.maxx", "did you mean \"max\"?" },
		{ "banana: 1\n", 1, 1, "banana", "weir help config" },
		{ "flows.max: 5000\n", 1, 1, "flows.max", "no such key" },
		{ "exporters[].prefix: ::1\n", 1, 1, "exporters[].prefix", "no such key" },
		{ "flows:\n  max: 5000\n  max: 6000\n", 3, 3, "flows.max", "first on line 2" },
		{ "flows:\n  max: 999\n", 2, 8, "flows.max", "1000 to 100000000 flows" },
		{ "flows:\n  max: 100000001\n", 2, 8, "flows.max", "out of range" },
		{ "flows:\n  max: 18446744073709551617\n", 2, 8, "flows.max", "whole number" },
		{ "flows:\n  max: -5\n", 2, 8, "flows.max", "whole number" },
		{ "flows:\n  max: 5e3\n", 2, 8, "flows.max", "whole number" },
		{ "flows:\n  max: \"5000\"\n", 2, 8, "flows.max", "whole number" },
		{ "flows:\n  max:\n", 2, 7, "flows.max", "no value" },
		{ "flows:\n  max: [5000]\n", 2, 8, "flows.max", "list" },
		{ "flows: 5000\n", 1, 8, "flows", "mapping" },
		{ "- flows\n", 1, 1, "", "mapping" },
		{ "sampling_default: 0\n", 1, 19, "sampling_default", "1 to 4294967295 packets" },
		{ "sampling_default: 4294967296\n", 1, 19, "sampling_default", "out of range" },
		{ "constants:\n  tenant_id: \"a\\nb\"\n", 2, 14, "constants.tenant_id", "control" },
		{ "constants:\n  tenant_id: \"a\\0b\"\n", 2, 14, "constants.tenant_id", "control" },
		{ "\"flows\\0x\": {max: 5000}\n", 1, 1, "flows", "no such key" },
		{ "exporters: {prefix: 192.0.2.1}\n", 1, 12, "exporters", "list" },
		{ "exporters:\n  - 192.0.2.1\n", 2, 5, "exporters[1]", "mapping" },
		{ "exporters:\n  - {prefix: 192.0.2.1, nat_dialect: cisco}\n", 2, 5, "exporters",
		  "none of auto, iana, junos" },
		{ "exporters:\n  - sampling: 5\n", 2, 5, "exporters[1]", "\"prefix\"" },
		{ "exporters:\n  - {prefix: router1, sampling: 5}\n", 2, 14, "exporters[1].prefix",
		  "\"router1\" is not a prefix" },
		{ "exporters:\n  - {prefix: 192.0.2.0/33, sampling: 5}\n", 2, 14,
		  "exporters[1].prefix", "not a prefix" },
		{ "exporters:\n  - {prefix: 192.0.2.1/24, sampling: 5}\n"
		  "  - {prefix: 192.0.2.0/24, sampling: 6}\n",
		  3, 5, "exporters", "192.0.2.0/24 is given twice; first on line 2" },
		{ "flows: {max: 5000\n", 2, 1, "", "not YAML" },
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

static void all_problems_are_told_and_then_that_there_are_more(void **state)
{
	(void)state;
	struct problems problems;
	assert_null(parse("banana: 1\nflows: {max: 1}\nsampling_default: x\n", &problems));
	assert_int_equal(problems.count, 3);
	assert_false(problems.more);

	char text[PROBLEMS_MAX * 8 + 16] = "";
	for (int i = 0; i <= PROBLEMS_MAX; i++)
		sprintf(text + strlen(text), "k%d: 1\n", i);
	assert_null(parse(text, &problems));
	assert_int_equal(problems.count, PROBLEMS_MAX);
	assert_true(problems.more);
}

static void refused(const struct buf *text, const char *says)
{
	struct problems problems;
	assert_false(text->failed);
	assert_null(config_parse(buf_text(text), text->len, &problems));
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.items[0].text, says));
}

static void sizes_are_bounded(void **state)
{
	(void)state;
	struct problems problems;
	struct buf text = { 0 };
	for (size_t i = 0; i < 8 << 20; i++)
		buf_putc(&text, '#');
	struct config *config = config_parse(buf_text(&text), text.len, &problems);
	assert_non_null(config);
	config_free(config);
	buf_putc(&text, '#');
	refused(&text, "larger than 8388608 bytes");

	buf_clear(&text);
	buf_puts(&text, "exporters: [");
	for (int i = 0; i <= 10000; i++)
		buf_puts(&text, "{},");
	buf_putc(&text, ']');
	refused(&text, "10001 items; at most 10000");

	buf_clear(&text);
	buf_puts(&text, "constants: {tenant_id: ");
	for (int i = 0; i <= 1024; i++)
		buf_putc(&text, 'x');
	buf_putc(&text, '}');
	refused(&text, "1025 bytes long; at most 1024");
	buf_done(&text);
}

static void every_constant_column_has_its_key(void **state)
{
	(void)state;
	size_t constants = 0;
	for (int i = 0; i < COLUMN_COUNT; i++) {
		if (columns[i].role != ROLE_CONSTANT)
			continue;
		constants++;
		char text[256];
		snprintf(text, sizeof text, "constants:\n  %s: it is me\n", columns[i].value);
		struct problems problems;
		struct config *config = parse(text, &problems);
		assert_non_null(config);
		assert_string_equal(config->constants.text[i], "it is me");
		config_free(config);
	}
	assert_true(constants > 0);
}

static void rows_are_whole(void **state)
{
	(void)state;
	size_t count = 0;
	for (const struct config_key *k = config_keys; k->path; k++, count++) {
		assert_ptr_equal(config_key_find(k->path, strlen(k->path)), k);
		assert_non_null(k->help);
		assert_int_equal(k->help[strlen(k->help) - 1], '.');
		assert_true(k->type != CONFIG_NUMBER || (k->unit && k->least < k->most));
	}
	assert_true(count <= CONFIG_KEYS_MAX);
}

static void the_reference_names_every_key_and_its_example_is_valid(void **state)
{
	(void)state;
	struct buf text = { 0 };
	config_reference(&text);
	for (const struct config_key *k = config_keys; k->path; k++) {
		char heading[160];
		snprintf(heading, sizeof heading, "# %s\n", k->path);
		assert_non_null(strstr(buf_text(&text), heading));
	}
	const char *from = strstr(buf_text(&text), "\n    "), *to = strstr(from, "\n\n");
	struct problems problems;
	struct config *config = config_parse(from, (size_t)(to - from), &problems);
	assert_non_null(config);
	assert_int_equal(config->exporters.count, 1);
	assert_int_equal(config->enrich.circuits.count, 1);
	config_free(config);
	buf_done(&text);
}

static void what_a_file_holds_cannot_reach_the_terminal(void **state)
{
	(void)state;
	struct problems problems;
	assert_null(parse("\"a\\e[31m\": 1\nflows: {max: \"\\e[31m\"}\n", &problems));
	assert_int_equal(problems.count, 2);
	for (size_t i = 0; i < problems.count; i++) {
		assert_null(strchr(problems.items[i].key, '\033'));
		assert_null(strchr(problems.items[i].text, '\033'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_means_the_defaults),
		cmocka_unit_test(values_arrive_where_they_belong),
		cmocka_unit_test(queries_are_audited_for_a_year_unless_told_otherwise),
		cmocka_unit_test(exporters_stand_with_the_longest_prefix_first),
		cmocka_unit_test(a_dialect_may_be_stated),
		cmocka_unit_test(every_kind_of_mistake_is_named_at_its_place),
		cmocka_unit_test(all_problems_are_told_and_then_that_there_are_more),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(every_constant_column_has_its_key),
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(the_reference_names_every_key_and_its_example_is_valid),
		cmocka_unit_test(what_a_file_holds_cannot_reach_the_terminal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
