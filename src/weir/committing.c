#include "weir/committing.h"

static const char names_key[] = "names";

bool committing_names(struct workspace *ws, struct buf *ret, struct err *e)
{
	return workspace_state(ws, names_key, ret, e);
}

bool committing_recall(struct committing *c, FILE *log, struct err *e)
{
	struct buf kept = { 0 };
	struct err damage;
	bool ok = committing_names(c->ws, &kept, e);
	if (ok && kept.len && !names_load(c->names, kept.text, kept.len, &damage))
		fprintf(log, "%s\n", damage.text);
	names_saved(c->names);
	buf_done(&kept);
	return ok;
}

static bool keep_names(struct committing *c, struct commit *commit, struct err *e)
{
	if (!names_changed(c->names))
		return true;
	struct buf octets = { 0 };
	names_save(c->names, &octets);
	bool ok = octets.failed ? err_set(e, ERR_NOMEM, "no memory to keep names")
	                        : commit_set_state(commit, names_key, octets.text, octets.len, e);
	buf_done(&octets);
	return ok;
}

bool committing_run(struct committing *c, committing_fn *write, void *context, struct err *e)
{
	struct commit *commit = commit_begin(c->ws, e);
	if (!commit)
		return false;
	commit_enrich(commit, c->enrichment);
	names_enrich(c->names, commit);
	bool ok =
	    write(context, commit, e) && open_seal(c->open, commit, e) && keep_names(c, commit, e);
	if (ok)
		ok = commit_end(commit, e);
	else
		commit_abandon(commit);
	if (ok)
		names_saved(c->names);
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
