/* interrupt: ends a program, or lets one of its calls fail, where it changes files.
 *
 *     interrupt [--before N] [--after N] [--fail N] [--log FILE] DIR COMMAND [ARGUMENT]...
 *
 * Counts the system calls of the command, of its threads and of all that it starts, that change
 * files or directories below DIR: from 1, in the order in which they are made. Right before or
 * right after the N-th all of them are killed (SIGKILL); with --fail it is not made and fails, with
 * EIO where it syncs and ENOSPC where it does not. What is written to a mapping is no call.
 *
 * FILE gets a line "NAME PATH" for each call that was counted. Ends as the command did: with its
 * exit status, or 128 and the number of the signal that ended it. SIGTERM, SIGINT and SIGHUP are
 * handed on to the command. Linux on x86-64.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/attr.h"

enum {
	TASKS_MOST = 1024, /* threads and processes at a time */
	FAILED = 125,      /* exit status */
	SYSCALL_STOP = SIGTRAP | 0x80,
};

enum what {
	OF_FD,      /* args[first] is the descriptor */
	OF_PATH,    /* args[first] is the path */
	OF_AT,      /* args[first] is a directory's descriptor, the path behind it */
	OF_OPEN,    /* as OF_PATH, flags behind it */
	OF_OPEN_AT, /* as OF_AT, flags behind the path */
};

/* Where a call that has two files changes both, that of `first` is looked at, then of `second`. */
struct call {
	int number;
	const char *name;
	enum what what;
	int first, second; /* second: 0: none */
	int error;
};

/* clang-format off */
#define CALL(name, what, first, second, error) { SCMP_SYS(name), #name, what, first, second, error }

static const struct call calls[] = {
	CALL(write,           OF_FD,      0, 0, ENOSPC),
	CALL(pwrite64,        OF_FD,      0, 0, ENOSPC),
	CALL(writev,          OF_FD,      0, 0, ENOSPC),
	CALL(pwritev,         OF_FD,      0, 0, ENOSPC),
	CALL(pwritev2,        OF_FD,      0, 0, ENOSPC),
	CALL(ftruncate,       OF_FD,      0, 0, ENOSPC),
	CALL(fallocate,       OF_FD,      0, 0, ENOSPC),
	CALL(fsync,           OF_FD,      0, 0, EIO),
	CALL(fdatasync,       OF_FD,      0, 0, EIO),
	CALL(syncfs,          OF_FD,      0, 0, EIO),
	CALL(sync_file_range, OF_FD,      0, 0, EIO),
	CALL(copy_file_range, OF_FD,      2, 0, ENOSPC),
	CALL(sendfile,        OF_FD,      0, 0, ENOSPC),
	CALL(fchmod,          OF_FD,      0, 0, ENOSPC),
	CALL(fchown,          OF_FD,      0, 0, ENOSPC),
	CALL(open,            OF_OPEN,    0, 0, ENOSPC),
	CALL(openat,          OF_OPEN_AT, 0, 0, ENOSPC),
	CALL(creat,           OF_PATH,    0, 0, ENOSPC),
	CALL(truncate,        OF_PATH,    0, 0, ENOSPC),
	CALL(rename,          OF_PATH,    0, 1, ENOSPC),
	CALL(renameat,        OF_AT,      0, 2, ENOSPC),
	CALL(renameat2,       OF_AT,      0, 2, ENOSPC),
	CALL(link,            OF_PATH,    0, 1, ENOSPC),
	CALL(linkat,          OF_AT,      0, 2, ENOSPC),
	CALL(symlink,         OF_PATH,    1, 0, ENOSPC),
	CALL(symlinkat,       OF_AT,      1, 0, ENOSPC),
	CALL(unlink,          OF_PATH,    0, 0, ENOSPC),
	CALL(unlinkat,        OF_AT,      0, 0, ENOSPC),
	CALL(mkdir,           OF_PATH,    0, 0, ENOSPC),
	CALL(mkdirat,         OF_AT,      0, 0, ENOSPC),
	CALL(rmdir,           OF_PATH,    0, 0, ENOSPC),
	CALL(mknod,           OF_PATH,    0, 0, ENOSPC),
	CALL(mknodat,         OF_AT,      0, 0, ENOSPC),
	CALL(chmod,           OF_PATH,    0, 0, ENOSPC),
	CALL(fchmodat,        OF_AT,      0, 0, ENOSPC),
	CALL(chown,           OF_PATH,    0, 0, ENOSPC),
	CALL(fchownat,        OF_AT,      0, 0, ENOSPC),
};
/* clang-format on */

enum moment { BEFORE, AFTER, INSTEAD, MOMENTS };

struct tracing {
	unsigned long chosen[MOMENTS], seen; /* 0: none */
	FILE *log;
	char below[PATH_MAX];
	pid_t command;
	int status; /* of the command */
	pid_t tasks[TASKS_MOST];
	size_t task_count;
	bool killed;
};

