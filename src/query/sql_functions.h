/* sql_functions: what only KQL has, as scalar functions of the database.
 *
 * Their names start with k_, which no name of a user's can (see bound.h).  None raises: what cannot
 * be computed is null, or "" where the result is a text.  Each file holds the functions of one
 * subject and ends with its table. */
#pragma once

#include "workspace/db_function.h"

extern const struct db_function sql_math[], sql_text[], sql_time[], sql_json[], sql_array[],
    sql_bag[], sql_steps[], sql_series[], sql_sketch[], sql_ip[], sql_decimal[], sql_url[],
    sql_sampling[], sql_kv[];
extern const size_t sql_math_count, sql_text_count, sql_time_count, sql_json_count, sql_array_count,
    sql_bag_count, sql_steps_count, sql_series_count, sql_sketch_count, sql_ip_count,
    sql_decimal_count, sql_url_count, sql_sampling_count, sql_kv_count;

/* Registers all of them. */
MUST_CHECK bool sql_functions_register(struct db *db, struct err *e);

/* ---- helpers that the files share ---- */

#define SQL(name) static void name(const struct db_cell *a, size_t n, struct db_answer *ret)

static inline bool any_null(const struct db_cell *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].null)
			return true;
	return false;
}

static inline void answer_empty(struct db_answer *ret)
{
	db_answer_text(ret, "", 0);
}
