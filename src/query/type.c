/* type: what converts to what, and the SQL that does it (see bind_internal.h).
 *
 * SQL types: bool BOOLEAN; int, long, datetime, timespan BIGINT (an int column may be narrower);
 * real DOUBLE; all others VARCHAR.  Names that start with k_ are functions of sql_functions.h. */
#include "query/bind_internal.h"

bool type_is_integer(enum kql_type type)
{
	return type == KQL_INT || type == KQL_LONG;
}

bool type_is_number(enum kql_type type)
{
	return type_is_integer(type) || type == KQL_REAL || type == KQL_DECIMAL;
}

enum kql_type type_widest(enum kql_type a, enum kql_type b)
{
	static const int rank[KQL_TYPE_COUNT] = {
		[KQL_LONG] = 1, [KQL_REAL] = 2, [KQL_DECIMAL] = 3
	};
	return rank[a] >= rank[b] ? a : b;
}

/* A dynamic takes the other's type; two of no kinship make a dynamic. */
bool type_common(enum kql_type a, enum kql_type b, enum kql_type *ret)
{
	if (a == b || b == KQL_DYNAMIC)
		*ret = a;
	else if (a == KQL_DYNAMIC)
		*ret = b;
	else if (type_is_number(a) && type_is_number(b))
		*ret = type_widest(a, b);
	else
		return false;
	return true;
}

const char *type_sql(enum kql_type type)
{
	switch (type) {
	case KQL_BOOL: return "BOOLEAN";
	case KQL_INT:
	case KQL_LONG:
	case KQL_DATETIME:
	case KQL_TIMESPAN: return "BIGINT";
	case KQL_REAL: return "DOUBLE";
	default: return "VARCHAR";
	}
}

/* clang-format off */
/* conversions[to][from]: as to<type>() does; "" for none. */
static const char *const conversions[KQL_TYPE_COUNT][KQL_TYPE_COUNT] = {
	[KQL_BOOL] = {
		[KQL_INT] = "($0 <> 0)", [KQL_LONG] = "($0 <> 0)", [KQL_REAL] = "($0 <> 0)",
		[KQL_STRING] = "k_bool_of_text($0)", [KQL_DYNAMIC] = "k_bool_of_json($0)",
		[KQL_DECIMAL] = "(k_real_of_text($0) <> 0)",
	},
	[KQL_INT] = {
		[KQL_BOOL] = "CAST($0 AS BIGINT)", [KQL_LONG] = "k_int_of_long($0)",
		[KQL_REAL] = "k_int_of_real($0)", [KQL_STRING] = "k_int_of_long(k_long_of_text($0))",
		[KQL_DYNAMIC] = "k_int_of_long(k_long_of_json($0))",
		[KQL_DECIMAL] = "k_int_of_long(k_long_of_decimal($0))",
		[KQL_DATETIME] = "k_int_of_long($0)", [KQL_TIMESPAN] = "k_int_of_long($0)",
	},
	[KQL_LONG] = {
		[KQL_BOOL] = "CAST($0 AS BIGINT)", [KQL_INT] = "CAST($0 AS BIGINT)",
		[KQL_REAL] = "k_long_of_real($0)", [KQL_STRING] = "k_long_of_text($0)",
		[KQL_DYNAMIC] = "k_long_of_json($0)", [KQL_DECIMAL] = "k_long_of_decimal($0)",
		[KQL_DATETIME] = "$0", [KQL_TIMESPAN] = "$0",
	},
	[KQL_REAL] = {
		[KQL_BOOL] = "CAST($0 AS DOUBLE)", [KQL_INT] = "CAST($0 AS DOUBLE)",
		[KQL_LONG] = "CAST($0 AS DOUBLE)", [KQL_STRING] = "k_real_of_text($0)",
		[KQL_DYNAMIC] = "k_real_of_json($0)", [KQL_DECIMAL] = "k_real_of_text($0)",
		[KQL_DATETIME] = "CAST($0 AS DOUBLE)", [KQL_TIMESPAN] = "CAST($0 AS DOUBLE)",
	},
	[KQL_DECIMAL] = {
		[KQL_BOOL] = "k_decimal_of_text(CAST(CAST($0 AS BIGINT) AS VARCHAR))",
		[KQL_INT] = "CAST($0 AS VARCHAR)", [KQL_LONG] = "CAST($0 AS VARCHAR)",
		[KQL_REAL] = "k_decimal_of_real($0)", [KQL_STRING] = "k_decimal_of_text($0)",
		[KQL_DYNAMIC] = "k_decimal_of_text(k_text_of_json($0))",
	},
	[KQL_STRING] = {
		[KQL_BOOL] = "k_text_of_bool($0)",
		[KQL_INT] = "coalesce(CAST($0 AS VARCHAR), '')", [KQL_LONG] = "coalesce(CAST($0 AS VARCHAR), '')",
		[KQL_REAL] = "k_text_of_real($0)", [KQL_DATETIME] = "k_text_of_datetime($0)",
		[KQL_TIMESPAN] = "k_text_of_timespan($0)", [KQL_DYNAMIC] = "k_text_of_json($0)",
		[KQL_GUID] = "coalesce($0, '')", [KQL_DECIMAL] = "coalesce($0, '')",
	},
	[KQL_DATETIME] = {
		[KQL_STRING] = "k_datetime_of_text($0)", [KQL_DYNAMIC] = "k_datetime_of_text(k_text_of_json($0))",
		[KQL_INT] = "k_datetime_of_long($0)", [KQL_LONG] = "k_datetime_of_long($0)",
		[KQL_REAL] = "k_datetime_of_long(k_long_of_real($0))",
	},
	[KQL_TIMESPAN] = {
		[KQL_STRING] = "k_timespan_of_text($0)", [KQL_DYNAMIC] = "k_timespan_of_text(k_text_of_json($0))",
		[KQL_INT] = "$0", [KQL_LONG] = "$0", [KQL_REAL] = "k_long_of_real($0)",
	},
	[KQL_GUID] = {
		[KQL_STRING] = "k_guid_of_text($0)", [KQL_DYNAMIC] = "k_guid_of_text(k_text_of_json($0))",
	},
	[KQL_DYNAMIC] = {
		[KQL_STRING] = "k_json_parse($0)",
	},
};

