#include "weir/control.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/unit.h"

/* A name longer than a socket's address has room for. */
static char root[] = "/tmp/weir-test-control-XXXXXX";
static char workspace[256];

static int make_workspace(void **state)
{
	(void)state;
	char run[300];
	if (!mkdtemp(root))
		return -1;
	snprintf(workspace, sizeof workspace, "%s/%0150d", root, 7);
	snprintf(run, sizeof run, "%s/run", workspace);
	return mkdir(workspace, 0777) || mkdir(run, 0777);
}

static int remove_workspace(void **state)
{
	(void)state;
	char command[64];
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	return system(command);
}

static struct control *opened(void)
{
	struct err e = { 0 };
	struct control *c = control_open(workspace, (uid_t)-1, (gid_t)-1, &e);
	assert_string_equal(e.text, "");
	assert_non_null(c);
	return c;
}

static struct control *published(void)
{
	struct err e;
	struct control *c = opened();
	assert_true(control_publish(c, &e));
	return c;
}

static bool echo(void *context, const char *line, struct buf *out, struct err *e)
{
	int *times = context;
	++*times;
	if (strcmp(line, "bad") == 0)
		return err_set(e, ERR_DATA, "that is bad");
	buf_printf(out, "heard %s\n", line);
	return true;
}

/* What one tool is told, while another thread serves it. */
struct asking {
	const char *line;
	bool ok, running;
	struct buf answer;
	struct err e;
};

static void *ask(void *context)
{
	struct asking *a = context;
	a->ok = control_ask(workspace, a->line, &a->answer, &a->running, &a->e);
	return NULL;
}

static void serve_one(struct control *c, struct asking *a)
{
	pthread_t tool;
	int times = 0;
	assert_int_equal(pthread_create(&tool, NULL, ask, a), 0);
	while (times == 0)
		control_serve(c, echo, &times);
	pthread_join(tool, NULL);
}

static void a_line_is_answered(void **state)
{
	(void)state;
	struct control *c = published();
	struct asking a = { .line = "memory" };
	serve_one(c, &a);
	assert_true(a.ok && a.running);
	assert_string_equal(buf_text(&a.answer), "heard memory\n");
	buf_done(&a.answer);
	control_close(c);
}

static void why_there_is_no_answer_is_told(void **state)
{
	(void)state;
	struct control *c = published();
	struct asking a = { .line = "bad" };
	serve_one(c, &a);
	assert_false(a.ok);
	assert_true(a.running);
	assert_string_equal(a.e.text, "that is bad");
	control_close(c);
}

static void where_nobody_listens_there_is_no_failure(void **state)
{
	(void)state;
	struct asking a = { .line = "memory", .running = true };
	ask(&a);
	assert_true(a.ok);
	assert_false(a.running);
	control_close(published()); /* takes its file away */
	ask(&a);
	assert_true(a.ok);
	assert_false(a.running);
}

/* As with a collector that is refused the workspace by the one that runs. */
static void a_socket_that_is_not_published_takes_no_place(void **state)
{
	(void)state;
	struct control *c = published(), *second = opened();
	control_close(second);
	struct asking a = { .line = "still there" };
	serve_one(c, &a);
	assert_true(a.ok && a.running);
	buf_done(&a.answer);
	control_close(c);
}

static int connection(void)
{
	char path[300];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(path, sizeof path, "%s/run", workspace);
	assert_int_equal(chdir(path), 0);
	strcpy(address.sun_path, "collector.sock");
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void tools_that_say_nothing_or_too_much_are_left(void **state)
{
	(void)state;
	struct control *c = published();
	int times = 0;
	int silent = connection();
	control_serve(c, echo, &times); /* for at most CONTROL_MS */
	char octet, line[CONTROL_LINE + 1];
	assert_int_equal(recv(silent, &octet, 1, 0), 0);
	close(silent);
	int talker = connection();
	memset(line, 'x', sizeof line);
	assert_int_equal(send(talker, line, sizeof line, 0), (ssize_t)sizeof line);
	control_serve(c, echo, &times);
	assert_int_equal(times, 0);
	close(talker);
	control_serve(c, echo, &times); /* nobody there: returns at once */
	control_close(c);
}

static void only_the_owner_may_connect(void **state)
{
	(void)state;
	struct control *c = published();
	char path[300];
	struct stat st;
	snprintf(path, sizeof path, "%s/run/collector.sock", workspace);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	control_close(c);
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_answered),
		cmocka_unit_test(why_there_is_no_answer_is_told),
		cmocka_unit_test(where_nobody_listens_there_is_no_failure),
		cmocka_unit_test(a_socket_that_is_not_published_takes_no_place),
		cmocka_unit_test(tools_that_say_nothing_or_too_much_are_left),
		cmocka_unit_test(only_the_owner_may_connect),
	};
	return cmocka_run_group_tests(tests, make_workspace, remove_workspace);
}
