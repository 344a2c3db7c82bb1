#include "core/wire/sflow_structure.h"

#include <arpa/inet.h>
#include <string.h>

/* Members are written "name:type", types as letters:
 *
 *     i  unsigned int       h  unsigned hyper    p  percentage, signed, in hundredths
 *     4  ip_v4              6  ip_v6             a  address of either kind
 *     m  mac                s  string            o  opaque<>       l  unsigned int <>
 *     g  AS path: segments<> of type and unsigned int <>
 */
struct structure {
	uint32_t format;
	const char *name;
	const char *members;
};

/* clang-format off */
static const struct structure flow_data[] = {
	{    1, "sampled_header", "protocol:i frame_length:i stripped:i header:o" },
	{    2, "sampled_ethernet", "length:i src_mac:m dst_mac:m type:i" },
	{    3, "sampled_ipv4", "length:i protocol:i src_ip:4 dst_ip:4 src_port:i dst_port:i tcp_flags:i tos:i" },
	{    4, "sampled_ipv6", "length:i protocol:i src_ip:6 dst_ip:6 src_port:i dst_port:i tcp_flags:i priority:i" },
	{ 1001, "extended_switch", "src_vlan:i src_priority:i dst_vlan:i dst_priority:i" },
	{ 1002, "extended_router", "nexthop:a src_mask_len:i dst_mask_len:i" },
	{ 1003, "extended_gateway", "nexthop:a as:i src_as:i src_peer_as:i dst_as_path:g communities:l localpref:i" },
	{ 1004, "extended_user", "src_charset:i src_user:s dst_charset:i dst_user:s" },
	{ 1005, "extended_url", "direction:i url:s host:s" },
	{ 1006, "extended_mpls", "nexthop:a in_stack:l out_stack:l" },
	{ 1007, "extended_nat", "src_address:a dst_address:a" },
	{ 1008, "extended_mpls_tunnel", "tunnel_lsp_name:s tunnel_id:i tunnel_cos:i" },
	{ 1009, "extended_mpls_vc", "vc_instance_name:s vll_vc_id:i vc_label_cos:i" },
	{ 1010, "extended_mpls_FTN", "mplsFTNDescr:s mplsFTNMask:i" },
	{ 1011, "extended_mpls_LDP_FEC", "mplsFecAddrPrefixLength:i" },
	{ 1012, "extended_vlantunnel", "stack:l" },
	{ 1020, "extended_nat_port", "src_port:i dst_port:i" },
	{ 1027, "extended_decapsulate_egress", "inner_header_offset:i" },
	{ 1028, "extended_decapsulate_ingress", "inner_header_offset:i" },
	{ 1029, "extended_vni_egress", "vni:i" },
	{ 1030, "extended_vni_ingress", "vni:i" },
	{ 1036, "extended_egress_queue", "queue:i" },
	{ 1037, "extended_acl", "number:i name:s direction:i" },
	{ 1038, "extended_function", "symbol:s" },
};

