#include "weir/collector.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "collector/enrich/enrich.h"
#include "collector/minute/open.h"
#include "collector/receive/inherited.h"
#include "core/base/ticks.h"
#include "weir/recover.h"
#include "weir/worker.h"

enum { RETRY_MS = 1000 };

struct collector {
	struct collector_setup setup;
	struct workspace *ws;
	struct enricher *enricher;
	struct unmatched *unmatched;
	struct enriching enriching;
	struct enrichment enrichment;
	struct open_minutes *open;
	struct ledger *ledger;
	struct worker *workers[COLLECTOR_WORKERS];
	struct handover *handed[COLLECTOR_WORKERS];
	struct lost_counts lost[COLLECTOR_WORKERS][WORKER_SOCKETS]; /* already in the ledger */
	char names[COLLECTOR_ADDRESSES][LISTEN_TEXT_MAX];
	const char *name_list[COLLECTOR_ADDRESSES];
	int signal_fd, wake_fd;
	int64_t swept_at;
};

/* ---- one commit ---- */

/* Rows and counts of datagrams that never reached a ring belong to the minute that is now. */
static void count_lost(struct collector *c, unsigned worker)
{
	uint32_t minute = (uint32_t)((ticks_now() - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
	for (size_t i = 0; i < worker_sockets(c->workers[worker]); i++) {
		struct ledger_key key = { .minute = minute };
		struct lost_counts now = worker_lost(c->workers[worker], i, &key.listener);
		struct lost_counts *known = &c->lost[worker][i];
		uint64_t not_allowed = now.not_allowed - known->not_allowed;
		uint64_t refused = now.refused - known->refused;
		uint64_t dropped = now.dropped - known->dropped;
		*known = now;
		if (!not_allowed && !refused && !dropped)
			continue;
		uint64_t *counts = ledger_counts(c->ledger, &key);
		counts[LEDGER_DatagramsOffered] += not_allowed + refused;
		counts[LEDGER_DatagramsNotAllowed] += not_allowed;
		counts[LEDGER_DatagramsRefused] += refused;
		counts[LEDGER_KernelDrops] += dropped;
	}
}

static bool add_worker(struct collector *c, struct commit *commit, unsigned worker, struct err *e)
{
	const struct handover *h = c->handed[worker];
	return open_add(c->open, commit, h->table, e) &&
	       recover_note(commit, worker, h->position, &h->state, e);
}

static bool write_handovers(struct collector *c, struct commit *commit, struct err *e)
{
	for (unsigned i = 0; i < c->setup.workers; i++)
		if (!add_worker(c, commit, i, e))
			return false;
	return ledger_write(c->ledger, commit, c->name_list, e);
}

/* Runs one commit of what `write` adds, and tells the open minutes how it ended. */
static bool commit_with(struct collector *c,
                        bool (*write)(struct collector *c, struct commit *commit, struct err *e),
                        struct err *e)
{
	struct commit *commit = commit_begin(c->ws, e);
	if (!commit)
		return false;
	commit_enrich(commit, &c->enrichment);
	bool ok = write(c, commit, e);
	if (ok)
		ok = commit_end(commit, e);
	else
		commit_abandon(commit);
	open_committed(c->open, ok);
	return ok;
}

static bool close_all(struct collector *c, struct commit *commit, struct err *e)
{
	return open_close(c->open, commit, UINT64_MAX, e);
}

/* The minute up to which everything has been handed over, with some seconds for what is on its way.
 */
static uint64_t passed_minute(const struct collector *c)
{
	int64_t passed = ticks_now() - CLOSE_SECONDS * TICKS_PER_SECOND;
	for (unsigned i = 0; i < c->setup.workers; i++)
		if (c->handed[i]->reached < passed)
			passed = c->handed[i]->reached;
	return passed < TICKS_UNIX_EPOCH
	           ? 0
	           : (uint64_t)((passed - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
}

static bool close_passed(struct collector *c, struct commit *commit, struct err *e)
{
	return open_close(c->open, commit, passed_minute(c), e);
}

/* Tries until it succeeds, or somebody wants to end. */
static bool insist(struct collector *c,
                   bool (*write)(struct collector *c, struct commit *commit, struct err *e),
                   struct err *e)
{
	struct pollfd ended = { .fd = c->signal_fd, .events = POLLIN };
	while (!commit_with(c, write, e)) {
		fprintf(c->setup.log, "commit failed, trying again: %s\n", e->text);
		fflush(c->setup.log);
		if (poll(&ended, 1, RETRY_MS) > 0)
			return false;
	}
	return true;
}

static void take_handovers(struct collector *c)
{
	for (unsigned i = 0; i < c->setup.workers; i++)
		worker_ask(c->workers[i]);
	for (unsigned i = 0; i < c->setup.workers; i++) {
		c->handed[i] = worker_handover(c->workers[i]);
		ledger_add(c->ledger, c->handed[i]->ledger);
		count_lost(c, i);
	}
}

static size_t handed_rows(const struct collector *c)
{
	size_t rows = 0;
	for (unsigned i = 0; i < c->setup.workers; i++)
		rows += flow_table_count(c->handed[i]->table);
	return rows;
}

/* Takes what the workers have, makes it visible, and closes the minutes that are over. */
static bool commit_round(struct collector *c, struct err *e)
{
	take_handovers(c);
	if (!open_has_room(c->open, handed_rows(c)) && !insist(c, close_all, e))
		return false;
	if (!insist(c, write_handovers, e))
		return false;
	ledger_clear(c->ledger);
	bool over = open_oldest(c->open) < passed_minute(c);
	for (unsigned i = 0; i < c->setup.workers; i++)
		worker_give_back(c->workers[i]);
	return !over || insist(c, close_passed, e);
}

/* ---- running ---- */

static void sweep_now_and_then(struct collector *c)
{
	struct err e;
	if (ticks_now() - c->swept_at < TICKS_PER_MINUTE)
		return;
	c->swept_at = ticks_now();
	if (!workspace_sweep(c->ws, &e))
		fprintf(c->setup.log, "retired segments stay: %s\n", e.text);
}

/* Waits for the time of the next commit, or that a worker wants one.  False where it is time to
 * end. */
static bool wait_turn(struct collector *c)
{
	struct pollfd fds[] = { { .fd = c->signal_fd, .events = POLLIN },
		                { .fd = c->wake_fd, .events = POLLIN } };
	if (poll(fds, ARRAY_LEN(fds), COMMIT_SECONDS * 1000) > 0 && fds[0].revents)
		return false;
	eventfd_t count;
	(void)!eventfd_read(c->wake_fd, &count);
	return true;
}

static bool all_ended(const struct collector *c)
{
	for (unsigned i = 0; i < c->setup.workers; i++)
		if (!worker_ended(c->workers[i]))
			return false;
	return true;
}

bool collector_run(struct collector *c, struct err *e)
{
	while (wait_turn(c)) {
		if (!commit_round(c, e))
			return false;
		sweep_now_and_then(c);
	}
	for (unsigned i = 0; i < c->setup.workers; i++)
		worker_stop(c->workers[i]);
	do {
		if (!commit_round(c, e))
			return false;
	} while (!all_ended(c));
	return commit_with(c, close_all, e);
}

/* ---- starting ---- */

static bool open_signals(struct collector *c, struct err *e)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	c->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return (c->signal_fd >= 0 && c->wake_fd >= 0) || err_set(e, ERR_IO, "%s", strerror(errno));
}

/* The sockets of all listeners, one per worker each. */
struct sockets {
	struct listeners of[COLLECTOR_ADDRESSES];
};

static void close_sockets(struct sockets *s, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (unsigned k = 0; k < s->of[i].count; k++)
			listener_close(s->of[i].at[k]);
}

static bool open_socket(struct collector *c, size_t i, struct inherited *inherited,
                        struct listeners *ret, struct err *e)
{
	char text[512];
	struct listen_options options = { .receive_buffer = c->setup.receive_buffer };
	if (!listen_address_parse(c->setup.listen[i], &options.address, e) ||
	    !listeners_open(&options, c->setup.workers, inherited, ret, e))
		return false;
	snprintf(c->names[i], sizeof c->names[i], "%s", listener_name(ret->at[0]));
	c->name_list[i] = c->names[i];
	fprintf(c->setup.log, "listening on %s, %zu octets of receive buffer\n", c->names[i],
	        listener_buffer(ret->at[0]));
	if (!listener_has_its_buffer(ret->at[0], text, sizeof text))
		fprintf(c->setup.log, "%s\n", text);
	return true;
}

static bool open_sockets(struct collector *c, struct sockets *ret, struct err *e)
{
	struct inherited inherited;
	if (!inherited_find(&inherited, e))
		return false;
	for (size_t i = 0; i < c->setup.listen_count; i++) {
		if (open_socket(c, i, &inherited, &ret->of[i], e))
			continue;
		close_sockets(ret, i);
		return false;
	}
	if (inherited_all_taken(&inherited, e))
		return true;
	close_sockets(ret, c->setup.listen_count);
	return false;
}

static struct decoder_config decoder_config_of(const struct config *config)
{
	return (struct decoder_config){ .overrides = config->exporters,
		                        .default_sampling = config->sampling_default };
}

/* A worker's share of all sockets: of inherited ones there may be more or fewer than workers. */
static size_t share_of(const struct collector *c, const struct sockets *sockets, unsigned number,
                       struct worker_socket *ret)
{
	size_t count = 0;
	for (uint16_t i = 0; i < c->setup.listen_count; i++)
		for (unsigned k = number; k < sockets->of[i].count; k += c->setup.workers)
			ret[count++] = (struct worker_socket){ sockets->of[i].at[k], i };
	return count;
}

static void close_share(const struct collector *c, const struct sockets *sockets, unsigned number)
{
	struct worker_socket theirs[COLLECTOR_ADDRESSES * STEERING_MOST];
	size_t count = share_of(c, sockets, number, theirs);
	for (size_t i = 0; i < count; i++)
		listener_close(theirs[i].listener);
}

static bool make_worker(struct collector *c, unsigned number, const struct sockets *sockets,
                        const struct recovered *recovered, struct err *e)
{
	struct worker_socket mine[COLLECTOR_ADDRESSES * STEERING_MOST];
	size_t count = share_of(c, sockets, number, mine);
	char path[4096];
	struct worker_config config = {
		.ring = { .path = path, .size = c->setup.ring_size, .worker = (uint16_t)number },
		.decoder = decoder_config_of(c->setup.config),
		.flows_max = c->setup.config->flows_max / c->setup.workers + 1,
		.wake_fd = c->wake_fd,
	};
	recover_ring_path(c->setup.workspace, number, path, sizeof path);
	config.ring.start = recovered->ends[number];
	memcpy(config.ring.workspace, recovered->workspace, sizeof config.ring.workspace);
	c->workers[number] = worker_new(&config, mine, count, e);
	if (!c->workers[number])
		return false;
	for (size_t i = 0; i < recovered->state_count; i++)
		if (!worker_load(c->workers[number], &recovered->states[i], e))
			fprintf(c->setup.log, "%s\n", e->text);
	return true;
}

static bool make_workers(struct collector *c, struct sockets *sockets,
                         const struct recovered *recovered, struct err *e)
{
	for (unsigned i = 0; i < c->setup.workers; i++) {
		if (make_worker(c, i, sockets, recovered, e))
			continue;
		for (unsigned k = i + 1; k < c->setup.workers; k++)
			close_share(c, sockets, k);
		return false;
	}
	for (unsigned i = 0; i < c->setup.workers; i++)
		if (!worker_start(c->workers[i], e))
			return false;
	return true;
}

static bool make_stages(struct collector *c, struct err *e)
{
	const struct config *config = c->setup.config;
	c->unmatched = unmatched_new(e);
	c->enricher = c->unmatched ? enricher_new(&config->enrich, e) : NULL;
	if (!c->enricher)
		return false;
	c->enriching = (struct enriching){ c->enricher, c->unmatched };
	c->enrichment = enriching_as_enrichment(&c->enriching);
	c->open = open_new(config->flows_max * 2, &config->constants, e);
	c->ledger = c->open ? ledger_new(e) : NULL;
	return c->ledger != NULL;
}

static bool start(struct collector *c, struct err *e)
{
	struct sockets sockets = { 0 };
	struct recovered recovered = { 0 };
	c->ws = workspace_open(c->setup.workspace, WORKSPACE_WRITE, e);
	if (!c->ws || !open_signals(c, e) || !make_stages(c, e) || !open_sockets(c, &sockets, e))
		return false;
	struct recover_job job = {
		.ws = c->ws,
		.dir = c->setup.workspace,
		.decoder = decoder_config_of(c->setup.config),
		.flows_max = c->setup.config->flows_max,
		.constants = &c->setup.config->constants,
		.enrichment = &c->enrichment,
		.listeners = c->name_list,
		.listener_count = c->setup.listen_count,
		.log = c->setup.log,
	};
	bool ok = recover(&job, &recovered, e);
	if (!ok)
		close_sockets(&sockets, c->setup.listen_count);
	ok = ok && make_workers(c, &sockets, &recovered, e);
	recovered_done(&recovered);
	return ok;
}

struct collector *collector_start(const struct collector_setup *setup, struct err *e)
{
	struct collector *c = calloc(1, sizeof *c);
	if (!c) {
		err_set(e, ERR_NOMEM, "no memory for the collector");
		return NULL;
	}
	c->setup = *setup;
	c->signal_fd = c->wake_fd = -1;
	if (start(c, e))
		return c;
	collector_free(c);
	return NULL;
}

void collector_free(struct collector *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < COLLECTOR_WORKERS; i++)
		worker_free(c->workers[i]);
	open_free(c->open);
	ledger_free(c->ledger);
	enricher_free(c->enricher);
	unmatched_free(c->unmatched);
	workspace_close(c->ws);
	if (c->signal_fd >= 0)
		close(c->signal_fd);
	if (c->wake_fd >= 0)
		close(c->wake_fd);
	free(c);
}
