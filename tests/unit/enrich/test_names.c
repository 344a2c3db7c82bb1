#include "collector/enrich/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/workspace/scratch.h"
#include "unit/enrich/rules.h"

#define ONE "192.0.2.1"
#define DAY INT64_C(864000000000) /* ticks */

static struct names *new_names(void)
{
	struct err e = { 0 };
	struct names *names = names_new(&e);
	assert_non_null(names);
	return names;
}

static void learn(struct names *names, const char *exporter, uint32_t domain, enum name_kind kind,
                  uint64_t id, const char *text, int64_t told)
{
	struct name name = { .exporter = address(exporter),
		             .domain = domain,
		             .kind = (uint8_t)kind,
		             .described = *text == '~',
		             .id = id,
		             .told = told };
	snprintf(name.text, sizeof name.text, "%s", text + name.described);
	names_learn(names, &name, 1);
}

/* A row of ONE's domain 5: interfaces 11 and 12, VRFs 31 and 32, application 3:80. */
static struct flow_row a_row(void)
{
	struct flow_row row = whole_row();
	SET(&row, TimeGenerated, minute, 1);
	SET(&row, ObservationDomain, domain, 5);
	SET(&row, ApplicationId, application, UINT64_C(3) << 56 | 80);
	return row;
}

static void store(struct workspace *ws, const struct names *names, const struct flow_row *rows,
                  size_t count)
{
	static const struct constants none;
	struct err e = { 0 };
	const struct flow_row **pointers = calloc(count, sizeof *pointers);
	assert_non_null(pointers);
	for (size_t i = 0; i < count; i++)
		pointers[i] = &rows[i];
	struct commit *c = commit_begin(ws, &e);
	assert_non_null(c);
	names_enrich(names, c);
	if (!commit_flow_rows(c, pointers, count, &none, &e) || !commit_end(c, &e))
		fail_msg("%s", e.text);
	free(pointers);
}

#define NAMED "InputInterfaceName, OutputInterfaceName, IngressVrfName, EgressVrfName, Application"

static void a_row_has_the_name_of_each_of_its_numbers(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct names *names = new_names();
	struct flow_row row = a_row();
	learn(names, ONE, 5, NAME_INTERFACE, 11, "eth11", 1);
	learn(names, ONE, 5, NAME_INTERFACE, 12, "eth12", 1);
	learn(names, ONE, 5, NAME_INTERFACE, 31, "eth31", 1);
	learn(names, ONE, 5, NAME_VRF, 31, "red", 1);
	learn(names, ONE, 5, NAME_VRF, 32, "blue", 1);
	learn(names, ONE, 5, NAME_VRF, 11, "green", 1);
	learn(names, ONE, 5, NAME_APPLICATION, row.key.application, "http", 1);
	store(ws, names, &row, 1);
	ASSERT_ANSWER(ws, TABLE_FLOWS, NAMED ", ApplicationId", "",
	              "eth11|eth12|red|blue|http|3:80\n");
	names_free(names);
	workspace_close(ws);
}

static void names_hold_for_their_exporter_and_domain(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct names *names = new_names();
	struct flow_row rows[4] = { a_row(), a_row(), a_row(), a_row() };
	rows[1].key.domain = 6;
	rows[2].key.exporter = address("192.0.2.2");
	rows[3].key.present &= ~COLUMN_BIT(InputInterface);
	learn(names, ONE, 5, NAME_INTERFACE, 11, "mine", 1);
	learn(names, "192.0.2.2", 7, NAME_INTERFACE, 11, "other's", 1);
	store(ws, names, rows, ARRAY_LEN(rows));
	ASSERT_ANSWER(ws, TABLE_FLOWS, "InputInterfaceName", "", "mine\n\n\n\n");
	names_free(names);
	workspace_close(ws);
}

static void a_name_holds_for_rows_that_are_written_after_it(void **state)
{
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct names *names = new_names();
	struct flow_row row = a_row();
	store(ws, names, &row, 1);
	learn(names, ONE, 5, NAME_INTERFACE, 11, "one", 1);
	row.key.minute++;
	store(ws, names, &row, 1);
	learn(names, ONE, 5, NAME_INTERFACE, 11, "two", 1);
	row.key.minute++;
	store(ws, names, &row, 1);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "InputInterfaceName", "ORDER BY TimeGenerated",
	              "\none\ntwo\n");
	names_free(names);
	workspace_close(ws);
}

/* More than an ENUM of one octet holds, told in another order than they are used. */
static void many_names_are_told_apart(void **state)
{
	enum { ROWS = 3000 };
	struct workspace *ws = scratch_open(*state, WORKSPACE_WRITE);
	struct names *names = new_names();
	struct flow_row *rows = calloc(ROWS, sizeof *rows);
	assert_non_null(rows);
	for (uint32_t i = 0; i < ROWS; i++) {
		char text[32];
		rows[i] = a_row();
		rows[i].key.input_if = i;
		snprintf(text, sizeof text, "Gi%u", ROWS - 1 - i);
		learn(names, ONE, 5, NAME_INTERFACE, ROWS - 1 - i, text, 1);
	}
	store(ws, names, rows, ROWS);
	ASSERT_ANSWER(ws, TABLE_FLOWS,
	              "count(*), count(DISTINCT InputInterfaceName), "
	              "bool_and(InputInterfaceName = 'Gi' || InputInterface)",
	              "", "3000|3000|true\n");
	free(rows);
	names_free(names);
	workspace_close(ws);
}

