/* What `where` tells the workspace about time: which segments need not be read. */
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "query/bind.h"
#include "query/lex.h"
#include "query/parse.h"
#include "query/prune.h"
#include "support/unit.h"

#define NOW  (ticks_from_date((struct date){ 2026, 11, 22 }))
#define DAY1 (ticks_from_date((struct date){ 2026, 11, 1 }))

/* Enough of an evaluator: ago(1h) and sums of ticks are left to the database in earnest. */
static bool eval(void *context, const struct expr *expr, const struct shared *shared,
                 struct value *ret, struct arena *arena)
{
	(void)context;
	(void)shared;
	(void)arena;
	if (expr->count == 1)
		return eval(context, expr->args[0], shared, ret, arena);
	if (expr->count != 2 || expr->args[0]->kind != EXPR_VALUE ||
	    expr->args[1]->kind != EXPR_VALUE)
		return false;
	int64_t x = expr->args[0]->value.i, y = expr->args[1]->value.i;
	*ret =
	    (struct value){ .type = expr->type, .i = strstr(expr->sql, "k_add") ? x + y : x - y };
	return true;
}

static const struct segment_filter *table_in(const struct rel *rel)
{
	for (; rel; rel = rel->left)
		if (rel->kind == REL_TABLE)
			return &rel->filter;
	fail_msg("no table is read");
	return NULL;
}

static struct segment_filter filter_of(const char *query)
{
	struct arena arena;
	struct token_list tokens;
	struct query_error e = { 0 };
	struct bound_query bound;
	arena_init(&arena, 16 << 20);
	struct bind_options options = { .arena = &arena,
		                        .has_workspace = true,
		                        .now = NOW,
		                        .time = TIME_RANGE_ALL,
		                        .eval = eval };
	assert_true(lex(query, strlen(query), &arena, &tokens, &e));
	struct node *tree = parse(query, &tokens, &arena, &e);
	assert_non_null(tree);
	if (!bind_query(tree, &options, &bound, &e))
		fail_msg("%s", e.message);
	struct segment_filter filter = *table_in(bound.table->rel);
	token_list_done(&tokens);
	arena_done(&arena);
	return filter;
}

#define TIME(query, lower, upper)                                                                  \
	do {                                                                                       \
		struct segment_filter f = filter_of("Flows | " query);                             \
		assert_int_equal(f.time.from, lower);                                              \
		assert_int_equal(f.time.to, upper);                                                \
	} while (0)

static void comparisons_with_constants_narrow(void **state)
{
	(void)state;
	TIME("where TimeGenerated >= datetime(2026-11-01)", DAY1, INT64_MAX);
	TIME("where TimeGenerated < datetime(2026-11-01)", INT64_MIN, DAY1);
	TIME("where datetime(2026-11-01) < TimeGenerated", DAY1, INT64_MAX);
	TIME("where TimeGenerated == datetime(2026-11-01)", DAY1, DAY1);
	TIME("where TimeGenerated between (datetime(2026-11-01) .. datetime(2026-11-02))", DAY1,
	     DAY1 + TICKS_PER_DAY);
}

static void expressions_of_the_clock_narrow(void **state)
{
	(void)state;
	TIME("where TimeGenerated > ago(1h)", NOW - TICKS_PER_HOUR, INT64_MAX);
	TIME("where TimeGenerated > now() - 1h and SourcePort == 5", NOW - TICKS_PER_HOUR,
	     INT64_MAX);
	struct segment_filter f =
	    filter_of("let since = datetime(2026-11-01); Flows | where TimeGenerated > since");
	assert_int_equal(f.time.from, DAY1);
}

static void the_time_of_the_record_narrows_apart(void **state)
{
	(void)state;
	struct segment_filter f = filter_of("Flows | where FlowRecordTime > datetime(2026-11-01)");
	assert_int_equal(f.time.from, INT64_MIN);
	assert_int_equal(f.recorded.from, DAY1);
}

