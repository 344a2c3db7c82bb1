/* db_function: scalar functions in C that SQL can call.
 *
 * A function is a row of a constant table.  It is called once per row of data with its arguments as
 * cells and fills one cell; the loop over the vectors, null masks and copies are done here.  It is
 * called for null arguments too, may be called from any thread of the database and must not
 * raise: what cannot be computed is null.  Each type is named by a letter:
 *   b BOOLEAN   i BIGINT   f DOUBLE   s VARCHAR   L VARCHAR[] (result only) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "workspace/db.h"

enum { DB_FUNCTION_ARGS_MAX = 256 };

struct db_cell {
	bool null;
	union {
		bool b;
		int64_t i;
		double f;
		struct db_text s; /* borrowed: of an argument, for the call */
	};
};

/* Where a function leaves its answer: null unless one of the setters is called.  Text that a
 * function makes goes to `scratch`, which is empty at the start of each call. */
struct db_answer {
	struct db_cell cell;
	struct buf scratch;
	struct db_list *list; /* of result L */
};

typedef void db_row_function(const struct db_cell *args, size_t count, struct db_answer *ret);

struct db_function {
	const char *name;
	const char
	    *args; /* a letter each; a '*' at the end repeats the last one any number of times */
	char result;
	bool is_volatile; /* gives another value at each call */
	db_row_function *call;
};

/* Makes the functions known to this instance.  `rows` must outlive it. */
MUST_CHECK bool db_function_register(struct db *db, const struct db_function *rows, size_t count,
                                     struct err *e);

static inline void db_answer_bool(struct db_answer *ret, bool value)
{
	ret->cell = (struct db_cell){ .b = value };
}

static inline void db_answer_i64(struct db_answer *ret, int64_t value)
{
	ret->cell = (struct db_cell){ .i = value };
}

static inline void db_answer_f64(struct db_answer *ret, double value)
{
	ret->cell = (struct db_cell){ .f = value };
}

/* The text must live until the function returns: an argument's, the scratch's or a constant. */
static inline void db_answer_text(struct db_answer *ret, const char *at, size_t len)
{
	ret->cell = (struct db_cell){ .s = { at, len } };
}

static inline void db_answer_scratch(struct db_answer *ret)
{
	if (!ret->scratch.failed)
		db_answer_text(ret, buf_text(&ret->scratch), ret->scratch.len);
}

/* Result L: starts an empty list; adds one text, or a null where at is NULL. */
void db_answer_list(struct db_answer *ret);
void db_answer_list_add(struct db_answer *ret, const char *at, size_t len);
