#include "query/parse.h"

#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "support/unit.h"

/* The tree as a text: binary operators in parentheses, calls as f(a, b), operators with their
 * groups as "where{a}". */
static void tree_put(struct buf *out, const struct node *node);

static void children_put(struct buf *out, const struct node *node, const char *between)
{
	EACH_CHILD(child, node)
	{
		if (child != node->first)
			buf_puts(out, between);
		tree_put(out, child);
	}
}

static void value_put(struct buf *out, const struct value *value)
{
	if (value->type == KQL_STRING)
		buf_printf(out, "'%s'", value->s.at);
	else if (value->type == KQL_REAL)
		buf_printf(out, "%g", value->f);
	else if (value->type == KQL_BOOL)
		buf_puts(out, value->b ? "true" : "false");
	else
		buf_i64(out, value->i);
}

static void wrapped_put(struct buf *out, const char *text, const struct node *node,
                        const char *marks)
{
	buf_printf(out, "%s%c", text, marks[0]);
	children_put(out, node, ", ");
	buf_putc(out, marks[1]);
}

static void tree_put(struct buf *out, const struct node *node)
{
	switch (node->kind) {
	case NODE_LITERAL: value_put(out, &node->value); break;
	case NODE_NAME:
	case NODE_PATTERN: buf_puts(out, node->text); break;
	case NODE_STAR: buf_puts(out, "*"); break;
	case NODE_BINARY:
		buf_putc(out, '(');
		tree_put(out, node->first);
		buf_printf(out, " %s ", node->text);
		tree_put(out, node->last);
		buf_putc(out, ')');
		break;
	case NODE_MINUS: wrapped_put(out, node->text, node, "()"); break;
	case NODE_MEMBER: wrapped_put(out, node->text, node, "<>"); break;
	case NODE_INDEX: wrapped_put(out, "at", node, "[]"); break;
	case NODE_GROUP:
	case NODE_OPERATOR: wrapped_put(out, node->text, node, "{}"); break;
	case NODE_PIPELINE: children_put(out, node, " | "); break;
	case NODE_NAMED:
	case NODE_PARAM:
	case NODE_LET:
		buf_printf(out, "%s=", node->text);
		children_put(out, node, ", ");
		break;
	case NODE_ORDER:
		tree_put(out, node->first);
		buf_puts(out, node->descending ? " desc" : " asc");
		break;
	default: wrapped_put(out, node->text, node, "()"); break;
	}
}

static const char *tree_of(const char *query)
{
	static char text[4096];
	struct arena arena;
	struct token_list tokens = { 0 };
	struct query_error e = { 0 };
	struct buf out = { 0 };
	arena_init(&arena, 16 << 20);
	struct node *tree = NULL;
	if (lex(query, strlen(query), &arena, &tokens, &e))
		tree = parse(query, &tokens, &arena, &e);
	if (tree)
		children_put(&out, tree, "; ");
	else
		buf_printf(&out, "%s at %zu", e.code, e.at);
	snprintf(text, sizeof text, "%s", buf_text(&out));
	buf_done(&out);
	token_list_done(&tokens);
	arena_done(&arena);
	return text;
}

#define TREE(query, expected) assert_string_equal(tree_of(query), expected)

static void operators_bind_as_documented(void **state)
{
	(void)state;
	TREE("print a or b and c == d + e * f", "print{{(a or (b and (c == (d + (e * f)))))}}");
	TREE("print a - b - c", "print{{((a - b) - c)}}");
	TREE("print -a * b", "print{{(-(a) * b)}}");
	TREE("print a has \"x\" and b !in~ (1, 2)", "print{{((a has 'x') and (b !in~ (1, 2)))}}");
	TREE("print a between (1 .. 2) or b matches regex \"x\"",
	     "print{{((a between (1, 2)) or (b matches regex 'x'))}}");
	TREE("print (a + b) * c", "print{{((a + b) * c)}}");
	TREE("print a.b[0][\"c\"]", "print{{at[at[b<a>, 0], 'c']}}");
}

