#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "collector/receive/steering.h"
#include "core/base/ticks.h"
#include "weir/collector_internal.h"
#include "weir/isolation.h"
#include "weir/recover.h"

/* ---- what needs privileges, or what an isolated process cannot open ---- */

static bool open_signals(struct collector *c, struct err *e)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	c->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return (c->signal_fd >= 0 && c->wake_fd >= 0) || err_set(e, ERR_IO, "%s", strerror(errno));
}

/* Whom the workspace is to belong to; -1 where nothing changes. */
static bool find_owner(const struct collector *c, uid_t *ret_uid, gid_t *ret_gid, struct err *e)
{
	*ret_uid = (uid_t)-1;
	*ret_gid = (gid_t)-1;
	if (!*c->setup.user || geteuid() != 0)
		return true;
	const struct passwd *user = getpwnam(c->setup.user);
	if (!user)
		return err_set(e, ERR_CONFIG, "there is no user \"%s\"", c->setup.user);
	*ret_uid = user->pw_uid;
	*ret_gid = user->pw_gid;
	return true;
}

/* So that receiving threads may go before others (worker.c), whoever they become. */
static void allow_priority(void)
{
	const struct rlimit limit = { 20 - WORKER_NICE, 20 - WORKER_NICE };
	(void)setrlimit(RLIMIT_NICE, &limit);
}

/* Before there are sockets that it would have to give up, and signals that are blocked. */
static bool start_keeper(struct collector *c, struct err *e)
{
	struct keeper_setup setup = {
		.workspace = c->setup.workspace,
		.user = *c->setup.user ? c->setup.user : NULL,
		.isolate = c->setup.isolate,
	};
	c->compacting.log = c->setup.log;
	c->compacting.keeper = keeper_start(&setup, e);
	return c->compacting.keeper;
}

static bool open_all(struct collector *c, struct err *e)
{
	uid_t uid;
	gid_t gid;
	allow_priority();
	struct intake_config intake = {
		.listen = c->setup.listen,
		.listen_count = c->setup.listen_count,
		.workers = c->setup.workers,
		.receive_buffer = c->setup.receive_buffer,
		.log = c->setup.log,
	};
	if (!find_owner(c, &uid, &gid, e) || !workspace_prepare(c->setup.workspace, uid, gid, e) ||
	    !start_keeper(c, e) || !intake_open(&intake, &c->intake, e) || !open_signals(c, e) ||
	    !notify_open(&c->notify, e))
		return false;
	c->statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	c->control = control_open(c->setup.workspace, uid, gid, e);
	c->auditing = c->control ? auditing_new(c->setup.workspace, uid, gid, e) : NULL;
	return c->auditing != NULL;
}