static pid_t command; /* for hand_on */

_Noreturn static void fail(const char *text)
{
	fprintf(stderr, "interrupt: %s: %s\n", text, strerror(errno));
	exit(FAILED);
}

/* ---- the command ---- */

static void install_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter)
		fail("no filter");
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (seccomp_rule_add(filter, SCMP_ACT_TRACE(0), calls[i].number, 0) < 0)
			fail(calls[i].name);
	if (seccomp_load(filter) < 0)
		fail("loading the filter");
	seccomp_release(filter);
}

_Noreturn static void run_command(char **words)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		fail("ptrace");
	raise(SIGSTOP);
	install_filter();
	execvp(words[0], words);
	fail(words[0]);
}

static void hand_on(int signal)
{
	kill(command, signal);
}

/* ---- which file ---- */

static bool read_text(pid_t task, uint64_t at, char ret[PATH_MAX])
{
	for (size_t len = 0; len < PATH_MAX; len++) { /* a page behind the text may not be there */
		struct iovec to = { ret + len, 1 }, from = { (void *)(uintptr_t)(at + len), 1 };
		if (process_vm_readv(task, &to, 1, &from, 1, 0) != 1)
			return false;
		if (!ret[len])
			return true;
	}
	return false;
}

/* What /proc tells of a descriptor, or of the current directory. */
static bool read_link(pid_t task, int fd, char ret[PATH_MAX])
{
	char link[64];
	if (fd == AT_FDCWD)
		snprintf(link, sizeof link, "/proc/%d/cwd", task);
	else
		snprintf(link, sizeof link, "/proc/%d/fd/%d", task, fd);
	ssize_t len = readlink(link, ret, PATH_MAX - 1);
	ret[len > 0 ? len : 0] = '\0';
	return len > 0;
}

/* The last name of a path need not exist, the directory that it is in must. */
static bool resolve(const char *path, char ret[PATH_MAX])
{
	char dir[2 * PATH_MAX], whole[PATH_MAX];
	snprintf(dir, sizeof dir, "%s", path);
	for (size_t len = strlen(dir); len > 1 && dir[len - 1] == '/'; len--)
		dir[len - 1] = '\0';
	char *slash = strrchr(dir, '/');
	if (!slash)
		return false;
	*slash = '\0';
	if (!realpath(slash == dir ? "/" : dir, whole))
		return false;
	return snprintf(ret, PATH_MAX, "%s/%s", whole, slash + 1) < PATH_MAX;
}

static bool path_at(pid_t task, int fd, uint64_t at, char ret[PATH_MAX])
{
	char text[PATH_MAX], dir[PATH_MAX], whole[2 * PATH_MAX];
	if (!read_text(task, at, text))
		return false;
	if (text[0] == '/')
		return resolve(text, ret);
	if (!read_link(task, fd, dir))
		return false;
	snprintf(whole, sizeof whole, "%s/%s", dir, text);
	return resolve(whole, ret);
}

/* To open a file changes something where it makes or empties it. */
static bool open_changes(uint64_t flags, const char *path)
{
	return (flags & O_TRUNC) || ((flags & O_CREAT) && access(path, F_OK) < 0);
}

static bool file_of(pid_t task, const struct call *call, int place, const uint64_t args[6],
                    char ret[PATH_MAX])
{
	switch (call->what) {
	case OF_FD: return read_link(task, (int)args[place], ret);
	case OF_PATH: return path_at(task, AT_FDCWD, args[place], ret);
	case OF_AT: return path_at(task, (int)args[place], args[place + 1], ret);
	case OF_OPEN:
		return path_at(task, AT_FDCWD, args[place], ret) &&
		       open_changes(args[place + 1], ret);
	case OF_OPEN_AT:
		return path_at(task, (int)args[place], args[place + 1], ret) &&
		       open_changes(args[place + 2], ret);
	}
	return false;
}

