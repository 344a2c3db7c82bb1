#include "collector/receive/listener.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/receive/allow_list.h"
#include "collector/receive/drop_counter.h"
#include "collector/receive/listen_socket.h"
#include "core/base/sockaddr.h"
#include "core/base/ticks.h"

/* What the kernel says about one datagram beside its octets. */
struct beside {
	struct sockaddr_storage from;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec)) +
	                                      CMSG_SPACE(sizeof(uint32_t))];
};

struct listener {
	int fd;
	uint16_t port;
	char name[LISTEN_TEXT_MAX];
	size_t asked; /* octets of receive buffer */
	const struct allow_list *allowed;
	struct drop_counter drops;
	struct listener_counts counts;
	struct mmsghdr headers[BURST_SLOTS];
	struct beside beside[BURST_SLOTS];
};

/* ---- opening and closing ---- */

/* Owns fd at once. */
static struct listener *listener_new(int fd, const struct listen_address *address,
                                     const struct listen_options *options)
{
	struct listener *l = calloc(1, sizeof *l);
	if (!l) {
		close(fd);
		return NULL;
	}
	l->fd = fd;
	l->port = address->port;
	l->asked = options->receive_buffer;
	l->allowed = options->allowed;
	l->drops.seen = listen_socket_drops(fd);
	listen_address_format(address, l->name);
	return l;
}

void listener_close(struct listener *l)
{
	if (!l)
		return;
	close(l->fd);
	free(l);
}

void listener_allow(struct listener *l, const struct allow_list *allowed)
{
	l->allowed = allowed;
}

static bool prepare_inherited(const int *fds, unsigned count, size_t receive_buffer, struct err *e)
{
	for (unsigned i = 0; i < count; i++)
		if (!listen_socket_prepare(fds[i], receive_buffer, e))
			return false;
	return count == 1 || steering_attach(fds[0], count, e);
}

/* Turns descriptors into listeners; all or nothing, and no descriptor survives nothing. */
static bool adopt(const int *fds, unsigned count, const struct listen_address *address,
                  const struct listen_options *options, struct listeners *ret, struct err *e)
{
	bool ok = true;
	for (unsigned i = 0; i < count; i++) {
		ret->at[i] = listener_new(fds[i], address, options);
		ok = ok && ret->at[i];
	}
	ret->count = count;
	if (ok)
		return true;
	for (unsigned i = 0; i < count; i++)
		listener_close(ret->at[i]);
	ret->count = 0;
	return err_set(e, ERR_NOMEM, "no memory to listen");
}

bool listeners_open(const struct listen_options *options, unsigned workers,
                    struct inherited *inherited, struct listeners *ret, struct err *e)
{
	int fds[STEERING_MOST];
	struct listen_address address = options->address;
	assert(workers > 0 && workers <= STEERING_MOST);
	unsigned count = listen_sockets_take(inherited, &address, fds);
	if (count && !prepare_inherited(fds, count, options->receive_buffer, e)) {
		while (count > 0)
			close(fds[--count]);
		return false;
	}
	if (count == 0) {
		count = workers;
		if (!listen_sockets_open(&address, options->receive_buffer, fds, count, e))
			return false;
	}
	return adopt(fds, count, &address, options, ret, e);
}

/* ---- what it is ---- */

const char *listener_name(const struct listener *l)
{
	return l->name;
}

uint16_t listener_port(const struct listener *l)
{
	return l->port;
}

int listener_fd(const struct listener *l)
{
	return l->fd;
}

size_t listener_buffer(const struct listener *l)
{
	return listen_socket_buffer(l->fd);
}

bool listener_has_its_buffer(const struct listener *l, char *ret_text, size_t room)
{
	size_t has = listener_buffer(l);
	if (has >= l->asked)
		return true;
	snprintf(ret_text, room,
	         "the receive buffer at %s is %zu octets, not the %zu asked for: bursts may be "
	         "lost; sysctl -w net.core.rmem_max=%zu allows it",
	         l->name, has, l->asked, l->asked);
	return false;
}

/* ---- receiving ---- */

const struct listener_counts *listener_counts(struct listener *l)
{
	drop_counter_see(&l->drops, listen_socket_drops(l->fd));
	l->counts.dropped = l->drops.total;
	return &l->counts;
}

