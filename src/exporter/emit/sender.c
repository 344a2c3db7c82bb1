#include "exporter/emit/sender.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/sockaddr.h"
#include "core/base/ticks.h"

enum {
	IPV4_UDP_HEADERS = 28,
	IPV6_UDP_HEADERS = 48,
	DATAGRAM_LEAST = 512, /* RFC 7011 section 10.3.3 */
};

enum state { CLOSED, CONNECTING, OPEN };

struct message {
	uint32_t len, records;
};

struct sender {
	struct sender_address to;
	int family;
	int fd; /* -1: none */
	enum state state;
	unsigned session;
	size_t room;
	int64_t tried; /* when a session was last begun */
	struct sender_counts counts;
	/* over TCP: what the kernel has not taken yet, backlog[at … at + left) */
	uint8_t *backlog;
	size_t at, left;
	struct message *waiting; /* [SENDER_WAITING_MAX], a ring of these messages */
	size_t first, count;
	size_t gone; /* octets of the first that the kernel took */
};

static bool open_socket(struct sender *s)
{
	struct sockaddr_storage at;
	socklen_t len = sockaddr_of(s->family, &s->to.ip, s->to.port, &at);
	int type = s->to.tcp ? SOCK_STREAM : SOCK_DGRAM;
	s->fd = socket(s->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return false;
	if (connect(s->fd, (struct sockaddr *)&at, len) == 0)
		s->state = OPEN;
	else if (errno == EINPROGRESS)
		s->state = CONNECTING;
	else
		return false;
	return true;
}

static void count_sent(struct sender *s, const struct message *m)
{
	s->counts.messages++;
	s->counts.records += m->records;
	s->counts.octets += m->len;
}

static void count_lost(struct sender *s, const struct message *m)
{
	s->counts.lost_messages++;
	s->counts.lost_records += m->records;
}

/* Takes the first message out of the ring. */
static const struct message *take_waiting(struct sender *s)
{
	const struct message *m = &s->waiting[s->first];
	s->first = (s->first + 1) % SENDER_WAITING_MAX;
	s->count--;
	return m;
}

static void close_socket(struct sender *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->state = CLOSED;
	while (s->count)
		count_lost(s, take_waiting(s));
	s->at = s->left = s->gone = 0;
}

/* What the kernel knows of the path's MTU; where it knows nothing, that of the route. */
static void measure_room(struct sender *s)
{
	int mtu;
	socklen_t len = sizeof mtu;
	bool v4 = s->family == AF_INET;
	int rc = v4 ? getsockopt(s->fd, IPPROTO_IP, IP_MTU, &mtu, &len)
	            : getsockopt(s->fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &len);
	int room = rc == 0 ? mtu - (v4 ? IPV4_UDP_HEADERS : IPV6_UDP_HEADERS) : DATAGRAM_LEAST;
	int most =
	    v4 ? SENDER_DATAGRAM_MAX : SENDER_DATAGRAM_MAX - (IPV6_UDP_HEADERS - IPV4_UDP_HEADERS);
	s->room = (size_t)(room < DATAGRAM_LEAST ? DATAGRAM_LEAST : room > most ? most : room);
}

static bool begin(struct sender *s, int64_t now, struct err *e)
{
	s->tried = now;
	s->session++;
	if (!open_socket(s)) {
		int error = errno;
		close_socket(s);
		return err_set(e, ERR_IO, "cannot send to %s: %s", s->to.text, strerror(error));
	}
	if (!s->to.tcp)
		measure_room(s);
	return true;
}

static bool allocate(struct sender *s, bool tcp)
{
	s->fd = -1;
	if (!tcp)
		return true;
	s->backlog = malloc(SENDER_BACKLOG);
	s->waiting = calloc(SENDER_WAITING_MAX, sizeof *s->waiting);
	if (s->backlog && s->waiting)
		return true;
	free(s->backlog);
	free(s->waiting);
	return false;
}

struct sender *sender_new(const struct sender_address *to, int64_t now, struct err *e)
{
	struct sender *s = calloc(1, sizeof *s);
	if (!s || !allocate(s, to->tcp)) {
		free(s);
		err_set(e, ERR_NOMEM, "no memory to send");
		return NULL;
	}
	s->to = *to;
	s->family = ip_is_v4(&to->ip) ? AF_INET : AF_INET6;
	s->room = SENDER_MESSAGE_MAX;
	if (!begin(s, now, e) && !to->tcp) {
		sender_free(s);
		return NULL;
	}
	return s;
}

void sender_free(struct sender *s)
{
	if (!s)
		return;
	close_socket(s);
	free(s->backlog);
	free(s->waiting);
	free(s);
}

size_t sender_room(const struct sender *s)
{
	return s->room;
}

unsigned sender_session(const struct sender *s)
{
	return s->session;
}

size_t sender_waiting(const struct sender *s)
{
	return s->count;
}

int sender_fd(const struct sender *s)
{
	return s->fd;
}

/* What an earlier datagram met (nobody listens there) is told at the next one, which is not sent
 * then. */
static bool send_datagram(struct sender *s, const void *message, size_t len)
{
	for (int tries = 0; tries < 2; tries++) {
		if (send(s->fd, message, len, MSG_NOSIGNAL) == (ssize_t)len)
			return true;
		if (errno != ECONNREFUSED && errno != EINTR)
			break;
	}
	return false;
}

/* n octets of what waits are the kernel's. */
static void move_on(struct sender *s, size_t n)
{
	s->at += n;
	s->left -= n;
	s->gone += n;
	while (s->count && s->gone >= s->waiting[s->first].len) {
		s->gone -= s->waiting[s->first].len;
		count_sent(s, take_waiting(s));
	}
}

static void flush(struct sender *s)
{
	while (s->left && s->state == OPEN) {
		ssize_t n = send(s->fd, s->backlog + s->at, s->left, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			close_socket(s);
		if (n <= 0)
			break;
		move_on(s, (size_t)n);
	}
	if (s->left == 0)
		s->at = 0;
}

static void send_message(struct sender *s, const void *message, const struct message *m)
{
	if (s->at + s->left + m->len > SENDER_BACKLOG) {
		memmove(s->backlog, s->backlog + s->at, s->left);
		s->at = 0;
	}
	if (s->left + m->len > SENDER_BACKLOG || s->count == SENDER_WAITING_MAX) {
		count_lost(s, m);
		return;
	}
	memcpy(s->backlog + s->at + s->left, message, m->len);
	s->left += m->len;
	s->waiting[(s->first + s->count++) % SENDER_WAITING_MAX] = *m;
	flush(s);
}

void sender_send(struct sender *s, const void *message, size_t len, unsigned records)
{
	struct message m = { .len = (uint32_t)len, .records = records };
	if (s->fd >= 0 && s->to.tcp)
		send_message(s, message, &m);
	else if (s->fd >= 0 && send_datagram(s, message, len))
		count_sent(s, &m);
	else
		count_lost(s, &m);
}

void sender_end(struct sender *s)
{
	close_socket(s);
}

struct sender_counts sender_counts(const struct sender *s)
{
	return s->counts;
}

/* A connection that is being made, or that the collector has ended, shows only when it is asked. */
static void look_at_session(struct sender *s)
{
	struct tcp_info info;
	socklen_t len = sizeof info;
	if (s->fd < 0)
		return;
	if (getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		close_socket(s);
	else if (info.tcpi_state == TCP_ESTABLISHED)
		s->state = OPEN;
	else if (info.tcpi_state != TCP_SYN_SENT)
		close_socket(s);
}

void sender_tick(struct sender *s, int64_t now)
{
	if (!s->to.tcp) {
		measure_room(s);
		return;
	}
	look_at_session(s);
	if (s->fd < 0 && now - s->tried >= SENDER_RECONNECT_S * TICKS_PER_SECOND &&
	    !begin(s, now, NULL))
		return;
	flush(s);
}
