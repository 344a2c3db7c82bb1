#include "weir/isolation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/unit.h"
#include "workspace/db.h"
#include "workspace/workspace.h"

/* What is given up does not come back: every situation is a child's. A step that does not go as it
 * should ends the child with its line number, which is told. */
#define STEP(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			dprintf(STDERR_FILENO, "line %d: %s (%s)\n", __LINE__, #condition,         \
			        strerror(errno));                                                  \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)
#define FAILS(error, call) STEP((call) < 0 && errno == (error))

/* Two directories with a file in each: `open` is what children name, `shut` what they do not. */
struct places {
	char root[32], open[48], read[64], shut[48], secret[64];
};

static void write_file(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "text", 4), 4);
	close(fd);
}

static int make_places(void **state)
{
	struct places *p = calloc(1, sizeof *p);
	strcpy(p->root, "/tmp/weir-test-XXXXXX");
	if (!p || !mkdtemp(p->root))
		return -1;
	snprintf(p->open, sizeof p->open, "%s/open", p->root);
	snprintf(p->shut, sizeof p->shut, "%s/shut", p->root);
	snprintf(p->read, sizeof p->read, "%s/read.txt", p->root);
	snprintf(p->secret, sizeof p->secret, "%s/secret.txt", p->shut);
	assert_int_equal(mkdir(p->open, 0777), 0);
	assert_int_equal(mkdir(p->shut, 0777), 0);
	chmod(p->root, 0777); /* whoever a child becomes */
	chmod(p->open, 0777);
	write_file(p->read);
	write_file(p->secret);
	*state = p;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

static int remove_places(void **state)
{
	struct places *p = *state;
	int failed = nftw(p->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(p);
	return failed;
}

/* A child's part, after it was isolated: everything below p->open may be written, p->read read. */
typedef void part(const struct places *p, const struct isolated *isolated);

static void isolate_self(const struct places *p, unsigned allow, const char *user,
                         struct isolated *ret)
{
	const struct isolation_path paths[] = { { p->open, true }, { p->read, false } };
	const struct isolation wanted = { user, paths, ARRAY_LEN(paths), allow };
	struct err e = { 0 };
	if (!isolate(&wanted, ret, &e)) {
		dprintf(STDERR_FILENO, "%s\n", e.text);
		_exit(2);
	}
}

static int exit_status(pid_t child)
{
	int status = 0;
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void isolated_child(const struct places *p, unsigned allow, part *then)
{
	pid_t child = fork();
	if (child == 0) {
		struct isolated isolated;
		isolate_self(p, allow, NULL, &isolated);
		then(p, &isolated);
		_exit(0);
	}
	assert_int_equal(exit_status(child), 0);
}

/* A socket that listens on loopback, made before isolation. */
static int listening(struct sockaddr_in *ret)
{
	socklen_t len = sizeof *ret;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*ret = (struct sockaddr_in){ .sin_family = AF_INET,
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (struct sockaddr *)ret, sizeof *ret), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret, &len), 0);
	return fd;
}

/* ---- files ---- */

static void use_files(const struct places *p, const struct isolated *isolated)
{
	char path[80], other[80];
	char text[8];
	snprintf(path, sizeof path, "%s/new", p->open);
	snprintf(other, sizeof other, "%s/renamed", p->open);
	int fd = open(path, O_CREAT | O_RDWR, 0600);
	STEP(fd >= 0);
	STEP(write(fd, "text", 4) == 4 && fsync(fd) == 0 && ftruncate(fd, 2) == 0);
	struct flock lock = { .l_type = F_WRLCK };
	STEP(fcntl(fd, F_SETLK, &lock) == 0);
	STEP(rename(path, other) == 0 && mkdir(path, 0700) == 0 && rmdir(path) == 0);
	STEP(unlink(other) == 0);
	fd = open(p->read, O_RDONLY);
	STEP(fd >= 0 && read(fd, text, sizeof text) == 4);

	STEP(isolated->landlock > 0);
	FAILS(EACCES, open(p->read, O_WRONLY));
	FAILS(EACCES, open(p->secret, O_RDONLY));
	FAILS(EACCES, open(p->secret, O_WRONLY));
	FAILS(EACCES, unlink(p->secret));
	FAILS(EACCES, open("/etc/passwd", O_RDONLY));
	snprintf(path, sizeof path, "%s/new", p->shut);
	FAILS(EACCES, open(path, O_CREAT | O_WRONLY, 0600));
	FAILS(EACCES, rename(p->secret, other));
	FAILS(ENOSYS, symlink("/etc/passwd", other));
	if (isolated->landlock >= 3)
		FAILS(EACCES, truncate(p->read, 0));
}

static bool landlock_is_here(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

static void files_that_were_not_named_are_shut(void **state)
{
	if (landlock_is_here())
		isolated_child(*state, 0, use_files);
	else
		skip();
}

/* ---- system calls ---- */

static void try_calls(const struct places *p, const struct isolated *isolated)
{
	(void)p;
	char *const arguments[] = { (char[]){ "true" }, NULL };
	STEP(isolated->filtered);
	STEP(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	FAILS(EPERM, execv("/bin/true", arguments));
	FAILS(EPERM, fork());
	FAILS(EPERM, socket(AF_INET, SOCK_STREAM, 0));
	FAILS(EPERM, socket(AF_UNIX, SOCK_DGRAM, 0));
	FAILS(EPERM, ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	FAILS(EPERM, kill(getppid(), 0));
	FAILS(ENOSYS, syscall(SYS_io_uring_setup, 1, NULL));
	FAILS(ENOSYS, syscall(SYS_unshare, CLONE_NEWUSER));
	STEP(getpid() > 1);
}

static void harmful_calls_fail_with_an_error(void **state)
{
	isolated_child(*state, 0, try_calls);
}

static int udp_before, tcp_before, listener_before;
static struct sockaddr_in peer;

static void use_sockets(const struct places *p, const struct isolated *isolated)
{
	(void)p, (void)isolated;
	char text[8];
	FAILS(EPERM, connect(tcp_before, (struct sockaddr *)&peer, sizeof peer));
	FAILS(EPERM, accept(listener_before, NULL, NULL));
	FAILS(EPERM, sendto(udp_before, "x", 1, 0, (struct sockaddr *)&peer, sizeof peer));
	struct msghdr message = { .msg_name = &peer, .msg_namelen = sizeof peer };
	FAILS(EPERM, sendmsg(udp_before, &message, 0));
	FAILS(EAGAIN, recv(udp_before, text, sizeof text, MSG_DONTWAIT));
	/* where it sends to was settled before */
	FAILS(EDESTADDRREQ, send(udp_before, "x", 1, 0));
}

static void open_sockets_can_be_used_but_reach_nobody_new(void **state)
{
	udp_before = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	tcp_before = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	listener_before = listening(&peer);
	isolated_child(*state, 0, use_sockets);
	close(udp_before);
	close(tcp_before);
	close(listener_before);
}

static void accept_one(const struct places *p, const struct isolated *isolated)
{
	(void)p, (void)isolated;
	int fd = accept4(listener_before, NULL, NULL, SOCK_CLOEXEC);
	STEP(fd >= 0);
	STEP(send(fd, "x", 1, 0) == 1);
	FAILS(EPERM, listen(listener_before, 9));
	FAILS(EPERM, socket(AF_INET, SOCK_STREAM, 0));
}

static void a_server_may_accept(void **state)
{
	listener_before = listening(&peer);
	tcp_before = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(tcp_before, (struct sockaddr *)&peer, sizeof peer), 0);
	isolated_child(*state, ISOLATION_ACCEPT, accept_one);
	close(tcp_before);
	close(listener_before);
}

static void connect_one(const struct places *p, const struct isolated *isolated)
{
	(void)p, (void)isolated;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	STEP(fd >= 0);
	STEP(connect(fd, (struct sockaddr *)&peer, sizeof peer) == 0);
	FAILS(EPERM, accept(listener_before, NULL, NULL));
	FAILS(EPERM, fork());
}

static void a_forwarder_may_connect(void **state)
{
	listener_before = listening(&peer);
	isolated_child(*state, ISOLATION_CONNECT, connect_one);
	close(listener_before);
}

static void have_a_child(const struct places *p, const struct isolated *isolated)
{
	(void)isolated;
	char *const arguments[] = { (char[]){ "true" }, NULL };
	int status = 0;
	pid_t child = fork();
	STEP(child >= 0);
	if (child == 0) { /* which has given up the same */
		FAILS(EPERM, execv("/bin/true", arguments));
		FAILS(EPERM, socket(AF_INET, SOCK_STREAM, 0));
		STEP(!isolated->landlock || open(p->secret, O_RDONLY) < 0);
		_exit(7);
	}
	STEP(waitpid(child, &status, 0) == child);
	STEP(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static void a_server_may_have_children_that_are_no_freer(void **state)
{
	isolated_child(*state, ISOLATION_CHILDREN, have_a_child);
}

/* ---- what must still work ---- */

static void *count_to_thousand(void *context)
{
	pthread_mutex_t *mutex = context;
	static int count;
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(mutex);
		count++;
		pthread_mutex_unlock(mutex);
		if (i % 100 == 0)
			sched_yield();
	}
	return &count;
}

static void use_threads(const struct places *p, const struct isolated *isolated)
{
	(void)p, (void)isolated;
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_t threads[4];
	void *count = NULL;
	for (int i = 0; i < 4; i++)
		STEP(pthread_create(&threads[i], NULL, count_to_thousand, &mutex) == 0);
	for (int i = 0; i < 4; i++)
		STEP(pthread_join(threads[i], &count) == 0);
	STEP(*(int *)count == 4000);
}

static void threads_can_be_started(void **state)
{
	isolated_child(*state, 0, use_threads);
}

#define WORKS(call)                                                                                \
	do {                                                                                       \
		if (!(call)) {                                                                     \
			dprintf(STDERR_FILENO, "line %d: %s\n", __LINE__, e.text);                 \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* Writes a commit through SQLite and the database library, and reads it back by two threads. */
static void use_a_workspace(const struct places *p, const struct isolated *isolated)
{
	(void)isolated;
	static const struct constants constants;
	struct flow_row row;
	memset(&row, 0, sizeof row);
	row.key.minute = 29388960;
	row.key.present = COLUMN_BIT(TimeGenerated);
	const struct flow_row *rows[] = { &row, &row, &row };
	char dir[80], sql[200];
	struct err e = { 0 };
	snprintf(dir, sizeof dir, "%s/workspace", p->open);
	struct workspace *ws = workspace_open(dir, WORKSPACE_WRITE, &e);
	WORKS(ws);
	struct commit *commit = commit_begin(ws, &e);
	WORKS(commit);
	WORKS(commit_flow_rows(commit, rows, ARRAY_LEN(rows), &constants, &e));
	WORKS(commit_end(commit, &e));
	workspace_close(ws);

	struct db_limits limits = { .memory_bytes = 100 << 20, .threads = 2 };
	struct db *db = db_open(&limits, &e);
	WORKS(db);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM read_parquet('%s/segments/**/*.parquet')",
	         dir);
	struct db_rows *answer = db_query(db, sql, &e);
	size_t count = 0;
	WORKS(answer && db_rows_next(answer, &count, &e) && count == 1);
	STEP(db_cell_i64(answer, 0, 0) == 3);
	db_rows_close(answer);
	snprintf(sql, sizeof sql, "SELECT * FROM read_text('%s')", p->secret);
	STEP(!db_query(db, sql, &e) || !isolated->landlock);
	db_close(db);
}

static void a_workspace_can_be_written_and_read(void **state)
{
	isolated_child(*state, 0, use_a_workspace);
}

/* ---- asking for it ---- */

static void the_line_to_log_says_what_holds(void **state)
{
	pid_t child = fork();
	if (child == 0) {
		struct isolated isolated;
		isolate_self(*state, 0, NULL, &isolated);
		STEP(strstr(isolated.text, "system calls filtered"));
		STEP(!isolated.landlock == !strstr(isolated.text, "files confined"));
		_exit(0);
	}
	assert_int_equal(exit_status(child), 0);
}

/* As on a kernel that was built without it. */
static void forget_landlock(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	STEP(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset),
	                      0) == 0);
	STEP(seccomp_load(filter) == 0);
	seccomp_release(filter);
}

static void a_kernel_without_landlock_is_told_and_does_the_rest(void **state)
{
	pid_t child = fork();
	if (child == 0) {
		const struct places *p = *state;
		struct isolated isolated;
		forget_landlock();
		isolate_self(p, 0, NULL, &isolated);
		STEP(isolated.landlock == 0 && isolated.filtered);
		STEP(strstr(isolated.text, "files are not confined"));
		STEP(open(p->secret, O_RDONLY) >= 0);
		FAILS(EPERM, socket(AF_INET, SOCK_STREAM, 0));
		_exit(0);
	}
	assert_int_equal(exit_status(child), 0);
}

static void another_user_is_become_for_good(void **state)
{
	if (getuid() != 0) {
		skip();
		return;
	}
	pid_t child = fork();
	if (child == 0) {
		struct isolated isolated;
		uid_t real, effective, saved;
		isolate_self(*state, 0, "nobody", &isolated);
		STEP(getresuid(&real, &effective, &saved) == 0);
		STEP(real != 0 && effective == real && saved == real && getgid() != 0);
		STEP(setuid(0) != 0);
		_exit(0);
	}
	assert_int_equal(exit_status(child), 0);
}

/* The line CapEff of /proc/self/status, which was opened before. */
static unsigned long long capabilities(int status)
{
	char text[4096] = "";
	STEP(read(status, text, sizeof text - 1) > 0);
	const char *line = strstr(text, "CapEff:");
	STEP(line);
	return strtoull(line + strlen("CapEff:"), NULL, 16);
}

static void another_user_may_keep_one_privilege_and_no_other(void **state)
{
	if (getuid() != 0) {
		skip();
		return;
	}
	for (unsigned kept = 0; kept <= 1; kept++) {
		pid_t child = fork();
		if (child == 0) {
			struct isolated isolated;
			int status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
			isolate_self(*state, kept ? ISOLATION_NET_ADMIN : 0, "nobody", &isolated);
			STEP(capabilities(status) == (unsigned long long)kept << CAP_NET_ADMIN);
			STEP(setuid(0) != 0);
			_exit(0);
		}
		assert_int_equal(exit_status(child), 0);
	}
}

static void refuse(const struct isolation *wanted, const char *words)
{
	pid_t child = fork();
	if (child == 0) {
		struct isolated isolated;
		struct err e = { 0 };
		STEP(!isolate(wanted, &isolated, &e));
		STEP(strstr(e.text, words));
		_exit(0);
	}
	assert_int_equal(exit_status(child), 0);
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	static const struct isolation_path absent = { "/nonexistent/dir", true };
	if (landlock_is_here())
		refuse(&(struct isolation){ .paths = &absent, .path_count = 1 }, absent.path);
	if (getuid() == 0)
		refuse(&(struct isolation){ .user = "no-such-user" }, "no-such-user");
}

static void *wait_for_ever(void *context)
{
	(void)context;
	pause();
	return NULL;
}

static void threads_that_would_stay_free_are_refused(void **state)
{
	(void)state;
	pid_t child = fork();
	if (child == 0) {
		struct isolated isolated;
		struct err e = { 0 };
		pthread_t thread;
		STEP(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
		STEP(!isolate(&(struct isolation){ 0 }, &isolated, &e));
		STEP(strstr(e.text, "2 threads"));
		_exit(0);
	}
	assert_int_equal(exit_status(child), 0);
}

#define WITH_PLACES(test) cmocka_unit_test_setup_teardown(test, make_places, remove_places)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACES(files_that_were_not_named_are_shut),
		WITH_PLACES(harmful_calls_fail_with_an_error),
		WITH_PLACES(open_sockets_can_be_used_but_reach_nobody_new),
		WITH_PLACES(a_server_may_accept),
		WITH_PLACES(a_forwarder_may_connect),
		WITH_PLACES(a_server_may_have_children_that_are_no_freer),
		WITH_PLACES(threads_can_be_started),
		WITH_PLACES(a_workspace_can_be_written_and_read),
		WITH_PLACES(the_line_to_log_says_what_holds),
		WITH_PLACES(a_kernel_without_landlock_is_told_and_does_the_rest),
		WITH_PLACES(another_user_is_become_for_good),
		WITH_PLACES(another_user_may_keep_one_privilege_and_no_other),
		WITH_PLACES(what_cannot_be_is_refused),
		WITH_PLACES(threads_that_would_stay_free_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
