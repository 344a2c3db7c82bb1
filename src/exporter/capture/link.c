#include "exporter/capture/link.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct links {
	int fd;
	uint32_t sequence;
	_Alignas(struct nlmsghdr) char buffer[LINK_BUFFER];
};

/* One question: the headers, and room for the name of an interface. */
struct question {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct rtmsg route;
	};
	char attributes[RTA_SPACE(IF_NAMESIZE)];
};

/* Takes a message of the answer. */
typedef void take_message(struct nlmsghdr *message, void *context);

struct links *links_open(struct err *e)
{
	struct links *links = calloc(1, sizeof *links);
	if (!links) {
		err_set(e, ERR_NOMEM, "no memory to ask for network interfaces");
		return NULL;
	}
	struct timeval wait = { .tv_sec = LINK_SECONDS };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	links->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (links->fd >= 0 &&
	    setsockopt(links->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
	    connect(links->fd, (const struct sockaddr *)&kernel, sizeof kernel) == 0)
		return links;
	err_set(e, ERR_IO, "the kernel cannot be asked for network interfaces: %s",
	        strerror(errno));
	links_close(links);
	return NULL;
}

void links_close(struct links *links)
{
	if (!links)
		return;
	if (links->fd >= 0)
		close(links->fd);
	free(links);
}

/* ---- asking ---- */

static bool send_question(struct links *links, struct question *q, uint16_t type, size_t len)
{
	q->header.nlmsg_len = (uint32_t)len;
	q->header.nlmsg_type = type;
	q->header.nlmsg_flags |= NLM_F_REQUEST;
	q->header.nlmsg_seq = ++links->sequence;
	return send(links->fd, q, len, 0) == (ssize_t)len;
}

/* Errors are told as negative numbers, 0 for none. */
static int error_of(struct nlmsghdr *message)
{
	return message->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))
	           ? EPROTO
	           : -((struct nlmsgerr *)NLMSG_DATA(message))->error;
}

/* Hands on the messages that answer the last question; true when there are no more.  Answers to
 * earlier ones, which came after their time, are left out. */
static bool take_answer(struct links *links, unsigned len, bool dump, take_message *take,
                        void *context, int *ret_error)
{
	struct nlmsghdr *m = (void *)links->buffer;
	for (; NLMSG_OK(m, len); m = NLMSG_NEXT(m, len)) {
		if (m->nlmsg_seq != links->sequence)
			continue;
		if (m->nlmsg_type == NLMSG_DONE)
			return true;
		if (m->nlmsg_type == NLMSG_ERROR) {
			*ret_error = error_of(m);
			return true;
		}
		take(m, context);
		if (!dump)
			return true;
	}
	return false;
}

/* Asks and waits for the whole answer.  Returns 0 or an error number. */
static int ask(struct links *links, struct question *q, uint16_t type, size_t len,
               take_message *take, void *context)
{
	bool dump = q->header.nlmsg_flags & NLM_F_DUMP;
	int error = 0;
	if (!send_question(links, q, type, len))
		return errno;
	for (;;) {
		ssize_t n = recv(links->fd, links->buffer, sizeof links->buffer, MSG_TRUNC);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? ETIMEDOUT : errno;
		if ((size_t)n > sizeof links->buffer)
			return EMSGSIZE;
		if (take_answer(links, (unsigned)n, dump, take, context, &error))
			return error;
	}
}

/* ---- interfaces ---- */

static void read_attribute(struct rtattr *a, struct link_info *link)
{
	size_t len = RTA_PAYLOAD(a);
	struct rtnl_link_stats64 stats = { 0 };
	if (a->rta_type == IFLA_IFNAME && len <= sizeof link->name) {
		memcpy(link->name, RTA_DATA(a), len);
		link->name[sizeof link->name - 1] = '\0';
	} else if (a->rta_type == IFLA_MTU && len == sizeof link->mtu) {
		memcpy(&link->mtu, RTA_DATA(a), len);
	} else if (a->rta_type == IFLA_STATS64) {
		memcpy(&stats, RTA_DATA(a), len < sizeof stats ? len : sizeof stats);
		link->packets = (struct link_packets){ stats.rx_packets, stats.tx_packets };
	}
}

