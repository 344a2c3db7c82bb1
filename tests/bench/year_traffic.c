#include "year_traffic.h"

#include <math.h>
#include <string.h>

#include "core/base/ticks.h"
#include "core/flow/nat_event.h"

enum { SAMPLING = 64, V6_ONE_IN = 16, SESSION_MINUTES = 240, FIRST_PORT = 1024 };

static uint64_t mixed(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* splitmix64 */
static uint64_t next_random(struct traffic *t)
{
	t->random += UINT64_C(0x9e3779b97f4a7c15);
	return mixed(t->random);
}

void traffic_init(struct traffic *t, const struct traffic_setup *setup)
{
	*t = (struct traffic){ .setup = *setup, .random = setup->seed };
}

uint32_t traffic_below(struct traffic *t, uint32_t n)
{
	return (uint32_t)(next_random(t) % n);
}

/* 0 to n - 1, each power of two as likely as any other. */
static uint64_t log_uniform(uint64_t random, double n)
{
	uint64_t number = (uint64_t)exp((double)(random >> 11) * 0x1p-53 * log(n + 1)) - 1;
	return number < (uint64_t)n ? number : (uint64_t)n - 1;
}

/* ---- addresses ---- */

static struct ip v4_of(uint32_t address)
{
	return ip_from_v4((const uint8_t[]){ (uint8_t)(address >> 24), (uint8_t)(address >> 16),
	                                     (uint8_t)(address >> 8), (uint8_t)address });
}

static struct ip host_of(uint32_t number, bool is_v6, bool is_remote)
{
	if (!is_v6)
		return v4_of((is_remote ? 0xc6120000 : 0x0a000000) + number);
	uint8_t octets[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, is_remote ? 0x0b : 0x0a };
	octets[14] = (uint8_t)(number >> 8);
	octets[15] = (uint8_t)number;
	return ip_from_v6(octets);
}

struct ip traffic_exporter(uint32_t number)
{
	return v4_of(0xc0000201 + number);
}

/* ---- flows ---- */

/* What stays the same of a flow. */
struct flow {
	uint32_t local, remote, circuit;
	bool is_v6, is_outbound, is_udp;
	uint16_t client_port, server_port;
};

static struct flow flow_of(const struct traffic_setup *setup, uint64_t number)
{
	static const uint16_t ports[] = { 443, 443, 443, 443, 80, 22, 8443, 3389, 5671, 1433 };
	uint64_t bits = mixed(number ^ setup->seed << 32);
	return (struct flow){
		.local = (uint32_t)log_uniform(mixed(bits + 1), setup->hosts),
		.remote = (uint32_t)log_uniform(mixed(bits + 2), setup->hosts),
		.circuit = (uint32_t)log_uniform(mixed(bits + 3), setup->circuits),
		.is_v6 = bits % V6_ONE_IN == 0,
		.is_outbound = bits >> 8 & 1,
		.is_udp = (bits >> 16) % 4 == 0,
		.client_port = (uint16_t)(FIRST_PORT + (bits >> 24) % 64000),
		.server_port = (bits >> 16) % 4 == 0 ? 53 : ports[(bits >> 48) % ARRAY_LEN(ports)],
	};
}

static void fill_key(const struct traffic_setup *setup, const struct flow *flow, uint32_t minute,
                     struct flow_key *key)
{
	struct ip local = host_of(flow->local, flow->is_v6, false);
	struct ip remote = host_of(flow->remote, flow->is_v6, true);
	*key = (struct flow_key){
		.present = COLUMN_BIT(BgpNextHop) | COLUMN_BIT(DestinationIp) |
		           COLUMN_BIT(NextHop) | COLUMN_BIT(SourceIp) | COLUMN_BIT(Exporter) |
		           COLUMN_BIT(DstAsn) | COLUMN_BIT(SrcAsn) | COLUMN_BIT(TimeGenerated) |
		           COLUMN_BIT(SamplingInterval) | COLUMN_BIT(ObservationDomain) |
		           COLUMN_BIT(InputInterface) | COLUMN_BIT(OutputInterface) |
		           COLUMN_BIT(DestinationPort) | COLUMN_BIT(Dot1qCustomerVlanId) |
		           COLUMN_BIT(Dot1qVlanId) | COLUMN_BIT(SourcePort) | COLUMN_BIT(DstMask) |
		           COLUMN_BIT(IpClassOfService) | COLUMN_BIT(IpVerCode) |
		           COLUMN_BIT(Protocol) | COLUMN_BIT(SrcMask),
		.bgp_next_hop = v4_of(0xc0a80000 + flow->circuit),
		.next_hop = v4_of(0xc0a80100 + flow->circuit),
		.src_addr = flow->is_outbound ? local : remote,
		.dst_addr = flow->is_outbound ? remote : local,
		.exporter = traffic_exporter(flow->circuit % setup->exporters),
		.src_asn = flow->is_outbound ? 65000 : 64512 + flow->remote % 400,
		.dst_asn = flow->is_outbound ? 64512 + flow->remote % 400 : 65000,
		.minute = minute,
		.sampling = SAMPLING * (1 + flow->circuit % 2),
		.domain = 100,
		.input_if = 500 + flow->circuit * 2 + flow->is_outbound,
		.output_if = 501 + flow->circuit * 2 - flow->is_outbound,
		.src_port = flow->is_outbound ? flow->client_port : flow->server_port,
		.dst_port = flow->is_outbound ? flow->server_port : flow->client_port,
		.vlan = (uint16_t)(100 + flow->circuit),
		.customer_vlan = (uint16_t)(200 + flow->circuit),
		.src_mask = flow->is_v6 ? 48 : 24,
		.dst_mask = flow->is_v6 ? 48 : 24,
		.tos = flow->client_port % 10 ? 0 : 0xb8,
		.ip_version = flow->is_v6 ? 6 : 4,
		.protocol = flow->is_udp ? 17 : 6,
	};
}

void traffic_row(struct traffic *t, uint32_t minute, uint32_t ms, struct traffic_row *ret)
{
	struct flow flow = flow_of(&t->setup, log_uniform(next_random(t), t->setup.flows));
	uint64_t packets = 1 + log_uniform(next_random(t), 1000);
	int64_t end = TICKS_UNIX_EPOCH + minute * TICKS_PER_MINUTE + ms * TICKS_PER_MS;
	ret->row = (struct flow_row){
		.present = COLUMN_BIT(FlowRecordTime) | COLUMN_BIT(Flowsequence) |
		           COLUMN_BIT(NumberOfBytes) | COLUMN_BIT(NumberOfPackets) |
		           COLUMN_BIT(RecordCount) | COLUMN_BIT(FlowStartTime) |
		           COLUMN_BIT(FlowEndTime) | COLUMN_BIT(TcpFlag) | COLUMN_BIT(MaxTtl) |
		           COLUMN_BIT(MinTtl),
		.record_time = end,
		.sequence = t->sequence / 18 << 16 | t->sequence % 18,
		.bytes = packets * (40 + traffic_below(t, 1460)),
		.packets = packets,
		.start_time = end - traffic_below(t, 60000) * TICKS_PER_MS,
		.end_time = end - traffic_below(t, 1000) * TICKS_PER_MS,
		.records = 1,
		.tcp_flags = flow.is_udp ? 0 : (uint16_t)(16 + traffic_below(t, 12)),
		.max_ttl = 60,
		.min_ttl = (uint8_t)(50 + traffic_below(t, 5)),
	};
	t->sequence++;
	fill_key(&t->setup, &flow, minute, &ret->row.key);
	ret->group = flow.circuit * 2 + flow.is_outbound;
	ret->exporter = flow.circuit % t->setup.exporters;
	ret->source = (flow.is_v6 * 2u + !flow.is_outbound) * t->setup.hosts +
	              (flow.is_outbound ? flow.local : flow.remote);
}

/* ---- NAT ---- */

static struct nat_event event_of(const struct traffic_session *session, uint32_t minute, bool ends)
{
	uint8_t code = ends ? NAT44_SESSION_DELETE : NAT44_SESSION_CREATE;
	return (struct nat_event){
		.present = PLAIN_BIT(NAT, TimeGenerated) | PLAIN_BIT(NAT, EventTime) |
		           PLAIN_BIT(NAT, SourceIp) | PLAIN_BIT(NAT, SourcePort) |
		           PLAIN_BIT(NAT, PostNatSourceIp) | PLAIN_BIT(NAT, PostNatSourcePort) |
		           PLAIN_BIT(NAT, Protocol) | PLAIN_BIT(NAT, NatEvent) |
		           PLAIN_BIT(NAT, NatEventCode) | PLAIN_BIT(NAT, Dialect) |
		           PLAIN_BIT(NAT, Exporter) | PLAIN_BIT(NAT, ObservationDomain),
		.minute = minute,
		.event_time = TICKS_UNIX_EPOCH + minute * TICKS_PER_MINUTE,
		.src_addr = host_of(session->host, false, false),
		.src_port = (uint16_t)session->port,
		.post_src_addr = v4_of(0xcb007101),
		.post_src_port = (uint16_t)session->port,
		.protocol = 6,
		.event = nat_event_find(NAT_DIALECT_IANA, code),
		.event_code = code,
		.dialect = NAT_DIALECT_IANA,
		.exporter = traffic_exporter(0),
		.domain = 100,
	};
}

size_t traffic_nat(struct traffic *t, uint32_t minute, uint32_t begin, struct nat_event *ret,
                   size_t *ret_ended)
{
	size_t count = 0, kept = 0;
	for (size_t i = 0; i < t->session_count; i++) {
		if (t->sessions[i].ends <= minute)
			ret[count++] = event_of(&t->sessions[i], minute, true);
		else
			t->sessions[kept++] = t->sessions[i];
	}
	*ret_ended = count;
	t->session_count = kept;
	for (uint32_t i = 0; i < begin && t->session_count < TRAFFIC_SESSIONS; i++) {
		t->next_port = (t->next_port + 1) % (65536 - FIRST_PORT);
		struct traffic_session session = {
			.ends = minute + 1 + (uint32_t)log_uniform(next_random(t), SESSION_MINUTES),
			.host = (uint32_t)log_uniform(next_random(t), t->setup.hosts),
			.port = FIRST_PORT + t->next_port,
		};
		t->sessions[t->session_count++] = session;
		ret[count++] = event_of(&session, minute, false);
	}
	return count;
}

/* ---- configuration ---- */

void traffic_config(const struct traffic_setup *setup, struct buf *out)
{
	buf_puts(out, "local:\n    prefixes: [10.0.0.0/8, \"2001:db8:a::/48\"]\ncircuits:\n");
	for (uint32_t i = 0; i < setup->circuits; i++)
		buf_printf(out,
		           "    - vlan: %u\n      customer_vlan: %u\n      id: circuit-%u\n"
		           "      peering_type: %s\n",
		           100 + i, 200 + i, i, i % 2 ? "MicrosoftPeering" : "AzurePrivatePeering");
}
