/* function: the table of KQL's functions, aggregates and plugins.
 *
 * One row per overload; rows of one name stand together.  From it the binder resolves calls, and
 * reference.h makes the page, `weir help kql` and the words to complete from.
 *
 * Parameters are words separated by blanks, a type each, "name:type"; "?" behind: may be left out;
 * "*" behind: once or more; types:
 *   any      any scalar                      text     any scalar, as its text
 *   string   string or dynamic               bool datetime timespan guid long(int too) dynamic
 *   integer  int or long                     number   int, long, real or decimal
 *   real     any number, as real             summable number, datetime or timespan
 *   ordered  neither dynamic nor decimal            common   all of this kind as one type
 *   plain    string alone, no dynamic
 *   type     typeof(…)                       raw      (first) whatever the row's binder takes; what
 *                                                     follows is for people
 *   json     any scalar, as dynamic          part, part_of, mode  one of some constant words
 * Results: a type; "same" as the first argument; "long" for int where "promoted"; "common";
 * "widest" of all numbers; "typeof" of the last argument. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "query/bound.h"

enum function_kind {
	FUNCTION_SCALAR,
	FUNCTION_AGGREGATE,
	FUNCTION_WINDOW,
	FUNCTION_PLUGIN,
};

/* What a column made by the call is called where no name is given. */
enum naming {
	NAMING_NONE,         /* Column1 */
	NAMING_FIRST,        /* as its first argument */
	NAMING_PREFIX_FIRST, /* prefix_argument */
};

struct binder;
struct node;
struct function;

/* Binds a call that a template cannot express; NULL and an error where it does not fit.  Where the
 * parameters are "raw" it reads the call's children itself. */
typedef struct expr *call_binder(struct binder *b, const struct function *row,
                                 const struct node *call, struct expr **args, size_t count);

struct function {
	const char *name;
	enum function_kind kind;
	const char *params;
	const char *result;
	enum naming naming;
	const char *prefix; /* NULL: the name */
	const char *sql;    /* template over the arguments; NULL: bind does it */
	call_binder *bind;
	const char *help;
	bool is_volatile;
};

size_t functions(const struct function **ret);

/* The first row of that name (the others follow it), or NULL. */
const struct function *function_find(const char *name);

/* The plugins of evaluate. */
struct plugin_name {
	const char *name, *usage, *help;
};
size_t plugin_names(const struct plugin_name **ret);
