#include "weir/replay_sockets.h"
#include "core/base/sockaddr.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sender {
	struct ip ip; /* in the capture */
	uint16_t port;
	int fd;
};

struct replay_sockets {
	struct listen_address collector;
	struct sender senders[REPLAY_SOCKETS];
	size_t count, last, oldest; /* of senders; the one that was used last, and to go next */
	size_t exporter_count;
	struct ip exporters[REPLAY_EXPORTERS]; /* in order of first appearance */
};

struct replay_sockets *replay_sockets_new(const struct listen_address *collector, struct err *e)
{
	struct replay_sockets *s = calloc(1, sizeof *s);
	if (!s)
		err_set(e, ERR_NOMEM, "no memory to send");
	else
		s->collector = *collector;
	return s;
}

void replay_sockets_free(struct replay_sockets *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		close(s->senders[i].fd);
	free(s);
}

size_t replay_exporters(const struct replay_sockets *s)
{
	return s->exporter_count;
}

/* Whatever the collector's machine says of it arrives at the socket that sent. */
static bool failed(const struct replay_sockets *s, int error, struct err *e)
{
	char text[LISTEN_TEXT_MAX];
	listen_address_format(&s->collector, text);
	if (error == ECONNREFUSED)
		return err_set(e, ERR_IO, "nobody listens at %s", text);
	return err_set(e, ERR_IO, "cannot send to %s: %s", text, strerror(error));
}

/* The exporter's number, from 0, in order of first appearance. */
static bool number_of(struct replay_sockets *s, const struct ip *ip, size_t *ret, struct err *e)
{
	for (size_t i = 0; i < s->exporter_count; i++)
		if (ip_equal(&s->exporters[i], ip)) {
			*ret = i;
			return true;
		}
	if (s->exporter_count == REPLAY_EXPORTERS)
		return err_set(e, ERR_DATA, "more than %d addresses sent", REPLAY_EXPORTERS);
	*ret = s->exporter_count++;
	s->exporters[*ret] = *ip;
	return true;
}

static bool is_loopback(const struct ip *ip)
{
	return ip_is_v4(ip) && ip->b[12] == 127;
}

/* Exporter number n sends from 127.1.0.1 plus n; from its own port where that is free. */
static bool bind_as(int fd, size_t number, uint16_t port)
{
	size_t n = number + 1;
	struct ip ip =
	    ip_from_v4((uint8_t[]){ 127, (uint8_t)(1 + (n >> 16)), (uint8_t)(n >> 8), (uint8_t)n });
	struct sockaddr_storage from;
	socklen_t len = sockaddr_of(AF_INET, &ip, port, &from);
	if (bind(fd, (struct sockaddr *)&from, len) == 0)
		return true;
	len = sockaddr_of(AF_INET, &ip, 0, &from);
	return bind(fd, (struct sockaddr *)&from, len) == 0;
}

static int open_sender(const struct replay_sockets *s, size_t number, uint16_t port, struct err *e)
{
	const struct ip *to = &s->collector.ip;
	int family = ip_is_v4(to) ? AF_INET : AF_INET6;
	struct sockaddr_storage at;
	socklen_t len = sockaddr_of(family, to, s->collector.port, &at);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (!is_loopback(to) || bind_as(fd, number, port)) &&
	    connect(fd, (struct sockaddr *)&at, len) == 0)
		return fd;
	failed(s, errno, e);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Opens a socket in a place of its own, or in that of the oldest. */
static struct sender *new_sender(struct replay_sockets *s, const struct datagram *d, struct err *e)
{
	size_t number = 0;
	if (!number_of(s, &d->src, &number, e))
		return NULL;
	int fd = open_sender(s, number, d->src_port, e);
	if (fd < 0)
		return NULL;
	struct sender *sender = &s->senders[s->oldest];
	if (s->count == REPLAY_SOCKETS)
		close(sender->fd);
	else
		s->count++;
	s->oldest = (s->oldest + 1) % REPLAY_SOCKETS;
	*sender = (struct sender){ d->src, d->src_port, fd };
	return sender;
}

static bool is_of(const struct sender *sender, const struct datagram *d)
{
	return sender->port == d->src_port && ip_equal(&sender->ip, &d->src);
}

static struct sender *sender_of(struct replay_sockets *s, const struct datagram *d, struct err *e)
{
	if (s->count && is_of(&s->senders[s->last], d))
		return &s->senders[s->last];
	struct sender *sender = NULL;
	for (size_t i = 0; i < s->count && !sender; i++)
		if (is_of(&s->senders[i], d))
			sender = &s->senders[i];
	if (!sender)
		sender = new_sender(s, d, e);
	if (sender)
		s->last = (size_t)(sender - s->senders);
	return sender;
}

bool replay_send(struct replay_sockets *s, const struct datagram *d, struct err *e)
{
	struct sender *sender = sender_of(s, d, e);
	if (!sender)
		return false;
	if (send(sender->fd, d->payload, d->len, 0) >= 0)
		return true;
	return failed(s, errno, e);
}

bool replay_was_heard(const struct replay_sockets *s, struct err *e)
{
	for (size_t i = 0; i < s->count; i++) {
		int error = 0;
		socklen_t len = sizeof error;
		if (getsockopt(s->senders[i].fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error)
			return failed(s, error, e);
	}
	return true;
}
