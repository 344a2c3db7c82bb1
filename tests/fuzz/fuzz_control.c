/* Laws, whatever a tool writes to the control socket: a whole line is answered once, with what it
 * asked for or with an error, and anything else with nothing at all; and the next tool is served.
 *
 * The input is what the tool writes. */
#include "fuzz.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "weir/control.h"

enum { TEXT_MAX = 4096 };

static char dir[] = "/tmp/weir-fuzz-control-XXXXXX";
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static struct control *control;

static void stop(void)
{
	char run[sizeof dir + 8];
	snprintf(run, sizeof run, "%s/run", dir);
	control_close(control);
	rmdir(run);
	rmdir(dir);
}

static void start(void)
{
	struct err e = { 0 };
	char run[sizeof dir + 8];
	bool ok = mkdtemp(dir);
	snprintf(run, sizeof run, "%s/run", dir);
	ok = ok && mkdir(run, 0700) == 0;
	control = ok ? control_open(dir, (uid_t)-1, (gid_t)-1, &e) : NULL;
	ok = control && control_publish(control, &e);
	assert(ok);
	snprintf(address.sun_path, sizeof address.sun_path, "%s/collector.sock", run);
	atexit(stop);
}

/* Knows lines of an even length. */
static bool answer(void *context, const char *line, struct buf *out, struct err *e)
{
	++*(unsigned *)context;
	assert(strlen(line) < CONTROL_LINE && !strchr(line, '\n'));
	if (strlen(line) % 2 == 1)
		return err_set(e, ERR_USAGE, "\"%s\" is odd", line);
	buf_printf(out, "%zu", strlen(line));
	return true;
}

static void asked(struct cur text, unsigned expected)
{
	char reply[TEXT_MAX];
	unsigned times = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc = connect(fd, (struct sockaddr *)&address, sizeof address);
	ssize_t sent = send(fd, text.at, cur_left(&text), MSG_NOSIGNAL);
	assert(rc == 0 && sent == (ssize_t)cur_left(&text));
	shutdown(fd, SHUT_WR);
	control_serve(control, answer, &times);
	ssize_t n = recv(fd, reply, sizeof reply, 0);
	assert(times == expected);
	if (expected)
		assert(n > 3 && (memcmp(reply, "ok\n", 3) == 0 || memcmp(reply, "err", 3) == 0));
	else
		assert(n <= 0);
	close(fd);
}

/* A line is whole where its end comes among the octets that it may have. */
static bool has_line(struct cur text)
{
	size_t len = cur_left(&text);
	const uint8_t *end = len ? memchr(text.at, '\n', len) : NULL;
	return end && end - text.at < CONTROL_LINE - 1 &&
	       !memchr(text.at, '\0', (size_t)(end - text.at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char next[] = "next\n";
	if (!control)
		start();
	if (size > TEXT_MAX)
		return 0;
	asked(cur_of(data, size), has_line(cur_of(data, size)));
	asked(cur_of(next, strlen(next)), 1);
	return 0;
}
