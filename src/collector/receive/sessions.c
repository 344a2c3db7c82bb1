#include "collector/receive/sessions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/receive/allow_list.h"
#include "collector/receive/listen_address.h"
#include "core/base/cursor.h"
#include "core/base/sockaddr.h"
#include "core/base/ticks.h"

enum {
	MESSAGE_MAX = 65535, /* octets: RFC 7011 section 3.1 has 16 bits for them */
	MESSAGE_HEADER = 16, /* octets */
	VERSION = 10,        /* of IPFIX */
	ACCEPTED_AT_A_TIME = 16,
};

/* A socket at which sessions are accepted. */
struct entrance {
	int fd;
	uint16_t number;
	struct session_counts counts;
};

struct session {
	int fd;
	struct ip from;
	uint16_t port;
	uint16_t number;
	bool ending; /* nothing more is read; BURST_END is due once the buffer holds no message */
	bool waits;  /* is in `waiting` */
	size_t len;
	LIST_ENTRY(session) all;
	TAILQ_ENTRY(session) waiting;
	uint8_t buffer[MESSAGE_MAX + 1];
};

struct sessions {
	int epoll;
	const struct allow_list *allowed;
	size_t entrance_count, session_count;
	struct entrance entrances[SESSIONS_SOCKETS];
	LIST_HEAD(, session) all;
	TAILQ_HEAD(, session) waiting; /* have something for which there was no slot */
	bool waiting_next;             /* whose turn it is: theirs, or that of what comes */
};

struct sessions *sessions_new(struct err *e)
{
	struct sessions *s = calloc(1, sizeof *s);
	if (!s) {
		err_set(e, ERR_NOMEM, "no memory for sessions");
		return NULL;
	}
	LIST_INIT(&s->all);
	TAILQ_INIT(&s->waiting);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll >= 0)
		return s;
	err_set(e, ERR_IO, "cannot wait for sessions: %s", strerror(errno));
	sessions_free(s);
	return NULL;
}

static void session_close(struct sessions *s, struct session *session)
{
	if (session->waits)
		TAILQ_REMOVE(&s->waiting, session, waiting);
	LIST_REMOVE(session, all);
	close(session->fd); /* leaves the epoll with its last descriptor */
	free(session);
	s->session_count--;
}

void sessions_free(struct sessions *s)
{
	if (!s)
		return;
	while (!LIST_EMPTY(&s->all))
		session_close(s, LIST_FIRST(&s->all));
	for (size_t i = 0; i < s->entrance_count; i++)
		close(s->entrances[i].fd);
	if (s->epoll >= 0)
		close(s->epoll);
	free(s);
}

static bool watch(const struct sessions *s, int fd, void *what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };
	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool sessions_add(struct sessions *s, int fd, uint16_t number, struct err *e)
{
	struct entrance *entrance = &s->entrances[s->entrance_count];
	bool ok = s->entrance_count < SESSIONS_SOCKETS ||
	          err_set(e, ERR_NOMEM, "at most %d sockets for one worker", SESSIONS_SOCKETS);
	if (ok && watch(s, fd, entrance)) {
		*entrance = (struct entrance){ .fd = fd, .number = number };
		s->entrance_count++;
		return true;
	}
	if (ok)
		err_set(e, ERR_IO, "cannot wait for sessions: %s", strerror(errno));
	close(fd);
	return false;
}

void sessions_allow(struct sessions *s, const struct allow_list *allowed)
{
	s->allowed = allowed;
}

int sessions_fd(const struct sessions *s)
{
	return s->epoll;
}

bool sessions_pending(const struct sessions *s)
{
	return !TAILQ_EMPTY(&s->waiting);
}

struct session_counts sessions_counts(const struct sessions *s, uint16_t number)
{
	for (size_t i = 0; i < s->entrance_count; i++)
		if (s->entrances[i].number == number)
			return s->entrances[i].counts;
	return (struct session_counts){ 0 };
}

size_t sessions_open(const struct sessions *s)
{
	return s->session_count;
}

/* ---- accepting ---- */

/* An exporter that has gone without a word is found out by the kernel. */
static void session_new(struct sessions *s, struct entrance *entrance, int fd, struct ip from,
                        uint16_t port)
{
	struct session *session = s->session_count < SESSIONS_MOST ? malloc(sizeof *session) : NULL;
	int on = 1;
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	if (!session || !watch(s, fd, session)) {
		entrance->counts.refused++;
		free(session);
		close(fd);
		return;
	}
	session->fd = fd;
	session->from = from;
	session->port = port;
	session->number = entrance->number;
	session->ending = session->waits = false;
	session->len = 0;
	LIST_INSERT_HEAD(&s->all, session, all);
	s->session_count++;
}