static void pipelines_and_operators(void **state)
{
	(void)state;
	TREE("T | where a | project-away b*, *c | top 3 by d asc",
	     "T | where{{a}} | project-away{{b*, *c}} | top{{3}, by{d asc}}");
	TREE("T | summarize hint.strategy=shuffle n=count() by bin(t, 1h), k",
	     "T | summarize{hint.strategy=shuffle, {n=count()}, by{bin(t, 36000000000), k}}");
	TREE("T | join kind=inner (U | take 1) on a, $left.b == $right.c",
	     "T | join{kind=inner, {U | take{{1}}}, on{a, (b<$left> == c<$right>)}}");
	TREE("T | fork (where a) b=(count) (take 1 | count)",
	     "T | fork{{=where{{a}}, b=count{}, =take{{1}} | count{}}}");
	TREE("T | search a:\"x\" or b", "T | search{{((a has 'x') or b)}}");
	TREE("T | scan with_match_id=m declare (d:long=0) with (step s output=last: a => d=1; step "
	     "t: b;)",
	     "T | scan{with_match_id=m, declare{d(0)}, with{s{output=last, condition{a}, "
	     "assign{d=1}}, "
	     "t{condition{b}}}}");
	TREE("range x from 1 to 2 step 1 | count", "range{{x}, from{1}, to{2}, step{1}} | count{}");
	TREE("range(1, 2) ", "range(1, 2)");
	TREE("let f = (a:long) { a + 1 }; print f(2);", "f=(a(), ((a + 1))); print{{f(2)}}");
	TREE("print print=1", "print{{print=1}}");
}

static void errors_stand_where_the_text_goes_wrong(void **state)
{
	(void)state;
	TREE("T | where", "SYN0001 at 9");
	TREE("T where a", "SYN0002 at 2");
	TREE("T | where a >", "SYN0001 at 13");
	TREE("T | summarize by", "SYN0001 at 16");
	TREE("T | sort a", "SYN0002 at 9");
	TREE("print a=1 b=2", "SYN0002 at 10");
	TREE("T | nosuch", "SYN0002 at 4");
	TREE("T | reduce x", "SEM0001 at 4");
	TREE("T | scan x", "SYN0002 at 9");
	TREE("let a = 1 print a", "SYN0002 at 10");
	TREE("print 5 m", "SYN0002 at 8");
	TREE("print int(x)", "SYN0008 at 6");
	TREE("", "SYN0001 at 0");
	TREE("T |", "SYN0001 at 3");
	TREE("print (1", "SYN0001 at 8");
	TREE("print 1)", "SYN0002 at 7");
}

static void nesting_is_bounded_in_every_direction(void **state)
{
	(void)state;
	static char query[20000];
	memset(query, '(', 10000);
	memcpy(query, "print ", 6);
	assert_non_null(strstr(tree_of(query), "SYN0007"));
	memset(query + 6, '-', 9990);
	assert_non_null(strstr(tree_of(query), "SYN0007"));
	strcpy(query, "print 1");
	for (int i = 0; i < 2000; i++)
		strcat(query, "+1");
	assert_non_null(strstr(tree_of(query), "SYN0007"));
	strcpy(query, "print ");
	for (int i = 0; i < 2000; i++)
		strcat(query, "f(");
	assert_non_null(strstr(tree_of(query), "SYN0007"));
}

static void every_operator_has_a_name_of_its_own(void **state)
{
	(void)state;
	const struct operator_name *names;
	size_t count = operator_names(&names);
	assert_true(count > 40);
	for (size_t i = 1; i < count; i++)
		assert_true(strcmp(names[i - 1].name, names[i].name) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_bind_as_documented),
		cmocka_unit_test(pipelines_and_operators),
		cmocka_unit_test(errors_stand_where_the_text_goes_wrong),
		cmocka_unit_test(nesting_is_bounded_in_every_direction),
		cmocka_unit_test(every_operator_has_a_name_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
