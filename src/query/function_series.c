/* function_series: the rows of the functions of series (see function.h). */
#include "query/function_rows.h"

#define N NAMING_NONE
#define F NAMING_FIRST
#define ROW(name, params, result, naming, sql, help)                                               \
	{                                                                                          \
		name, FUNCTION_SCALAR, params, result, naming, NULL, sql, NULL, help, false        \
	}
#define BIND(name, params, bind, help)                                                             \
	{                                                                                          \
		name, FUNCTION_SCALAR, params, "dynamic", NAMING_NONE, NULL, NULL, bind, help,     \
		    false                                                                          \
	}
#define EACH(name, op, help)                                                                       \
	ROW(name, "a:json b:json", "dynamic", N, "k_series_each('" op "', $0, $1)", help)
#define MAP(name, help)                                                                            \
	ROW("series_" name, "series:dynamic", "dynamic", N, "k_series_map('" name "', $0)", help)

/* clang-format off */
const struct function series_functions[] = {
	BIND("series_fit_line", "series:dynamic", call_series_fit_line,
		"The line of least squares: r square, slope, variances, intercept, the line"),
	ROW("series_fit_line_dynamic", "series:dynamic", "dynamic", N, "k_series_fit_line($0)",
		"As series_fit_line, in one bag"),
	BIND("series_stats", "series:dynamic ignore:bool?", call_series_stats,
		"Least and greatest value and where, mean, standard deviation, variance"),
	ROW("series_stats_dynamic", "series:dynamic ignore:bool?", "dynamic", N, "k_series_stats($0)",
		"As series_stats, in one bag"),
	BIND("series_decompose", "series:dynamic period:long? trend:string? test:long? threshold:real?", call_series_decompose,
		"Baseline, season, trend and rest"),
	BIND("series_decompose_forecast", "series:dynamic points:long period:long? trend:string? threshold:real?", call_series_forecast,
		"Baseline, season, trend and rest, the last points being foretold"),
	BIND("series_decompose_anomalies",
	     "series:dynamic threshold:real? period:long? trend:string? test:long? method:string? seasonality:real?", call_series_anomalies,
		"Flags, scores and baseline: 1 above, -1 below what is expected"),
	BIND("series_periods_detect", "series:dynamic shortest:real longest:real count:long", call_series_periods,
		"The periods of a series and their scores, by autocorrelation"),
	BIND("series_periods_validate", "series:dynamic period:real*", call_series_validate,
		"How well these periods fit a series"),
	ROW("series_outliers", "series:dynamic", "same", F, "k_series_outliers($0, 'ctukey')",
		"How far each value lies outside the 10th to the 90th percentile"),
	ROW("series_outliers", "series:dynamic kind:string", "same", F, "k_series_outliers($0, $1)",
		"How far each value lies outside; tukey takes the quartiles"),
	ROW("series_outliers", "series:dynamic kind:string ignore:real low:real? high:real?", "same", F, "k_series_outliers($*)",
		"How far each value lies outside those percentiles"),
	ROW("series_fill_forward", "series:dynamic placeholder:real?", "same", F, "k_series_fill_forward($*)",
		"Missing values become the one before"),
	ROW("series_fill_backward", "series:dynamic placeholder:real?", "same", F, "k_series_fill_backward($*)",
		"Missing values become the one behind"),
	ROW("series_fill_const", "series:dynamic value:real placeholder:real?", "same", F, "k_series_fill_const($*)",
		"Missing values become the constant"),
	ROW("series_fill_const", "series:dynamic", "same", F, "k_series_fill_const($0, (0)::DOUBLE)",
		"Missing values become 0"),
	ROW("series_fill_linear", "series:dynamic", "same", F, "k_series_fill_linear($0, NULL, TRUE, 0)",
		"Missing values are interpolated"),
	ROW("series_fill_linear", "series:dynamic placeholder:real", "same", F, "k_series_fill_linear($0, $1, TRUE, 0)",
		"Missing values are interpolated"),
	ROW("series_fill_linear", "series:dynamic placeholder:real edges:bool", "same", F, "k_series_fill_linear($0, $1, $2, 0)",
		"Missing values are interpolated"),
	ROW("series_fill_linear", "series:dynamic placeholder:real edges:bool constant:real", "same", F, "k_series_fill_linear($0, $1, $2, $3)",
		"Missing values are interpolated"),
	ROW("series_fir", "series:dynamic filter:dynamic normalize:bool? center:bool?", "dynamic", F, "k_series_fir($*)",
		"The series through a finite impulse response filter"),
	EACH("series_add", "+", "Sums of the elements"),
	EACH("series_subtract", "-", "Differences of the elements"),
	EACH("series_multiply", "*", "Products of the elements"),
	EACH("series_divide", "/", "Quotients of the elements"),
	EACH("series_pow", "^", "Powers of the elements"),
	EACH("series_equals", "=", "Whether the elements are equal"),
	EACH("series_not_equals", "!", "Whether the elements differ"),
	EACH("series_less", "<", "Whether the first elements are less"),
	EACH("series_less_equals", "l", "Whether the first elements are less or equal"),
	EACH("series_greater", ">", "Whether the first elements are greater"),
	EACH("series_greater_equals", "g", "Whether the first elements are greater or equal"),
	MAP("abs", "The elements without their signs"),
	MAP("exp", "e to the power of the elements"),
	MAP("log", "The natural logarithms of the elements"),
	MAP("floor", "The elements rounded down"),
	MAP("ceiling", "The elements rounded up"),
	MAP("sign", "-1, 0 or 1 for each element"),
	MAP("sin", "The sines of the elements"),
	MAP("cos", "The cosines of the elements"),
	MAP("tan", "The tangents of the elements"),
	MAP("asin", "The angles of those sines"),
	MAP("acos", "The angles of those cosines"),
	MAP("atan", "The angles of those tangents"),
	ROW("series_sum", "series:dynamic", "real", N, "k_array_sum($0)", "The sum of the elements"),
	ROW("series_product", "series:dynamic", "real", N, "k_series_product($0)", "The product of the elements"),
	ROW("series_magnitude", "series:dynamic", "real", N, "k_series_magnitude($0)",
		"The length of the series as a vector"),
	ROW("series_dot_product", "a:dynamic b:dynamic", "real", N, "k_series_dot_product($0, $1)",
		"The sum of the products of the elements"),
	ROW("series_cosine_similarity", "a:dynamic b:dynamic", "real", N, "k_series_cosine($0, $1)",
		"The cosine of the angle between two series"),
	ROW("series_pearson_correlation", "a:dynamic b:dynamic", "real", N, "k_series_pearson($0, $1)",
		"How well one series follows the other, from -1 to 1"),
	ROW("series_seasonal", "series:dynamic", "dynamic", N, "k_member(k_series_decompose($0, -1, 'avg', 0, 0.7), 'seasonal')",
		"The season of a series"),
	ROW("series_seasonal", "series:dynamic period:long", "dynamic", N, "k_member(k_series_decompose($0, $1, 'avg', 0, 0.7), 'seasonal')",
		"The season of that period of a series"),
	ROW("series_seasonal", "series:dynamic period:long test:long", "dynamic", N, "k_member(k_series_decompose($0, $1, 'avg', $2, 0.7), 'seasonal')",
		"The season, learnt from all but the last values"),
};
/* clang-format on */
const size_t series_function_count = ARRAY_LEN(series_functions);