/* What ended before that time, and what began after it, need not be read. */
static void a_look_into_the_past_reads_what_may_reach_there(void **state)
{
	(void)state;
	struct segment_filter f =
	    filter_of("NatLookup('198.51.100.7', 1024, datetime(2026-11-01))");
	assert_int_equal(f.table, TABLE_BINDINGS);
	assert_int_equal(f.time.from, DAY1 - 10 * TICKS_PER_MINUTE);
	assert_int_equal(f.recorded.from, INT64_MIN);
	assert_int_equal(f.recorded.to, DAY1);
	f = filter_of("let NatLookup = (x: long) { Flows | where SourcePort == x }; NatLookup(5)");
	assert_int_equal(f.table, TABLE_FLOWS);
}

static void filters_reach_through_what_keeps_rows(void **state)
{
	(void)state;
	TIME("extend x = 1 | where x == 1 | project t = TimeGenerated | where t > "
	     "datetime(2026-11-01)",
	     DAY1, INT64_MAX);
}

/* How many conditions on addresses the leftmost table knows. */
#define SOUGHT(query, count) assert_int_equal(filter_of("Flows | " query).sought_count, count)

static void addresses_that_rows_must_have_are_told(void **state)
{
	(void)state;
	SOUGHT("where SourceIp == '10.0.0.1'", 1);
	SOUGHT("where '10.0.0.1' == SourceIp and Exporter == '10.0.0.2' and SourcePort == 5", 2);
	SOUGHT("where SourceIp == '10.0.0.1' or DestinationIp in ('10.0.0.1', '10.0.0.2')", 1);
	SOUGHT("where SourceIp == '10.0.0.1' or (SourcePort == 5 and Exporter == '10.0.0.2')", 1);
	SOUGHT("where SourceIp in (dynamic(['10.0.0.1', '10.0.0.2']))", 1);
	SOUGHT("extend x = 1 | where x == 1 | project ip = SourceIp | where ip == '10.0.0.1'", 1);
	SOUGHT("join kind=inner (Flows) on SourceIp | where SourceIp == '10.0.0.1'", 1);
	SOUGHT("join kind=leftouter (Flows) on SourceIp | where SourceIp == '10.0.0.1'", 1);
	assert_int_equal(filter_of("NatLookup('198.51.100.7', 5, now())").sought_count, 1);
	assert_int_equal(filter_of("let x = '10.0.0.1'; Flows | where SourceIp == x").sought_count,
	                 1);
}

static void what_rows_may_lack_is_not_sought(void **state)
{
	(void)state;
	SOUGHT("where SourceIp == '10.0.0.1' or SourcePort == 5", 0);
	SOUGHT("where SourceIp =~ '10.0.0.1' or SourceIp != '10.0.0.1' or SourceIp == ''", 0);
	SOUGHT("where not(SourceIp == '10.0.0.1') and SourceIp !in ('10.0.0.1')", 0);
	SOUGHT("where SourceIp == DestinationIp or SourceIp in~ ('10.0.0.1')", 0);
	SOUGHT("where SourceIp has '10.0.0.1' or SourceIp startswith '10.'", 0);
	SOUGHT("where ipv4_is_in_range(SourceIp, '10.1.0.0/16')", 0);
	SOUGHT("where SourceIp in ('10.0.0.1', '')", 0);
	SOUGHT("take 5 | where SourceIp == '10.0.0.1'", 0);
	SOUGHT("serialize n = row_number() | where SourceIp == '10.0.0.1'", 0);
	SOUGHT("extend p = 1 | join (Flows) on SourceIp | where SourceIp == '10.0.0.1'", 0);
	SOUGHT("join kind=fullouter (Flows) on SourceIp | where SourceIp == '10.0.0.1'", 0);
	TIME("serialize n = row_number() | where TimeGenerated > datetime(2026-11-01)", INT64_MIN,
	     INT64_MAX);
}