static const struct structure counter_data[] = {
	{    1, "if_counters", "ifIndex:i ifType:i ifSpeed:h ifDirection:i ifStatus:i ifInOctets:h ifInUcastPkts:i "
		"ifInMulticastPkts:i ifInBroadcastPkts:i ifInDiscards:i ifInErrors:i ifInUnknownProtos:i ifOutOctets:h "
		"ifOutUcastPkts:i ifOutMulticastPkts:i ifOutBroadcastPkts:i ifOutDiscards:i ifOutErrors:i ifPromiscuousMode:i" },
	{    2, "ethernet_counters", "dot3StatsAlignmentErrors:i dot3StatsFCSErrors:i dot3StatsSingleCollisionFrames:i "
		"dot3StatsMultipleCollisionFrames:i dot3StatsSQETestErrors:i dot3StatsDeferredTransmissions:i "
		"dot3StatsLateCollisions:i dot3StatsExcessiveCollisions:i dot3StatsInternalMacTransmitErrors:i "
		"dot3StatsCarrierSenseErrors:i dot3StatsFrameTooLongs:i dot3StatsInternalMacReceiveErrors:i "
		"dot3StatsSymbolErrors:i" },
	{    3, "tokenring_counters", "dot5StatsLineErrors:i dot5StatsBurstErrors:i dot5StatsACErrors:i "
		"dot5StatsAbortTransErrors:i dot5StatsInternalErrors:i dot5StatsLostFrameErrors:i "
		"dot5StatsReceiveCongestions:i dot5StatsFrameCopiedErrors:i dot5StatsTokenErrors:i dot5StatsSoftErrors:i "
		"dot5StatsHardErrors:i dot5StatsSignalLoss:i dot5StatsTransmitBeacons:i dot5StatsRecoverys:i "
		"dot5StatsLobeWires:i dot5StatsRemoves:i dot5StatsSingles:i dot5StatsFreqErrors:i" },
	{    4, "vg_counters", "dot12InHighPriorityFrames:i dot12InHighPriorityOctets:h dot12InNormPriorityFrames:i "
		"dot12InNormPriorityOctets:h dot12InIPMErrors:i dot12InOversizeFrameErrors:i dot12InDataErrors:i "
		"dot12InNullAddressedFrames:i dot12OutHighPriorityFrames:i dot12OutHighPriorityOctets:h "
		"dot12TransitionIntoTrainings:i dot12HCInHighPriorityOctets:h dot12HCInNormPriorityOctets:h "
		"dot12HCOutHighPriorityOctets:h" },
	{    5, "vlan_counters", "vlan_id:i octets:h ucastPkts:i multicastPkts:i broadcastPkts:i discards:i" },
	{ 1001, "processor", "5s_cpu:p 1m_cpu:p 5m_cpu:p total_memory:h free_memory:h" },
	{ 1005, "port_name", "name:s" },
};
/* clang-format on */

static const struct structure *structure_find(enum sflow_kind kind, uint32_t format)
{
	if (kind == SFLOW_OTHER)
		return NULL;
	const struct structure *rows = kind == SFLOW_COUNTERS ? counter_data : flow_data;
	size_t count = kind == SFLOW_COUNTERS ? ARRAY_LEN(counter_data) : ARRAY_LEN(flow_data);
	for (size_t i = 0; i < count; i++)
		if (rows[i].format == format)
			return &rows[i];
	return NULL;
}

void sflow_structure_name(struct buf *out, enum sflow_kind kind, uint32_t format)
{
	const struct structure *s = structure_find(kind, format);
	if (s)
		buf_puts(out, s->name);
	else
		buf_printf(out, "e%uid%u", format >> SFLOW_ENTERPRISE_SHIFT,
		           format & SFLOW_FORMAT_MASK);
}

/* ---- members ----
 *
 * Each adds a value and steps over it; false, with nothing added, where it is not whole. */

static bool put_int(struct buf *out, struct cur *c)
{
	const uint8_t *p = cur_take(c, 4);
	if (p)
		buf_u64(out, be32(p));
	return p != NULL;
}

static bool put_hyper(struct buf *out, struct cur *c)
{
	const uint8_t *p = cur_take(c, 8);
	if (p)
		buf_u64(out, be64(p));
	return p != NULL;
}

static bool put_percentage(struct buf *out, struct cur *c)
{
	const uint8_t *p = cur_take(c, 4);
	if (p)
		buf_i64(out, (int32_t)be32(p));
	return p != NULL;
}

static bool put_octets(struct buf *out, struct cur *c, int family, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	const uint8_t *p = cur_take(c, len);
	if (p)
		buf_printf(out, "\"%s\"", inet_ntop(family, p, text, sizeof text));
	return p != NULL;
}

static bool put_ipv4(struct buf *out, struct cur *c)
{
	return put_octets(out, c, AF_INET, 4);
}

static bool put_ipv6(struct buf *out, struct cur *c)
{
	return put_octets(out, c, AF_INET6, 16);
}

