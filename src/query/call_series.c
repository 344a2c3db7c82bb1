/* call_series: series functions of several results: one bag is computed, its members are the
 * columns. */
#include <string.h>

#include "query/bind_internal.h"
#include "query/function_rows.h"

#define CALL(name)                                                                                 \
	struct expr *name(struct binder *b, const struct function *row, const struct node *call,   \
	                  struct expr **args, size_t count)

/* A member of the bag and the type that it has. */
struct member {
	const char *name;
	enum kql_type type;
};

/* Computed once where there is a row to compute it in. */
static struct expr *bag_once(struct binder *b, struct expr *bag)
{
	if (!bag || !b->row || bag->constant || b->in_aggregate)
		return bag;
	return expr_column(b, rowset_compute(b, b->row, bag), KQL_DYNAMIC);
}

static struct expr *members_of(struct binder *b, const char *function, const char *argument,
                               struct expr *bag, const struct member *members, size_t count)
{
	struct multi *multi = ARENA_NEW(b->arena, struct multi);
	bag = bag_once(b, bag);
	if (!multi || !bag)
		return NULL;
	multi->columns = ARENA_ARRAY(b->arena, struct multi_column, count);
	if (!multi->columns)
		return bind_no_memory(b);
	for (size_t i = 0; i < count; i++) {
		struct expr *value = expr_call2(b, KQL_DYNAMIC, "k_member($0, $1)", bag,
		                                expr_text(b, members[i].name));
		multi->columns[i].expr = convert(b, value, members[i].type);
		multi->columns[i].name = arena_printf(b->arena, "%s_%s_%s", function,
		                                      argument ? argument : "", members[i].name);
		if (!multi->columns[i].expr || !multi->columns[i].name)
			return NULL;
	}
	multi->count = count;
	struct expr *expr = expr_new(b, multi->columns[0].expr->kind, KQL_LONG);
	if (!expr)
		return NULL;
	*expr = *multi->columns[0].expr;
	expr->multi = multi;
	return expr;
}

static struct expr *or_long(struct binder *b, struct expr **args, size_t count, size_t i,
                            int64_t otherwise)
{
	return i < count ? args[i] : expr_long(b, otherwise);
}

static struct expr *or_real(struct binder *b, struct expr **args, size_t count, size_t i,
                            double otherwise)
{
	return i < count ? args[i]
	                 : expr_value(b, (struct value){ .type = KQL_REAL, .f = otherwise });
}

static struct expr *or_text(struct binder *b, struct expr **args, size_t count, size_t i,
                            const char *otherwise)
{
	return i < count ? args[i] : expr_text(b, otherwise);
}

CALL(call_series_fit_line)
{
	static const struct member members[] = {
		{ "rsquare", KQL_REAL },      { "slope", KQL_REAL },
		{ "variance", KQL_REAL },     { "rvariance", KQL_REAL },
		{ "interception", KQL_REAL }, { "line_fit", KQL_DYNAMIC },
	};
	(void)call;
	(void)count;
	struct expr *bag = expr_call1(b, KQL_DYNAMIC, "k_series_fit_line($0)", args[0]);
	return members_of(b, row->name, args[0]->name, bag, members, ARRAY_LEN(members));
}

CALL(call_series_stats)
{
	static const struct member members[] = {
		{ "min", KQL_REAL },      { "min_idx", KQL_LONG }, { "max", KQL_REAL },
		{ "max_idx", KQL_LONG },  { "avg", KQL_REAL },     { "stdev", KQL_REAL },
		{ "variance", KQL_REAL },
	};
	(void)call;
	(void)count;
	struct expr *bag = expr_call1(b, KQL_DYNAMIC, "k_series_stats($0)", args[0]);
	return members_of(b, row->name, args[0]->name, bag, members, ARRAY_LEN(members));
}

static const struct member decomposed[] = {
	{ "baseline", KQL_DYNAMIC },
	{ "seasonal", KQL_DYNAMIC },
	{ "trend", KQL_DYNAMIC },
	{ "residual", KQL_DYNAMIC },
};

static struct expr *decompose(struct binder *b, struct expr *series, struct expr *period,
                              struct expr *trend, struct expr *test, struct expr *threshold)
{
	struct expr *all[] = { series, period, trend, test, threshold };
	return expr_call(b, KQL_DYNAMIC, "k_series_decompose($*)", all, ARRAY_LEN(all));
}

/* series_decompose(series, period, trend, test points, threshold) */
CALL(call_series_decompose)
{
	(void)call;
	struct expr *bag =
	    decompose(b, args[0], or_long(b, args, count, 1, -1), or_text(b, args, count, 2, "avg"),
	              or_long(b, args, count, 3, 0), or_real(b, args, count, 4, 0.6));
	return members_of(b, row->name, args[0]->name, bag, decomposed, ARRAY_LEN(decomposed));
}

/* series_decompose_forecast(series, points, period, trend, threshold) */
CALL(call_series_forecast)
{
	(void)call;
	struct expr *bag = decompose(b, args[0], or_long(b, args, count, 2, -1),
	                             or_text(b, args, count, 3, "linefit"), args[1],
	                             or_real(b, args, count, 4, 0.6));
	return members_of(b, row->name, args[0]->name, bag, decomposed, ARRAY_LEN(decomposed));
}

/* series_decompose_anomalies(series, threshold, period, trend, test points, method, threshold) */
CALL(call_series_anomalies)
{
	static const struct member members[] = {
		{ "ad_flag", KQL_DYNAMIC },
		{ "ad_score", KQL_DYNAMIC },
		{ "baseline", KQL_DYNAMIC },
	};
	(void)call;
	struct expr *all[] = { args[0],
		               or_real(b, args, count, 1, 1.5),
		               or_long(b, args, count, 2, -1),
		               or_text(b, args, count, 3, "avg"),
		               or_long(b, args, count, 4, 0),
		               or_text(b, args, count, 5, "ctukey"),
		               or_real(b, args, count, 6, 0.6) };
	struct expr *bag = expr_call(b, KQL_DYNAMIC, "k_series_anomalies($*)", all, ARRAY_LEN(all));
	return members_of(b, row->name, args[0]->name, bag, members, ARRAY_LEN(members));
}

static const struct member periods[] = {
	{ "periods", KQL_DYNAMIC },
	{ "scores", KQL_DYNAMIC },
};

CALL(call_series_periods)
{
	(void)call;
	struct expr *bag = expr_call(b, KQL_DYNAMIC, "k_series_periods($*)", args, count);
	return members_of(b, row->name, args[0]->name, bag, periods, ARRAY_LEN(periods));
}

CALL(call_series_validate)
{
	(void)call;
	struct expr *bag = expr_call(b, KQL_DYNAMIC, "k_series_validate($*)", args, count);
	return members_of(b, row->name, args[0]->name, bag, periods, ARRAY_LEN(periods));
}