static bool is_below(const struct tracing *t, const char *path)
{
	size_t len = strlen(t->below);
	return strncmp(path, t->below, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static bool concerns(const struct tracing *t, pid_t task, const struct call *call,
                     const uint64_t args[6], char ret[PATH_MAX])
{
	if (file_of(task, call, call->first, args, ret) && is_below(t, ret))
		return true;
	return call->second && file_of(task, call, call->second, args, ret) && is_below(t, ret);
}

/* ---- the tracer ---- */

static void go_on(pid_t task, int request, int signal)
{
	if (ptrace(request, task, NULL, (void *)(intptr_t)signal) < 0 && errno != ESRCH)
		fail("ptrace");
}

static void kill_all(struct tracing *t)
{
	t->killed = true;
	for (size_t i = 0; i < t->task_count; i++)
		kill(t->tasks[i], SIGKILL);
}

/* The call is not made; this is what it gives. */
static void refuse(pid_t task, int error)
{
	struct user_regs_struct registers;
	if (ptrace(PTRACE_GETREGS, task, NULL, &registers) < 0)
		fail("ptrace");
	registers.orig_rax = (unsigned long long)-1;
	registers.rax = (unsigned long long)-error;
	if (ptrace(PTRACE_SETREGS, task, NULL, &registers) < 0)
		fail("ptrace");
}

static const struct call *find_call(pid_t task, struct __ptrace_syscall_info *info)
{
	if (ptrace(PTRACE_GET_SYSCALL_INFO, task, (void *)sizeof *info, info) <= 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if ((uint64_t)calls[i].number == info->seccomp.nr)
			return &calls[i];
	return NULL;
}

static void take_call(struct tracing *t, pid_t task)
{
	char path[PATH_MAX];
	struct __ptrace_syscall_info info = { 0 };
	const struct call *call = find_call(task, &info);
	if (!call || !concerns(t, task, call, info.seccomp.args, path)) {
		go_on(task, PTRACE_CONT, 0);
		return;
	}
	t->seen++;
	if (t->log)
		fprintf(t->log, "%s %s\n", call->name, path);
	if (t->seen == t->chosen[BEFORE]) {
		kill_all(t);
		return;
	}
	if (t->seen == t->chosen[INSTEAD])
		refuse(task, call->error);
	go_on(task, t->seen == t->chosen[AFTER] ? PTRACE_SYSCALL : PTRACE_CONT, 0);
}

static bool is_new(struct tracing *t, pid_t task)
{
	for (size_t i = 0; i < t->task_count; i++)
		if (t->tasks[i] == task)
			return false;
	if (t->task_count == TASKS_MOST)
		fail("too many threads");
	t->tasks[t->task_count++] = task;
	return true;
}

static void take_stop(struct tracing *t, pid_t task, int status)
{
	bool first = is_new(t, task);
	int event = status >> 16, signal = WSTOPSIG(status);
	if (t->killed)
		kill(task, SIGKILL);
	else if (event == PTRACE_EVENT_SECCOMP)
		take_call(t, task);
	else if (signal == SYSCALL_STOP)
		kill_all(t);
	else if (event || (first && signal == SIGSTOP))
		go_on(task, PTRACE_CONT, 0);
	else
		go_on(task, PTRACE_CONT, signal);
}

/* Its number may be another's soon. */
static void take_end(struct tracing *t, pid_t task, int status)
{
	if (task == t->command)
		t->status = status;
	for (size_t i = 0; i < t->task_count; i++)
		if (t->tasks[i] == task)
			t->tasks[i--] = t->tasks[--t->task_count];
}

static void trace(struct tracing *t)
{
	int status;
	pid_t task;
	while ((task = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (task > 0 && WIFSTOPPED(status))
			take_stop(t, task, status);
		else if (task > 0)
			take_end(t, task, status);
	}
}

static void start(struct tracing *t, char **words)
{
	static const int handed_on[] = { SIGTERM, SIGINT, SIGHUP };
	int status;
	t->command = command = fork();
	if (command == 0)
		run_command(words);
	if (command < 0 || waitpid(command, &status, 0) != command || !WIFSTOPPED(status))
		fail("starting");
	(void)is_new(t, command);
	for (size_t i = 0; i < ARRAY_LEN(handed_on); i++)
		sigaction(handed_on[i], &(struct sigaction){ .sa_handler = hand_on }, NULL);
	long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK |
	               PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
	               PTRACE_O_TRACESYSGOOD;
	if (ptrace(PTRACE_SETOPTIONS, command, NULL, (void *)options) < 0)
		fail("ptrace");
	go_on(command, PTRACE_CONT, 0);
}

/* ---- options ---- */

static char **read_options(struct tracing *t, char **words)
{
	static const char *const moments[MOMENTS] = { "--before", "--after", "--fail" };
	for (; words[0] && words[1] && strncmp(words[0], "--", 2) == 0; words += 2) {
		if (strcmp(words[0], "--log") == 0 && !(t->log = fopen(words[1], "we")))
			fail(words[1]);
		for (size_t i = 0; i < MOMENTS; i++)
			if (strcmp(words[0], moments[i]) == 0)
				t->chosen[i] = strtoul(words[1], NULL, 10);
	}
	if (!words[0] || !words[1]) {
		fputs("interrupt: see the first lines of interrupt.c\n", stderr);
		exit(FAILED);
	}
	if (!realpath(words[0], t->below))
		fail(words[0]);
	return words + 1;
}

int main(int argc, char **argv)
{
	static struct tracing t;
	(void)argc;
	start(&t, read_options(&t, argv + 1));
	trace(&t);
	if (t.log)
		fclose(t.log);
	return WIFEXITED(t.status) ? WEXITSTATUS(t.status) : 128 + WTERMSIG(t.status);
}