static bool put_address(struct buf *out, struct cur *c)
{
	struct ip ip;
	bool known;
	char text[IP_TEXT_MAX];
	if (!sflow_take_address(c, &ip, &known))
		return false;
	if (known) {
		ip_format(&ip, text);
		buf_printf(out, "\"%s\"", text);
	} else {
		buf_puts(out, "null");
	}
	return true;
}

/* Six octets and, as XDR has it, two of padding. */
static bool put_mac(struct buf *out, struct cur *c)
{
	const uint8_t *p = cur_take(c, 8);
	if (p)
		buf_printf(out, "\"%02x:%02x:%02x:%02x:%02x:%02x\"", p[0], p[1], p[2], p[3], p[4],
		           p[5]);
	return p != NULL;
}

static bool put_string(struct buf *out, struct cur *c)
{
	struct cur text;
	if (!sflow_take_opaque(c, &text))
		return false;
	buf_json_string(out, (const char *)text.at, cur_left(&text));
	return true;
}

static void put_hex(struct buf *out, struct cur octets)
{
	buf_putc(out, '"');
	for (; octets.at < octets.end; octets.at++)
		buf_printf(out, "%02x", *octets.at);
	buf_putc(out, '"');
}

/* What is there of a header is worth showing, though its length is wrong. */
static bool put_opaque(struct buf *out, struct cur *c)
{
	struct cur octets;
	if (cur_left(c) < 4)
		return false;
	sflow_take_opaque(c, &octets);
	put_hex(out, octets);
	return true;
}

static bool put_list(struct buf *out, struct cur *c)
{
	struct cur all = *c;
	const uint8_t *count = cur_take(&all, 4);
	if (!count || cur_left(&all) / 4 < be32(count))
		return false;
	buf_putc(out, '[');
	for (uint32_t i = 0, n = be32(count); i < n; i++) {
		buf_puts(out, i ? "," : "");
		put_int(out, &all);
	}
	buf_putc(out, ']');
	*c = all;
	return true;
}

/* Segments as far as they are whole. */
static bool put_as_path(struct buf *out, struct cur *c)
{
	const uint8_t *count = cur_take(c, 4);
	if (!count)
		return false;
	bool whole = true;
	buf_putc(out, '[');
	for (uint32_t i = 0, n = be32(count); i < n && whole; i++) {
		const uint8_t *type = cur_take(c, 4);
		whole = type && cur_left(c) >= 4 && cur_left(c) / 4 > be32(c->at);
		if (!whole)
			break;
		buf_printf(out, "%s{\"%s\":", i ? "," : "",
		           be32(type) == 1 ? "as_set" : "as_sequence");
		put_list(out, c);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
	if (!whole)
		c->at = c->end;
	return true;
}

static bool put_member(struct buf *out, char type, struct cur *c)
{
	static bool (*const put[256])(struct buf *, struct cur *) = {
		['i'] = put_int,    ['h'] = put_hyper,   ['p'] = put_percentage, ['4'] = put_ipv4,
		['6'] = put_ipv6,   ['a'] = put_address, ['m'] = put_mac,        ['s'] = put_string,
		['o'] = put_opaque, ['l'] = put_list,    ['g'] = put_as_path,
	};
	return put[(uint8_t)type](out, c);
}

void sflow_structure_json(struct buf *out, enum sflow_kind kind, const struct sflow_record *record)
{
	const struct structure *s = structure_find(kind, record->format);
	if (!s) {
		put_hex(out, record->body);
		return;
	}
	struct cur c = record->body;
	const char *separator = "";
	buf_putc(out, '{');
	for (const char *at = s->members; *at;) {
		size_t len = strcspn(at, ":");
		buf_printf(out, "%s\"%.*s\":", separator, (int)len, at);
		if (!put_member(out, at[len + 1], &c)) {
			buf_puts(out, "null");
			c.at = c.end;
		}
		separator = ",";
		at += len + 2;
		at += *at == ' ';
	}
	buf_putc(out, '}');
}
