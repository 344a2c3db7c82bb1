/* stored_function: tabular functions that every query sees, written in KQL themselves.
 *
 * To add one: a row of the table in stored_function.c.  A query's own `let` of the same name goes
 * first. */
#pragma once

#include "query/bind_internal.h"

/* The function of this name as a scope, made anew for each use, or NULL where there is none. */
const struct scope *stored_function_find(const struct binder *b, const char *name);
