#include "collector/decode/sample.h"

#include "collector/decode/packet_row.h"

enum {
	VLAN_UNKNOWN = UINT32_MAX,
	VLAN_ID = 0xfff,
	PROTOCOL_TCP = 6,
	TAGS = 2,
	AS_SEQUENCE = 2,
};

/* What a sample's records have told so far.  Records come in any order, and some count only where
 * others are missing. */
struct told {
	struct flow_row *row;
	struct cur header; /* sampled_header's octets; at is NULL until it came */
	uint32_t protocol, frame_length, stripped;
	struct cur ipv4, ipv6; /* sampled_ipv4 and _ipv6, whole */
	uint32_t ethernet_length;
	uint16_t tags[TAGS]; /* that the agent had removed, the outer one first */
	size_t tag_count;
	uint32_t port_vlan; /* VLAN_UNKNOWN */
};

static void set_key(struct flow_row *row, uint64_t bit, uint32_t *column, uint32_t value)
{
	*column = value;
	row->key.present |= bit;
}

/* protocol, frame_length, stripped, header<> */
static bool read_header(struct told *t, struct cur c)
{
	if (t->header.at)
		return true;
	const uint8_t *p = cur_take(&c, 12);
	if (!p || cur_left(&c) < 4)
		return false;
	t->protocol = be32(p);
	t->frame_length = be32(p + 4);
	t->stripped = be32(p + 8);
	return sflow_take_opaque(&c, &t->header);
}

static bool read_ethernet(struct told *t, struct cur c)
{
	const uint8_t *p = cur_take(&c, 4);
	if (p)
		t->ethernet_length = be32(p);
	return p != NULL;
}

static bool read_ipv4(struct told *t, struct cur c)
{
	return cur_split(&c, 32, &t->ipv4);
}

static bool read_ipv6(struct told *t, struct cur c)
{
	return cur_split(&c, 56, &t->ipv6);
}

/* src_vlan, src_priority, dst_vlan, dst_priority */
static bool read_switch(struct told *t, struct cur c)
{
	const uint8_t *p = cur_take(&c, 16);
	if (p && be32(p) > 0 && be32(p) < VLAN_ID)
		t->port_vlan = be32(p);
	return p != NULL;
}

static void set_mask(struct flow_row *row, uint64_t bit, uint8_t *column, uint32_t bits)
{
	if (bits > 128)
		return;
	*column = (uint8_t)bits;
	row->key.present |= bit;
}

static bool read_next_hop(struct flow_row *row, struct cur *c, uint64_t bit, struct ip *column)
{
	struct ip ip;
	bool known;
	if (!sflow_take_address(c, &ip, &known))
		return false;
	if (known) {
		*column = ip;
		row->key.present |= bit;
	}
	return true;
}

/* nexthop, src_mask_len, dst_mask_len */
static bool read_router(struct told *t, struct cur c)
{
	struct flow_key *key = &t->row->key;
	if (!read_next_hop(t->row, &c, COLUMN_BIT(NextHop), &key->next_hop))
		return false;
	const uint8_t *p = cur_take(&c, 8);
	if (!p)
		return false;
	set_mask(t->row, COLUMN_BIT(SrcMask), &key->src_mask, be32(p));
	set_mask(t->row, COLUMN_BIT(DstMask), &key->dst_mask, be32(p + 4));
	return true;
}

static void set_asn(struct flow_row *row, uint64_t bit, uint32_t *column, uint32_t asn)
{
	if (asn)
		set_key(row, bit, column, asn);
}

/* segments<> of type and ASNs<>: *ret is the last one of the last sequence, or stays.  False where
 * the path is not whole. */
static bool last_of_path(struct cur *c, uint32_t segments, uint32_t *ret)
{
	for (; segments > 0; segments--) {
		const uint8_t *p = cur_take(c, 8);
		size_t count = p ? be32(p + 4) : 0;
		if (!p || count > cur_left(c) / 4)
			return false;
		const uint8_t *asns = cur_take(c, count * 4);
		if (be32(p) == AS_SEQUENCE && count > 0)
			*ret = be32(asns + (count - 1) * 4);
	}
	return true;
}

/* nexthop, as, src_as, src_peer_as, dst_as_path<>, … */
static bool read_gateway(struct told *t, struct cur c)
{
	struct flow_key *key = &t->row->key;
	if (!read_next_hop(t->row, &c, COLUMN_BIT(BgpNextHop), &key->bgp_next_hop))
		return false;
	const uint8_t *p = cur_take(&c, 16);
	if (!p)
		return false;
	uint32_t segments = be32(p + 12);
	uint32_t destination = segments ? 0 : be32(p);
	set_asn(t->row, COLUMN_BIT(SrcAsn), &key->src_asn, be32(p + 4));
	bool whole = last_of_path(&c, segments, &destination);
	if (whole)
		set_asn(t->row, COLUMN_BIT(DstAsn), &key->dst_asn, destination);
	return whole;
}

/* stack<> of TPID and TCI, the outermost first */
static bool read_vlan_tunnel(struct told *t, struct cur c)
{
	const uint8_t *p = cur_take(&c, 4);
	if (!p)
		return false;
	for (uint32_t i = 0, n = be32(p); i < n; i++) {
		const uint8_t *tag = cur_take(&c, 4);
		if (!tag)
			return false;
		if (t->tag_count < TAGS)
			t->tags[t->tag_count++] = be32(tag) & VLAN_ID;
	}
	return true;
}

typedef bool read_fn(struct told *t, struct cur body);

