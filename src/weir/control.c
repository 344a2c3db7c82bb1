#include "weir/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/ticks.h"

static const char published[] = "collector.sock";

struct control {
	int run;       /* the directory DIR/run */
	int fd;        /* listens */
	char name[64]; /* of its file, below DIR/run */
};

/* ---- both sides ---- */

static int open_run(const char *workspace, struct err *e)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/run", workspace);
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err_set(e, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
	return fd;
}

/* By way of the directory's descriptor: a socket's own address has room for 107 octets only. */
static struct sockaddr_un address_of(int run, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", run, name);
	return address;
}

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

static bool bind_socket(struct control *c, uid_t uid, gid_t gid, struct err *e)
{
	struct sockaddr_un address = address_of(c->run, c->name);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlinkat(c->run, c->name, 0);
	if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&address, sizeof address) < 0 ||
	    fchmodat(c->run, c->name, 0600, 0) < 0 ||
	    (uid != (uid_t)-1 && fchownat(c->run, c->name, uid, gid, 0) < 0) ||
	    listen(c->fd, 8) < 0)
		return err_set(e, ERR_IO, "cannot make the control socket: %s", strerror(errno));
	return true;
}

struct control *control_open(const char *workspace, uid_t uid, gid_t gid, struct err *e)
{
	struct control *c = calloc(1, sizeof *c);
	if (!c) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	c->fd = -1;
	snprintf(c->name, sizeof c->name, "%s.%ld", published, (long)getpid());
	c->run = open_run(workspace, e);
	if (c->run >= 0 && bind_socket(c, uid, gid, e))
		return c;
	control_close(c);
	return NULL;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	if (c->fd >= 0) {
		unlinkat(c->run, c->name, 0);
		close(c->fd);
	}
	if (c->run >= 0)
		close(c->run);
	free(c);
}

bool control_publish(struct control *c, struct err *e)
{
	if (renameat(c->run, c->name, c->run, published) < 0)
		return err_set(e, ERR_IO, "cannot rename the control socket: %s", strerror(errno));
	snprintf(c->name, sizeof c->name, "%s", published);
	return true;
}

int control_fd(const struct control *c)
{
	return c->fd;
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
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
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

/* -1 with *ret_running false where nobody listens. */
static int connect_to(const char *workspace, bool *ret_running, struct err *e)
{
	*ret_running = false;
	int run = open_run(workspace, e);
	if (run < 0)
		return -1;
	struct sockaddr_un address = address_of(run, published);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
	int error = errno;
	close(run);
	*ret_running = ok || (error != ENOENT && error != ECONNREFUSED);
	if (ok)
		return fd;
	err_set(e, ERR_IO, "cannot ask the collector of '%s': %s", workspace, strerror(error));
	if (fd >= 0)
		close(fd);
	return -1;
}

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
	int fd = connect_to(workspace, ret_running, e);
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
