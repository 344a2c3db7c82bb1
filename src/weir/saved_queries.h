/* saved_queries: questions that everybody asks, by name: weir query @top-talkers. */
#pragma once

#include <stddef.h>

struct saved_query {
	const char *name; /* "top-talkers" */
	const char *help; /* one line without a full stop */
	const char *kql;
};

extern const struct saved_query saved_queries[]; /* ends with an empty row */

/* By its name without the @, or NULL; then *ret_near, if not NULL, is the nearest name or NULL. */
const struct saved_query *saved_query_find(const char *name, const char **ret_near);
