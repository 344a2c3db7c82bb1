#include "weir/keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weir/isolation.h"
#include "workspace/address_filter.h"

enum {
	MADE_MAX = 64, /* segments of one job */
	NICE = 19,
	SOCKET = 3, /* in the keeper */
	IOPRIO_WHO_PROCESS = 1,
	IOPRIO_IDLE = 3 << 13,
};

/* One message each way; the filters of what was made lie in memory that both see. */
struct order {
	struct compaction job; /* its pointer means nothing */
	int64_t segments[COMPACT_INPUTS];
};

struct made_segment {
	struct segment facts; /* its pointers mean nothing */
	char path[256];
};

struct answer {
	struct err e; /* ERR_NONE: it is done */
	size_t count;
	struct made_segment made[MADE_MAX];
};

#define FILTERS_OCTETS (MADE_MAX * sizeof(struct address_filters))

struct keeper {
	int fd;
	struct order order;
	struct answer answer;
	struct address_filters *filters; /* MADE_MAX of them, shared; written before the answer */
};

/* ---- the child that does a job ---- */

static bool fill_answer(struct keeper *k, const struct segment_list *made)
{
	struct answer *answer = &k->answer;
	for (size_t i = 0; i < made->count && i < MADE_MAX; i++) {
		k->filters[i] = *made->items[i].filters;
		struct made_segment *to = &answer->made[answer->count++];
		int len = snprintf(to->path, sizeof to->path, "%s", made->items[i].path);
		to->facts = made->items[i];
		if (len >= (int)sizeof to->path)
			return false;
	}
	return made->count <= MADE_MAX;
}

static void do_job(const char *workspace, struct keeper *k)
{
	struct order *order = &k->order;
	struct answer *answer = &k->answer;
	struct segment_list made;
	struct workspace *ws = workspace_open(workspace, WORKSPACE_READ, &answer->e);
	order->job.segments = order->segments;
	if (ws && compact_write(ws, &order->job, &made, &answer->e) && !fill_answer(k, &made))
		err_set(&answer->e, ERR_WORKSPACE, "it makes more than %d segments", MADE_MAX);
	workspace_close(ws);
}

static void limit_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	struct rlimit limit;
	if (getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur > COMPACT_MEMORY)
		setrlimit(RLIMIT_DATA, &(struct rlimit){ COMPACT_MEMORY, limit.rlim_max });
#endif
}

_Noreturn static void run_child(const char *workspace, struct keeper *k)
{
	struct answer *answer = &k->answer;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	limit_memory();
	*answer = (struct answer){ 0 };
	do_job(workspace, k);
	size_t len = offsetof(struct answer, made) + answer->count * sizeof answer->made[0];
	_exit(send(SOCKET, answer, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : 1);
}

/* ---- the keeper ---- */

static void tell_end(struct answer *answer, int status)
{
	*answer = (struct answer){ 0 };
	if (WIFSIGNALED(status))
		err_set(&answer->e, ERR_NOMEM, "the process was ended by signal %d",
		        WTERMSIG(status));
	else
		err_set(&answer->e, ERR_NOMEM, "the process ended with status %d",
		        WEXITSTATUS(status));
	(void)send(SOCKET, answer, offsetof(struct answer, made), MSG_NOSIGNAL);
}

/* While a job is done nothing comes from the collector but its end. */
static void watch_child(pid_t child, struct answer *answer)
{
	int status, pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
		                { .fd = SOCKET, .events = POLLRDHUP } };
	while (pidfd >= 0 && poll(fds, ARRAY_LEN(fds), -1) < 0 && errno == EINTR)
		;
	if (fds[1].revents && !fds[0].revents)
		kill(child, SIGKILL);
	if (pidfd >= 0)
		close(pidfd);
	if (waitpid(child, &status, 0) == child && (!WIFEXITED(status) || WEXITSTATUS(status)))
		tell_end(answer, status);
}

static void keep(struct keeper *k, const char *workspace)
{
	ssize_t len;
	while ((len = recv(SOCKET, &k->order, sizeof k->order, 0)) > 0) {
		pid_t child = fork();
		if (child == 0)
			run_child(workspace, k);
		if (child > 0)
			watch_child(child, &k->answer);
		else
			tell_end(&k->answer, 0);
	}
}

