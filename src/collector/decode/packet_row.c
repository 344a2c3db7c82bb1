#include "collector/decode/packet_row.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_ICMPV6 = 58, TCP_FLAGS_END = 14 };

void packet_fill_vlans(struct flow_row *row, const uint16_t *tags, size_t count)
{
	struct flow_key *key = &row->key;
	if (count > 0) {
		key->vlan = tags[0];
		key->present |= COLUMN_BIT(Dot1qVlanId);
	}
	if (count > 1) {
		key->customer_vlan = tags[1];
		key->present |= COLUMN_BIT(Dot1qCustomerVlanId);
	}
}

static void fill_transport(struct flow_row *row, const struct frame *f)
{
	struct flow_key *key = &row->key;
	if (!f->transport)
		return;
	if (f->protocol == PROTOCOL_ICMP || f->protocol == PROTOCOL_ICMPV6) {
		key->icmp_type = f->icmp_type;
		key->icmp_code = f->icmp_code;
		key->present |= COLUMN_BIT(IcmpType) | COLUMN_BIT(IcmpCode);
		return;
	}
	key->src_port = f->src_port;
	key->dst_port = f->dst_port;
	key->present |= COLUMN_BIT(SourcePort) | COLUMN_BIT(DestinationPort);
	if (f->protocol == PROTOCOL_TCP && cur_left(&f->body) >= TCP_FLAGS_END) {
		row->tcp_flags = f->tcp_flags;
		row->present |= COLUMN_BIT(TcpFlag);
	}
}

static void fill_ip(struct flow_row *row, const struct frame *f)
{
	struct flow_key *key = &row->key;
	key->src_addr = f->src;
	key->dst_addr = f->dst;
	key->protocol = f->protocol;
	key->tos = f->tos;
	key->ip_version = f->ip_version;
	key->present |= COLUMN_BIT(SourceIp) | COLUMN_BIT(DestinationIp) | COLUMN_BIT(Protocol) |
	                COLUMN_BIT(IpClassOfService) | COLUMN_BIT(IpVerCode);
	row->min_ttl = f->ttl;
	row->max_ttl = f->ttl;
	row->present |= COLUMN_BIT(MinTtl) | COLUMN_BIT(MaxTtl);
	fill_transport(row, f);
}

bool packet_fill(struct flow_row *row, int link, struct cur captured, size_t wire_len,
                 uint32_t *ret_least)
{
	struct frame f;
	bool ip = frame_parse(link, captured, wire_len, &f) == FRAME_OK;
	size_t tags = f.vlan_tags < ARRAY_LEN(f.vlan) ? f.vlan_tags : ARRAY_LEN(f.vlan);
	packet_fill_vlans(row, f.vlan, tags);
	*ret_least = (uint32_t)cur_left(&captured);
	if (!ip)
		return false;
	fill_ip(row, &f);
	*ret_least = f.link_len + f.ip_len;
	return true;
}
