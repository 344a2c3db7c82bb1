/* call_text: the functions that take regular expressions, and split.
 *
 * The database's own expressions are RE2's, as Kusto's are.  It raises an error for one that is
 * malformed: a constant one is tried beforehand, any other runs inside TRY. */
#include <string.h>

#include "query/bind_internal.h"
#include "query/function_rows.h"
#include "query/json.h"

#define CALL(name)                                                                                 \
	struct expr *name(struct binder *b, const struct function *row, const struct node *call,   \
	                  struct expr **args, size_t count)
#define UNUSED_ARGS (void)row, (void)call, (void)args, (void)count

enum { GROUPS_MAX = 9 };

static bool pattern_works(struct binder *b, const struct node *at, struct expr *pattern)
{
	struct query_error *e = b->e, own = { 0 };
	struct value value;
	struct expr *trial = expr_call1(b, KQL_BOOL, "regexp_matches('', $0)", pattern);
	b->e = &own;
	bool ok = trial && expr_constant(b, at, trial, &value);
	b->e = e;
	return ok || semantic(b, "SEM0070", at, "This is no regular expression");
}

/* sql over text ($0) and pattern ($1) */
static struct expr *regex_call_more(struct binder *b, const struct node *at, enum kql_type type,
                                    const char *sql, struct expr **args, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!args[i])
			return NULL;
	if (args[1]->constant && !pattern_works(b, at, args[1]))
		return NULL;
	if (!args[1]->constant)
		sql = arena_printf(b->arena, "TRY(%s)", sql);
	if (!sql)
		return bind_no_memory(b);
	return expr_call(b, type, sql, args, count);
}

struct expr *regex_call(struct binder *b, const struct node *pattern_node, enum kql_type type,
                        const char *sql, struct expr *text, struct expr *pattern)
{
	struct expr *args[] = { text, pattern };
	return regex_call_more(b, pattern_node, type, sql, args, 2);
}

static struct expr *replaced(struct binder *b, const struct node *at, struct expr *text,
                             struct expr *pattern, struct expr *rewrite)
{
	struct expr *args[] = { text, pattern, rewrite };
	return regex_call_more(b, at, KQL_STRING, "regexp_replace($0, $1, $2, 'g')", args, 3);
}

CALL(call_replace_regex)
{
	UNUSED_ARGS;
	return replaced(b, node_child(call, 1), args[0], args[1], args[2]);
}

CALL(call_replace)
{
	UNUSED_ARGS;
	return replaced(b, node_child(call, 0), args[2], args[0], args[1]);
}

static struct expr *trimmed(struct binder *b, const struct node *call, struct expr *pattern,
                            struct expr *text, const char *anchored)
{
	return regex_call(b, call->first, KQL_STRING, "regexp_replace($0, $1, '')", text,
	                  expr_call1(b, KQL_STRING, anchored, pattern));
}

CALL(call_trim_start)
{
	UNUSED_ARGS;
	return trimmed(b, call, args[0], args[1], "concat('^(?:', $0, ')')");
}

CALL(call_trim_end)
{
	UNUSED_ARGS;
	return trimmed(b, call, args[0], args[1], "concat('(?:', $0, ')\\z')");
}

CALL(call_trim)
{
	struct expr *start = call_trim_start(b, row, call, args, count);
	struct expr *rest[] = { args[0], start };
	return start ? call_trim_end(b, row, call, rest, count) : NULL;
}

/* How many groups a pattern captures. */
static int groups_of(const char *pattern)
{
	int groups = 0;
	bool set = false;
	for (const char *at = pattern; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '[')
			set = true;
		else if (*at == ']')
			set = false;
		else if (*at == '(' && !set)
			groups += at[1] != '?' || at[2] == 'P' || at[2] == '<';
	}
	return groups;
}

static bool constant_pattern(struct binder *b, const struct node *at, const struct expr *pattern,
                             int *ret_groups)
{
	struct value value;
	if (!expr_constant(b, at, pattern, &value))
		return false;
	*ret_groups = groups_of(value.s.at);
	return true;
}

