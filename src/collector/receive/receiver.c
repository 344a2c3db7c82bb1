#include "collector/receive/receiver.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct receiver {
	int epoll, wake; /* -1: not open */
	struct listener *listeners[RECEIVER_MOST], *ready[RECEIVER_MOST];
	size_t count;
	struct sessions *sessions; /* NULL: none */
	bool sessions_ready;
};

/* `what` is a listener, the sessions, or NULL: the wake-up. */
static bool watch(struct receiver *r, int fd, void *what, struct err *e)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };
	if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return true;
	return err_set(e, ERR_IO, "cannot wait for datagrams: %s", strerror(errno));
}

struct receiver *receiver_new(struct err *e)
{
	struct receiver *r = calloc(1, sizeof *r);
	if (!r) {
		err_set(e, ERR_NOMEM, "no memory to receive");
		return NULL;
	}
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->epoll < 0 || r->wake < 0)
		err_set(e, ERR_IO, "cannot wait for datagrams: %s", strerror(errno));
	else if (watch(r, r->wake, NULL, e))
		return r;
	receiver_free(r);
	return NULL;
}

void receiver_free(struct receiver *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		listener_close(r->listeners[i]);
	sessions_free(r->sessions);
	if (r->wake >= 0)
		close(r->wake);
	if (r->epoll >= 0)
		close(r->epoll);
	free(r);
}

bool receiver_add(struct receiver *r, struct listener *listener, struct err *e)
{
	bool ok = r->count < RECEIVER_MOST ||
	          err_set(e, ERR_NOMEM, "at most %d listeners for one worker", RECEIVER_MOST);
	if (ok && watch(r, listener_fd(listener), listener, e)) {
		r->listeners[r->count++] = listener;
		return true;
	}
	listener_close(listener);
	return false;
}

bool receiver_add_sessions(struct receiver *r, struct sessions *sessions, struct err *e)
{
	if (watch(r, sessions_fd(sessions), sessions, e)) {
		r->sessions = sessions;
		return true;
	}
	sessions_free(sessions);
	return false;
}

struct sessions *receiver_sessions(const struct receiver *r)
{
	return r->sessions;
}

bool receiver_sessions_ready(const struct receiver *r)
{
	return r->sessions_ready;
}

size_t receiver_count(const struct receiver *r)
{
	return r->count;
}

struct listener *receiver_at(const struct receiver *r, size_t i)
{
	return r->listeners[i];
}

size_t receiver_wait(struct receiver *r, int timeout_ms)
{
	struct epoll_event events[RECEIVER_MOST];
	int n = epoll_wait(r->epoll, events, RECEIVER_MOST, timeout_ms);
	r->sessions_ready = false;
	size_t ready = 0;
	bool woken = false;
	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr && events[i].data.ptr == r->sessions)
			r->sessions_ready = true;
		else if (events[i].data.ptr)
			r->ready[ready++] = events[i].data.ptr;
		else
			woken = true;
	}
	uint64_t times;
	if (woken)
		(void)!read(r->wake, &times, sizeof times);
	return ready;
}

struct listener *receiver_ready(const struct receiver *r, size_t i)
{
	return r->ready[i];
}

void receiver_wake(struct receiver *r)
{
	int saved = errno; /* a signal handler must leave it */
	(void)!write(r->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
	errno = saved;
}
