/* example: one query for each word of the language, with its answer.
 *
 * Rows stand in example_scalar.c and example_table.c; docs/kql.md and `weir help kql` show them,
 * and tests/unit/query/test_reference.c runs them.  Answers come from KQL's documentation or a
 * calculation by hand.  EXAMPLE_TABLE is put in front of queries that name T. */
#pragma once

#include <stddef.h>

#define EXAMPLE_TABLE                                                                              \
	"let T = datatable(k: string, v: long, t: datetime)[\n"                                    \
	"    'a', 1, datetime(2026-11-01 08:00),\n"                                                \
	"    'a', 3, datetime(2026-11-01 08:05),\n"                                                \
	"    'b', 5, datetime(2026-11-01 09:00)];\n"

struct example {
	const char *name; /* of the function, operator or plugin */
	const char *kql;  /* one line */
	const char
	    *answer; /* cells between ", ", rows between " / "; "null"; "" for an empty text */
};

extern const struct example scalar_examples[], table_examples[], operator_examples[];
extern const size_t scalar_example_count, table_example_count, operator_example_count;
