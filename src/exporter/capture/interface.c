#include "exporter/capture/interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <math.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "exporter/capture/link.h"

enum {
	LINK_ETHERNET = 1, /* pcap's */
	LINK_RAW = 101,
};

enum { TYPE_IP6GRE = 823 }; /* ARPHRD_IP6GRE, which <net/if_arp.h> lacks */

enum presence {
	UP,
	DOWN,
	AWAY,
};

struct interface {
	char name[IF_NAMESIZE];
	struct interface_config config;
	uint16_t type; /* ARPHRD_… that it was opened with */
	int fd;
	struct links *links;
	struct packet_ring *ring;
	struct observer observer;
	struct interface_counts counts;
	enum presence presence;
	bool unhooked; /* the socket has told that its interface went down or away */
	struct link_packets link_packets; /* the link's own counters when last looked at */
};

/* Of a tunnel nothing but the IP packet inside is seen. */
static const struct {
	uint16_t type; /* ARPHRD_… */
	int link;
} types[] = {
	{ ARPHRD_ETHER, LINK_ETHERNET }, { ARPHRD_LOOPBACK, LINK_ETHERNET },
	{ ARPHRD_NONE, LINK_RAW },       { ARPHRD_RAWIP, LINK_RAW },
	{ ARPHRD_PPP, LINK_RAW },        { ARPHRD_TUNNEL, LINK_RAW },
	{ ARPHRD_TUNNEL6, LINK_RAW },    { ARPHRD_SIT, LINK_RAW },
	{ ARPHRD_IPGRE, LINK_RAW },      { TYPE_IP6GRE, LINK_RAW },
};

/* ---- opening and closing ---- */

static bool choose_link(struct interface *i, const struct link_info *link, struct err *e)
{
	size_t t = 0;
	while (t < ARRAY_LEN(types) && types[t].type != link->type)
		t++;
	if (t == ARRAY_LEN(types))
		return err_set(e, ERR_CONFIG, "interfaces of its type (%u) cannot be read",
		               link->type);
	i->type = link->type;
	i->observer.link = types[t].link;
	if (link->type == ARPHRD_LOOPBACK && i->config.direction == KERNEL_FILTER_BOTH)
		i->config.direction = KERNEL_FILTER_INGRESS;
	return true;
}

static bool open_socket(struct interface *i, struct err *e)
{
	/* Protocol 0: nothing is received before the socket is bound, so nothing unfiltered. */
	i->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (i->fd >= 0)
		return true;
	if (errno == EPERM)
		return err_set(e, ERR_IO, "not permitted: it takes root, or CAP_NET_RAW");
	return err_set(e, ERR_IO, "no packet socket: %s", strerror(errno));
}

static bool bind_to(struct interface *i, const struct link_info *link, struct err *e)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)link->index,
	};
	if (bind(i->fd, (const struct sockaddr *)&at, sizeof at) != 0)
		return err_set(e, ERR_IO, "cannot be bound to: %s", strerror(errno));
	i->observer.interface = link->index;
	i->link_packets = link->packets;
	return true;
}

