#include <string.h>

#include "support/unit.h"
#include "unit/query/asking.h"

#define T                                                                                          \
	"let T = datatable(a:long, i:int, r:real, s:string, t:datetime, p:timespan, d:dynamic, "   \
	"b:bool)[]; T | "

/* Expected names follow Microsoft's own analyser. */
static void columns_are_named_after_what_they_hold(void **state)
{
	ASSERT_COLUMNS(state, T "project a + 1, strlen(s), tostring(d.x.y), split(s, '.')[0]",
	               "Column1:long strlen_s:long d_x_y:string s_0:dynamic");
	ASSERT_COLUMNS(state,
	               T "summarize sum(a), sum(a), max(a + 1), percentile(r, 99.5) by bin(t, 1h)",
	               "t:datetime sum_a:long sum_a1:long max_:long percentile_r_99_5:real");
	ASSERT_COLUMNS(state, T "summarize arg_max(t, a, s), take_any(i), make_set(a), dcount(s)",
	               "t:datetime a:long s:string i:int set_a:dynamic dcount_s:long");
	ASSERT_COLUMNS(state, T "summarize (x, y) = arg_max(t, *) by a, i, r, s, p | project x, y",
	               "x:datetime y:dynamic");
	ASSERT_COLUMNS(state, "print 1, x=2, strlen('a')", "print_0:long x:long print_2:long");
	ASSERT_COLUMNS(state, T "extend strlen(s), toint(s) | project strlen_s, s",
	               "strlen_s:long s:int");
	ASSERT_COLUMNS(state, T "extend 1 | extend 2 | project-keep Column*",
	               "Column1:long Column2:long");
	ASSERT_COLUMNS(state, T "project a, toint(a)", "a:long a1:int");
	ASSERT_COLUMNS(state, T "count", "Count:long");
}

static void numbers_widen_as_in_kusto(void **state)
{
	ASSERT_COLUMNS(state, T "project x=i + i, y=i / 2.0, z=-i, w=a % i",
	               "x:long y:real z:long w:long");
	ASSERT_COLUMNS(
	    state, T "project x=iff(b, 1, 2.0), y=iff(b, i, i), z=iff(b, i, a), w=iff(b, 's', 1)",
	    "x:real y:int z:long w:dynamic");
	ASSERT_COLUMNS(state, T "project x=t - t, y=t + p, z=p * 2, w=p / p",
	               "x:timespan y:datetime z:timespan w:real");
	ASSERT_COLUMNS(state, T "project x=bin(i, 5), y=bin(a, 0.5), z=bin(t, 1h)",
	               "x:long y:real z:datetime");
	ASSERT_COLUMNS(state, T "summarize x=sum(i), y=avg(i), z=min(i), w=avg(p)",
	               "x:long y:real z:int w:timespan");
}

static void joins_and_unions_name_what_stands_twice(void **state)
{
	ASSERT_COLUMNS(state, T "project a, s | join kind=inner (T | project a, a1=1, s) on a",
	               "a:long s:string a2:long a1:long s1:string");
	ASSERT_COLUMNS(state, T "project a, s | lookup (T | project a, s, i) on a",
	               "a:long s:string s1:string i:int");
	ASSERT_COLUMNS(state, T "project a | union withsource=w (print a='x')",
	               "w:string a_long:long a_string:string");
	ASSERT_COLUMNS(state, T "project a, s | join kind=leftanti (T) on a", "a:long s:string");
}

static void names_are_looked_up_from_the_inside_out(void **state)
{
	ASSERT_COLUMNS(state, "let a = 'text'; " T "project x=a", "x:long");
	ASSERT_COLUMNS(state, "let z = 'text'; " T "project x=z", "x:string");
	ASSERT_COLUMNS(state, "let x = 1; let f = (x:string) { x }; print y=f('a')", "y:string");
	ASSERT_COLUMNS(state, T "project z=1 | extend a=z", "z:long a:long");
}

static void types_that_do_not_fit_are_refused(void **state)
{
	static const char *const bad[] = {
		T "where a",
		T "where s + s == s",
		T "where t > '2026-01-01'",
		T "where a has 'x'",
		T "where s < 'x'",
		T "where s == 1",
		T "project ago(1)",
		T "project t + t",
		T "project not(1)",
		T "summarize by d",
		T "sort by d",
		T "mv-expand a",
		T "join (T) on $left.a == $right.s",
		T "where sum(a) > 1",
		T "summarize sum(max(a))",
		T "summarize a",
		T "project prev(a)",
		T "project x=1, x=2",
		T "take 'x'",
		T "make-series count() on t step 5",
		"let x = 1; let x = 2; print x",
		"let T1 = range v from 1 to 2 step 1; print x=T1 + 1",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *answer = asking_columns(*state, bad[i]);
		if (strncmp(answer, "SEM", 3) != 0)
			fail_msg("%s: %s", bad[i], answer);
	}
}

/* 2^40 uses of one table: refused for its size, quickly. */
static void what_grows_beyond_measure_is_refused(void **state)
{
	struct buf kql = { 0 };
	buf_puts(&kql, "let t0 = range x from 1 to 2 step 1; ");
	for (int i = 1; i <= 40; i++)
		buf_printf(&kql, "let t%d = union t%d, t%d; ", i, i - 1, i - 1);
	buf_puts(&kql, "t40 | count");
	assert_non_null(strstr(asking_columns(*state, buf_text(&kql)), "too complex"));
	buf_clear(&kql);
	buf_puts(&kql, "let s0 = rand(); ");
	for (int i = 1; i <= 60; i++)
		buf_printf(&kql, "let s%d = s%d + s%d; ", i, i - 1, i - 1);
	buf_puts(&kql, "print s60");
	assert_non_null(strstr(asking_columns(*state, buf_text(&kql)), "too complex"));
	buf_done(&kql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_named_after_what_they_hold),
		cmocka_unit_test(numbers_widen_as_in_kusto),
		cmocka_unit_test(joins_and_unions_name_what_stands_twice),
		cmocka_unit_test(names_are_looked_up_from_the_inside_out),
		cmocka_unit_test(types_that_do_not_fit_are_refused),
		cmocka_unit_test(what_grows_beyond_measure_is_refused),
	};
	return cmocka_run_group_tests(tests, asking_start, asking_stop);
}
