/* function_aggregate: the rows of aggregates and of window functions (see function.h).
 *
 * None of them is written in C: the database crashes on such ones when they are called with ORDER
 * BY inside.  $O, the order of rows, is only for aggregates whose result depends on it. */
#include "query/function_rows.h"

#define P NAMING_PREFIX_FIRST
#define ROW(name, params, result, prefix, sql, help)                                               \
	{ name, FUNCTION_AGGREGATE, params, result, P, prefix, sql, NULL, help, false },
#define BIND(name, params, result, naming, prefix, bind, help)                                     \
	{ name, FUNCTION_AGGREGATE, params, result, naming, prefix, NULL, bind, help, false },
#define WINDOW(name, params, result, bind, help)                                                   \
	{ name, FUNCTION_WINDOW, params, result, NAMING_NONE, NULL, NULL, bind, help, false },

#define SUM   "TRY_CAST(coalesce(sum($0), 0) AS BIGINT)"
#define SUMIF "TRY_CAST(coalesce(sum($0) FILTER (WHERE $1), 0) AS BIGINT)"
#define MEAN_TIME(filter)                                                                          \
	"k_datetime_of_long(k_add(k_long_of_real(round(avg(k_sub($0, 621355968000000000))" filter  \
	")), 621355968000000000))"

