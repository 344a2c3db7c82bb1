/* notify: telling the service manager how the daemon is, by the protocol of sd_notify(3).
 *
 * Where NOTIFY_SOCKET names no socket every call does nothing.  The socket is connected when it is
 * opened, since an isolated daemon opens none.  One thread. */
#pragma once

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct notify {
	int fd;        /* -1: nobody wants to know */
	bool watchdog; /* signs of life are wanted */
};

/* Reads and unsets NOTIFY_SOCKET and WATCHDOG_USEC (which should be half a minute or more: signs of
 * life come with the commits).  False where there is such a socket and it
 * cannot be reached: the manager would wait in vain. */
MUST_CHECK bool notify_open(struct notify *ret, struct err *e);
void notify_close(struct notify *n);

void notify_ready(const struct notify *n, const char *status);
void notify_status(const struct notify *n, const char *status); /* in words */
void notify_reloading(const struct notify *n);                  /* until the next notify_ready */
void notify_stopping(const struct notify *n);
void notify_alive(const struct notify *n);
