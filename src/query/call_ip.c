/* call_ip: tests of addresses in conditions.
 *
 * An address that is in 10.29.0.0/16 starts with "10.29." (or has a length of its own behind a
 * slash), and a text that has an address has its characters.  Where a column is tested against a
 * constant, as a filter, that is asked first: the database does it for many rows at once, and skips
 * what cannot be. */
#include <stdlib.h>
#include <string.h>

#include "query/bind_internal.h"
#include "query/function_rows.h"

#define CALL(name)                                                                                 \
	struct expr *name(struct binder *b, const struct function *row, const struct node *call,   \
	                  struct expr **args, size_t count)

static bool is_filter_of_column(struct expr **args)
{
	return args[0]->kind == EXPR_COLUMN && args[1]->kind == EXPR_VALUE;
}

/* The octets of a.b.c.d/len that the length covers whole, as text: "10.29."; "" where there are
 * none. */
static void octets_of(const char *range, size_t len, char ret[16])
{
	const char *slash = memchr(range, '/', len);
	long bits = slash && slash + 1 < range + len ? strtol(slash + 1, NULL, 10) : slash ? 0 : 32;
	size_t take = 0, dots = 0;
	size_t most = slash ? (size_t)(slash - range) : len;
	ret[0] = '\0';
	while (take < most && take < 15 && dots < (size_t)(bits / 8) && dots < 3)
		dots += range[take++] == '.';
	if (bits < 8 || dots < (size_t)(bits / 8 > 3 ? 3 : bits / 8))
		return;
	memcpy(ret, range, take);
	ret[take] = '\0';
}

CALL(call_ipv4_in_range)
{
	(void)row;
	(void)call;
	(void)count;
	struct expr *in = expr_call2(b, KQL_BOOL, "k_ipv4_in($0, $1)", args[0], args[1]);
	char octets[16] = "";
	if (is_filter_of_column(args))
		octets_of(args[1]->value.s.at, args[1]->value.s.len, octets);
	if (!in || !*octets)
		return in;
	const char *kept = arena_strndup(b->arena, octets, strlen(octets));
	struct expr *start = kept ? expr_text(b, kept) : bind_no_memory(b);
	struct expr **all = ARENA_ARRAY(b->arena, struct expr *, 3);
	if (!start || !all)
		return NULL;
	all[0] = args[0];
	all[1] = args[1];
	all[2] = start;
	in->args = all;
	in->count = 3;
	in->filter = "((starts_with($0, $2) OR contains($0, '/')) AND k_ipv4_in($0, $1))";
	return in;
}

CALL(call_has_ipv4)
{
	(void)row;
	(void)call;
	(void)count;
	struct expr *has = expr_call2(b, KQL_BOOL, "k_has_ipv4($0, $1)", args[0], args[1]);
	if (has && is_filter_of_column(args))
		has->filter = "(contains($0, $1) AND k_has_ipv4($0, $1))";
	return has;
}
