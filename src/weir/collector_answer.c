#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "weir/collector_internal.h"

static bool answer_state(struct collector *c, struct buf *out, struct err *e)
{
	(void)e;
	for (unsigned i = 0; i < c->setup.workers; i++) {
		struct buf state = { 0 };
		worker_snapshot(c->workers[i], &state);
		buf_printf(out, "%zu\n", state.len);
		buf_add(out, buf_text(&state), state.len);
		out->failed |= state.failed;
		buf_done(&state);
	}
	return true;
}

static bool answer_names(struct collector *c, struct buf *out, struct err *e)
{
	(void)e;
	names_save(c->committing.names, out);
	return true;
}

/* ---- memory ---- */

static void add_pool(struct buf *out, const char *pool, size_t octets, size_t bound)
{
	buf_printf(out, "%s\t%zu\t", pool, octets);
	if (bound)
		buf_printf(out, "%zu", bound);
	buf_putc(out, '\n');
}

static void add_worker(struct buf *out, struct worker *w, unsigned number)
{
	char pool[64];
	struct worker_memory m = worker_memory(w), bound = worker_bound(w);
	snprintf(pool, sizeof pool, "worker %u: journal", number);
	add_pool(out, pool, m.ring, bound.ring);
	snprintf(pool, sizeof pool, "worker %u: flow tables", number);
	add_pool(out, pool, m.tables, bound.tables);
	snprintf(pool, sizeof pool, "worker %u: exporters and templates", number);
	add_pool(out, pool, m.decoder, bound.decoder);
}

/* Octets that the process has in memory, the journal among them (proc(5)). */
static size_t resident(const struct collector *c)
{
	char text[128];
	ssize_t len = pread(c->statm_fd, text, sizeof text - 1, 0);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	const char *second = strchr(text, ' ');
	return second ? strtoull(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

/* What is used of the disk, by whomever, beside what may be. */
static void add_disk(struct buf *out, const struct collector *c)
{
	struct retention_policy policy = config_retention(c->settings->config);
	struct disk_space space;
	struct err unused;
	if (!workspace_space(c->ws, &space, &unused))
		return;
	add_pool(out, *c->held ? "the disk, used; nothing is stored" : "the disk, used",
	         space.total - space.free, space.total - retention_floor(&policy, &space));
}

static bool answer_memory(struct collector *c, struct buf *out, struct err *e)
{
	(void)e;
	const struct open_minutes *open = c->committing.open;
	for (unsigned i = 0; i < c->setup.workers; i++)
		add_worker(out, c->workers[i], i);
	add_pool(out, "open minutes", open_memory(open), open_bound(open));
	const struct nat_bindings *bindings = c->committing.bindings;
	add_pool(out, "NAT bindings", nat_bindings_memory(bindings), nat_bindings_bound(bindings));
	const struct names *names = c->committing.names;
	add_pool(out, "names", names_memory(names), names_bound());
	add_pool(out, "queries to be audited", auditing_memory(c->auditing), AUDITING_MEMORY);
	add_pool(out, "the whole process, resident", resident(c), 0);
	add_disk(out, c);
	return true;
}

/* ---- */

static bool answer_commit(struct collector *c, struct buf *out, struct err *e)
{
	if (*c->held || !collector_make_room(c, e)) {
		buf_printf(out, "%s\n", *c->held ? c->held : e->text);
		return true;
	}
	return ticks_steady() - c->committed_at < TICKS_PER_SECOND || collector_commit(c, e);
}

static const struct {
	const char *line;
	bool (*answer)(struct collector *c, struct buf *out, struct err *e);
} answers[] = {
	{ "state", answer_state },
	{ "names", answer_names },
	{ "memory", answer_memory },
	{ "commit", answer_commit },
};

bool collector_answer(void *context, const char *line, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		if (strcmp(line, answers[i].line) == 0)
			return answers[i].answer(context, out, e);
	return err_set(e, ERR_USAGE, "\"%s\" is nothing that this collector knows", line);
}
