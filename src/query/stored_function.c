#include "query/stored_function.h"

#include <assert.h>
#include <string.h>

#include "query/lex.h"
#include "query/parse.h"

/* clang-format off */
static const struct stored_function functions_[] = {
	/* What had ended before is in segments of earlier minutes (the clocks of exporters are trusted
	 * to 10 minutes), what began later in segments that tell so. */
	{ "NatLookup", "NatLookup(ip: string, port: long, time: datetime)",
	  "the rows of NatBindings that held this translated address and port then, the last begun first",
	  "let NatLookup = (Ip: string, Port: long, Time: datetime) {"
	  " NatBindings"
	  " | where TimeGenerated >= Time - 10m and BeginTime <= Time"
	  " | where isnull(EndTime) or EndTime >= Time"
	  " | where PostNatSourceIp == Ip"
	  " | where PostNatSourcePort == Port or BindingKind == 'address'"
	  "    or (BindingKind == 'port block' and Port between (PortBlockStart .. PortBlockEnd)"
	  "        and (Port - PortBlockStart) % coalesce(PortBlockStep, 1) == 0)"
	  " | order by BeginTime desc"
	  "}; print 1" },
	/* The arithmetic of bounds is that of workspace/rollup.h. */
	{ "TopTalkers", "TopTalkers(from: datetime, to: datetime)",
	  "the sources that sent most in the days and, where these are not compacted yet, the hours that begin in from … to "
	  "(to is not among them), by FlowsDaily and FlowsHourly, the greatest first: Bytes, scaled by the sampling rate where "
	  "that is known, are at least what it sent, AtMost the most that it may have sent; one that is missing sent at most "
	  "MissingAtMost",
	  "let TopTalkers = (From: datetime, To: datetime) {"
	  " let Lists = union (FlowsDaily | where TimeGenerated >= From and TimeGenerated < To and Kind == 'source'),"
	  "    (FlowsHourly | where TimeGenerated >= From and TimeGenerated < To and Kind == 'source' and not(InDaily))"
	  " | where not(coalesce(TotalCounters, false))"
	  " | extend Rate = coalesce(SamplingInterval, 1);"
	  " let Unlisted = coalesce(toscalar(Lists | where Residual | summarize sum(UnlistedBound * Rate)), 0);"
	  " Lists"
	  " | where not(Residual)"
	  " | summarize Bytes = sum(NumberOfBytes * Rate), Own = sum((Bound - UnlistedBound) * Rate) by SourceIp"
	  " | project SourceIp, Bytes, AtMost = Bytes + Own + Unlisted, MissingAtMost = Unlisted"
	  " | order by Bytes desc"
	  "}; print 1" },
};
/* clang-format on */

size_t stored_functions(const struct stored_function **ret)
{
	*ret = functions_;
	return ARRAY_LEN(functions_);
}

static const struct node *let_of(const struct binder *b, const char *text)
{
	struct token_list tokens;
	struct query_error e;
	if (!lex(text, strlen(text), b->arena, &tokens, &e))
		return NULL;
	const struct node *body = parse(text, &tokens, b->arena, &e);
	token_list_done(&tokens);
	return body ? body->first : NULL;
}

const struct scope *stored_function_find(const struct binder *b, const char *name)
{
	size_t i = 0;
	while (i < ARRAY_LEN(functions_) && strcmp(functions_[i].name, name) != 0)
		i++;
	if (i == ARRAY_LEN(functions_) || !b->options->has_workspace)
		return NULL;
	const struct node *let = let_of(b, functions_[i].kql);
	struct scope *scope = let ? ARENA_NEW(b->arena, struct scope) : NULL;
	if (!scope)
		return NULL;
	assert(let->kind == NODE_LET);
	scope->kind = SCOPE_FUNCTION;
	scope->name = functions_[i].name;
	scope->node = let->first;
	return scope;
}