/* Gives up what the collector has, and all that compacting has no use for. */
static bool settle(const struct keeper *k, const struct keeper_setup *setup, pid_t collector)
{
	struct isolated isolated;
	struct isolation_path paths[] = { { setup->workspace, true }, { "/proc", false } };
	struct isolation wanted = { .user = setup->user,
		                    .paths = paths,
		                    .path_count = ARRAY_LEN(paths),
		                    .allow = ISOLATION_CHILDREN };
	const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		signal(ignored[i], SIG_IGN);
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
	if (dup2(k->fd, SOCKET) < 0)
		return false;
	(void)close_range(SOCKET + 1, ~0U, 0);
	if (setup->isolate && !isolate(&wanted, &isolated, NULL))
		return false;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return getppid() == collector;
}

/* With its two ends; NULL and errno on failure. */
static struct keeper *keeper_new(int ret_fds[2])
{
	struct keeper *k = calloc(1, sizeof *k);
	if (!k)
		return NULL;
	k->filters =
	    mmap(NULL, FILTERS_OCTETS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (k->filters != MAP_FAILED &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) == 0)
		return k;
	if (k->filters != MAP_FAILED)
		munmap(k->filters, FILTERS_OCTETS);
	free(k);
	return NULL;
}

struct keeper *keeper_start(const struct keeper_setup *setup, struct err *e)
{
	int fds[2];
	struct keeper *k = keeper_new(fds);
	if (!k) {
		err_set(e, ERR_IO, "no socket for compaction: %s", strerror(errno));
		return NULL;
	}
	pid_t self = getpid(), pid = fork();
	if (pid == 0) {
		close(fds[0]);
		k->fd = fds[1];
		if (settle(k, setup, self))
			keep(k, setup->workspace);
		_exit(0);
	}
	close(fds[1]);
	k->fd = fds[0];
	if (pid > 0)
		return k;
	err_set(e, ERR_IO, "no process for compaction: %s", strerror(errno));
	keeper_free(k);
	return NULL;
}

/* ---- the collector's side ---- */

void keeper_free(struct keeper *k)
{
	if (!k)
		return;
	close(k->fd);
	munmap(k->filters, FILTERS_OCTETS);
	free(k);
}

bool keeper_give(struct keeper *k, const struct compaction *job, struct err *e)
{
	size_t len = offsetof(struct order, segments) + job->count * sizeof *job->segments;
	k->order.job = *job;
	memcpy(k->order.segments, job->segments, job->count * sizeof *job->segments);
	if (send(k->fd, &k->order, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len)
		return true;
	return err_set(e, ERR_IO, "the process that compacts is gone: %s", strerror(errno));
}

static bool take_made(const struct keeper *k, struct segment_list *ret, struct err *e)
{
	const struct answer *answer = &k->answer;
	struct segment_list list = { .items = calloc(answer->count + 1, sizeof *list.items) };
	bool ok = list.items;
	while (ok && list.count < answer->count) {
		struct segment *segment = &list.items[list.count];
		*segment = answer->made[list.count].facts;
		segment->path = strdup(answer->made[list.count].path);
		segment->filters = malloc(sizeof *segment->filters);
		ok = segment->path && segment->filters;
		if (segment->filters)
			*segment->filters = k->filters[list.count];
		list.count++;
	}
	if (ok)
		*ret = list;
	else
		segment_list_done(&list);
	return ok || err_set(e, ERR_NOMEM, "no memory for %zu segments", answer->count);
}

enum keeper_state keeper_ask(struct keeper *k, struct segment_list *made, struct err *e)
{
	ssize_t len = recv(k->fd, &k->answer, sizeof k->answer, MSG_DONTWAIT);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return KEEPER_WORKS;
	if (len < (ssize_t)offsetof(struct answer, made)) {
		err_set(e, ERR_IO, "the process that compacts is gone");
		return KEEPER_GONE;
	}
	if (k->answer.e.code == ERR_NONE)
		return take_made(k, made, e) ? KEEPER_DONE : KEEPER_FAILED;
	*e = k->answer.e;
	return KEEPER_FAILED;
}
