#include "weir/committing.h"

bool committing_run(struct committing *c, committing_fn *write, void *context, struct err *e)
{
	struct commit *commit = commit_begin(c->ws, e);
	if (!commit)
		return false;
	commit_enrich(commit, c->enrichment);
	bool ok = write(context, commit, e) && open_seal(c->open, commit, e);
	if (ok)
		ok = commit_end(commit, e);
	else
		commit_abandon(commit);
	open_committed(c->open, ok);
	nat_bindings_committed(c->bindings, ok);
	return ok;
}

/* What closing needs to know. */
struct closing {
	struct open_minutes *open;
	uint64_t before;
};

static bool write_closed(void *context, struct commit *commit, struct err *e)
{
	const struct closing *closing = context;
	return open_close(closing->open, commit, closing->before, e);
}

static bool write_paused(void *context, struct commit *commit, struct err *e)
{
	return open_pause(context, commit, e);
}

bool committing_close(struct committing *c, uint64_t before, struct err *e)
{
	struct closing closing = { c->open, before };
	return committing_run(c, write_closed, &closing, e);
}

bool committing_pause(struct committing *c, struct err *e)
{
	return committing_run(c, write_paused, c->open, e);
}