CALL(call_extract)
{
	UNUSED_ARGS;
	struct value group;
	int groups;
	if (!constant_pattern(b, call->first, args[0], &groups) ||
	    !expr_constant(b, node_child(call, 1), args[1], &group))
		return NULL;
	if (group.null || group.i < 0 || group.i > GROUPS_MAX)
		return semantic(b, "SEM0071", node_child(call, 1),
		                "A group is a number from 0 to %d", GROUPS_MAX);
	enum kql_type type = call->last->kind == NODE_TYPEOF ? call->last->type : KQL_STRING;
	if (group.i > groups)
		return expr_null(b, type);
	const char *sql = arena_printf(b->arena, "regexp_extract($0, $1, %d)", (int)group.i);
	return sql ? convert(b, regex_call(b, call->first, KQL_STRING, sql, args[2], args[0]), type)
	           : NULL;
}

static struct expr *matches_of(struct binder *b, const struct node *at, struct expr *text,
                               struct expr *pattern, int group)
{
	const char *sql = arena_printf(
	    b->arena, "CAST(to_json(regexp_extract_all($0, $1, %d)) AS VARCHAR)", group);
	return sql ? regex_call(b, at, KQL_DYNAMIC, sql, text, pattern) : bind_no_memory(b);
}

/* Of one group an array of texts, of several an array of arrays. */
static struct expr *all_matches(struct binder *b, const struct node *at, struct expr *text,
                                struct expr *pattern, const int *list, size_t count)
{
	struct expr *arrays[GROUPS_MAX + 1];
	for (size_t i = 0; i < count; i++)
		arrays[i] = matches_of(b, at, text, pattern, list[i]);
	struct expr *all =
	    count == 1 ? arrays[0] : expr_call(b, KQL_DYNAMIC, "k_zip($*)", arrays, count);
	/* No match at all is null. */
	return expr_call1(b, KQL_DYNAMIC, "nullif($0, '[]')", all);
}

CALL(call_extract_all)
{
	UNUSED_ARGS;
	int groups, list[GROUPS_MAX];
	if (!constant_pattern(b, call->first, args[0], &groups))
		return NULL;
	if (groups < 1 || groups > GROUPS_MAX)
		return semantic(b, "SEM0071", call->first,
		                "The expression must have 1 to %d groups", GROUPS_MAX);
	for (int i = 0; i < groups; i++)
		list[i] = i + 1;
	return all_matches(b, call->first, args[1], args[0], list, (size_t)groups);
}

CALL(call_extract_all_of)
{
	UNUSED_ARGS;
	struct value wanted;
	int groups, list[GROUPS_MAX];
	size_t n = 0;
	if (!constant_pattern(b, call->first, args[0], &groups) ||
	    !expr_constant(b, node_child(call, 1), args[1], &wanted))
		return NULL;
	struct json inside = { 0 }, item;
	if (!wanted.null)
		inside = json_inside((struct json){ wanted.s.at, wanted.s.len });
	while (n < GROUPS_MAX && json_next(&inside, &item)) {
		int64_t group;
		if (!json_whole(item, &group) || group < 0 || group > groups || group > GROUPS_MAX)
			return semantic(b, "SEM0071", node_child(call, 1),
			                "There is no such group");
		list[n++] = (int)group;
	}
	if (!n)
		return semantic(b, "SEM0071", node_child(call, 1),
		                "Groups are an array of numbers");
	return all_matches(b, call->first, args[2], args[0], list, n);
}

CALL(call_countof)
{
	UNUSED_ARGS;
	struct value kind = { .s = { "normal", 6 } };
	if (count == 3 && !expr_constant(b, call->last, args[2], &kind))
		return NULL;
	if (strcmp(kind.s.at, "regex") == 0)
		return regex_call(b, node_child(call, 1), KQL_LONG,
		                  "len(regexp_extract_all($0, $1))", args[0], args[1]);
	return expr_call(b, KQL_LONG, "k_count_of($0, $1)", args, 2);
}

CALL(call_split)
{
	UNUSED_ARGS;
	return expr_call(b, KQL_DYNAMIC, "k_split($*)", args, count);
}