static void read_link(struct nlmsghdr *m, void *context)
{
	struct link_info *link = context;
	struct ifinfomsg *info = NLMSG_DATA(m);
	if (m->nlmsg_type != RTM_NEWLINK || m->nlmsg_len < NLMSG_LENGTH(sizeof *info))
		return;
	*link = (struct link_info){
		.index = (uint32_t)info->ifi_index,
		.type = info->ifi_type,
		.up = (info->ifi_flags & IFF_UP) && (info->ifi_flags & IFF_RUNNING),
	};
	unsigned left = (unsigned)IFLA_PAYLOAD(m);
	for (struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left))
		read_attribute(a, link);
}

/* `what` is for people. */
static bool ask_link(struct links *links, struct question *q, size_t len, const char *what,
                     struct link_info *ret, struct err *e)
{
	struct link_info found = { 0 };
	int error = ask(links, q, RTM_GETLINK, len, read_link, &found);
	if (error == ENODEV || (error == 0 && found.index == 0))
		return err_set(e, ERR_CONFIG, "there is no network interface '%s'", what);
	if (error)
		return err_set(e, ERR_IO, "asking for network interface '%s': %s", what,
		               strerror(error));
	*ret = found;
	return true;
}

bool link_by_name(struct links *links, const char *name, struct link_info *ret, struct err *e)
{
	struct question q = { .link.ifi_family = AF_UNSPEC };
	struct rtattr a = { .rta_type = IFLA_IFNAME };
	size_t len = strlen(name) + 1;
	if (len == 1 || len > IF_NAMESIZE)
		return err_set(e, ERR_CONFIG, "there is no network interface '%s'", name);
	a.rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(q.attributes, &a, sizeof a);
	memcpy(q.attributes + RTA_LENGTH(0), name, len);
	return ask_link(links, &q, NLMSG_LENGTH(sizeof q.link) + RTA_SPACE(len), name, ret, e);
}

bool link_by_index(struct links *links, uint32_t index, struct link_info *ret, struct err *e)
{
	struct question q = { .link.ifi_index = (int)index };
	char text[16];
	snprintf(text, sizeof text, "%u", index);
	return ask_link(links, &q, NLMSG_LENGTH(sizeof q.link), text, ret, e);
}

/* ---- the default route ---- */

struct default_route {
	uint32_t index; /* 0: none yet */
	uint32_t metric;
};

static uint32_t attribute_u32(struct rtattr *a)
{
	uint32_t v = 0;
	if (RTA_PAYLOAD(a) >= sizeof v)
		memcpy(&v, RTA_DATA(a), sizeof v);
	return v;
}

/* Of a route with several next hops the first. */
static uint32_t first_hop(struct rtattr *a)
{
	struct rtnexthop *hop = RTA_DATA(a);
	return RTA_PAYLOAD(a) >= sizeof *hop ? (uint32_t)hop->rtnh_ifindex : 0;
}

static void read_route(struct nlmsghdr *m, void *context)
{
	struct default_route *best = context, route = { 0 };
	struct rtmsg *r = NLMSG_DATA(m);
	if (m->nlmsg_type != RTM_NEWROUTE || m->nlmsg_len < NLMSG_LENGTH(sizeof *r) ||
	    r->rtm_dst_len || r->rtm_table != RT_TABLE_MAIN || r->rtm_type != RTN_UNICAST)
		return;
	unsigned left = (unsigned)RTM_PAYLOAD(m);
	for (struct rtattr *a = RTM_RTA(r); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == RTA_OIF)
			route.index = attribute_u32(a);
		else if (a->rta_type == RTA_MULTIPATH)
			route.index = first_hop(a);
		else if (a->rta_type == RTA_PRIORITY)
			route.metric = attribute_u32(a);
	}
	if (route.index && (!best->index || route.metric < best->metric))
		*best = route;
}

bool link_by_default_route(struct links *links, struct link_info *ret, struct err *e)
{
	static const unsigned char families[] = { AF_INET, AF_INET6 };
	struct default_route route = { 0 };
	int error = 0;
	for (size_t i = 0; i < ARRAY_LEN(families) && !route.index && !error; i++) {
		struct question q = {
			.header.nlmsg_flags = NLM_F_DUMP,
			.route.rtm_family = families[i],
		};
		error =
		    ask(links, &q, RTM_GETROUTE, NLMSG_LENGTH(sizeof q.route), read_route, &route);
	}
	if (error)
		return err_set(e, ERR_IO, "asking for the default route: %s", strerror(error));
	if (!route.index)
		return err_set(e, ERR_CONFIG, "there is no default route");
	return link_by_index(links, route.index, ret, e);
}