/* ---- what is kept ---- */

struct listed {
	struct buf lines;
};

static void list(void *context, const struct name *name)
{
	struct listed *l = context;
	char exporter[IP_TEXT_MAX];
	ip_format(&name->exporter, exporter);
	buf_printf(&l->lines, "%s %u %s %llu %s%s %lld\n", exporter, name->domain,
	           name_kind_name(name->kind), (unsigned long long)name->id,
	           name->described ? "~" : "", name->text, (long long)name->told);
}

#define HOLDS(names, want)                                                                         \
	do {                                                                                       \
		struct listed l_ = { 0 };                                                          \
		names_each(names, list, &l_);                                                      \
		assert_string_equal(buf_text(&l_.lines), want);                                    \
		buf_done(&l_.lines);                                                               \
	} while (0)

static void a_proper_name_goes_before_a_description(void **state)
{
	(void)state;
	struct names *names = new_names();
	learn(names, ONE, 5, NAME_INTERFACE, 1, "~uplink", 1);
	HOLDS(names, ONE " 5 interface 1 ~uplink 1\n");
	learn(names, ONE, 5, NAME_INTERFACE, 1, "~downlink", 2);
	HOLDS(names, ONE " 5 interface 1 ~downlink 2\n");
	learn(names, ONE, 5, NAME_INTERFACE, 1, "eth0", 3);
	HOLDS(names, ONE " 5 interface 1 eth0 3\n");
	learn(names, ONE, 5, NAME_INTERFACE, 1, "~uplink", 4);
	HOLDS(names, ONE " 5 interface 1 eth0 4\n");
	learn(names, ONE, 5, NAME_INTERFACE, 1, "eth1", 5);
	HOLDS(names, ONE " 5 interface 1 eth1 5\n");
	names_free(names);
}

static void only_what_is_new_is_a_change(void **state)
{
	(void)state;
	struct names *names = new_names();
	assert_false(names_changed(names));
	learn(names, ONE, 5, NAME_INTERFACE, 1, "eth0", 1);
	assert_true(names_changed(names));
	names_saved(names);
	learn(names, ONE, 5, NAME_INTERFACE, 1, "eth0", 2);
	learn(names, ONE, 5, NAME_INTERFACE, 1, "~eth0", 2);
	assert_false(names_changed(names));
	learn(names, ONE, 5, NAME_INTERFACE, 1, "eth1", 3);
	assert_true(names_changed(names));
	names_free(names);
}

/* ---- bounds ---- */

/* Tells `count` names of an exporter, each with a text of its own where `texts` says so. */
static void flood(struct names *names, const char *exporter, uint64_t count, bool texts,
                  int64_t told)
{
	struct name name = { .exporter = address(exporter), .told = told };
	for (uint64_t i = 0; i < count; i++) {
		name.id = i;
		snprintf(name.text, sizeof name.text, "%-16.16s%048llu", texts ? exporter : "",
		         (unsigned long long)(texts ? i : 0));
		names_learn(names, &name, 1);
	}
}

static void a_million_names_of_one_exporter_cost_its_share(void **state)
{
	(void)state;
	struct names *names = new_names();
	learn(names, "192.0.2.2", 5, NAME_INTERFACE, 1, "eth0", 1);
	flood(names, ONE, 1000000, true, 2);
	assert_int_equal(names_count(names), NAMES_MOST / NAMES_SHARE + 1);
	assert_int_equal(names_refused(names), 0);
	assert_true(names_memory(names) < names_bound() / 4);
	assert_true(names_bound() <= 32 << 20);
	/* the latest are kept, and the other exporter's */
	struct listed l = { 0 };
	names_each(names, list, &l);
	assert_non_null(strstr(buf_text(&l.lines), "192.0.2.2 5 interface 1 eth0 1\n"));
	assert_non_null(strstr(buf_text(&l.lines), " interface 999999 "));
	assert_null(strstr(buf_text(&l.lines), " interface 983615 "));
	assert_non_null(strstr(buf_text(&l.lines), " interface 983616 "));
	buf_done(&l.lines);
	names_free(names);
}

static void fill(struct names *names, bool texts, int64_t told)
{
	for (int i = 0; i < NAMES_SHARE; i++) {
		char exporter[32];
		snprintf(exporter, sizeof exporter, "198.51.100.%d", i);
		flood(names, exporter, NAMES_MOST / NAMES_SHARE, texts, told);
	}
}

