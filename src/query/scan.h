/* scan: what scan's files share: the operator as it is read, and the state that it makes.
 *
 * At most STEPS_MAX steps, DECLARED_MAX declared columns and VALUES_MAX values of steps; everything
 * lives in the query's arena. */
#pragma once

#include "query/bind_internal.h"

enum { STEPS_MAX = 16, VALUES_MAX = 32, DECLARED_MAX = 16, SCAN_ROWS_MAX = 10000 };

/* A step.column that is asked for somewhere. */
struct wanted {
	size_t step;
	const char *column;
	enum kql_type type;
	int declared; /* which of them, or -1: a column of the input */
};

struct step {
	const char *name;
	const struct node *condition, *assign;
	bool all, none;             /* output=; neither: last */
	unsigned active, match;     /* whether there is a sequence, and its number */
	unsigned value[VALUES_MAX]; /* by wanted, of this step and those before it */
	unsigned first, again; /* the row matched: by the state of the step before, by its own, */
	unsigned matched;      /* by either */
	unsigned repeats;      /* it matched, and a sequence was active already */
	unsigned assigned[DECLARED_MAX];
};

struct scan {
	struct binder *b;
	const struct node *declared[DECLARED_MAX];
	struct expr *defaults[DECLARED_MAX];
	size_t declared_count;
	struct step steps[STEPS_MAX];
	size_t step_count;
	struct wanted wanted[VALUES_MAX];
	size_t wanted_count;
	const char *match_id; /* NULL: not asked for */
	unsigned sequences;   /* how many there were */
	struct rowset *input; /* numbered from 1 by its order */
	struct rowset *rows;  /* the state joined with the next row of the input */
	struct computed pending[VALUES_MAX + DECLARED_MAX * 2 + 16];
	size_t pending_count;
};

/* Reads what is declared, the steps, and which step.columns they ask for; false and an error where
 * they do not fit. */
bool scan_read(struct scan *s, const struct node *node);
