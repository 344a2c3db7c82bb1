#include "weir/collector.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "weir/choice.h"
#include "weir/collector_internal.h"
#include "weir/recover.h"

enum { RETRY_MS = 1000 };
#define COMPLAIN_AGAIN TICKS_PER_MINUTE        /* of the same failure */
#define GIVE_UP        (10 * TICKS_PER_SECOND) /* after the order to end */

/* ---- settings ---- */

static void give_settings(struct collector *c)
{
	struct worker_settings settings = { settings_decoder(c->settings), c->settings->allowed };
	for (unsigned i = 0; i < c->setup.workers; i++)
		worker_set(c->workers[i], &settings);
	c->committing.enrichment = &c->settings->enrichment;
	open_set_constants(c->committing.open, &c->settings->config->constants);
}

static void reload(struct collector *c)
{
	struct err e = { 0 };
	notify_reloading(&c->notify);
	struct settings *settings = NULL;
	if (!c->setup.config_path)
		err_set(&e, ERR_CONFIG, "there is no configuration file to read again");
	else
		settings = settings_load(c->setup.config_path, c->settings, c->setup.log, &e);
	if (settings) {
		c->before = c->settings;
		c->settings = settings;
		give_settings(c);
		c->keeping.due = ticks_steady();
		fprintf(c->setup.log, "read again: %s\n", c->setup.config_path);
	} else {
		fprintf(c->setup.log, "not read again: %s\n", e.text);
	}
	notify_ready(&c->notify, *c->held ? c->held : "collecting");
}

/* Reloads when that is due and nobody uses the settings before the last ones any more. */
static void keep_settings(struct collector *c)
{
	bool settled = true;
	for (unsigned i = 0; i < c->setup.workers; i++)
		settled &= worker_settled(c->workers[i]);
	if (!settled)
		return;
	settings_free(c->before);
	c->before = NULL;
	if (c->reload_due) {
		c->reload_due = false;
		reload(c);
	}
}

/* ---- one commit ---- */

