/* stored_function: tabular functions that every query sees, written in KQL themselves.
 *
 * To add one: a row of the table in stored_function.c; docs/kql.md is made from it.  A query's own
 * `let` of the same name goes first. */
#pragma once

#include "query/bind_internal.h"

struct stored_function {
	const char *name, *usage, *help;
	const char *kql; /* "let name = …; print 1" */
};
size_t stored_functions(const struct stored_function **ret);

/* The function of this name as a scope, made anew for each use, or NULL where there is none. */
const struct scope *stored_function_find(const struct binder *b, const char *name);