/* clang-format off */
const struct function aggregate_functions[] = {
	ROW("count", "", "long", NULL, "count(*)", "How many rows there are")
	ROW("count", "condition:bool", "long", NULL, "count(*) FILTER (WHERE $0)", "As countif")
	ROW("count", "value:any", "long", NULL, "count($0)", "How many rows have a value")
	ROW("countif", "condition:bool", "long", NULL, "count(*) FILTER (WHERE $0)",
		"How many rows meet the condition")
	ROW("sum", "value:integer", "long", NULL, SUM, "The sum; null beyond 64 bits")
	ROW("sum", "value:timespan", "timespan", NULL, SUM, "The sum")
	ROW("sum", "value:real", "real", NULL, "coalesce(sum($0), 0)", "The sum")
	ROW("sum", "value:decimal", "decimal", NULL, "k_decimal_sum(string_agg($0, ' '))", "The sum")
	ROW("sumif", "value:integer condition:bool", "long", NULL, SUMIF, "The sum over rows that meet the condition")
	ROW("sumif", "value:timespan condition:bool", "timespan", NULL, SUMIF,
		"The sum over rows that meet the condition")
	ROW("sumif", "value:real condition:bool", "real", NULL, "coalesce(sum($0) FILTER (WHERE $1), 0)",
		"The sum over rows that meet the condition")
	ROW("avg", "value:timespan", "timespan", NULL, "k_long_of_real(round(avg($0)))", "The mean")
	ROW("avg", "value:datetime", "datetime", NULL, MEAN_TIME(""), "The mean")
	ROW("avg", "value:real", "real", NULL, "avg($0)", "The mean")
	ROW("avg", "value:decimal", "decimal", NULL, "k_decimal_mean(string_agg($0, ' '))", "The mean")
	ROW("avgif", "value:timespan condition:bool", "timespan", NULL, "k_long_of_real(round(avg($0) FILTER (WHERE $1)))",
		"The mean over rows that meet the condition")
	ROW("avgif", "value:datetime condition:bool", "datetime", NULL, MEAN_TIME(" FILTER (WHERE $1)"),
		"The mean over rows that meet the condition")
	ROW("avgif", "value:real condition:bool", "real", NULL, "avg($0) FILTER (WHERE $1)",
		"The mean over rows that meet the condition")
	ROW("min", "value:plain", "string", NULL, "coalesce(min($0), '')", "The least value")
	ROW("min", "value:ordered", "same", NULL, "min($0)", "The least value")
	ROW("min", "value:decimal", "decimal", NULL, "k_decimal_least(string_agg($0, ' '), FALSE)", "The least value")
	ROW("minif", "value:plain condition:bool", "string", NULL, "coalesce(min($0) FILTER (WHERE $1), '')",
		"The least value of rows that meet the condition")
	ROW("minif", "value:ordered condition:bool", "same", NULL, "min($0) FILTER (WHERE $1)",
		"The least value of rows that meet the condition")
	ROW("max", "value:plain", "string", NULL, "coalesce(max($0), '')", "The greatest value")
	ROW("max", "value:ordered", "same", NULL, "max($0)", "The greatest value")
	ROW("max", "value:decimal", "decimal", NULL, "k_decimal_least(string_agg($0, ' '), TRUE)",
		"The greatest value")
	ROW("maxif", "value:plain condition:bool", "string", NULL, "coalesce(max($0) FILTER (WHERE $1), '')",
		"The greatest value of rows that meet the condition")
	ROW("maxif", "value:ordered condition:bool", "same", NULL, "max($0) FILTER (WHERE $1)",
		"The greatest value of rows that meet the condition")
	ROW("dcount", "value:any accuracy:long?", "long", NULL, "count(DISTINCT $0)",
		"How many different values there are; counted, not estimated, so accuracy changes nothing")
	ROW("dcountif", "value:any condition:bool accuracy:long?", "long", NULL, "count(DISTINCT $0) FILTER (WHERE $1)",
		"How many different values rows that meet the condition have")
	ROW("count_distinct", "value:any", "long", NULL, "count(DISTINCT $0)", "How many different values there are")
	ROW("count_distinctif", "value:any condition:bool", "long", NULL, "count(DISTINCT $0) FILTER (WHERE $1)",
		"How many different values rows that meet the condition have")
	ROW("stdev", "value:real", "real", NULL, "coalesce(stddev_samp(k_moderate($0)), 0)",
		"The standard deviation of a sample")
	ROW("stdevif", "value:real condition:bool", "real", NULL, "coalesce(stddev_samp(k_moderate($0)) FILTER (WHERE $1), 0)",
		"The standard deviation over rows that meet the condition")
	ROW("stdevp", "value:real", "real", NULL, "coalesce(stddev_pop(k_moderate($0)), 0)",
		"The standard deviation of a population")
	ROW("variance", "value:real", "real", NULL, "coalesce(var_samp(k_moderate($0)), 0)",
		"The variance of a sample")
	ROW("varianceif", "value:real condition:bool", "real", NULL, "coalesce(var_samp(k_moderate($0)) FILTER (WHERE $1), 0)",
		"The variance over rows that meet the condition")
	ROW("variancep", "value:real", "real", NULL, "coalesce(var_pop(k_moderate($0)), 0)",
		"The variance of a population")
	ROW("variancepif", "value:real condition:bool", "real", NULL, "coalesce(var_pop(k_moderate($0)) FILTER (WHERE $1), 0)",
		"The variance of a population over rows that meet the condition")
	ROW("covariance", "x:real y:real", "real", NULL, "coalesce(covar_samp(k_moderate($0), k_moderate($1)), 0)",
		"The covariance of a sample")
	ROW("covarianceif", "x:real y:real condition:bool", "real", NULL, "coalesce(covar_samp(k_moderate($0), k_moderate($1)) FILTER (WHERE $2), 0)",
		"The covariance over rows that meet the condition")
	ROW("covariancepif", "x:real y:real condition:bool", "real", NULL, "coalesce(covar_pop(k_moderate($0), k_moderate($1)) FILTER (WHERE $2), 0)",
		"The covariance of a population over rows that meet the condition")
	ROW("covariancep", "x:real y:real", "real", NULL, "coalesce(covar_pop(k_moderate($0), k_moderate($1)), 0)",
		"The covariance of a population")
	{ "binary_all_and", FUNCTION_AGGREGATE, "value:long", "long", NAMING_FIRST, NULL, "bit_and($0)", NULL,
		"Bits that all have", false },
	{ "binary_all_or", FUNCTION_AGGREGATE, "value:long", "long", NAMING_FIRST, NULL, "bit_or($0)", NULL,
		"Bits that one has", false },
	{ "binary_all_xor", FUNCTION_AGGREGATE, "value:long", "long", NAMING_FIRST, NULL, "bit_xor($0)", NULL,
		"Bits that an odd number have", false },
	BIND("sampling_error95", "octets:integer packets:integer interval:integer squares:integer", "real", NAMING_NONE, NULL,
		aggregate_sampling_error, "Half the width of the 95 % interval of sum(octets * interval), of sampled packets")
	BIND("percentile", "raw value percent", "any", NAMING_NONE, NULL, aggregate_percentiles,
		"The value that so many percent do not exceed (nearest rank)")
	BIND("percentiles", "raw value percent …", "any", NAMING_NONE, NULL, aggregate_percentiles,
		"Several percentiles, a column each")
	BIND("percentiles_array", "raw value percent …", "dynamic", NAMING_NONE, NULL, aggregate_percentiles_array,
		"Several percentiles as an array")
	BIND("percentilew", "raw value weight percent", "any", NAMING_NONE, NULL, aggregate_weighted,
		"As percentile, each value counting as often as its weight says")
	BIND("percentilesw", "raw value weight percent …", "any", NAMING_NONE, NULL, aggregate_weighted,
		"As percentiles, each value counting as often as its weight says")
	BIND("arg_max", "raw value (returned …|*)", "any", NAMING_NONE, NULL, aggregate_arg,
		"The greatest value, and other columns of its row (* for all)")
	BIND("arg_min", "raw value (returned …|*)", "any", NAMING_NONE, NULL, aggregate_arg,
		"The least value, and other columns of its row (* for all)")
	BIND("argmax", "raw value (returned …|*)", "any", NAMING_NONE, "max", aggregate_arg, "As arg_max, with other names")
	BIND("argmin", "raw value (returned …|*)", "any", NAMING_NONE, "min", aggregate_arg, "As arg_min, with other names")
	BIND("take_any", "raw value …|*", "any", NAMING_NONE, NULL, aggregate_any,
		"The value of some row, not null where there is such a one (* for all columns)")
	BIND("any", "raw value …|*", "any", NAMING_NONE, "any", aggregate_any, "As take_any, with other names")
	BIND("take_anyif", "value:any condition:bool", "same", NAMING_FIRST, NULL, aggregate_anyif,
		"The value of some row that meets the condition")
	BIND("anyif", "value:any condition:bool", "same", P, NULL, aggregate_anyif, "As take_anyif")
	BIND("make_list", "value:json max:long?", "dynamic", P, "list", aggregate_list,
		"All values as an array, in the order of the rows; nulls are left out")
	BIND("makelist", "value:json max:long?", "dynamic", P, "list", aggregate_list,
		"As make_list, at most 128 values unless told")
	BIND("make_list_if", "value:json condition:bool max:long?", "dynamic", P, "list", aggregate_list_if,
		"The values of rows that meet the condition as an array")
	BIND("make_list_with_nulls", "value:json", "dynamic", P, "list", aggregate_list_nulls,
		"All values as an array, nulls too")
	BIND("make_set", "value:json max:long?", "dynamic", P, "set", aggregate_list,
		"All different values as an array")
	BIND("makeset", "value:json max:long?", "dynamic", P, "set", aggregate_list,
		"As make_set, at most 128 values unless told")
	BIND("make_set_if", "value:json condition:bool max:long?", "dynamic", P, "set", aggregate_list_if,
		"The different values of rows that meet the condition as an array")
	BIND("make_bag", "bag:dynamic max:long?", "dynamic", P, "bag", aggregate_list,
		"All bags as one; of a key that several have, one counts")
	BIND("make_bag_if", "bag:dynamic condition:bool max:long?", "dynamic", P, "bag", aggregate_list_if,
		"The bags of rows that meet the condition as one")
	BIND("make_dictionary", "bag:dynamic max:long?", "dynamic", P, "dictionary", aggregate_list, "As make_bag")

	ROW("hll", "value:text accuracy:long?", "dynamic", NULL, "concat('[', string_agg(DISTINCT CAST(k_hash($0) AS VARCHAR), ','), ']')",
		"What is needed to count different values later (dcount_hll)")
	ROW("hll_if", "value:text condition:bool accuracy:long?", "dynamic", NULL,
	    "concat('[', string_agg(DISTINCT CAST(k_hash($0) AS VARCHAR), ',') FILTER (WHERE $1), ']')",
		"As hll, over rows that meet the condition")
	ROW("hll_merge", "hll:dynamic", "dynamic", NULL, "k_set_union(k_flatten(concat('[', string_agg($0, ','), ']')))",
		"Several hll as one")
	BIND("tdigest", "raw value", "dynamic", NAMING_NONE, NULL, aggregate_tdigest,
		"What is needed to tell percentiles later (percentile_tdigest)")
	ROW("tdigest_merge", "digest:dynamic", "dynamic", "merge_tdigests", "k_digest_merge(concat('[', string_agg($0, ','), ']'))",
		"Several tdigest as one")
	ROW("merge_tdigest", "digest:dynamic", "dynamic", "merge_tdigests", "k_digest_merge(concat('[', string_agg($0, ','), ']'))",
		"As tdigest_merge")

	WINDOW("row_number", "start:long? restart:bool?", "long", window_row_number,
		"The number of the row, from `start` (1), anew where `restart` is true")
	WINDOW("prev", "raw value [offset] [default]", "same", window_neighbour, "The value in the row `offset` (1) before, else the default")
	WINDOW("next", "raw value [offset] [default]", "same", window_neighbour, "The value in the row `offset` (1) behind, else the default")
	WINDOW("row_cumsum", "value:number restart:bool?", "same", window_cumsum,
		"The sum up to this row, anew where `restart` is true")
	WINDOW("row_rank_dense", "value:any restart:bool?", "long", window_rank,
		"How often the value has changed up to this row, from 1")
	WINDOW("row_rank_min", "value:any restart:bool?", "long", window_rank,
		"The number of the first row of this value, from 1")
	WINDOW("row_window_session", "time:datetime from_first:timespan between:timespan restart:bool?", "datetime", window_session,
		"The start of the session to which the row belongs")
};
/* clang-format on */
const size_t aggregate_function_count = ARRAY_LEN(aggregate_functions);
