/* asking: a query session for tests, and answers as short texts.
 *
 * Everything fails the running test where it cannot do its job.  The clock stands at
 * 2026-11-22T12:00:00Z. */
#pragma once

#include "query/query.h"

#define ASKING_NOW INT64_C(639309456000000000)

/* cmocka fixtures: *state is a session without a workspace. */
int asking_start(void **state);
int asking_stop(void **state);

/* "name:type name:type" of the result, or "SEM0100 line:pos message". */
const char *asking_columns(void *session, const char *kql);

/* Cells joined by "|", rows ended by "\n", null as "null"; an error as above. */
const char *asking_rows(void *session, const char *kql);

#define ASSERT_COLUMNS(state, kql, expected)                                                       \
	assert_string_equal(asking_columns(*(state), kql), expected)
#define ASSERT_ROWS(state, kql, expected) assert_string_equal(asking_rows(*(state), kql), expected)
