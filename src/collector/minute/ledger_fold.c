#include "collector/minute/ledger_fold.h"

#include <stdlib.h>

/* Segments of one size that were not folded yet, and the sum of their rows. */
struct level {
	struct ledger *sum;
	size_t count;
	int64_t segments[FOLD_WIDTH];
};

struct ledger_fold {
	struct level levels[FOLD_LEVELS];
	struct ledger *written; /* in the commit that is under way; none where it has no rows */
	size_t into;            /* the level that it will be of; those below it are folded */
	int64_t segment;        /* 0: it is not to be folded */
};

struct ledger_fold *ledger_fold_new(struct err *e)
{
	struct ledger_fold *f = calloc(1, sizeof *f);
	bool ok = f && (f->written = ledger_new(e));
	for (size_t i = 0; ok && i < FOLD_LEVELS; i++)
		ok = (f->levels[i].sum = ledger_new(e));
	if (ok)
		return f;
	if (!f)
		err_set(e, ERR_NOMEM, "no memory for the ledger");
	ledger_fold_free(f);
	return NULL;
}

void ledger_fold_free(struct ledger_fold *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < FOLD_LEVELS; i++)
		ledger_free(f->levels[i].sum);
	ledger_free(f->written);
	free(f);
}

static void forget(struct level *level)
{
	ledger_clear(level->sum);
	level->count = 0;
}

/* Takes a full level into what is written; one that does not fit is forgotten. */
static bool fold_level(struct ledger_fold *f, struct level *level, struct commit *commit,
                       struct err *e)
{
	if (ledger_rows(f->written) + ledger_rows(level->sum) > LEDGER_ROWS / 2) {
		forget(level);
		return true;
	}
	ledger_add(f->written, level->sum);
	for (size_t i = 0; i < level->count; i++)
		if (!commit_retire(commit, level->segments[i], e))
			return false;
	return true;
}

bool ledger_fold_write(struct ledger_fold *f, const struct ledger *ledger, struct commit *commit,
                       const char *const *listeners, struct err *e)
{
	f->into = 0;
	ledger_clear(f->written);
	if (ledger_rows(ledger) == 0)
		return true;
	ledger_add(f->written, ledger);
	for (; f->into < FOLD_LEVELS && f->levels[f->into].count == FOLD_WIDTH; f->into++)
		if (!fold_level(f, &f->levels[f->into], commit, e))
			return false;
	if (!ledger_write(f->written, commit, listeners, e))
		return false;
	f->segment = ledger_spans_days(f->written) ? 0 : commit_last_segment(commit);
	return true;
}

void ledger_fold_committed(struct ledger_fold *f)
{
	if (ledger_rows(f->written) == 0)
		return;
	for (size_t i = 0; i < f->into; i++)
		forget(&f->levels[i]);
	if (f->into == FOLD_LEVELS || !f->segment)
		return;
	struct level *level = &f->levels[f->into];
	ledger_add(level->sum, f->written);
	level->segments[level->count++] = f->segment;
}
