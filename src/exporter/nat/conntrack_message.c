#include "exporter/nat/conntrack_message.h"

#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/ticks.h"

/* Attributes of one level by their type; NULL where there is none. */
enum { ATTRIBUTES = 32 };
struct attributes {
	const struct nlattr *of[ATTRIBUTES];
};

struct tuple {
	uint32_t src, dst; /* network order */
	uint16_t src_port, dst_port;
	uint8_t protocol;
};

static int add(const struct nlattr *attr, void *set)
{
	uint16_t type = mnl_attr_get_type(attr);
	if (type < ATTRIBUTES)
		((struct attributes *)set)->of[type] = attr;
	return MNL_CB_OK;
}

/* The library rounds a message's end up to the attributes' alignment, on which the kernel ends it.
 */
static bool is_whole(const struct nlmsghdr *message)
{
	return mnl_nlmsg_get_payload_len(message) >= sizeof(struct nfgenmsg) &&
	       message->nlmsg_len % MNL_ALIGNTO == 0;
}

static struct attributes attributes_of(const struct nlmsghdr *message)
{
	struct attributes set = { 0 };
	mnl_attr_parse(message, sizeof(struct nfgenmsg), add, &set);
	return set;
}

static struct attributes attributes_in(const struct nlattr *nest)
{
	struct attributes set = { 0 };
	if (nest)
		mnl_attr_parse_nested(nest, add, &set);
	return set;
}

/* Its payload where that has at least `len` octets, else zeros. */
static const uint8_t *payload(const struct nlattr *attr, size_t len)
{
	static const uint8_t zeros[sizeof(uint64_t)];
	return attr && mnl_attr_get_payload_len(attr) >= len ? mnl_attr_get_payload(attr) : zeros;
}

static uint32_t raw32(const struct nlattr *attr)
{
	uint32_t v;
	memcpy(&v, payload(attr, sizeof v), sizeof v);
	return v;
}

static bool read_tuple(const struct nlattr *nest, struct tuple *ret)
{
	struct attributes tuple = attributes_in(nest);
	struct attributes ip = attributes_in(tuple.of[CTA_TUPLE_IP]);
	struct attributes proto = attributes_in(tuple.of[CTA_TUPLE_PROTO]);
	if (!ip.of[CTA_IP_V4_SRC] || !ip.of[CTA_IP_V4_DST] || !proto.of[CTA_PROTO_NUM])
		return false;
	ret->src = raw32(ip.of[CTA_IP_V4_SRC]);
	ret->dst = raw32(ip.of[CTA_IP_V4_DST]);
	ret->protocol = *payload(proto.of[CTA_PROTO_NUM], 1);
	ret->src_port = be16(payload(proto.of[CTA_PROTO_SRC_PORT], 2));
	ret->dst_port = be16(payload(proto.of[CTA_PROTO_DST_PORT], 2));
	return true;
}

static uint16_t icmp_id(const struct nlattr *nest)
{
	struct attributes tuple = attributes_in(nest);
	struct attributes proto = attributes_in(tuple.of[CTA_TUPLE_PROTO]);
	return be16(payload(proto.of[CTA_PROTO_ICMP_ID], 2));
}

/* Answers come from where requests were sent on to: post-NAT is the reply's tuple the other way
 * round. */
static bool read_session(const struct attributes *top, struct session *ret)
{
	struct tuple orig, reply;
	if (!read_tuple(top->of[CTA_TUPLE_ORIG], &orig) ||
	    !read_tuple(top->of[CTA_TUPLE_REPLY], &reply))
		return false;
	*ret = (struct session){
		.key = { raw32(top->of[CTA_ID]),
		         orig.src,
		         orig.dst,
		         orig.src_port,
		         orig.dst_port,
		         orig.protocol,
		         { 0 } },
		.post_src = reply.dst,
		.post_dst = reply.src,
		.post_src_port = reply.dst_port,
		.post_dst_port = reply.src_port,
	};
	if (orig.protocol == IPPROTO_ICMP) {
		ret->key.src_port = icmp_id(top->of[CTA_TUPLE_ORIG]);
		ret->post_src_port = icmp_id(top->of[CTA_TUPLE_REPLY]);
	}
	return true;
}

/* The kernel's are nanoseconds since 1970. */
static int64_t time_of(const struct nlattr *attr)
{
	uint64_t ns = be64(payload(attr, sizeof ns));
	return ns && ns <= INT64_MAX ? ticks_from_unix_ns((int64_t)ns) : 0;
}

enum conntrack_news conntrack_read(const struct nlmsghdr *message, struct conntrack_entry *ret)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(message);
	uint16_t type = message->nlmsg_type;
	bool deleted = type == (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE);
	bool is_new = type == (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW);
	if (!is_whole(message) || head->nfgen_family != AF_INET || !(deleted || is_new))
		return CONNTRACK_OTHER;
	struct attributes top = attributes_of(message);
	if (!read_session(&top, &ret->session))
		return CONNTRACK_OTHER;
	if (!session_is_source_translated(&ret->session) &&
	    !session_is_destination_translated(&ret->session))
		return CONNTRACK_UNTRANSLATED;
	struct attributes times = attributes_in(top.of[CTA_TIMESTAMP]);
	ret->start = time_of(times.of[CTA_TIMESTAMP_START]);
	ret->stop = time_of(times.of[CTA_TIMESTAMP_STOP]);
	return deleted ? CONNTRACK_DESTROY : CONNTRACK_NEW;
}

void conntrack_add_statistics(const struct nlmsghdr *message, struct conntrack_statistics *sum)
{
	if (!is_whole(message))
		return;
	struct attributes top = attributes_of(message);
	sum->insert_failed += be32toh(raw32(top.of[CTA_STATS_INSERT_FAILED]));
	sum->drop += be32toh(raw32(top.of[CTA_STATS_DROP]));
}
