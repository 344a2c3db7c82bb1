#include "weir/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* "/path" or, with '@' for its NUL, an abstract name. */
static bool address_of(const char *name, struct sockaddr_un *ret, socklen_t *ret_len)
{
	size_t len = strlen(name);
	if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof ret->sun_path)
		return false;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, name, len);
	if (name[0] == '@')
		ret->sun_path[0] = '\0';
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

static bool connect_to(struct notify *n, const char *name, struct err *e)
{
	struct sockaddr_un address;
	socklen_t len;
	if (!address_of(name, &address, &len))
		return err_set(e, ERR_IO, "NOTIFY_SOCKET=%s is no socket", name);
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd >= 0 && connect(n->fd, (struct sockaddr *)&address, len) == 0)
		return true;
	err_set(e, ERR_IO, "cannot reach NOTIFY_SOCKET=%s: %s", name, strerror(errno));
	notify_close(n);
	return false;
}

bool notify_open(struct notify *ret, struct err *e)
{
	*ret = (struct notify){ .fd = -1 };
	const char *name = getenv("NOTIFY_SOCKET");
	if (!name)
		return true;
	ret->watchdog = getenv("WATCHDOG_USEC") != NULL;
	bool ok = connect_to(ret, name, e);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	return ok;
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

static void tell(const struct notify *n, const char *text)
{
	if (n->fd >= 0)
		(void)!send(n->fd, text, strlen(text), MSG_NOSIGNAL);
}

void notify_ready(const struct notify *n, const char *status)
{
	char text[1100];
	snprintf(text, sizeof text, "READY=1\nSTATUS=%s", status);
	tell(n, text);
}

void notify_status(const struct notify *n, const char *status)
{
	char text[1100];
	snprintf(text, sizeof text, "STATUS=%s", status);
	tell(n, text);
}

/* The manager tells this reload from an earlier one by the time. */
void notify_reloading(const struct notify *n)
{
	char text[64];
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t us = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, us);
	tell(n, text);
}

void notify_stopping(const struct notify *n)
{
	tell(n, "STOPPING=1");
}

void notify_alive(const struct notify *n)
{
	if (n->watchdog)
		tell(n, "WATCHDOG=1");
}