static void nothing_narrows_where_rows_could_be_missed(void **state)
{
	(void)state;
	TIME("take 10 | where TimeGenerated > datetime(2026-11-01)", INT64_MIN, INT64_MAX);
	TIME("where TimeGenerated > datetime(2026-11-01) or SourcePort == 5", INT64_MIN, INT64_MAX);
	TIME("where not(TimeGenerated > datetime(2026-11-01))", INT64_MIN, INT64_MAX);
	TIME("where TimeGenerated != datetime(2026-11-01)", INT64_MIN, INT64_MAX);
	TIME("where FlowStartTime > datetime(2026-11-01)", INT64_MIN, INT64_MAX);
	TIME("where TimeGenerated > FlowStartTime", INT64_MIN, INT64_MAX);
	TIME("where TimeGenerated + 1h > datetime(2026-11-01)", INT64_MIN, INT64_MAX);
}

/* The table's columns that a query needs, by name. */
static void needed_of(const char *query, struct buf *ret)
{
	struct arena arena;
	struct token_list tokens;
	struct query_error e = { 0 };
	struct bound_query bound;
	arena_init(&arena, 16 << 20);
	struct bind_options options = { .arena = &arena,
		                        .has_workspace = true,
		                        .now = NOW,
		                        .time = TIME_RANGE_ALL,
		                        .eval = eval };
	assert_true(lex(query, strlen(query), &arena, &tokens, &e));
	struct node *tree = parse(query, &tokens, &arena, &e);
	assert_non_null(tree);
	assert_true(bind_query(tree, &options, &bound, &e));
	bool *needed = calloc(bound.next_id, sizeof *needed);
	assert_non_null(needed);
	prune(&bound, needed);
	unsigned id = 1; /* of the first table's first column */
	for (int c = 0; c < COLUMN_COUNT; c++)
		if (column_in((enum column_id)c, TABLE_FLOWS) && needed[id++])
			buf_printf(ret, "%s ", columns[c].name);
	free(needed);
	token_list_done(&tokens);
	arena_done(&arena);
}

static void what_nobody_needs_is_not_read(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "Flows | count", "" },
		{ "Flows | project SourceIp", "SourceIp " },
		{ "Flows | where DstMask > 8 | project SourceIp", "DstMask SourceIp " },
		{ "Flows | extend a=SrcAsn, b=DstAsn | project a", "SrcAsn " },
		{ "Flows | summarize arg_max(FlowRecordTime, *) by SourceIp | project "
		  "NumberOfBytes",
		  "FlowRecordTime NumberOfBytes SourceIp " },
		{ "Flows | sort by DstAsn | project SourceIp", "DstAsn SourceIp " },
		{ "Flows | join kind=inner (Flows | project SourceIp, x=1) on SourceIp | project "
		  "DstMask",
		  "DstMask SourceIp " },
		{ "union (Flows | project a=SourceIp, b=SrcMask), (print a='x', b=int(1)) | "
		  "project a",
		  "SourceIp " },
		{ "let m = materialize(Flows); union (m | project a=SrcMask), (m | project "
		  "a=DstMask)",
		  "DstMask SrcMask " },
		{ "Flows | where SourceIp in ((Flows | distinct DestinationIp)) | count",
		  "SourceIp " },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf got = { 0 };
		needed_of(cases[i][0], &got);
		if (strcmp(buf_text(&got), cases[i][1]) != 0)
			fail_msg("%s: %s", cases[i][0], buf_text(&got));
		buf_done(&got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_needs_is_not_read),
		cmocka_unit_test(comparisons_with_constants_narrow),
		cmocka_unit_test(expressions_of_the_clock_narrow),
		cmocka_unit_test(the_time_of_the_record_narrows_apart),
		cmocka_unit_test(a_look_into_the_past_reads_what_may_reach_there),
		cmocka_unit_test(filters_reach_through_what_keeps_rows),
		cmocka_unit_test(addresses_that_rows_must_have_are_told),
		cmocka_unit_test(what_rows_may_lack_is_not_sought),
		cmocka_unit_test(nothing_narrows_where_rows_could_be_missed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