/* Any scalar as the JSON that stands for it. */
static const char *const jsons[KQL_TYPE_COUNT] = {
	[KQL_BOOL] = "k_json_of_bool($0)",
	[KQL_INT] = "CAST($0 AS VARCHAR)", [KQL_LONG] = "CAST($0 AS VARCHAR)",
	[KQL_REAL] = "k_json_of_real($0)", [KQL_STRING] = "k_json_of_text($0)",
	[KQL_DATETIME] = "k_json_of_text(nullif(k_text_of_datetime($0), ''))",
	[KQL_TIMESPAN] = "k_json_of_text(nullif(k_text_of_timespan($0), ''))",
	[KQL_GUID] = "k_json_of_text($0)", [KQL_DECIMAL] = "k_json_of_text($0)",
};
/* clang-format on */

struct expr *convert(struct binder *b, struct expr *expr, enum kql_type type)
{
	if (!expr || expr->type == type)
		return expr;
	const char *sql = conversions[type][expr->type];
	if (sql)
		return expr_call1(b, type, sql, expr);
	return type == KQL_DYNAMIC ? as_json(b, expr) : expr_null(b, type);
}

static struct expr *retyped(struct binder *b, const struct expr *expr, enum kql_type type)
{
	struct expr *copy = expr_new(b, expr->kind, type);
	if (!copy)
		return NULL;
	*copy = *expr;
	copy->type = type;
	copy->value.type = type;
	return copy;
}

struct expr *widen(struct binder *b, struct expr *expr, enum kql_type type)
{
	if (!expr || expr->type == type)
		return expr;
	if (expr->type == KQL_INT && type == KQL_LONG)
		return retyped(b, expr, type);
	if (expr->kind == EXPR_VALUE && type_is_integer(expr->type) && type == KQL_REAL &&
	    !expr->value.null)
		return expr_value(b,
		                  (struct value){ .type = KQL_REAL, .f = (double)expr->value.i });
	return type == KQL_DYNAMIC ? as_json(b, expr) : convert(b, expr, type);
}

struct expr *as_json(struct binder *b, struct expr *expr)
{
	if (!expr || expr->type == KQL_DYNAMIC)
		return expr;
	return expr_call1(b, KQL_DYNAMIC, jsons[expr->type], expr);
}

struct expr *as_text(struct binder *b, struct expr *expr)
{
	return convert(b, expr, KQL_STRING);
}