/* The directory that holds the configuration: editors put a new file in the old one's place. */
static void parent_of(const char *path, char ret[PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s", path);
	char *slash = strrchr(ret, '/');
	if (!slash)
		snprintf(ret, PATH_MAX, ".");
	else
		slash[slash == ret] = '\0';
}

static bool isolate_self(struct collector *c, struct err *e)
{
	char parent[PATH_MAX];
	struct isolation_path paths[] = { { c->setup.workspace, true }, { parent, false } };
	struct isolation wanted = {
		.user = *c->setup.user ? c->setup.user : NULL,
		.paths = paths,
		.path_count = c->setup.config_path ? 2 : 1,
		.allow = ISOLATION_ACCEPT,
	};
	struct isolated isolated;
	if (!c->setup.isolate)
		return true;
	if (c->setup.config_path)
		parent_of(c->setup.config_path, parent);
	if (!isolate(&wanted, &isolated, e))
		return false;
	fprintf(c->setup.log, "%s\n", isolated.text);
	return true;
}

/* ---- stages ---- */

/* Whatever is handed over finds room in an empty folding table. */
static size_t fold_max(const struct collector *c)
{
	return c->setup.config->flows_max * 2 +
	       c->setup.workers * (size_t)(DECODING_SPARE + BATCH_ROWS + 1);
}

static bool make_stages(struct collector *c, struct err *e)
{
	const struct config *config = c->setup.config;
	c->settings = settings_new(config, e);
	if (!c->settings)
		return false;
	c->committing = (struct committing){ .ws = c->ws, .enrichment = &c->settings->enrichment };
	c->committing.open = open_new(fold_max(c), &config->constants, e);
	c->committing.bindings =
	    nat_bindings_new(config->nat.bindings, nat_timeout_ticks(&config->nat), e);
	c->committing.names = c->committing.open && c->committing.bindings ? names_new(e) : NULL;
	c->ledger = c->committing.names ? ledger_new(e) : NULL;
	c->fold = c->ledger ? ledger_fold_new(e) : NULL;
	return c->fold != NULL;
}

static struct worker_config worker_config_of(const struct collector *c, unsigned number,
                                             const struct recovered *recovered, const char *path)
{
	struct worker_config config = {
		.ring = { .path = path,
		          .size = c->setup.ring_size,
		          .start = recovered->ends[number],
		          .worker = (uint16_t)number },
		.settings = { settings_decoder(c->settings), c->settings->allowed },
		.flows_max = c->setup.config->flows_max / c->setup.workers + 1,
		.wake_fd = c->wake_fd,
	};
	config.settings.decoder.share =
	    (struct decoder_share){ steering_choose, number, c->setup.workers };
	memcpy(config.ring.workspace, recovered->workspace, sizeof config.ring.workspace);
	return config;
}

static bool make_worker(struct collector *c, unsigned number, const struct recovered *recovered,
                        struct err *e)
{
	struct worker_socket mine[WORKER_SOCKETS];
	char path[PATH_MAX];
	size_t count = intake_take(&c->intake, number, mine);
	recover_ring_path(c->setup.workspace, number, path, sizeof path);
	struct worker_config config = worker_config_of(c, number, recovered, path);
	c->workers[number] = worker_new(&config, mine, count, e);
	if (!c->workers[number])
		return false;
	for (size_t i = 0; i < RECOVER_RINGS; i++)
		if (recovered->states[i].len &&
		    !worker_load(c->workers[number], &recovered->states[i], e))
			fprintf(c->setup.log, "%s\n", e->text);
	worker_end_sessions(c->workers[number]);
	return true;
}

/* What there is before the first datagram. */
struct beginning {
	struct collector *c;
	const struct recovered *recovered;
};

/* From here on this run's workers know all that earlier ones knew. */
static bool write_beginning(void *context, struct commit *commit, struct err *e)
{
	const struct beginning *b = context;
	bool ok = true;
	for (unsigned i = 0; ok && i < b->c->setup.workers; i++) {
		struct buf state = { 0 };
		worker_snapshot(b->c->workers[i], &state);
		ok = recover_note(commit, i, b->recovered->ends[i], &state, e);
		buf_done(&state);
	}
	return ok && recover_forget(commit, b->c->setup.workers, b->recovered, e);
}

static bool make_workers(struct collector *c, const struct recovered *recovered, struct err *e)
{
	for (unsigned i = 0; i < c->setup.workers; i++)
		if (!make_worker(c, i, recovered, e))
			return false;
	struct beginning beginning = { c, recovered };
	if (!committing_run(&c->committing, write_beginning, &beginning, e))
		return false;
	for (unsigned i = 0; i < c->setup.workers; i++)
		if (!worker_start(c->workers[i], e))
			return false;
	return true;
}

static bool go_on(struct collector *c, struct err *e)
{
	struct recovered recovered = { 0 };
	struct recover_job job = {
		.committing = &c->committing,
		.dir = c->setup.workspace,
		.decoder = settings_decoder(c->settings),
		.flows_max = c->setup.config->flows_max,
		.listeners = c->intake.name_list,
		.listener_count = c->intake.count,
		.log = c->setup.log,
	};
	if (!nat_bindings_resume(c->committing.bindings, c->ws, e))
		fprintf(c->setup.log, "%s\n", e->text);
	bool ok = committing_recall(&c->committing, c->setup.log, e) &&
	          open_recall(c->committing.open, c->ws, e) && recover(&job, &recovered, e) &&
	          make_workers(c, &recovered, e);
	recovered_done(&recovered);
	/* while the rings take what comes */
	if (ok && !open_resume(c->committing.open, c->ws, e))
		fprintf(c->setup.log, "%s\n", e->text);
	return ok;
}

static bool start(struct collector *c, struct err *e)
{
	if (!open_all(c, e) || !isolate_self(c, e))
		return false;
	c->ws = workspace_open(c->setup.workspace, WORKSPACE_WRITE, e);
	if (!c->ws || !control_publish(c->control, e) || !auditing_publish(c->auditing, e) ||
	    !make_stages(c, e) || !collector_space_start(c, e))
		return false;
	/* where there is none, what the journal holds may still find its place */
	if (!collector_make_room(c, e))
		fprintf(c->setup.log, "%s\n", e->text);
	if (!go_on(c, e))
		return false;
	c->compacting.ws = c->ws;
	c->commit_due = ticks_steady() + COMMIT_SECONDS * TICKS_PER_SECOND;
	notify_ready(&c->notify, "collecting");
	return true;
}

struct collector *collector_start(const struct collector_setup *setup, struct err *e)
{
	struct collector *c = calloc(1, sizeof *c);
	if (!c) {
		err_set(e, ERR_NOMEM, "no memory for the collector");
		return NULL;
	}
	c->setup = *setup;
	c->signal_fd = c->wake_fd = c->statm_fd = c->notify.fd = -1;
	c->complained_at = -TICKS_PER_DAY;
	c->give_up_at = INT64_MAX;
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
	intake_close(&c->intake);
	compacting_done(&c->compacting);
	open_free(c->committing.open);
	nat_bindings_free(c->committing.bindings);
	names_free(c->committing.names);
	ledger_free(c->ledger);
	ledger_fold_free(c->fold);
	settings_free(c->before);
	settings_free(c->settings);
	control_close(c->control);
	auditing_free(c->auditing);
	workspace_close(c->ws);
	notify_close(&c->notify);
	const int fds[] = { c->signal_fd, c->wake_fd, c->statm_fd };
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(c);
}