static uint32_t this_minute(void)
{
	return (uint32_t)((ticks_now() - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
}

/* Queries that the collector was told of. */
static void take_audits(struct collector *c)
{
	bool wanted = choice_number(AUDIT_QUERIES, c->settings->config->audit.queries);
	struct audit_counts got = auditing_take(c->auditing, wanted);
	if (!got.rows && !got.lost)
		return;
	struct ledger_key key = { .minute = this_minute(), .listener = (uint16_t)c->intake.count };
	uint64_t *counts = ledger_counts(c->ledger, &key);
	counts[LEDGER_QueriesAudited] += got.rows;
	counts[LEDGER_QueriesNotAudited] += got.lost;
}

/* Datagrams that never reached a ring are counted in the minute that is now. */
static void count_lost(struct collector *c, unsigned worker)
{
	uint32_t minute = this_minute();
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

static bool write_handovers(void *context, struct commit *commit, struct err *e)
{
	struct collector *c = context;
	for (unsigned i = 0; i < c->setup.workers; i++) {
		const struct handover *h = c->handed[i];
		if (!open_add(c->committing.open, commit, h->decoded.table, e) ||
		    !commit_plain_rows(commit, h->decoded.plain, e) ||
		    !recover_note(commit, i, h->position, &h->state, e))
			return false;
	}
	if (!nat_bindings_write(c->committing.bindings, commit, ticks_now(), false, e) ||
	    !auditing_write(c->auditing, commit, e))
		return false;
	return ledger_fold_write(c->fold, c->ledger, commit, c->intake.name_list, e);
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

/* Notes the signals that came. */
static void take_signals(struct collector *c)
{
	struct signalfd_siginfo info;
	while (read(c->signal_fd, &info, sizeof info) == sizeof info)
		if (info.ssi_signo == SIGHUP)
			c->reload_due = true;
		else
			c->end_due = true;
}

/* What is asked while nothing can be stored: other settings, or rows whose time is over, may be
 * what helps. */
static void serve_meanwhile(struct collector *c)
{
	struct pollfd fds[] = { { .fd = c->signal_fd, .events = POLLIN },
		                { .fd = control_fd(c->control), .events = POLLIN } };
	int ready = poll(fds, ARRAY_LEN(fds), RETRY_MS);
	if (ready > 0 && fds[0].revents)
		take_signals(c);
	keep_settings(c);
	collector_retain(c);
	take_audits(c);
	if (ready > 0 && fds[1].revents)
		control_serve(c->control, collector_answer, c);
}

/* After a commit that failed: says so and waits.  False where somebody wants to end, or has wanted
 * it for long enough. */
static bool try_again(struct collector *c, const struct err *e)
{
	bool first = !*c->held;
	snprintf(c->held, sizeof c->held, "%s", e->text);
	if (first || ticks_steady() - c->complained_at >= COMPLAIN_AGAIN) {
		fprintf(c->setup.log, "commit failed, trying again every second: %s\n", e->text);
		notify_status(&c->notify, c->held);
		c->complained_at = ticks_steady();
	}
	notify_alive(&c->notify);
	serve_meanwhile(c);
	return !c->end_due && ticks_steady() < c->give_up_at;
}

/* After one that succeeded. */
static void go_on(struct collector *c)
{
	if (!*c->held)
		return;
	c->held[0] = '\0';
	fprintf(c->setup.log, "commits succeed again\n");
	notify_status(&c->notify, "collecting");
}

static bool insist_on_handovers(struct collector *c, struct err *e)
{
	while (!collector_make_room(c, e) || !committing_run(&c->committing, write_handovers, c, e))
		if (!try_again(c, e))
			return false;
	go_on(c);
	return true;
}

static bool insist_on_closing(struct collector *c, uint64_t before, struct err *e)
{
	while (!collector_make_room(c, e) || !committing_close(&c->committing, before, e))
		if (!try_again(c, e))
			return false;
	go_on(c);
	return true;
}

static void take_handovers(struct collector *c)
{
	take_audits(c);
	for (unsigned i = 0; i < c->setup.workers; i++)
		worker_ask(c->workers[i]);
	for (unsigned i = 0; i < c->setup.workers; i++) {
		c->handed[i] = worker_handover(c->workers[i]);
		const struct decoded *decoded = &c->handed[i]->decoded;
		ledger_add(c->ledger, decoded->ledger);
		nat_bindings_take(c->committing.bindings, decoded->plain);
		names_learn(c->committing.names, decoded->names.items, decoded->names.count);
		count_lost(c, i);
	}
}

static size_t handed_rows(const struct collector *c)
{
	size_t rows = 0;
	for (unsigned i = 0; i < c->setup.workers; i++)
		rows += flow_table_count(c->handed[i]->decoded.table);
	return rows;
}

static bool clock_stepped(const struct collector *c)
{
	bool stepped = false;
	for (unsigned i = 0; i < c->setup.workers; i++)
		stepped |= c->handed[i]->clock_stepped;
	return stepped;
}

/* The clock rule (decoding.h): closes what is open, so that minutes which come a second time begin
 * anew. */
static bool start_anew(struct collector *c, struct err *e)
{
	if (!insist_on_closing(c, UINT64_MAX, e))
		return false;
	open_start_anew(c->committing.open);
	return true;
}

/* Makes visible what was handed over. */
static bool commit_handovers(struct collector *c, bool stepped, struct err *e)
{
	if (stepped)
		fprintf(c->setup.log, "the system's clock was set back: all minutes are closed\n");
	if (stepped && !start_anew(c, e))
		return false;
	if (!open_has_room(c->committing.open, handed_rows(c)) &&
	    !insist_on_closing(c, UINT64_MAX, e))
		return false;
	if (!insist_on_handovers(c, e))
		return false;
	ledger_fold_committed(c->fold);
	ledger_clear(c->ledger);
	auditing_committed(c->auditing);
	return true;
}

bool collector_commit(struct collector *c, struct err *e)
{
	c->commit_due = ticks_steady() + COMMIT_SECONDS * TICKS_PER_SECOND;
	take_handovers(c);
	bool stepped = clock_stepped(c);
	if (!commit_handovers(c, stepped, e))
		return false;
	uint64_t passed = passed_minute(c);
	for (unsigned i = 0; i < c->setup.workers; i++)
		worker_give_back(c->workers[i]);
	c->committed_at = ticks_steady();
	notify_alive(&c->notify);
	if (stepped)
		return start_anew(c, e);
	return open_oldest(c->committing.open) >= passed || insist_on_closing(c, passed, e);
}

/* ---- running ---- */

static void complain_of_names(struct collector *c)
{
	uint64_t refused = names_refused(c->committing.names);
	if (refused != c->names_refused)
		fprintf(c->setup.log, "%llu names of exporters were refused for want of room\n",
		        (unsigned long long)(refused - c->names_refused));
	c->names_refused = refused;
}

static void every_minute(struct collector *c)
{
	struct err e;
	if (ticks_steady() - c->swept_at < TICKS_PER_MINUTE)
		return;
	c->swept_at = ticks_steady();
	complain_of_names(c);
	if (!workspace_sweep(c->ws, false, &e))
		fprintf(c->setup.log, "retired segments stay: %s\n", e.text);
}

/* Milliseconds to the next commit. */
static int commit_in(const struct collector *c)
{
	int64_t left = c->commit_due - ticks_steady();
	return left <= 0 ? 0 : (int)(left / TICKS_PER_MS + 1);
}

enum turn {
	TURN_COMMIT,
	TURN_OTHER, /* something was done, and the time for a commit has not come */
	TURN_END,
};

/* Waits for the time of the next commit, or that a worker wants one, and does what else is asked in
 * between.  To be told of queries is no turn: those who ask much do not hurry what is done in
 * others' time. */
static enum turn wait_turn(struct collector *c)
{
	struct pollfd fds[] = { { .fd = c->signal_fd, .events = POLLIN },
		                { .fd = c->wake_fd, .events = POLLIN },
		                { .fd = control_fd(c->control), .events = POLLIN },
		                { .fd = auditing_fd(c->auditing), .events = POLLIN } };
	int ready;
	do {
		ready = poll(fds, ARRAY_LEN(fds), commit_in(c));
		if (ready > 0 && fds[3].revents)
			take_audits(c);
	} while (ready == 1 && fds[3].revents && commit_in(c) > 0);
	if (ready > 0 && fds[0].revents)
		take_signals(c);
	keep_settings(c);
	if (ready > 0 && fds[2].revents)
		control_serve(c->control, collector_answer, c);
	eventfd_t count;
	bool wanted = eventfd_read(c->wake_fd, &count) == 0;
	if (c->end_due)
		return TURN_END;
	return wanted || commit_in(c) == 0 ? TURN_COMMIT : TURN_OTHER;
}

static bool all_ended(const struct collector *c)
{
	for (unsigned i = 0; i < c->setup.workers; i++)
		if (!worker_ended(c->workers[i]))
			return false;
	return true;
}

/* Takes everything that the sockets and rings still hold. */
static bool end(struct collector *c, struct err *e)
{
	c->end_due = false; /* a second signal ends a commit that fails */
	c->give_up_at = ticks_steady() + GIVE_UP;
	notify_stopping(&c->notify);
	for (unsigned i = 0; i < c->setup.workers; i++)
		worker_stop(c->workers[i]);
	do {
		if (!collector_commit(c, e))
			return false;
	} while (!all_ended(c));
	collector_tell_dropped(c, true);
	return committing_pause(&c->committing, e);
}

bool collector_run(struct collector *c, struct err *e)
{
	enum turn turn;
	while ((turn = wait_turn(c)) != TURN_END) {
		if (turn == TURN_COMMIT && !collector_commit(c, e))
			return false;
		every_minute(c);
		collector_retain(c);
		compacting_turn(&c->compacting);
	}
	return end(c, e);
}
