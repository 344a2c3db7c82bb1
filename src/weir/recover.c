#include "weir/recover.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/journal/recovery.h"
#include "collector/minute/open.h"
#include "weir/decoding.h"

void recover_ring_path(const char *dir, unsigned worker, char *ret, size_t room)
{
	snprintf(ret, room, "%s/journal/ring.%u", dir, worker);
}

bool recover_note(struct commit *commit, unsigned worker, uint64_t position,
                  const struct buf *state, struct err *e)
{
	char key[32], text[24];
	snprintf(key, sizeof key, "ring/%u", worker);
	int len = snprintf(text, sizeof text, "%" PRIu64, position);
	if (!commit_set_state(commit, key, text, (size_t)len, e))
		return false;
	snprintf(key, sizeof key, "decoder/%u", worker);
	return state->len == 0 || commit_set_state(commit, key, state->text, state->len, e);
}

void recovered_done(struct recovered *r)
{
	for (size_t i = 0; i < r->state_count; i++)
		buf_done(&r->states[i]);
}

/* One ring while it is read. */
struct reading {
	const struct recover_job *job;
	unsigned worker;
	struct decoding decoding;
	struct open_minutes *open;
};

static bool write_reading(struct reading *r, struct commit *commit, uint64_t position,
                          struct err *e)
{
	struct buf state = { 0 };
	decoder_save(r->decoding.decoder, &state);
	bool ok = open_add(r->open, commit, r->decoding.table, e) &&
	          ledger_write(r->decoding.ledger, commit, r->job->listeners, e) &&
	          recover_note(commit, r->worker, position, &state, e);
	buf_done(&state);
	return ok;
}

/* Commits what was decoded up to this position. */
static bool commit_reading(struct reading *r, uint64_t position, struct err *e)
{
	struct err unused;
	if (!decoder_flush(r->decoding.decoder, &unused))
		return err_set(e, ERR_NOMEM, "no memory for what is recovered");
	struct commit *commit = commit_begin(r->job->ws, e);
	if (!commit)
		return false;
	commit_enrich(commit, r->job->enrichment);
	bool ok = write_reading(r, commit, position, e);
	if (ok)
		ok = commit_end(commit, e);
	else
		commit_abandon(commit);
	open_committed(r->open, false); /* parts they stay */
	flow_table_remove_before(r->decoding.table, UINT64_MAX);
	ledger_clear(r->decoding.ledger);
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

static bool read_state(struct reading *r, struct recovered *ret, uint64_t *ret_from, struct err *e)
{
	char key[32];
	struct buf text = { 0 };
	struct buf *state = &ret->states[ret->state_count];
	snprintf(key, sizeof key, "ring/%u", r->worker);
	bool ok = workspace_state(r->job->ws, key, &text, e);
	*ret_from = strtoull(buf_text(&text), NULL, 10);
	buf_done(&text);
	snprintf(key, sizeof key, "decoder/%u", r->worker);
	if (!ok || !workspace_state(r->job->ws, key, state, e))
		return false;
	struct err damage;
	if (state->len && !decoder_load(r->decoding.decoder, state->text, state->len, &damage))
		fprintf(r->job->log, "%s\n", damage.text);
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

static bool recover_ring(struct reading *r, const char *path, struct recovered *ret, struct err *e)
{
	uint64_t from;
	if (!read_state(r, ret, &from, e))
		return false;
	struct recovery *recovery = recovery_open(path, ret->workspace, from, e);
	if (!recovery)
		return false;
	bool ok = read_records(r, recovery, e);
	const struct recovery_report *found = recovery_report(recovery);
	if (ok) {
		report(r, found);
		ok = found->records == 0 || commit_reading(r, found->end, e);
		ret->ends[r->worker] = found->end > from ? found->end : from;
		buf_clear(&ret->states[ret->state_count]);
		decoder_save(r->decoding.decoder, &ret->states[ret->state_count++]);
	}
	recovery_close(recovery);
	return ok;
}

static bool recover_worker(const struct recover_job *job, unsigned worker, struct recovered *ret,
                           struct err *e)
{
	char path[4096];
	recover_ring_path(job->dir, worker, path, sizeof path);
	if (access(path, F_OK) < 0)
		return true;
	struct reading r = { .job = job, .worker = worker };
	r.open = open_new(1, job->constants, e);
	bool ok = r.open && decoding_init(&r.decoding, &job->decoder, job->flows_max, e) &&
	          recover_ring(&r, path, ret, e);
	decoding_done(&r.decoding);
	open_free(r.open);
	return ok && ring_remove(path, e);
}

bool recover(const struct recover_job *job, struct recovered *ret, struct err *e)
{
	char dir[4096];
	snprintf(dir, sizeof dir, "%s/journal", job->dir);
	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return err_set(e, ERR_IO, "cannot make '%s': %s", dir, strerror(errno));
	if (!workspace_uuid(job->ws, ret->workspace, e))
		return false;
	for (unsigned worker = 0; worker < RECOVER_RINGS; worker++)
		if (!recover_worker(job, worker, ret, e))
			return err_wrap(e, "recovering the journal");
	return true;
}
