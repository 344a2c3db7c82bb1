#include "exporter/nat/tracker.h"

#include <stdlib.h>

#include "core/base/ticks.h"

/* How long after a dump the kernel may still tell of the end of what the dump did not hold: dumps
 * leave out what has timed out, and collecting that takes the kernel a minute or more. */
#define DEAD_FOR (5 * TICKS_PER_MINUTE)

enum { FIRST_DUMP = 1 };

struct tracker {
	struct session_table *sessions;
	size_t max;
	struct tracker_sink sink;
	struct tracker_counts counts;
	size_t dead, silent;
	uint32_t generation; /* of dumps */
	bool dumping;
	int64_t tidy_at; /* ticks */
};

struct tracker *tracker_new(size_t max_sessions, const struct tracker_sink *sink, struct err *e)
{
	struct tracker *t = calloc(1, sizeof *t);
	if (!t) {
		err_set(e, ERR_NOMEM, "no memory to track NAT sessions");
		return NULL;
	}
	t->sink = *sink;
	t->max = max_sessions;
	t->sessions = session_table_new(max_sessions, e);
	if (t->sessions)
		return t;
	free(t);
	return NULL;
}

void tracker_free(struct tracker *t)
{
	if (!t)
		return;
	session_table_free(t->sessions);
	free(t);
}

static void begin(struct tracker *t, const struct conntrack_entry *entry, bool silent, int64_t time)
{
	struct session session = entry->session;
	session.generation = t->generation;
	session.silent = silent;
	if (session_table_add(t->sessions, &session))
		t->silent += silent;
	else
		t->counts.untracked++;
	t->sink.begun(t->sink.context, &session, time);
}

static void revive(struct tracker *t, struct session *session, const struct conntrack_entry *entry,
                   int64_t time)
{
	t->dead--;
	*session = entry->session;
	session->generation = t->generation;
	t->sink.begun(t->sink.context, session, time);
}

static void mark_dead(struct tracker *t, struct session *session)
{
	t->silent -= session->silent;
	session->silent = false;
	session->dead = true;
	t->dead++;
}

static void bury(struct tracker *t, struct session *session)
{
	session_table_remove(t->sessions, session);
	t->dead--;
}

/* The kernel's own time, where it keeps one. */
static int64_t known_or(int64_t time, int64_t now)
{
	return time ? time : now;
}

void tracker_created(struct tracker *t, const struct conntrack_entry *entry, int64_t now)
{
	struct session *known = session_table_find(t->sessions, &entry->session.key);
	if (!known)
		begin(t, entry, false, now);
	else if (known->dead)
		revive(t, known, entry, now);
	/* else a dump was faster than this message */
}

/* Nobody told of its begin: that message was lost, or came when there was no room. */
static void end_unknown(struct tracker *t, const struct conntrack_entry *entry, int64_t now)
{
	struct session session = entry->session;
	if (!t->counts.untracked) {
		t->counts.found++;
		t->sink.begun(t->sink.context, &session, known_or(entry->start, now));
	}
	t->sink.ended(t->sink.context, &session, known_or(entry->stop, now));
	if (!t->dumping)
		return;
	struct session *kept = session_table_add(t->sessions, &session);
	if (kept)
		mark_dead(t, kept);
}

void tracker_destroyed(struct tracker *t, const struct conntrack_entry *entry, int64_t now)
{
	struct session *known = session_table_find(t->sessions, &entry->session.key);
	if (!known) {
		end_unknown(t, entry, now);
		return;
	}
	if (known->dead)
		return;
	t->sink.ended(t->sink.context, known, known_or(entry->stop, now));
	mark_dead(t, known);
	if (!t->dumping)
		bury(t, known);
}

void tracker_dump_begin(struct tracker *t)
{
	t->dumping = true;
	t->generation++;
}

void tracker_dump_entry(struct tracker *t, const struct conntrack_entry *entry, int64_t now)
{
	struct session *known = session_table_find(t->sessions, &entry->session.key);
	if (known) {
		known->generation = t->generation;
		return;
	}
	if (t->generation > FIRST_DUMP && session_table_count(t->sessions) == t->max)
		return; /* it was told of when there was no room for it, as far as can be known */
	t->counts.found++;
	begin(t, entry, t->generation == FIRST_DUMP, known_or(entry->start, now));
}

static void end_vanished(struct tracker *t, int64_t now)
{
	for (size_t i = session_table_count(t->sessions); i-- > 0;) {
		struct session *session = session_table_at(t->sessions, i);
		if (session->dead || session->generation == t->generation)
			continue;
		t->counts.vanished++;
		t->sink.ended(t->sink.context, session, now);
		mark_dead(t, session);
	}
}

void tracker_dump_end(struct tracker *t, bool in_full, int64_t now)
{
	if (in_full)
		end_vanished(t, now);
	t->dumping = false;
	t->tidy_at = now + DEAD_FOR;
}

void tracker_tidy(struct tracker *t, int64_t now)
{
	if (!t->dead || t->dumping || now < t->tidy_at)
		return;
	for (size_t i = session_table_count(t->sessions); i-- > 0;) {
		struct session *session = session_table_at(t->sessions, i);
		if (session->dead)
			bury(t, session);
	}
}

size_t tracker_silent(const struct tracker *t)
{
	return t->silent;
}

struct session_table *tracker_sessions(struct tracker *t)
{
	return t->sessions;
}

size_t tracker_open(const struct tracker *t)
{
	return session_table_count(t->sessions) - t->dead;
}

const struct tracker_counts *tracker_counts(const struct tracker *t)
{
	return &t->counts;
}