static void offer(struct listener *l, size_t i, struct iovec *iov, size_t iov_count)
{
	l->headers[i].msg_hdr = (struct msghdr){
		.msg_name = &l->beside[i].from,
		.msg_namelen = sizeof l->beside[i].from,
		.msg_iov = iov,
		.msg_iovlen = iov_count,
		.msg_control = iov_count ? l->beside[i].control : NULL,
		.msg_controllen = iov_count ? sizeof l->beside[i].control : 0,
	};
}

/* With MSG_TRUNC a datagram's length is told as it was sent, however little of it is taken. */
static size_t burst(struct listener *l, size_t count)
{
	int n = recvmmsg(l->fd, l->headers, (unsigned)count, MSG_DONTWAIT | MSG_TRUNC, NULL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		l->counts.errors++;
	return n < 0 ? 0 : (size_t)n;
}

/* Counts a datagram; true where its sender may send. */
static bool admit(struct listener *l, size_t i, struct ip *ret_from, uint16_t *ret_port)
{
	l->counts.datagrams++;
	l->counts.octets += l->headers[i].msg_len;
	sockaddr_read(&l->beside[i].from, ret_from, ret_port);
	if (allow_list_holds(l->allowed, ret_from))
		return true;
	l->counts.not_allowed++;
	return false;
}

/* The kernel's arrival time, and its count of drops where there are any. */
static int64_t read_control(struct listener *l, struct msghdr *header)
{
	int64_t arrival = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		struct timespec at;
		uint32_t drops;
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&at, CMSG_DATA(c), sizeof at);
			arrival = ticks_from_unix_ns(at.tv_sec * INT64_C(1000000000) + at.tv_nsec);
		} else if (c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&drops, CMSG_DATA(c), sizeof drops);
			drop_counter_see(&l->drops, drops);
		}
	}
	return arrival ? arrival : ticks_now();
}

static bool fill(struct listener *l, size_t i, struct burst_slot *slot)
{
	if (!admit(l, i, &slot->from, &slot->port))
		return false;
	if (l->headers[i].msg_hdr.msg_flags & MSG_TRUNC) {
		l->counts.truncated++;
		return false;
	}
	slot->arrival = read_control(l, &l->headers[i].msg_hdr);
	slot->len = l->headers[i].msg_len;
	return true;
}

/* Closes the gap that a datagram left which fills no slot; rare, so that copying does no harm. */
static void move_slot(struct burst_slot *to, const struct burst_slot *from)
{
	assert(to->iov[0].iov_len == from->iov[0].iov_len &&
	       to->iov[1].iov_len == from->iov[1].iov_len);
	size_t first = from->len < from->iov[0].iov_len ? from->len : from->iov[0].iov_len;
	memcpy(to->iov[0].iov_base, from->iov[0].iov_base, first);
	if (from->len > first)
		memcpy(to->iov[1].iov_base, from->iov[1].iov_base, from->len - first);
	to->arrival = from->arrival;
	to->from = from->from;
	to->port = from->port;
	to->len = from->len;
}

size_t listener_receive(struct listener *l, struct burst_slot *slots, size_t count)
{
	count = count < BURST_SLOTS ? count : BURST_SLOTS;
	for (size_t i = 0; i < count; i++)
		offer(l, i, slots[i].iov, ARRAY_LEN(slots[i].iov));
	size_t received = burst(l, count);
	size_t filled = 0;
	for (size_t i = 0; i < received; i++) {
		if (!fill(l, i, &slots[i]))
			continue;
		if (filled < i)
			move_slot(&slots[filled], &slots[i]);
		filled++;
	}
	return filled;
}

size_t listener_discard(struct listener *l, size_t most)
{
	size_t discarded = 0, received = 1;
	while (discarded < most && received > 0) {
		size_t count = most - discarded < BURST_SLOTS ? most - discarded : BURST_SLOTS;
		for (size_t i = 0; i < count; i++)
			offer(l, i, NULL, 0);
		received = burst(l, count);
		for (size_t i = 0; i < received; i++) {
			struct ip from;
			uint16_t port;
			l->counts.refused += admit(l, i, &from, &port);
		}
		discarded += received;
	}
	return discarded;
}
