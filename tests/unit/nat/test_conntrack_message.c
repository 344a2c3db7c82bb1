/* Messages are put together as <linux/netfilter/nfnetlink_conntrack.h> has them. */
#include "exporter/nat/conntrack_message.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "support/unit.h"

struct flow {
	const char *src, *dst;
	uint16_t src_port, dst_port; /* src_port: the identifier of ICMP */
	uint8_t protocol;
};

struct message {
	uint8_t octets[512];
	struct nlmsghdr *head;
};

static void begin(struct message *m, uint8_t type, uint8_t family)
{
	memset(m, 0, sizeof *m);
	m->head = mnl_nlmsg_put_header(m->octets);
	m->head->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	struct nfgenmsg *body = mnl_nlmsg_put_extra_header(m->head, sizeof *body);
	body->nfgen_family = family;
}

static void put_tuple(struct message *m, uint16_t type, const struct flow *f)
{
	struct nlattr *tuple = mnl_attr_nest_start(m->head, type);
	struct nlattr *ip = mnl_attr_nest_start(m->head, CTA_TUPLE_IP);
	mnl_attr_put_u32(m->head, CTA_IP_V4_SRC, inet_addr(f->src));
	mnl_attr_put_u32(m->head, CTA_IP_V4_DST, inet_addr(f->dst));
	mnl_attr_nest_end(m->head, ip);
	struct nlattr *proto = mnl_attr_nest_start(m->head, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(m->head, CTA_PROTO_NUM, f->protocol);
	if (f->protocol == IPPROTO_ICMP) {
		mnl_attr_put_u16(m->head, CTA_PROTO_ICMP_ID, htons(f->src_port));
		mnl_attr_put_u8(m->head, CTA_PROTO_ICMP_TYPE, type == CTA_TUPLE_ORIG ? 8 : 0);
		mnl_attr_put_u8(m->head, CTA_PROTO_ICMP_CODE, 0);
	} else {
		mnl_attr_put_u16(m->head, CTA_PROTO_SRC_PORT, htons(f->src_port));
		mnl_attr_put_u16(m->head, CTA_PROTO_DST_PORT, htons(f->dst_port));
	}
	mnl_attr_nest_end(m->head, proto);
	mnl_attr_nest_end(m->head, tuple);
}

static void put_times(struct message *m, uint64_t start_ns, uint64_t stop_ns)
{
	struct nlattr *times = mnl_attr_nest_start(m->head, CTA_TIMESTAMP);
	mnl_attr_put_u64(m->head, CTA_TIMESTAMP_START, htobe64(start_ns));
	mnl_attr_put_u64(m->head, CTA_TIMESTAMP_STOP, htobe64(stop_ns));
	mnl_attr_nest_end(m->head, times);
}

static enum conntrack_news read_flows(uint8_t type, const struct flow *orig,
                                      const struct flow *reply, struct conntrack_entry *ret)
{
	struct message m;
	begin(&m, type, AF_INET);
	put_tuple(&m, CTA_TUPLE_ORIG, orig);
	put_tuple(&m, CTA_TUPLE_REPLY, reply);
	mnl_attr_put_u32(m.head, CTA_ID, htonl(0x01020304));
	put_times(&m, 1795780800123456700, 1795780801000000000);
	return conntrack_read(m.head, ret);
}

static const struct flow request = { "10.0.0.2", "192.0.2.9", 5000, 53, 17 };
static const struct flow translated_reply = { "192.0.2.9", "203.0.113.10", 53, 1024, 17 };

/* 2026-11-27T12:00:00Z is 1795780800. */
static void after_translation_is_the_reply_the_other_way_round(void **state)
{
	(void)state;
	struct conntrack_entry e;
	assert_int_equal(read_flows(IPCTNL_MSG_CT_NEW, &request, &translated_reply, &e),
	                 CONNTRACK_NEW);
	assert_int_equal(e.session.key.src, inet_addr("10.0.0.2"));
	assert_int_equal(e.session.key.src_port, 5000);
	assert_int_equal(e.session.key.dst, inet_addr("192.0.2.9"));
	assert_int_equal(e.session.key.dst_port, 53);
	assert_int_equal(e.session.key.protocol, 17);
	assert_int_equal(e.session.post_src, inet_addr("203.0.113.10"));
	assert_int_equal(e.session.post_src_port, 1024);
	assert_int_equal(e.session.post_dst, inet_addr("192.0.2.9"));
	assert_int_equal(e.session.post_dst_port, 53);
	int64_t noon = ticks_from_date((struct date){ 2026, 11, 27 }) + 12 * TICKS_PER_HOUR;
	assert_int_equal(e.start, noon + 1234567);
	assert_int_equal(e.stop, noon + TICKS_PER_SECOND);
}

static void a_destination_may_be_translated_instead(void **state)
{
	(void)state;
	struct conntrack_entry e;
	struct flow to_outside = { "198.51.100.7", "203.0.113.10", 40000, 80, 6 };
	struct flow from_inside = { "10.0.0.2", "198.51.100.7", 8080, 40000, 6 };
	assert_int_equal(read_flows(IPCTNL_MSG_CT_DELETE, &to_outside, &from_inside, &e),
	                 CONNTRACK_DESTROY);
	assert_false(session_is_source_translated(&e.session));
	assert_true(session_is_destination_translated(&e.session));
	assert_int_equal(e.session.post_dst, inet_addr("10.0.0.2"));
	assert_int_equal(e.session.post_dst_port, 8080);
}

static void the_identifier_of_icmp_is_its_port(void **state)
{
	(void)state;
	struct conntrack_entry e;
	struct flow echo = { "10.0.0.2", "192.0.2.9", 77, 0, 1 };
	struct flow reply = { "192.0.2.9", "203.0.113.10", 78, 0, 1 };
	assert_int_equal(read_flows(IPCTNL_MSG_CT_NEW, &echo, &reply, &e), CONNTRACK_NEW);
	assert_int_equal(e.session.key.src_port, 77);
	assert_int_equal(e.session.post_src_port, 78);
	assert_int_equal(e.session.key.dst_port, 0);
	assert_int_equal(e.session.post_dst_port, 0);
	assert_false(session_is_destination_translated(&e.session));
}

static void what_is_not_translated_is_told_apart(void **state)
{
	(void)state;
	struct conntrack_entry e;
	struct flow reply = { "192.0.2.9", "10.0.0.2", 53, 5000, 17 };
	assert_int_equal(read_flows(IPCTNL_MSG_CT_NEW, &request, &reply, &e),
	                 CONNTRACK_UNTRANSLATED);
	reply.dst_port = 5001;
	assert_int_equal(read_flows(IPCTNL_MSG_CT_NEW, &request, &reply, &e), CONNTRACK_NEW);
}

static void other_messages_and_families_are_left_alone(void **state)
{
	(void)state;
	struct conntrack_entry e;
	struct message m;
	assert_int_equal(read_flows(IPCTNL_MSG_CT_GET, &request, &translated_reply, &e),
	                 CONNTRACK_OTHER);
	begin(&m, IPCTNL_MSG_CT_NEW, AF_INET6);
	put_tuple(&m, CTA_TUPLE_ORIG, &request);
	put_tuple(&m, CTA_TUPLE_REPLY, &translated_reply);
	assert_int_equal(conntrack_read(m.head, &e), CONNTRACK_OTHER);
	begin(&m, IPCTNL_MSG_CT_NEW, AF_INET);
	put_tuple(&m, CTA_TUPLE_ORIG, &request);
	assert_int_equal(conntrack_read(m.head, &e), CONNTRACK_OTHER);
}

/* Wherever a message is cut it is read no further than that: each is in the heap, and no longer
 * than it is, so that reading on is noticed. */
static void a_message_that_is_cut_off_is_harmless(void **state)
{
	(void)state;
	struct message m;
	begin(&m, IPCTNL_MSG_CT_NEW, AF_INET);
	put_tuple(&m, CTA_TUPLE_ORIG, &request);
	put_tuple(&m, CTA_TUPLE_REPLY, &translated_reply);
	put_times(&m, 1, 2);
	for (uint32_t len = sizeof *m.head; len < m.head->nlmsg_len; len++) {
		struct nlmsghdr *cut = malloc(len);
		struct conntrack_entry e;
		assert_non_null(cut);
		memcpy(cut, m.head, len);
		cut->nlmsg_len = len;
		enum conntrack_news news = conntrack_read(cut, &e);
		assert_true(news == CONNTRACK_NEW || news == CONNTRACK_OTHER);
		free(cut);
	}
}

static void counters_of_all_processors_are_added_up(void **state)
{
	(void)state;
	struct conntrack_statistics sum = { 0 };
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		struct message m;
		begin(&m, IPCTNL_MSG_CT_GET_STATS_CPU, AF_UNSPEC);
		mnl_attr_put_u32(m.head, CTA_STATS_FOUND, htonl(1000));
		mnl_attr_put_u32(m.head, CTA_STATS_INSERT_FAILED, htonl(3 + cpu));
		mnl_attr_put_u32(m.head, CTA_STATS_DROP, htonl(10 + cpu));
		conntrack_add_statistics(m.head, &sum);
	}
	assert_int_equal(sum.insert_failed, 3 + 4);
	assert_int_equal(sum.drop, 10 + 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_translation_is_the_reply_the_other_way_round),
		cmocka_unit_test(a_destination_may_be_translated_instead),
		cmocka_unit_test(the_identifier_of_icmp_is_its_port),
		cmocka_unit_test(what_is_not_translated_is_told_apart),
		cmocka_unit_test(other_messages_and_families_are_left_alone),
		cmocka_unit_test(a_message_that_is_cut_off_is_harmless),
		cmocka_unit_test(counters_of_all_processors_are_added_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
