/* conntrack_message: what a netlink message of the kernel's connection tracking says.
 *
 * Message types, attributes and their byte order: <linux/netfilter/nfnetlink_conntrack.h>.  Read by
 * hand from the attributes: libnetfilter_conntrack does not give the identifier that an ICMP query
 * has after its translation.  Messages are the kernel's, but nothing behind their end is read, and
 * what makes no sense is told as CONNTRACK_OTHER. */
#pragma once

#include <stdint.h>

#include "exporter/nat/session.h"

struct nlmsghdr;

enum conntrack_news {
	CONNTRACK_OTHER,        /* not IPv4, or no such message */
	CONNTRACK_UNTRANSLATED, /* both directions tell the same */
	CONNTRACK_NEW,          /* of a dump: it is there */
	CONNTRACK_DESTROY,
};

struct conntrack_entry {
	struct session session;
	int64_t start, stop; /* ticks; 0: the kernel keeps none */
};

/* Fills ret where it is CONNTRACK_NEW or CONNTRACK_DESTROY. */
enum conntrack_news conntrack_read(const struct nlmsghdr *message, struct conntrack_entry *ret);

/* Packets of new connections that came to nothing, all processors together, modulo 2^32. */
struct conntrack_statistics {
	uint32_t insert_failed; /* the tuple was taken by the time they were to be entered */
	uint32_t drop;          /* dropped for that, or because the table was full */
};

/* Adds one processor's numbers (an answer to IPCTNL_MSG_CT_GET_STATS_CPU). */
void conntrack_add_statistics(const struct nlmsghdr *message, struct conntrack_statistics *sum);
