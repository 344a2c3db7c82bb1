/* function_rows: the parts of the function table, and the binders that its rows name. */
#pragma once

#include "query/function.h"

extern const struct function scalar_functions[];
extern const size_t scalar_function_count;
extern const struct function aggregate_functions[];
extern const size_t aggregate_function_count;

call_binder call_case, call_coalesce, call_isnull, call_isnotnull, call_min_of, call_max_of,
    call_column_ifexists, call_toscalar, call_convert, call_gettype, call_split, call_replace_regex,
    call_replace, call_trim, call_trim_start, call_trim_end, call_extract, call_extract_all,
    call_extract_all_of, call_countof, call_bin, call_bin_at, call_round, call_ceiling, call_now,
    call_ago, call_ingestion_time, call_bag_pack, call_bag_pack_columns, call_pack_all,
    call_array_sort, call_ipv4_in_range, call_has_ipv4, call_range, call_extract_json;
extern const struct function series_functions[];
extern const size_t series_function_count;

call_binder call_series_fit_line, call_series_stats, call_series_decompose, call_series_forecast,
    call_series_anomalies, call_series_periods, call_series_validate, call_percentile_tdigest;
call_binder aggregate_percentiles, aggregate_percentiles_array, aggregate_tdigest,
    aggregate_weighted, aggregate_arg, aggregate_any, aggregate_anyif, aggregate_list,
    aggregate_list_if, aggregate_list_nulls, aggregate_sampling_error;
call_binder window_row_number, window_neighbour, window_cumsum, window_rank, window_session;