/* What reads a structure, or NULL.  Each answers false where it is not whole. */
static read_fn *reader_of(uint32_t format)
{
	enum { EXTENDED = 1001 };
	static read_fn *const packet[] = { NULL, read_header, read_ethernet, read_ipv4, read_ipv6 };
	static read_fn *const extended[] = {
		[1001 - EXTENDED] = read_switch,
		[1002 - EXTENDED] = read_router,
		[1003 - EXTENDED] = read_gateway,
		[1012 - EXTENDED] = read_vlan_tunnel,
	};
	if (format < ARRAY_LEN(packet))
		return packet[format];
	uint32_t at = format - EXTENDED;
	return at < ARRAY_LEN(extended) ? extended[at] : NULL;
}

static enum wire_rc read_records(struct told *t, struct sflow_sample *sample)
{
	enum wire_rc worst = WIRE_OK, rc;
	struct sflow_record record;
	while ((rc = sflow_next_record(sample, &record)) == WIRE_OK) {
		read_fn *read = reader_of(record.format);
		if (read && !read(t, record.body))
			worst = WIRE_SHORT_SAMPLE_RECORD;
	}
	return rc == WIRE_END ? worst : rc;
}

/* ---- the packet ---- */

/* The link type that a header protocol is; others cannot be read. */
static int link_of(uint32_t protocol)
{
	static const int links[] = {
		[1] = PACKET_ETHERNET, [11] = PACKET_IPV4, [12] = PACKET_IPV6, [13] = PACKET_MPLS
	};
	return protocol < ARRAY_LEN(links) ? links[protocol] : 0;
}

static void set_counts(struct flow_row *row, uint64_t bytes)
{
	row->packets = 1;
	row->present |= COLUMN_BIT(NumberOfPackets);
	if (!bytes)
		return;
	row->bytes = bytes;
	row->key.present |= COLUMN_BIT(TotalCounters);
	row->present |= COLUMN_BIT(NumberOfBytes);
}

static bool fill_header(struct told *t)
{
	if (!t->header.at)
		return false;
	uint32_t len = t->frame_length, least = 0;
	if (t->stripped <= len)
		len -= t->stripped;
	int link = link_of(t->protocol);
	bool ip = link && packet_fill(t->row, link, t->header, len, &least);
	if (t->frame_length && least > t->frame_length)
		least = t->frame_length;
	set_counts(t->row, len > least ? len : least);
	return ip;
}

/* length, protocol, addresses of `width` octets, ports, TCP flags, ToS */
static void fill_fields(struct flow_row *row, const uint8_t *p, size_t width)
{
	struct flow_key *key = &row->key;
	struct ip (*const read)(const uint8_t *) = width == 4 ? ip_from_v4 : ip_from_v6;
	const uint8_t *rest = p + 8 + 2 * width;
	key->src_addr = read(p + 8);
	key->dst_addr = read(p + 8 + width);
	key->protocol = (uint8_t)be32(p + 4);
	key->tos = (uint8_t)be32(rest + 12);
	key->ip_version = width == 4 ? 4 : 6;
	key->present |= COLUMN_BIT(SourceIp) | COLUMN_BIT(DestinationIp) | COLUMN_BIT(Protocol) |
	                COLUMN_BIT(IpClassOfService) | COLUMN_BIT(IpVerCode);
	if (key->protocol != 1 && key->protocol != 58) {
		key->src_port = (uint16_t)be32(rest);
		key->dst_port = (uint16_t)be32(rest + 4);
		key->present |= COLUMN_BIT(SourcePort) | COLUMN_BIT(DestinationPort);
	}
	if (key->protocol == PROTOCOL_TCP) {
		row->tcp_flags = (uint16_t)be32(rest + 8);
		row->present |= COLUMN_BIT(TcpFlag);
	}
	if (!(row->present & COLUMN_BIT(NumberOfBytes)))
		set_counts(row, be32(p));
}

static void fill_vlans(struct told *t)
{
	struct flow_key *key = &t->row->key;
	const uint16_t in_header[TAGS] = { key->vlan, key->customer_vlan };
	size_t count = !!(key->present & COLUMN_BIT(Dot1qVlanId)) +
	               !!(key->present & COLUMN_BIT(Dot1qCustomerVlanId));
	for (size_t i = 0; i < count && t->tag_count < TAGS; i++)
		t->tags[t->tag_count++] = in_header[i];
	if (t->tag_count == 0 && t->port_vlan != VLAN_UNKNOWN)
		t->tags[t->tag_count++] = (uint16_t)t->port_vlan;
	packet_fill_vlans(t->row, t->tags, t->tag_count);
}

static void fill_packet(struct told *t)
{
	bool ip = fill_header(t);
	if (!ip && t->ipv4.at)
		fill_fields(t->row, t->ipv4.at, 4);
	else if (!ip && t->ipv6.at)
		fill_fields(t->row, t->ipv6.at, 16);
	else if (!t->header.at)
		set_counts(t->row, t->ethernet_length);
	fill_vlans(t);
}

/* ---- the sample ---- */

static void fill_interface(struct flow_row *row, uint64_t bit, uint32_t *column,
                           struct sflow_interface i)
{
	if (i.format == SFLOW_IF_INDEX && i.value)
		set_key(row, bit, column, i.value == SFLOW_INTERFACE_LOCAL ? 0 : i.value);
}

WIDE_MOVES enum wire_rc sample_fill(struct flow_row *row, struct sflow_sample *sample)
{
	struct told told = { .row = row, .port_vlan = VLAN_UNKNOWN };
	fill_interface(row, COLUMN_BIT(InputInterface), &row->key.input_if, sample->input);
	fill_interface(row, COLUMN_BIT(OutputInterface), &row->key.output_if, sample->output);
	enum wire_rc rc = read_records(&told, sample);
	fill_packet(&told);
	return rc;
}