/* The filter drops what is sent, too; but this keeps the kernel from copying it first. */
static void ignore_outgoing(struct interface *i)
{
	int on = i->config.direction == KERNEL_FILTER_INGRESS;
	if (on)
		(void)setsockopt(i->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
}

static bool open_interface(struct interface *i, const char *name, struct err *e)
{
	struct link_info link;
	i->links = links_open(e);
	if (!i->links || !link_by_name(i->links, name, &link, e) || !choose_link(i, &link, e) ||
	    !open_socket(i, e))
		return false;
	memcpy(i->name, link.name, sizeof i->name);
	ignore_outgoing(i);
	struct kernel_filter filter = { i->config.interval, i->config.direction,
		                        INTERFACE_SNAP_LEN };
	i->ring = packet_ring_open(i->fd, i->config.ring ? i->config.ring : INTERFACE_RING, e);
	i->presence = link.up ? UP : DOWN;
	return i->ring && kernel_filter_attach(i->fd, &filter, e) && bind_to(i, &link, e);
}

struct interface *interface_open(const char *name, const struct interface_config *config,
                                 struct err *e)
{
	struct interface *i = calloc(1, sizeof *i);
	if (!i) {
		err_set(e, ERR_NOMEM, "no memory to capture from '%s'", name);
		return NULL;
	}
	i->fd = -1;
	i->config = *config;
	selector_init(&i->observer.selector, &(struct selector_config){
						 .algorithm = SELECTOR_RANDOM,
						 .interval = config->interval,
						 .seeded = config->seeded,
						 .seed = config->seed,
					     });
	if (open_interface(i, name, e))
		return i;
	err_wrap(e, "capturing from '%s'", name);
	interface_close(i);
	return NULL;
}

void interface_close(struct interface *i)
{
	if (!i)
		return;
	packet_ring_close(i->ring);
	if (i->fd >= 0)
		close(i->fd);
	links_close(i->links);
	free(i);
}

/* ---- what it is ---- */

const char *interface_name(const struct interface *i)
{
	return i->name;
}

uint32_t interface_index(const struct interface *i)
{
	return i->observer.interface;
}

int interface_fd(const struct interface *i)
{
	return i->fd;
}

void interface_describe(const struct interface *i, char *ret_text, size_t room)
{
	static const char *const directions[] = {
		[KERNEL_FILTER_BOTH] = "both directions",
		[KERNEL_FILTER_INGRESS] = "ingress",
		[KERNEL_FILTER_EGRESS] = "egress",
	};
	snprintf(ret_text, room,
	         "capturing from %s (%u), %s, 1:%u in the kernel, ring of %zu KiB%s%s", i->name,
	         i->observer.interface, directions[i->config.direction], i->config.interval,
	         packet_ring_size(i->ring) / 1024,
	         packet_ring_tells_glue(i->ring)
	             ? ""
	             : "; this kernel does not tell how packets are glued (PACKET_VNET_HDR): turn "
	               "off GRO and TSO, or too few are counted",
	         i->presence == UP ? "" : "; it is down");
}

/* ---- capturing ---- */

struct reading {
	struct interface *interface;
	struct observed_sink sink;
};

static void take_frame(void *context, const struct packet_ring_frame *f)
{
	struct reading *r = context;
	struct captured c = f->captured;
	c.accepted = kernel_filter_accepted(r->interface->config.interval, f->kernel_len);
	observer_take(&r->interface->observer, &c, r->sink);
}

/* A socket tells by an error that its interface went down or away, and who waits for it would be
 * woken until that is taken. */
static void take_socket_error(struct interface *i)
{
	int error = 0;
	socklen_t len = sizeof error;
	if (getsockopt(i->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error)
		i->unhooked = true;
}

void interface_read(struct interface *i, struct observed_sink sink)
{
	struct reading r = { i, sink };
	if (!packet_ring_read(i->ring, (struct packet_ring_sink){ take_frame, &r }))
		take_socket_error(i);
}

void interface_finish(struct interface *i, struct observed_sink sink)
{
	struct sock_filter nothing[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog program = { ARRAY_LEN(nothing), nothing };
	const struct timespec handed_over = { .tv_nsec = 2 * PACKET_RING_MS * 1000000L };
	(void)setsockopt(i->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
	nanosleep(&handed_over, NULL);
	interface_read(i, sink);
}

/* ---- what becomes of the interface ---- */

/* Adds what the link has counted since it was last looked at. */
static void count_population(struct interface *i, const struct link_packets *now)
{
	bool in = i->config.direction != KERNEL_FILTER_EGRESS;
	bool out = i->config.direction != KERNEL_FILTER_INGRESS;
	i->counts.population += in ? now->in - i->link_packets.in : 0;
	i->counts.population += out ? now->out - i->link_packets.out : 0;
	i->link_packets = *now;
}

/* Finds the interface of this name and captures from it.  A socket follows its interface down and
 * up again, but not to a new one, whatever its ifIndex. */
static bool look(struct interface *i, enum presence *ret, struct err *e)
{
	struct link_info link;
	*ret = AWAY;
	if (!link_by_name(i->links, i->name, &link, e))
		return false;
	if (link.type != i->type)
		return err_set(e, ERR_CONFIG, "it is of another type (%u) now", link.type);
	if (link.index != i->observer.interface || (link.up && i->unhooked)) {
		if (!bind_to(i, &link, e))
			return false;
		i->unhooked = false;
	}
	count_population(i, &link.packets);
	*ret = link.up ? UP : DOWN;
	return true;
}

bool interface_watch(struct interface *i, char *ret_text, size_t room)
{
	static const char *const words[] = {
		[UP] = "is up",
		[DOWN] = "is down",
		[AWAY] = "is gone",
	};
	struct err e = { 0 };
	enum presence before = i->presence, now;
	uint32_t index = i->observer.interface;
	take_socket_error(i);
	bool there = look(i, &now, &e);
	i->presence = now;
	bool another = i->observer.interface != index;
	i->counts.lost += before == UP && (now != UP || another);
	if (now == before && !another)
		return false;
	snprintf(ret_text, room, "%s (%u) %s%s%s", i->name, i->observer.interface, words[now],
	         there ? "" : ": ", there ? "" : e.text);
	return true;
}

static uint32_t achieved(uint32_t interval, const struct packet_ring_counts *n)
{
	if (n->passed == 0)
		return interval;
	double rate = interval * ((double)(n->passed + n->dropped) / (double)n->passed);
	return rate < UINT32_MAX ? (uint32_t)lround(rate) : UINT32_MAX;
}

const struct interface_counts *interface_counts(struct interface *i)
{
	struct link_info link;
	i->counts.observed = i->observer.counts;
	i->counts.ring = *packet_ring_counts(i->ring);
	i->counts.achieved = achieved(i->config.interval, &i->counts.ring);
	if (i->presence != AWAY && link_by_index(i->links, i->observer.interface, &link, NULL))
		count_population(i, &link.packets);
	return &i->counts;
}
