#include "weir/run_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAITING = 8 /* connections that are not accepted yet */ };

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

/* ---- the collector's side ---- */

/* To send to a socket is to write to its file. */
static mode_t mode_of(const struct run_socket_kind *kind, const char *workspace)
{
	struct stat st;
	if (!kind->for_readers || stat(workspace, &st) < 0)
		return 0600;
	return 0600 | (st.st_mode & 0444) >> 1;
}

static bool bind_socket(const struct run_socket *s, mode_t mode, uid_t uid, gid_t gid,
                        struct err *e)
{
	struct sockaddr_un address = address_of(s->run, s->name);
	unlinkat(s->run, s->name, 0);
	if (s->fd >= 0 && bind(s->fd, (struct sockaddr *)&address, sizeof address) == 0 &&
	    fchmodat(s->run, s->name, mode, 0) == 0 &&
	    (uid == (uid_t)-1 || fchownat(s->run, s->name, uid, gid, 0) == 0) &&
	    (s->kind->type != SOCK_STREAM || listen(s->fd, WAITING) == 0))
		return true;
	return err_set(e, ERR_IO, "cannot make the socket '%s': %s", s->kind->name,
	               strerror(errno));
}

bool run_socket_open(struct run_socket *ret, const char *workspace,
                     const struct run_socket_kind *kind, uid_t uid, gid_t gid, struct err *e)
{
	struct run_socket s = { .kind = kind, .fd = -1 };
	snprintf(s.name, sizeof s.name, "%s.%ld", kind->name, (long)getpid());
	s.run = open_run(workspace, e);
	if (s.run < 0)
		return false;
	s.fd = socket(AF_UNIX, kind->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind_socket(&s, mode_of(kind, workspace), uid, gid, e)) {
		*ret = s;
		return true;
	}
	run_socket_close(&s);
	return false;
}

bool run_socket_publish(struct run_socket *s, struct err *e)
{
	const char *name = s->kind->name;
	if (renameat(s->run, s->name, s->run, name) < 0)
		return err_set(e, ERR_IO, "cannot rename the socket '%s': %s", name,
		               strerror(errno));
	snprintf(s->name, sizeof s->name, "%s", name);
	return true;
}

void run_socket_close(struct run_socket *s)
{
	if (s->fd >= 0) {
		unlinkat(s->run, s->name, 0);
		close(s->fd);
	}
	close(s->run);
}

/* ---- the other side ---- */

int run_socket_connect(const char *workspace, const struct run_socket_kind *kind, bool *ret_running,
                       struct err *e)
{
	*ret_running = false;
	int run = open_run(workspace, e);
	if (run < 0)
		return -1;
	struct sockaddr_un address = address_of(run, kind->name);
	int fd = socket(AF_UNIX, kind->type | SOCK_CLOEXEC, 0);
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
