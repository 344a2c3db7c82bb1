#include "exporter/nat/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

bool netlink_open(struct netlink *n, unsigned groups, int receive_buffer, struct err *e)
{
	*n = (struct netlink){ .buffer = malloc(NETLINK_BUFFER) };
	if (!n->buffer) {
		err_set(e, ERR_NOMEM, "no memory for messages of connection tracking");
		goto fail;
	}
	n->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!n->socket || mnl_socket_bind(n->socket, groups, MNL_SOCKET_AUTOPID) < 0) {
		err_set(e, ERR_IO, "connection tracking cannot be listened to: %s%s",
		        strerror(errno), errno == EPERM ? " (it takes CAP_NET_ADMIN)" : "");
		goto fail;
	}
	int fd = netlink_fd(n);
	if (receive_buffer &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
	return true;

fail:
	netlink_close(n);
	return false;
}

void netlink_close(struct netlink *n)
{
	if (n->socket)
		mnl_socket_close(n->socket);
	free(n->buffer);
	*n = (struct netlink){ 0 };
}

int netlink_fd(const struct netlink *n)
{
	return mnl_socket_get_fd(n->socket);
}

bool netlink_ask(struct netlink *n, uint8_t type, uint8_t family)
{
	struct {
		struct nlmsghdr head;
		struct nfgenmsg body;
	} request = {
		.head = { .nlmsg_len = sizeof request,
		          .nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type),
		          .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		          .nlmsg_seq = ++n->sequence },
		.body = { .nfgen_family = family, .version = NFNETLINK_V0 },
	};
	return mnl_socket_sendto(n->socket, &request, sizeof request) == sizeof request;
}

/* A dump that could not go on ends with a negative errno. */
static enum netlink_rc ending(const struct nlmsghdr *done)
{
	int32_t error = 0;
	if (mnl_nlmsg_get_payload_len(done) >= sizeof error)
		memcpy(&error, mnl_nlmsg_get_payload(done), sizeof error);
	return error < 0 ? NETLINK_FAILED : NETLINK_DONE;
}

/* Answers to a request that was given up are skipped: their number is another. */
static enum netlink_rc take_all(struct netlink *n, size_t len,
                                void (*take)(void *context, const struct nlmsghdr *message),
                                void *context)
{
	int left = (int)len;
	for (const struct nlmsghdr *m = (const struct nlmsghdr *)n->buffer; mnl_nlmsg_ok(m, left);
	     m = mnl_nlmsg_next(m, &left)) {
		if (n->sequence && m->nlmsg_seq != n->sequence)
			continue;
		if (m->nlmsg_type == NLMSG_DONE)
			return ending(m);
		if (m->nlmsg_type == NLMSG_ERROR)
			return NETLINK_FAILED;
		if (m->nlmsg_type >= NLMSG_MIN_TYPE)
			take(context, m);
	}
	return NETLINK_MORE;
}

enum netlink_rc netlink_read(struct netlink *n,
                             void (*take)(void *context, const struct nlmsghdr *message),
                             void *context)
{
	ssize_t len = mnl_socket_recvfrom(n->socket, n->buffer, NETLINK_BUFFER);
	if (len > 0)
		return take_all(n, (size_t)len, take, context);
	if (errno == EAGAIN || errno == EINTR)
		return NETLINK_EMPTY;
	return errno == ENOBUFS ? NETLINK_LOST : NETLINK_FAILED;
}
