#include "weir/recover.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/journal/recovery.h"
#include "core/base/ticks.h"
#include "weir/decoding.h"

enum { ASIDE_MOST = 9 }; /* damaged files of a worker that are kept; the last one is replaced */

void recover_ring_path(const char *dir, unsigned worker, char *ret, size_t room)
{
	snprintf(ret, room, "%s/journal/ring.%u", dir, worker);
}

/* ---- positions and states in the catalog ---- */

static void position_key(unsigned worker, char ret[32])
{
	snprintf(ret, 32, "ring/%u", worker);
}

static void state_key(unsigned worker, char ret[32])
{
	snprintf(ret, 32, "decoder/%u", worker);
}

bool recover_note(struct commit *commit, unsigned worker, uint64_t position,
                  const struct buf *state, struct err *e)
{
	char key[32], text[24];
	position_key(worker, key);
	int len = snprintf(text, sizeof text, "%" PRIu64, position);
	if (!commit_set_state(commit, key, text, (size_t)len, e))
		return false;
	state_key(worker, key);
	return state->len == 0 || commit_set_state(commit, key, state->text, state->len, e);
}

bool recover_forget(struct commit *commit, unsigned first, const struct recovered *r, struct err *e)
{
	for (unsigned worker = first; worker < RECOVER_RINGS; worker++) {
		char key[32];
		state_key(worker, key);
		if (r->states[worker].len && !commit_set_state(commit, key, "", 0, e))
			return false;
	}
	return true;
}

bool recover_state(struct workspace *ws, unsigned worker, struct buf *ret, struct err *e)
{
	char key[32];
	state_key(worker, key);
	return workspace_state(ws, key, ret, e);
}

static bool read_position(struct workspace *ws, unsigned worker, uint64_t *ret, struct err *e)
{
	char key[32];
	struct buf text = { 0 };
	position_key(worker, key);
	bool ok = workspace_state(ws, key, &text, e);
	*ret = strtoull(buf_text(&text), NULL, 10);
	buf_done(&text);
	return ok;
}

void recovered_done(struct recovered *r)
{
	for (size_t i = 0; i < RECOVER_RINGS; i++)
		buf_done(&r->states[i]);
}

/* ---- one ring ---- */

/* A ring while it is read. */
struct reading {
	const struct recover_job *job;
	unsigned worker;
	struct decoding decoding;
	uint64_t position; /* up to which it is being committed */
};

static bool write_reading(void *context, struct commit *commit, struct err *e)
{
	struct reading *r = context;
	struct buf state = { 0 };
	decoder_save(r->decoding.decoder, &state);
	const struct decoded *d = &r->decoding.into;
	bool ok = open_add(r->job->committing->open, commit, d->table, e) &&
	          commit_plain_rows(commit, d->plain, e) &&
	          nat_bindings_write(r->job->committing->bindings, commit, ticks_now(), false, e) &&
	          ledger_write(d->ledger, commit, r->job->listeners, e) &&
	          recover_note(commit, r->worker, r->position, &state, e);
	buf_done(&state);
	return ok;
}

/* Commits what was decoded up to this position. */
static bool commit_reading(struct reading *r, uint64_t position, struct err *e)
{
	struct committing *c = r->job->committing;
	struct err unused;
	if (!decoder_flush(r->decoding.decoder, &unused))
		return err_set(e, ERR_NOMEM, "no memory for what is recovered");
	if (!open_has_room(c->open, flow_table_count(r->decoding.into.table)) &&
	    !committing_close(c, UINT64_MAX, e))
		return false;
	r->position = position;
	nat_bindings_take(c->bindings, r->decoding.into.plain);
	names_learn(c->names, r->decoding.into.names.items, r->decoding.into.names.count);
	bool ok = committing_run(c, write_reading, r, e);
	decoded_clear(&r->decoding.into);
	return ok;
}

