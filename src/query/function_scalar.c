/* function_scalar: the rows of the scalar functions (see function.h). */
#include "query/function_rows.h"

#define N NAMING_NONE
#define F NAMING_FIRST
#define P NAMING_PREFIX_FIRST
#define ROW(name, params, result, naming, sql, help)                                               \
	{ name, FUNCTION_SCALAR, params, result, naming, NULL, sql, NULL, help, false },
#define BIND(name, params, result, naming, bind, help)                                             \
	{ name, FUNCTION_SCALAR, params, result, naming, NULL, NULL, bind, help, false },

/* The database raises where it does not know a zone. */
#define ZONE "(SELECT any_value(name) FROM pg_timezone_names() WHERE name = $1)"

/* clang-format off */
const struct function scalar_functions[] = {
	/* conditions and nulls */
	ROW("iff", "if:bool then:common else:common", "common", N, "(CASE WHEN $0 THEN $1 ELSE $2 END)",
		"The second argument where the first is true, else the third")
	ROW("iif", "if:bool then:common else:common", "common", N, "(CASE WHEN $0 THEN $1 ELSE $2 END)", "As iff")
	BIND("case", "raw condition value … else", "common", N, call_case,
		"The value behind the first condition that is true, else the last argument")
	BIND("coalesce", "arg:common*", "common", N, call_coalesce,
		"The first argument that is neither null nor an empty text")
	ROW("not", "value:bool", "bool", N, "(NOT $0)", "The opposite")
	BIND("isnull", "value:any", "bool", N, call_isnull, "Whether the value is null; texts never are")
	BIND("isnotnull", "value:any", "bool", N, call_isnotnull, "Whether the value is not null")
	BIND("notnull", "value:any", "bool", N, call_isnotnull, "As isnotnull")
	ROW("isempty", "value:text", "bool", N, "($0 = '')", "Whether the value is null or an empty text")
	ROW("isnotempty", "value:text", "bool", N, "($0 <> '')",
		"Whether the value is neither null nor an empty text")
	ROW("notempty", "value:text", "bool", N, "($0 <> '')", "As isnotempty")
	BIND("min_of", "arg:common*", "common", N, call_min_of, "The least of its arguments")
	BIND("max_of", "arg:common*", "common", N, call_max_of, "The greatest of its arguments")
	BIND("column_ifexists", "raw name default", "any", F, call_column_ifexists,
		"The column of that name, or the second argument where there is none")
	BIND("columnifexists", "raw name default", "any", F, call_column_ifexists, "As column_ifexists")
	BIND("toscalar", "raw table", "any", N, call_toscalar, "The first column of the first row of a table")

	/* conversions */
	BIND("tobool", "value:any", "bool", F, call_convert, "The value as bool; null where it is none")
	BIND("toboolean", "value:any", "bool", F, call_convert, "As tobool")
	BIND("toint", "value:any", "int", F, call_convert, "The value as int; null where it is none")
	BIND("tolong", "value:any", "long", F, call_convert, "The value as long; null where it is none")
	BIND("toreal", "value:any", "real", F, call_convert, "The value as real; null where it is none")
	BIND("todouble", "value:any", "real", F, call_convert, "As toreal")
	BIND("todecimal", "value:any", "decimal", F, call_convert, "The value as decimal; null where it is none")
	BIND("tostring", "value:any", "string", F, call_convert, "The value as text")
	BIND("todatetime", "value:any", "datetime", F, call_convert, "The value as datetime; null where it is none")
	BIND("totimespan", "value:any", "timespan", F, call_convert, "The value as timespan; null where it is none")
	BIND("totime", "value:any", "timespan", F, call_convert, "As totimespan")
	BIND("toguid", "value:string", "guid", F, call_convert, "The text as guid; null where it is none")
	BIND("todynamic", "value:string", "dynamic", F, call_convert,
		"The JSON text as dynamic; other text as a dynamic string")
	BIND("toobject", "value:string", "dynamic", F, call_convert, "As todynamic")
	BIND("parse_json", "value:string", "dynamic", F, call_convert, "As todynamic")
	BIND("parsejson", "value:string", "dynamic", F, call_convert, "As todynamic")
	ROW("tohex", "value:long length:long?", "string", F, "k_hex($*)",
		"The number in hexadecimal, of at least that many digits")
	{ "gettype", FUNCTION_SCALAR, "value:any", "string", P, "type", NULL, call_gettype,
		"The name of the value's type", false },
	ROW("dynamic_to_json", "value:json", "string", N, "coalesce($0, 'null')", "The JSON text of a dynamic")

	/* text */
	ROW("strlen", "text:string", "long", P, "length($0)", "How many characters the text has")
	ROW("string_size", "text:string", "long", P, "strlen($0)", "How many bytes the text has")
	ROW("strcat", "arg:text*", "string", N, "concat($*)", "The arguments' texts in a row")
	ROW("strcat_delim", "delimiter:text arg:text*", "string", N, "concat_ws($*)",
		"The arguments' texts with the first one between them")
	ROW("strcat_array", "array:dynamic delimiter:text", "string", N, "k_array_text($0, $1)",
		"The elements' texts with the delimiter between them")
	ROW("array_strcat", "array:dynamic delimiter:text", "string", N, "k_array_text($0, $1)", "As strcat_array")
	ROW("strcmp", "a:text b:text", "long", N, "k_text_order($0, $1)",
		"-1, 0 or 1 as the first text sorts before, with or behind the second")
	ROW("strrep", "value:text times:long delimiter:text?", "string", N, "k_repeat($*)",
		"The text so many times, with the delimiter between")
	ROW("substring", "text:text start:long length:long?", "string", N, "k_substring($*)",
		"The part from character `start` (0 is the first), at most `length` long")
	ROW("tolower", "text:text", "string", N, "lower($0)", "The text in small letters")
	ROW("toupper", "text:text", "string", N, "upper($0)", "The text in capital letters")
	ROW("reverse", "value:text", "string", N, "k_reverse($0)", "The text from its end to its start")
	ROW("indexof", "text:text match:text start:long? length:long? occurrence:long?", "long", N, "k_index_of($*)",
		"Where the match starts (0 is the first character), or -1")
	BIND("split", "text:text delimiter:string index:long?", "dynamic", F, call_split,
		"The parts of the text between delimiters, or an array of the one at `index`")
	ROW("replace_string", "text:string lookup:string rewrite:string", "string", N, "k_replace($0, $1, $2)",
		"The text with every `lookup` replaced")
	ROW("replace_strings", "text:string lookups:dynamic rewrites:dynamic", "string", N, "k_replace_all($0, $1, $2)",
		"The text with every lookup replaced by the rewrite of the same place")
	BIND("replace_regex", "text:string regex:string rewrite:string", "string", N, call_replace_regex,
		"The text with every match of the expression replaced; \\1 is its first group")
	BIND("replace", "regex:string rewrite:string text:string", "string", N, call_replace,
		"As replace_regex, in the old order of arguments")
	BIND("trim", "regex:string text:string", "string", N, call_trim,
		"The text without a match of the expression at its start and at its end")
	BIND("trim_start", "regex:string text:string", "string", N, call_trim_start,
		"The text without a match of the expression at its start")
	BIND("trim_end", "regex:string text:string", "string", N, call_trim_end,
		"The text without a match of the expression at its end")
	BIND("extract", "regex:string group:long text:string type:type?", "typeof", N, call_extract,
		"What a group of the expression matches first (0 is all of it)")
	BIND("extract_all", "regex:string text:string", "dynamic", N, call_extract_all,
		"All that the groups of the expression match")
	BIND("extract_all", "regex:string groups:dynamic text:string", "dynamic", N, call_extract_all_of,
		"All that these groups of the expression match")
	BIND("extractall", "regex:string groups:dynamic text:string", "dynamic", N, call_extract_all_of,
		"As extract_all")
	BIND("extractall", "regex:string text:string", "dynamic", N, call_extract_all, "As extract_all")
	BIND("countof", "text:string search:string kind:mode?", "long", N, call_countof,
		"How often the text is in it, overlaps counted; \"regex\" counts matches")
	ROW("translate", "search:string replacement:string text:string", "string", N, "k_translate($0, $1, $2)",
		"The text with each character of `search` replaced by that of `replacement`")
	ROW("regex_quote", "text:text", "string", N, "regexp_escape($0)",
		"The text as a regular expression that matches it alone")
	ROW("has_any_index", "text:string terms:dynamic", "long", N, "k_has_any_index(lower($0), lower($1))",
		"Which of the terms the text has first, or -1")
	ROW("isascii", "text:text", "bool", N, "k_is_ascii($0)", "Whether all characters are ASCII")
	ROW("isutf8", "text:text", "bool", N, "($0 IS NOT NULL)",
		"Whether the text is valid UTF-8, as all text here is")
	ROW("url_encode", "text:string", "string", N, "k_url_encode($0, TRUE)",
		"The text with what a URL reserves escaped, blanks as +")
	ROW("url_encode_component", "text:string", "string", N, "k_url_encode($0, FALSE)",
		"The text with what a URL reserves escaped")
	ROW("url_decode", "text:string", "string", N, "k_url_decode($0)", "The text with its %-escapes resolved")
	ROW("base64_encode_tostring", "text:string", "string", N, "k_base64_encode($0)", "The text's bytes in Base64")
	ROW("base64_decode_tostring", "text:string", "string", N, "k_base64_decode($0)",
		"The text that the Base64 stands for")
	ROW("base64_encodestring", "text:string", "string", N, "k_base64_encode($0)", "As base64_encode_tostring")
	ROW("base64_decodestring", "text:string", "string", N, "k_base64_decode($0)", "As base64_decode_tostring")
	ROW("unicode_codepoints_from_string", "text:text", "dynamic", N, "k_codepoints($0)",
		"The characters' numbers")
	ROW("to_utf8", "text:text", "dynamic", N, "k_codepoints($0)", "As unicode_codepoints_from_string")
	ROW("unicode_codepoints_to_string", "code:json*", "string", N, "k_text_of_codepoints($*)",
		"The text of characters by their numbers")
	ROW("make_string", "code:json*", "string", N, "k_text_of_codepoints($*)", "As unicode_codepoints_to_string")
	ROW("parse_url", "url:string", "dynamic", N, "k_parse_url($0)",
		"The parts of a URL: Scheme, Host, Port, Path, Username, Password, Query Parameters, Fragment")
	ROW("parseurl", "url:string", "dynamic", N, "k_parse_url($0)", "As parse_url")
	ROW("parse_urlquery", "query:string", "dynamic", N, "k_parse_url_query($0)",
		"The parameters of a URL's query")
	ROW("parse_path", "path:string", "dynamic", N, "k_parse_path($0)", "The parts of a file's path")
	ROW("parse_version", "version:string", "decimal", N, "k_parse_version($0)",
		"The version as a number that sorts as versions do")
	ROW("parse_csv", "line:string", "dynamic", F, "k_parse_csv($0)", "The fields of one line of CSV")
	ROW("format_bytes", "size:real", "string", F, "k_format_bytes($0, 0)", "The number of bytes in KB, MB, …")
	ROW("format_bytes", "size:real precision:long unit:string?", "string", F, "k_format_bytes($*)",
		"The number of bytes in KB, MB, …, or in the unit given")
	ROW("hash_md5", "value:text", "string", N, "md5($0)", "The MD5 of the value's text, in hexadecimal")
	ROW("hash_sha1", "value:text", "string", N, "sha1($0)", "The SHA-1 of the value's text, in hexadecimal")
	ROW("hash_sha256", "value:text", "string", N, "sha256($0)", "The SHA-256 of the value's text, in hexadecimal")
	ROW("hash", "value:text mod:long?", "long", N, "k_hash($*)",
		"A number of the value, the same for the same value in this version; below `mod` where that is given")
	ROW("hash_xxhash64", "value:text mod:long?", "long", N, "k_hash($*)", "The xxHash64 of the value's text")
	ROW("hash_many", "value:text*", "long", N, "k_hash_many($*)", "A number of all the values")
	ROW("hash_combine", "value:text*", "long", N, "k_hash_many($*)", "A number of all the hashes")

	/* numbers */
	ROW("abs", "number:integer", "long", F, "k_abs($0)", "The value without its sign")
	ROW("abs", "number:real", "real", F, "abs($0)", "The value without its sign")
	ROW("abs", "span:timespan", "timespan", F, "k_abs($0)", "The value without its sign")
	BIND("bin", "raw value roundTo", "widest", F, call_bin, "The value rounded down to a multiple of the second argument")
	BIND("floor", "raw value roundTo", "widest", F, call_bin, "As bin")
	BIND("bin_at", "raw value roundTo fixedPoint", "widest", F, call_bin_at,
		"The value rounded down to the third argument plus a multiple of the second")
	BIND("round", "number:number precision:long?", "same", F, call_round,
		"The number rounded to so many digits behind the point, half away from zero")
	BIND("ceiling", "number:number", "same", F, call_ceiling, "The least whole number that is not below")
	ROW("sign", "number:real", "real", N, "CAST(sign($0) AS DOUBLE)", "-1, 0 or 1")
	ROW("sqrt", "number:real", "real", F, "k_sqrt($0)", "The square root; null for negatives")
	ROW("pow", "base:real exponent:real", "real", F, "k_pow($0, $1)", "The base to the power of the exponent")
	ROW("exp", "number:real", "real", F, "k_exp($0)", "e to that power")
	ROW("exp2", "number:real", "real", F, "k_pow((2)::DOUBLE, $0)", "2 to that power")
	ROW("exp10", "number:real", "real", F, "k_pow((10)::DOUBLE, $0)", "10 to that power")
	ROW("log", "number:real", "real", F, "k_log($0)", "The natural logarithm")
	ROW("log2", "number:real", "real", F, "k_log2($0)", "The logarithm to base 2")
	ROW("log10", "number:real", "real", F, "k_log10($0)", "The logarithm to base 10")
	ROW("pi", "", "real", N, "(3.141592653589793)::DOUBLE", "The number pi")
	ROW("sin", "number:real", "real", F, "k_sin($0)", "The sine")
	ROW("cos", "number:real", "real", F, "k_cos($0)", "The cosine")
	ROW("tan", "number:real", "real", F, "k_tan($0)", "The tangent")
	ROW("asin", "number:real", "real", F, "k_asin($0)", "The angle of that sine")
	ROW("acos", "number:real", "real", F, "k_acos($0)", "The angle of that cosine")
	ROW("atan", "number:real", "real", F, "k_atan($0)", "The angle of that tangent")
	ROW("atan2", "y:real x:real", "real", F, "k_atan2($0, $1)", "The angle of the point x, y")
	ROW("cot", "number:real", "real", N, "k_cot($0)", "The cotangent")
	ROW("degrees", "radians:real", "real", N, "($0 * 57.29577951308232::DOUBLE)", "Radians as degrees")
	ROW("radians", "degrees:real", "real", N, "($0 * 0.017453292519943295::DOUBLE)", "Degrees as radians")
	ROW("gamma", "number:real", "real", F, "k_gamma($0)", "The gamma function")
	ROW("loggamma", "number:real", "real", F, "k_loggamma($0)", "The logarithm of the gamma function")
	ROW("erf", "number:real", "real", F, "k_erf($0)", "The error function")
	ROW("erfc", "number:real", "real", F, "k_erfc($0)", "1 less the error function")
	ROW("isnan", "number:real", "bool", N, "isnan($0)", "Whether the number is NaN")
	ROW("isinf", "number:real", "bool", N, "isinf($0)", "Whether the number is infinite")
	ROW("isfinite", "number:real", "bool", N, "isfinite($0)", "Whether the number is neither infinite nor NaN")
	{ "rand", FUNCTION_SCALAR, "", "real", F, NULL, "random()", NULL,
		"A number by chance, from 0 to below 1", true },
	{ "rand", FUNCTION_SCALAR, "below:long", "real", F, NULL, "floor(random() * $0)", NULL,
		"A whole number by chance, from 0 to below `below`", true },
	{ "new_guid", FUNCTION_SCALAR, "", "guid", N, NULL, "CAST(uuid() AS VARCHAR)", NULL,
		"A guid by chance", true },
	ROW("binary_and", "a:long b:long", "long", F, "($0 & $1)", "Bits that both have")
	ROW("binary_or", "a:long b:long", "long", F, "($0 | $1)", "Bits that one or both have")
	ROW("binary_xor", "a:long b:long", "long", F, "xor($0, $1)", "Bits that one has")
	ROW("binary_not", "a:long", "long", F, "(~$0)", "Bits that it has not")
	ROW("binary_shift_left", "a:long by:long", "long", F, "k_shift_left($0, $1)",
		"The bits moved up, by the second argument modulo 64")
	ROW("binary_shift_right", "a:long by:long", "long", F, "k_shift_right($0, $1)",
		"The bits moved down, by the second argument modulo 64")
	ROW("bitset_count_ones", "a:long", "long", F, "bit_count($0)", "How many bits are set")
	ROW("around", "value:long center:long delta:long", "bool", N, "k_around($0, $1, $2)",
		"Whether the value is within delta of the center")
	ROW("around", "value:datetime center:datetime delta:timespan", "bool", N, "k_around($0, $1, $2)",
		"Whether the value is within delta of the center")
	ROW("around", "value:timespan center:timespan delta:timespan", "bool", N, "k_around($0, $1, $2)",
		"Whether the value is within delta of the center")
	ROW("around", "value:real center:real delta:real", "bool", N, "k_around_real($0, $1, $2)",
		"Whether the value is within delta of the center")

	/* time */
	BIND("now", "offset:timespan?", "datetime", N, call_now,
		"The time at which the query started, plus the offset")
	BIND("ago", "span:timespan", "datetime", N, call_ago,
		"The time at which the query started, less the timespan")
	BIND("ingestion_time", "", "datetime", N, call_ingestion_time,
		"When the row was stored; null where that is not known")
	ROW("startofday", "date:datetime offset:long?", "datetime", F, "k_start_of('day', $*)",
		"The start of the day, moved by `offset` days")
	ROW("startofweek", "date:datetime offset:long?", "datetime", N, "k_start_of('week', $*)",
		"The start of the week, a Sunday, moved by `offset` weeks")
	ROW("startofmonth", "date:datetime offset:long?", "datetime", N, "k_start_of('month', $*)",
		"The start of the month, moved by `offset` months")
	ROW("startofyear", "date:datetime offset:long?", "datetime", N, "k_start_of('year', $*)",
		"The start of the year, moved by `offset` years")
	ROW("endofday", "date:datetime offset:long?", "datetime", N, "k_end_of('day', $*)",
		"The last tick of the day, moved by `offset` days")
	ROW("endofweek", "date:datetime offset:long?", "datetime", N, "k_end_of('week', $*)",
		"The last tick of the week, moved by `offset` weeks")
	ROW("endofmonth", "date:datetime offset:long?", "datetime", N, "k_end_of('month', $*)",
		"The last tick of the month, moved by `offset` months")
	ROW("endofyear", "date:datetime offset:long?", "datetime", N, "k_end_of('year', $*)",
		"The last tick of the year, moved by `offset` years")
	ROW("datetime_add", "part:part amount:long date:datetime", "datetime", N, "k_datetime_add($0, $1, $2)",
		"The date moved by so many years, months, …")
	ROW("datetime_diff", "part:part a:datetime b:datetime", "long", N, "k_datetime_diff($0, $1, $2)",
		"How many boundaries of years, months, … lie between b and a")
	ROW("datetime_part", "part:part_of date:datetime", "int", N, "k_datetime_part($0, $1)",
		"The year, month, … of the date")
	ROW("datepart", "part:part_of date:datetime", "int", N, "k_datetime_part($0, $1)", "As datetime_part")
	ROW("dayofweek", "date:datetime", "timespan", N, "k_day_of_week($0)", "The days since Sunday, as a timespan")
	ROW("dayofmonth", "date:datetime", "int", N, "k_datetime_part('day', $0)", "The day of the month, from 1")
	ROW("dayofyear", "date:datetime", "int", N, "k_datetime_part('dayofyear', $0)", "The day of the year, from 1")
	ROW("hourofday", "date:datetime", "int", N, "k_datetime_part('hour', $0)", "The hour of the day, from 0")
	ROW("monthofyear", "date:datetime", "int", N, "k_datetime_part('month', $0)", "The month of the year, from 1")
	ROW("getmonth", "date:datetime", "int", N, "k_datetime_part('month', $0)", "As monthofyear")
	ROW("getyear", "date:datetime", "int", N, "k_datetime_part('year', $0)", "The year")
	ROW("week_of_year", "date:datetime", "int", N, "k_datetime_part('week_of_year', $0)",
		"The week of the year, by ISO 8601")
	ROW("weekofyear", "date:datetime", "int", N, "k_datetime_part('week_of_year', $0)", "As week_of_year")
	ROW("format_datetime", "date:datetime format:string", "string", F, "k_format_datetime($0, $1)",
		"The date in a form such as yyyy-MM-dd HH:mm:ss.fff")
	ROW("format_timespan", "span:timespan format:string", "string", F, "k_format_timespan($0, $1)",
		"The timespan in a form such as d.HH:mm:ss")
	ROW("make_datetime", "year:long month:long day:long", "datetime", N, "k_make_datetime($*, 0, 0, 0)",
		"The date of those parts; null where there is none")
	ROW("make_datetime", "year:long month:long day:long hour:long", "datetime", N, "k_make_datetime($*, 0, 0)",
		"The date of those parts; null where there is none")
	ROW("make_datetime", "year:long month:long day:long hour:long minute:long", "datetime", N, "k_make_datetime($*, 0)",
		"The date of those parts; null where there is none")
	ROW("make_datetime", "year:long month:long day:long hour:long minute:long second:real", "datetime", N, "k_make_datetime($*)",
		"The date of those parts; null where there is none")
	BIND("make_datetime", "value:any", "datetime", F, call_convert, "As todatetime")
	ROW("make_timespan", "days:long hours:long minutes:long seconds:real", "timespan", N, "k_make_timespan($0, $1, $2, $3)",
		"The timespan of those parts")
	ROW("make_timespan", "hours:long minutes:long seconds:real", "timespan", N, "k_make_timespan(0, $0, $1, $2)",
		"The timespan of those parts")
	ROW("make_timespan", "hours:long minutes:long", "timespan", N, "k_make_timespan(0, $0, $1, 0)",
		"The timespan of those parts")
	BIND("make_timespan", "value:any", "timespan", F, call_convert, "As totimespan")
	ROW("unixtime_seconds_todatetime", "number:real", "datetime", N, "k_unix_time($0, 10000000)",
		"The date of so many seconds since 1970")
	ROW("unixtime_milliseconds_todatetime", "number:real", "datetime", N, "k_unix_time($0, 10000)",
		"The date of so many milliseconds since 1970")
	ROW("unixtime_microseconds_todatetime", "number:real", "datetime", N, "k_unix_time($0, 10)",
		"The date of so many microseconds since 1970")
	ROW("unixtime_nanoseconds_todatetime", "number:real", "datetime", N, "k_unix_time($0, 0.01)",
		"The date of so many nanoseconds since 1970")

	ROW("datetime_utc_to_local", "date:datetime zone:string", "datetime", N,
		"k_of_micros(epoch_us(timezone(" ZONE ", make_timestamptz(k_micros($0)))))",
		"The time that clocks of the zone show, to the microsecond; null for an unknown zone")
	ROW("datetime_local_to_utc", "date:datetime zone:string", "datetime", N,
		"k_of_micros(epoch_us(timezone(" ZONE ", make_timestamp(k_micros($0)))))",
		"The time at which clocks of the zone show that, to the microsecond; null for an unknown zone")

	/* addresses */
	ROW("parse_ipv4", "ip:string", "long", N, "k_ipv4($0)",
		"The address as a number; host bits behind a /length are cleared")
	ROW("parse_ipv4_mask", "ip:string prefix:long", "long", N, "k_ipv4_masked($0, $1)",
		"The address as a number, cut to the prefix")
	ROW("format_ipv4", "ip:text prefix:long?", "string", N, "k_format_ipv4($*)",
		"The address, cut to the prefix, as text")
	ROW("format_ipv4_mask", "ip:text prefix:long?", "string", N, "k_format_ipv4_mask($*)",
		"The address, cut to the prefix, with /length")
	ROW("ipv4_compare", "a:string b:string prefix:long?", "long", N, "k_ipv4_compare($*)",
		"-1, 0 or 1 as the first address is below, equal or above")
	ROW("ipv4_is_match", "a:string b:string prefix:long?", "bool", N, "(k_ipv4_compare($*) = 0)",
		"Whether both agree up to the shortest prefix")
	BIND("ipv4_is_in_range", "ip:string range:string", "bool", N, call_ipv4_in_range,
		"Whether the address is in the range a.b.c.d/length")
	ROW("ipv4_is_in_any_range", "ip:string ranges:dynamic", "bool", N, "k_ipv4_in_any($0, $1)",
		"Whether the address is in one of the ranges")
	ROW("ipv4_is_in_any_range", "ip:string range:string*", "bool", N, "k_ipv4_in($*)",
		"Whether the address is in one of the ranges")
	ROW("ipv4_is_private", "ip:string", "bool", N, "k_ipv4_in($0, '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16')",
		"Whether the address is private (RFC 1918)")
	ROW("ipv4_netmask_suffix", "ip:string", "long", N, "k_ipv4_bits($0)",
		"The length behind the address, 32 where there is none")
	ROW("ipv4_range_to_cidr_list", "start:string end:string", "dynamic", N, "k_ipv4_cidrs($0, $1)",
		"The prefixes that make up a range of addresses")
	ROW("parse_ipv6", "ip:string", "string", N, "k_ipv6($0)", "The address written in full; IPv4 as mapped")
	ROW("parse_ipv6_mask", "ip:string prefix:long", "string", N, "k_ipv6_masked($0, $1)",
		"The address written in full, cut to the prefix")
	ROW("ipv6_compare", "a:string b:string prefix:long?", "long", N, "k_ipv6_compare($*)",
		"-1, 0 or 1 as the first address is below, equal or above")
	ROW("ipv6_is_match", "a:string b:string prefix:long?", "bool", N, "(k_ipv6_compare($*) = 0)",
		"Whether both agree up to the shortest prefix")
	ROW("ipv6_is_in_range", "ip:string range:string", "bool", N, "k_ipv6_in($0, $1)",
		"Whether the address is in the range")
	ROW("ipv6_is_in_any_range", "ip:string ranges:dynamic", "bool", N, "k_ipv6_in_any($0, $1)",
		"Whether the address is in one of the ranges")
	ROW("ipv6_is_in_any_range", "ip:string range:string*", "bool", N, "k_ipv6_in($*)",
		"Whether the address is in one of the ranges")
	BIND("has_ipv4", "text:string ip:string", "bool", N, call_has_ipv4,
		"Whether the address stands in the text")
	ROW("has_ipv4_prefix", "text:string prefix:string", "bool", N, "k_has_ipv4_prefix($0, $1)",
		"Whether an address that starts so stands in the text")
	ROW("has_any_ipv4", "text:string ips:dynamic", "bool", N, "k_has_any_ipv4($0, $1)",
		"Whether one of the addresses stands in the text")
	BIND("has_any_ipv4", "text:string ip:string", "bool", N, call_has_ipv4,
		"Whether the address stands in the text")
	ROW("has_any_ipv4", "text:string ip:string*", "bool", N, "k_has_ipv4($*)",
		"Whether one of the addresses stands in the text")
	ROW("has_any_ipv4_prefix", "text:string prefixes:dynamic", "bool", N, "k_has_any_ipv4_prefix($0, $1)",
		"Whether an address that starts with one of them stands in the text")
	ROW("has_any_ipv4_prefix", "text:string prefix:string*", "bool", N, "k_has_ipv4_prefix($*)",
		"Whether an address that starts with one of them stands in the text")

	/* dynamic */
	ROW("array_length", "array:dynamic", "long", N, "k_array_length($0)",
		"How many elements the array has; null where it is none")
	ROW("arraylength", "array:dynamic", "long", N, "k_array_length($0)", "As array_length")
	ROW("pack_array", "value:json*", "dynamic", N, "k_array($*)", "The arguments as an array")
	BIND("bag_pack", "raw key value …", "dynamic", N, call_bag_pack, "Keys and values by turns as a bag")
	BIND("pack", "raw key value …", "dynamic", N, call_bag_pack, "As bag_pack")
	BIND("pack_dictionary", "raw key value …", "dynamic", N, call_bag_pack, "As bag_pack")
	BIND("bag_pack_columns", "raw column …", "dynamic", N, call_bag_pack_columns, "Columns as a bag of their names")
	BIND("pack_all", "raw [ignore nulls]", "dynamic", N, call_pack_all,
		"All columns as a bag of their names; true leaves out nulls and empty texts")
	ROW("bag_keys", "bag:dynamic", "dynamic", N, "k_bag_keys($0)", "The keys of a bag")
	ROW("bag_has_key", "bag:dynamic key:string", "bool", N, "k_bag_has_key($0, $1)",
		"Whether the bag has that key")
	ROW("bag_merge", "bag:dynamic*", "dynamic", N, "k_bag_merge(k_array($*))",
		"The bags as one; of a key that several have, the first counts")
	ROW("bag_remove_keys", "bag:dynamic keys:dynamic", "dynamic", N, "k_bag_remove($0, $1)",
		"The bag without those keys")
	ROW("bag_set_key", "bag:dynamic key:string value:json", "dynamic", N, "k_bag_set($0, $1, $2)",
		"The bag with that key set")
	ROW("bag_zip", "keys:dynamic values:dynamic", "dynamic", N, "k_bag_zip($0, $1)",
		"A bag of an array of keys and one of values")
	ROW("array_concat", "array:dynamic*", "dynamic", N, "k_array_concat($*)", "The arrays in a row")
	ROW("array_slice", "array:dynamic start:long end:long", "dynamic", N, "k_array_slice($0, $1, $2)",
		"The elements from start to end, both included; negatives count from the end")
	ROW("array_reverse", "array:dynamic", "dynamic", N, "k_array_reverse($0)",
		"The elements from the last to the first")
	ROW("array_index_of", "array:dynamic value:json start:long? length:long? occurrence:long?", "long", N, "k_array_index_of($*)",
		"Where the value is in the array, or -1")
	ROW("array_sum", "array:dynamic", "real", N, "k_array_sum($0)", "The sum of the elements")
	BIND("array_sort_asc", "array:dynamic nulls_last:bool?", "dynamic", N, call_array_sort,
		"The elements in rising order")
	BIND("array_sort_desc", "array:dynamic nulls_last:bool?", "dynamic", N, call_array_sort,
		"The elements in falling order")
	ROW("array_iff", "conditions:dynamic then:json else:json", "dynamic", N, "k_array_iff($0, $1, $2)",
		"Element by element, from the one or the other")
	ROW("array_iif", "conditions:dynamic then:json else:json", "dynamic", N, "k_array_iff($0, $1, $2)",
		"As array_iff")
	ROW("array_rotate_left", "array:dynamic by:long", "dynamic", N, "k_array_rotate($0, $1)",
		"The array with its elements moved to the left")
	ROW("array_rotate_right", "array:dynamic by:long", "dynamic", N, "k_array_rotate($0, k_sub(0, $1))",
		"The array with its elements moved to the right")
	ROW("array_shift_left", "array:dynamic by:long fill:json?", "dynamic", N, "k_array_shift($*)",
		"The elements moved to the left, the rest filled")
	ROW("array_shift_right", "array:dynamic by:long", "dynamic", N, "k_array_shift($0, k_sub(0, $1))",
		"The elements moved to the right, the rest null")
	ROW("array_shift_right", "array:dynamic by:long fill:json", "dynamic", N, "k_array_shift($0, k_sub(0, $1), $2)",
		"The elements moved to the right, the rest filled")
	ROW("array_split", "array:dynamic indices:json", "dynamic", N, "k_array_split($0, $1)",
		"The array cut at those places")
	ROW("repeat", "value:json times:long", "dynamic", P, "k_array_repeat($0, $1)",
		"An array of the value so many times")
	ROW("zip", "array:dynamic*", "dynamic", N, "k_zip($*)", "Arrays of the first elements, the second, …")
	BIND("range", "from:summable to:summable step:summable?", "dynamic", N, call_range,
		"The values from the first argument to the second as an array")
	ROW("set_union", "array:dynamic*", "dynamic", N, "k_set_union($*)",
		"The elements that one of the arrays has, once each")
	ROW("set_intersect", "array:dynamic*", "dynamic", N, "k_set_intersect($*)",
		"The elements that all arrays have, once each")
	ROW("set_difference", "array:dynamic*", "dynamic", N, "k_set_difference($*)",
		"The elements of the first array that no other has")
	ROW("set_has_element", "array:dynamic value:json", "bool", N, "k_json_holds($1, $0)",
		"Whether the array has that element")
	ROW("set_equals", "a:dynamic b:dynamic", "bool", N, "k_set_equals($0, $1)",
		"Whether both have the same elements")
	ROW("jaccard_index", "a:dynamic b:dynamic", "real", N, "k_jaccard($0, $1)",
		"How many elements both have, of all that they have")
	{ "treepath", FUNCTION_SCALAR, "value:dynamic", "dynamic", P, "tree", "k_tree_paths($0)", NULL,
		"The paths of all that is in a dynamic", false },
	BIND("extract_json", "path:string json:string type:type?", "typeof", N, call_extract_json,
		"What the path $.a.b[0] leads to")
	BIND("extractjson", "path:string json:string type:type?", "typeof", N, call_extract_json, "As extract_json")

	ROW("dcount_hll", "hll:dynamic", "long", P, "coalesce(k_array_length($0), 0)",
		"How many different values an hll has seen")
	BIND("percentile_tdigest", "digest:dynamic percent:real type:type?", "dynamic", P, call_percentile_tdigest,
		"A percentile of what a tdigest has seen")

	/* about the query */
	ROW("current_database", "", "string", N, "'workspace'", "The name of the database")
	ROW("current_cluster_endpoint", "", "string", N, "'localhost'", "The name of the cluster")
	ROW("estimate_data_size", "value:text*", "long", N, "strlen(concat($*))",
		"The size of the values' texts in bytes")
};
/* clang-format on */
const size_t scalar_function_count = ARRAY_LEN(scalar_functions);
