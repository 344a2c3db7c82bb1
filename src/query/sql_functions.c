#include "query/sql_functions.h"

bool sql_functions_register(struct db *db, struct err *e)
{
	const struct {
		const struct db_function *rows;
		size_t count;
	} all[] = {
		{ sql_math, sql_math_count },         { sql_text, sql_text_count },
		{ sql_time, sql_time_count },         { sql_json, sql_json_count },
		{ sql_array, sql_array_count },       { sql_bag, sql_bag_count },
		{ sql_steps, sql_steps_count },       { sql_series, sql_series_count },
		{ sql_sketch, sql_sketch_count },     { sql_ip, sql_ip_count },
		{ sql_decimal, sql_decimal_count },   { sql_url, sql_url_count },
		{ sql_sampling, sql_sampling_count }, { sql_kv, sql_kv_count },
	};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (!db_function_register(db, all[i].rows, all[i].count, e))
			return false;
	return true;
}