static bool accept_one(struct sessions *s, struct entrance *entrance)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof address;
	int fd =
	    accept4(entrance->fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return false;
	struct ip from;
	uint16_t port;
	sockaddr_read(&address, &from, &port);
	if (allow_list_holds(s->allowed, &from)) {
		session_new(s, entrance, fd, from, port);
	} else {
		entrance->counts.not_allowed++;
		close(fd);
	}
	return true;
}

/* ---- messages ---- */

/* Octets of the first message in the buffer: 0 where it is not whole yet, or where it is none at
 * all
 * (*ret_broken). */
static size_t first_message(const struct session *session, bool *ret_broken)
{
	*ret_broken = false;
	if (session->len < 4)
		return 0;
	size_t len = be16(session->buffer + 2);
	*ret_broken = be16(session->buffer) != VERSION || len < MESSAGE_HEADER;
	return !*ret_broken && len <= session->len ? len : 0;
}

static void fill(const struct session *session, struct burst_slot *slot, enum burst_kind kind,
                 size_t len)
{
	slot->arrival = ticks_now();
	slot->from = session->from;
	slot->port = session->port;
	slot->kind = kind;
	burst_put(slot, session->buffer, (uint32_t)len);
}

/* Moves whole messages into slots.  After something else nothing can be cut any more. */
static size_t cut(struct session *session, struct burst_slot *slots, size_t count)
{
	size_t filled = 0;
	while (filled < count) {
		bool broken;
		size_t len = first_message(session, &broken);
		if (broken) {
			len = session->len < MESSAGE_HEADER ? session->len : MESSAGE_HEADER;
			session->len = len;
			session->ending = true;
		} else if (session->ending && len == 0) {
			len = session->len; /* what a message was broken off after */
		}
		if (len == 0)
			break;
		fill(session, &slots[filled++], BURST_MESSAGE, len);
		session->len -= len;
		memmove(session->buffer, session->buffer + len, session->len);
	}
	return filled;
}

/* Reads what the socket has and the buffer has room for; false where there is nothing now. */
static bool read_more(struct session *session)
{
	ssize_t n = recv(session->fd, session->buffer + session->len,
	                 sizeof session->buffer - session->len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	session->ending = n <= 0; /* end, or a connection that broke: what is whole was cut */
	session->len += n > 0 ? (size_t)n : 0;
	return true;
}

/* What one session has. */
static size_t take(struct session *session, struct burst_slot *slots, size_t count)
{
	size_t filled = cut(session, slots, count);
	while (filled < count && !session->ending && read_more(session))
		filled += cut(session, slots + filled, count - filled);
	return filled;
}

static void set_waiting(struct sessions *s, struct session *session, bool waits)
{
	if (session->waits)
		TAILQ_REMOVE(&s->waiting, session, waiting);
	if (waits)
		TAILQ_INSERT_TAIL(&s->waiting, session, waiting);
	session->waits = waits;
}

static size_t serve(struct sessions *s, struct session *session, struct burst_slot *slots,
                    size_t count)
{
	bool broken;
	size_t filled = take(session, slots, count);
	if (session->ending && filled < count) {
		fill(session, &slots[filled++], BURST_END, 0);
		session_close(s, session);
		return filled;
	}
	bool more = first_message(session, &broken) > 0;
	set_waiting(s, session, more || broken || session->ending);
	return filled;
}

/* The entrance that an event is of, or NULL: then it is a session's. */
static struct entrance *entrance_of(struct sessions *s, void *what)
{
	for (size_t i = 0; i < s->entrance_count; i++)
		if (what == &s->entrances[i])
			return &s->entrances[i];
	return NULL;
}

/* The session whose turn it is, or NULL; sessions that wait and sockets that have something take
 * turns, so that neither starves.  Accepts where it is an entrance's turn. */
static struct session *next_session(struct sessions *s)
{
	struct session *waiting = TAILQ_FIRST(&s->waiting);
	s->waiting_next = !s->waiting_next;
	if (waiting && s->waiting_next)
		return waiting;
	struct epoll_event event;
	if (epoll_wait(s->epoll, &event, 1, 0) != 1)
		return waiting;
	struct entrance *entrance = entrance_of(s, event.data.ptr);
	for (int i = 0; entrance && i < ACCEPTED_AT_A_TIME; i++)
		if (!accept_one(s, entrance))
			break;
	return entrance ? waiting : event.data.ptr;
}

size_t sessions_receive(struct sessions *s, struct burst_slot *slots, size_t count,
                        uint16_t *ret_number)
{
	struct session *session = next_session(s);
	if (!session)
		return 0;
	*ret_number = session->number;
	return serve(s, session, slots, count);
}
