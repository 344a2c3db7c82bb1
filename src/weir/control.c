#include "weir/control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "weir/run_socket.h"

static const struct run_socket_kind kind = { .name = "collector.sock", .type = SOCK_STREAM };

struct control {
	struct run_socket socket;
};

/* ---- both sides ---- */

static int64_t deadline(void)
{
	return ticks_now() + CONTROL_MS * TICKS_PER_MS;
}

static bool wait_for(int fd, short event, int64_t until)
{
	int64_t left = (until - ticks_now()) / TICKS_PER_MS;
	struct pollfd p = { .fd = fd, .events = event };
	return left > 0 && left <= CONTROL_MS && poll(&p, 1, (int)left) > 0;
}

static bool write_all(int fd, const char *text, size_t len, int64_t until)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno != EAGAIN || !wait_for(fd, POLLOUT, until)))
			return false;
		text += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
	}
	return true;
}

/* ---- the collector's side ---- */

struct control *control_open(const char *workspace, uid_t uid, gid_t gid, struct err *e)
{
	struct control *c = calloc(1, sizeof *c);
	if (!c)
		err_set(e, ERR_NOMEM, "no memory");
	else if (run_socket_open(&c->socket, workspace, &kind, uid, gid, e))
		return c;
	free(c);
	return NULL;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	run_socket_close(&c->socket);
	free(c);
}

bool control_publish(struct control *c, struct err *e)
{
	return run_socket_publish(&c->socket, e);
}

int control_fd(const struct control *c)
{
	return c->socket.fd;
}

static bool read_line(int fd, char line[CONTROL_LINE], int64_t until)
{
	size_t len = 0;
	for (;;) {
		ssize_t n = recv(fd, line + len, CONTROL_LINE - 1 - len, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && (errno != EAGAIN || !wait_for(fd, POLLIN, until))))
			return false;
		len += n < 0 ? 0 : (size_t)n;
		line[len] = '\0';
		char *end = strchr(line, '\n');
		if (end) {
			*end = '\0';
			return true;
		}
		if (len == CONTROL_LINE - 1)
			return false;
	}
}

void control_serve(struct control *c, control_answer_fn *answer, void *context)
{
	char line[CONTROL_LINE];
	int fd = accept4(c->socket.fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	int64_t until = deadline();
	struct buf out = { 0 };
	struct err e = { 0 };
	if (read_line(fd, line, until)) {
		buf_puts(&out, "ok\n");
		if (!answer(context, line, &out, &e) || out.failed) {
			buf_done(&out);
			buf_printf(&out, "error\n%s", e.text);
		}
		write_all(fd, buf_text(&out), out.len, until);
	}
	buf_done(&out);
	close(fd);
}

/* ---- the tool's side ---- */

/* Reads to the end; the answer waits for the commit under way. */
static bool read_answer(int fd, struct buf *ret)
{
	char part[16384];
	ssize_t n;
	while ((n = recv(fd, part, sizeof part, 0)) > 0)
		buf_add(ret, part, (size_t)n);
	return n == 0 && !ret->failed;
}

bool control_ask(const char *workspace, const char *line, struct buf *ret, bool *ret_running,
                 struct err *e)
{
	static const char good[] = "ok\n", bad[] = "error\n";
	int fd = run_socket_connect(workspace, &kind, ret_running, e);
	if (fd < 0)
		return !*ret_running;
	struct buf answer = { 0 };
	bool ok = write_all(fd, line, strlen(line), deadline()) &&
	          write_all(fd, "\n", 1, deadline()) && read_answer(fd, &answer);
	close(fd);
	const char *text = buf_text(&answer);
	if (ok && strncmp(text, good, strlen(good)) == 0)
		buf_add(ret, text + strlen(good), answer.len - strlen(good));
	else if (ok && strncmp(text, bad, strlen(bad)) == 0 && text[strlen(bad)])
		ok = err_set(e, ERR_WORKSPACE, "%s", text + strlen(bad));
	else
		ok = err_set(e, ERR_IO, "the collector of '%s' gave no answer", workspace);
	buf_done(&answer);
	return ok;
}