static void where_all_is_full_only_what_was_not_repeated_for_a_day_goes(void **state)
{
	(void)state;
	struct names *names = new_names();
	fill(names, false, 1);
	assert_int_equal(names_count(names), NAMES_MOST);
	assert_int_equal(names_refused(names), 0);
	learn(names, ONE, 5, NAME_INTERFACE, 1, "eth0", DAY);
	assert_int_equal(names_refused(names), 1);
	learn(names, ONE, 5, NAME_INTERFACE, 1, "eth0", DAY + 1);
	assert_int_equal(names_refused(names), 1);
	assert_int_equal(names_count(names), NAMES_MOST);
	assert_true(names_memory(names) <= names_bound());
	names_free(names);
}

static void where_texts_are_out_known_ones_still_serve(void **state)
{
	(void)state;
	struct names *names = new_names();
	fill(names, true, 1);
	assert_int_equal(names_count(names), ENRICHMENT_KINDS - 1);
	assert_int_equal(names_refused(names), NAMES_MOST - (ENRICHMENT_KINDS - 1));
	assert_true(names_memory(names) <= names_bound());
	uint64_t before = names_refused(names);
	learn(names, ONE, 5, NAME_INTERFACE, 1, "eth0", 2);
	assert_int_equal(names_refused(names), before + 1);
	flood(names, "198.51.100.0", 1, true, 2); /* repeated */
	assert_int_equal(names_refused(names), before + 1);
	learn(names, ONE, 5, NAME_INTERFACE, 1, "eth0", DAY + 1);
	assert_int_equal(names_refused(names), before + 1);
	names_free(names);
}

/* ---- octets ---- */

static void what_is_kept_is_learnt_again(void **state)
{
	(void)state;
	struct names *names = new_names(), *again = new_names();
	struct err e = { 0 };
	struct buf octets = { 0 }, more = { 0 };
	learn(names, ONE, 5, NAME_INTERFACE, 1, "~uplink", 3);
	learn(names, ONE, 5, NAME_APPLICATION, UINT64_MAX, "M\xc3\xbcnchen", 4);
	learn(names, ONE, 6, NAME_VRF, 7, "red", 5);
	learn(names, "2001:db8::1", 6, NAME_VRF, 7, "red", 6);
	names_save(names, &octets);
	assert_true(names_load(again, octets.text, octets.len, &e));
	HOLDS(again, ONE " 5 interface 1 ~uplink 3\n" ONE
	                 " 5 application 18446744073709551615 M\xc3\xbcnchen 4\n" ONE
	                 " 6 vrf 7 red 5\n2001:db8::1 6 vrf 7 red 6\n");
	names_save(again, &more);
	assert_int_equal(more.len, octets.len);
	assert_memory_equal(more.text, octets.text, more.len);
	buf_done(&octets);
	buf_done(&more);
	names_free(names);
	names_free(again);
}

static void damaged_octets_are_told_and_keep_what_came_before(void **state)
{
	(void)state;
	struct names *names = new_names();
	struct buf octets = { 0 };
	learn(names, ONE, 5, NAME_INTERFACE, 1, "eth0", 3);
	names_save(names, &octets);
	size_t one = octets.len;
	learn(names, ONE, 5, NAME_INTERFACE, 2, "eth1", 4);
	buf_clear(&octets);
	names_save(names, &octets);
	for (size_t len = 0; len < octets.len; len++) {
		struct names *part = new_names();
		struct err e = { 0 };
		bool whole = len == one || len == strlen("WEIRNAM1");
		assert_int_equal(names_load(part, octets.text, len, &e), whole);
		assert_true(whole || e.code == ERR_DATA);
		assert_int_equal(names_count(part), len >= one);
		names_free(part);
	}
	for (size_t at = 0; at < octets.len; at++)
		for (int bit = 0; bit < 8; bit++) {
			struct names *part = new_names();
			struct err e = { 0 };
			octets.text[at] = (char)(octets.text[at] ^ 1 << bit);
			(void)!names_load(part, octets.text, octets.len, &e);
			assert_true(names_count(part) <= 2);
			octets.text[at] = (char)(octets.text[at] ^ 1 << bit);
			names_free(part);
		}
	struct err e = { 0 };
	const char orphan[] = "WEIRNAM1\1\0\0........\0.......\1x"; /* the first is "the same" */
	struct names *part = new_names();
	assert_false(names_load(part, orphan, sizeof orphan - 1, &e));
	assert_int_equal(names_count(part), 0);
	names_free(part);
	buf_done(&octets);
	names_free(names);
}

int main(void)
{
#define STORING(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		STORING(a_row_has_the_name_of_each_of_its_numbers),
		STORING(names_hold_for_their_exporter_and_domain),
		STORING(a_name_holds_for_rows_that_are_written_after_it),
		STORING(many_names_are_told_apart),
		cmocka_unit_test(a_proper_name_goes_before_a_description),
		cmocka_unit_test(only_what_is_new_is_a_change),
		cmocka_unit_test(a_million_names_of_one_exporter_cost_its_share),
		cmocka_unit_test(where_all_is_full_only_what_was_not_repeated_for_a_day_goes),
		cmocka_unit_test(where_texts_are_out_known_ones_still_serve),
		cmocka_unit_test(what_is_kept_is_learnt_again),
		cmocka_unit_test(damaged_octets_are_told_and_keep_what_came_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