static bool read_records(struct reading *r, struct recovery *recovery, struct err *e)
{
	struct ring_record record;
	while (recovery_next(recovery, &record)) {
		if (record.listener >= r->job->listener_count)
			record.listener = 0;
		decoding_record(&r->decoding, &record);
		if (decoding_is_full(&r->decoding) && !commit_reading(r, record.end, e))
			return false;
	}
	return true;
}

static void report(const struct reading *r, const struct recovery_report *report)
{
	if (report->records)
		fprintf(r->job->log, "recovered %" PRIu64 " datagrams of worker %u\n",
		        report->records, r->worker);
	if (report->holes)
		fprintf(r->job->log,
		        "the ring of worker %u had %" PRIu64 " holes of %" PRIu64
		        " octets in all\n",
		        r->worker, report->holes, report->hole_octets);
}

/* Reads what is behind the committed position, with the decoder's state as it was there, and leaves
 * both as they are at the end. */
static bool read_ring(struct reading *r, struct recovery *recovery, struct recovered *ret,
                      struct err *e)
{
	struct buf *state = &ret->states[r->worker];
	struct err damage;
	if (state->len && !decoder_load(r->decoding.decoder, state->text, state->len, &damage))
		fprintf(r->job->log, "%s\n", damage.text);
	if (!read_records(r, recovery, e))
		return false;
	const struct recovery_report *found = recovery_report(recovery);
	report(r, found);
	if (found->records == 0)
		return true;
	if (found->end > ret->ends[r->worker])
		ret->ends[r->worker] = found->end;
	buf_clear(state);
	decoder_save(r->decoding.decoder, state);
	return commit_reading(r, found->end, e);
}

/* Out of the way, where somebody can look at it. */
static bool set_aside(const struct recover_job *job, const char *path, const struct err *why,
                      struct err *e)
{
	char aside[4200];
	int number = 1;
	do /* earlier ones stay for whoever looks at them */
		snprintf(aside, sizeof aside, "%s.damaged.%d", path, number);
	while (access(aside, F_OK) == 0 && ++number <= ASIDE_MOST);
	if (rename(path, aside) < 0)
		return err_set(e, ERR_IO, "cannot set '%s' aside: %s", path, strerror(errno));
	fprintf(job->log, "%s; set aside as '%s': what it held and was not stored is lost\n",
	        why->text, aside);
	return true;
}

static bool recover_ring(const struct recover_job *job, unsigned worker, const char *path,
                         struct recovered *ret, struct err *e)
{
	struct err why;
	struct recovery *recovery = recovery_open(path, ret->workspace, ret->ends[worker], &why);
	if (!recovery && why.code != ERR_DATA && why.code != ERR_WORKSPACE) {
		*e = why;
		return false;
	}
	if (!recovery)
		return set_aside(job, path, &why, e);
	struct reading r = { .job = job, .worker = worker };
	bool ok = decoding_init(&r.decoding, &job->decoder, job->flows_max, e) &&
	          read_ring(&r, recovery, ret, e);
	decoding_done(&r.decoding);
	recovery_close(recovery);
	return ok && ring_remove(path, e);
}

static bool recover_worker(const struct recover_job *job, unsigned worker, struct recovered *ret,
                           struct err *e)
{
	char path[4096];
	struct workspace *ws = job->committing->ws;
	recover_ring_path(job->dir, worker, path, sizeof path);
	return read_position(ws, worker, &ret->ends[worker], e) &&
	       recover_state(ws, worker, &ret->states[worker], e) &&
	       (access(path, F_OK) < 0 || recover_ring(job, worker, path, ret, e));
}

bool recover(const struct recover_job *job, struct recovered *ret, struct err *e)
{
	char dir[4096];
	snprintf(dir, sizeof dir, "%s/journal", job->dir);
	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return err_set(e, ERR_IO, "cannot make '%s': %s", dir, strerror(errno));
	if (!workspace_uuid(job->committing->ws, ret->workspace, e))
		return false;
	for (unsigned worker = 0; worker < RECOVER_RINGS; worker++)
		if (!recover_worker(job, worker, ret, e))
			return err_wrap(e, "recovering the journal");
	return true;
}
