#include "core/packet/frame.h"

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_NONE = 0, /* what is inside is not IP */

	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	UDP_HEADER = 8,

	PROTO_UDP = 17,
	PROTO_AH = 51,
	PROTO_FRAGMENT = 44,
};

/* Without an ethertype the packet's first four bits must tell. */
static bool ethertype_by_version(const struct cur *c, uint16_t *ret)
{
	if (cur_left(c) == 0)
		return false;
	unsigned version = c->at[0] >> 4;
	*ret = version == 4 ? ETHERTYPE_IPV4 : version == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_NONE;
	return true;
}

/* Each link_… steps over the link header and yields the ethertype; false where bytes are missing.
 */

static bool link_ethernet(struct cur *c, uint16_t *ret)
{
	const uint8_t *h = cur_take(c, 14);
	if (!h)
		return false;
	*ret = be16(h + 12);
	return true;
}

static bool link_cooked(struct cur *c, uint16_t *ret)
{
	const uint8_t *h = cur_take(c, 16);
	if (!h)
		return false;
	*ret = be16(h + 14);
	return true;
}

static bool link_cooked2(struct cur *c, uint16_t *ret)
{
	const uint8_t *h = cur_take(c, 20);
	if (!h)
		return false;
	*ret = be16(h);
	return true;
}

static bool link_raw(struct cur *c, uint16_t *ret)
{
	return ethertype_by_version(c, ret);
}

/* A label stack from the start (pcap's LINKTYPE_MPLS). */
static bool link_mpls(struct cur *c, uint16_t *ret)
{
	(void)c;
	*ret = ETHERTYPE_MPLS;
	return true;
}

/* The address family in the byte order of whoever captured (null) or of the network (loop): small
 * numbers both, so that either order can be told. */
static bool link_family(struct cur *c, uint16_t *ret)
{
	const uint8_t *h = cur_take(c, 4);
	if (!h)
		return false;
	unsigned family = h[0] | h[3];
	bool ipv4 = family == 2;
	bool ipv6 = family == 24 || family == 28 || family == 30; /* NetBSD, FreeBSD, Darwin */
	*ret = h[1] || h[2] ? ETHERTYPE_NONE
	       : ipv4       ? ETHERTYPE_IPV4
	       : ipv6       ? ETHERTYPE_IPV6
	                    : ETHERTYPE_NONE;
	return true;
}

/* clang-format off */
static const struct {
	int link;
	bool (*read)(struct cur *c, uint16_t *ret_ethertype);
} links[] = {
	{   1, link_ethernet },
	{ 113, link_cooked },
	{ 276, link_cooked2 },
	{  12, link_raw },
	{  14, link_raw },
	{ 101, link_raw },
	{ 228, link_raw },
	{ 229, link_raw },
	{ 219, link_mpls },
	{   0, link_family },
	{ 108, link_family },
};
/* clang-format on */

static bool is_vlan(uint16_t ethertype)
{
	return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100 ||
	       ethertype == 0x9200;
}

static bool is_mpls(uint16_t ethertype)
{
	return ethertype == ETHERTYPE_MPLS || ethertype == 0x8848;
}

static bool take_vlan_tag(struct cur *c, struct frame *f, uint16_t *ret_ethertype)
{
	const uint8_t *tag = cur_take(c, 4);
	if (!tag)
		return false;
	if (f->vlan_tags < ARRAY_LEN(f->vlan))
		f->vlan[f->vlan_tags] = be16(tag) & 0x0fff;
	if (f->vlan_tags < UINT8_MAX)
		f->vlan_tags++;
	*ret_ethertype = be16(tag + 2);
	return true;
}

/* RFC 3032 2.1: label 20 bits, experimental 3, bottom of stack 1, TTL 8. */
static bool take_mpls_labels(struct cur *c, struct frame *f, uint16_t *ret_ethertype)
{
	const uint8_t *entry;
	do {
		entry = cur_take(c, 4);
		if (!entry)
			return false;
		if (f->mpls_labels == 0)
			f->mpls_label = be32(entry) >> 12;
		if (f->mpls_labels < UINT8_MAX)
			f->mpls_labels++;
	} while (!(entry[2] & 1));
	return ethertype_by_version(c, ret_ethertype);
}

/* Steps over everything in front of the IP header. */
static enum frame_rc take_link(int link, struct cur *c, struct frame *f, uint16_t *ret_ethertype)
{
	size_t i = 0;
	while (i < ARRAY_LEN(links) && links[i].link != link)
		i++;
	if (i == ARRAY_LEN(links))
		return FRAME_UNKNOWN_LINK;

	uint16_t type;
	bool more = links[i].read(c, &type);
	while (more && (is_vlan(type) || is_mpls(type)))
		more = is_vlan(type) ? take_vlan_tag(c, f, &type) : take_mpls_labels(c, f, &type);
	if (!more)
		return FRAME_SHORT;
	*ret_ethertype = type;
	return FRAME_OK;
}

/* Gives f its length and the body behind the header; packet_len 0 means that the header does not
 * say, as in packets that the network card has yet to cut into segments and in jumbograms. */
static void set_body(struct frame *f, struct cur packet, size_t header, size_t packet_len,
                     size_t wire_len)
{
	if (packet_len == 0)
		packet_len = wire_len;
	f->ip_len = (uint32_t)packet_len;
	f->cut = cur_left(&packet) < packet_len;
	if (!f->cut)
		packet.end = packet.at + packet_len;
	packet.at += header;
	f->body = packet;
}

/* RFC 791 3.1 */
static enum frame_rc read_ipv4(struct cur packet, size_t wire_len, struct frame *f)
{
	const uint8_t *h = packet.at;
	if (cur_left(&packet) < IPV4_HEADER)
		return FRAME_SHORT;
	size_t header = (size_t)(h[0] & 0x0f) * 4;
	size_t len = be16(h + 2);
	if (h[0] >> 4 != 4 || header < IPV4_HEADER || (len && len < header))
		return FRAME_BAD;
	if (cur_left(&packet) < header)
		return FRAME_SHORT;

	unsigned flags = be16(h + 6);
	f->ip_version = 4;
	f->tos = h[1];
	f->ttl = h[8];
	f->body_protocol = h[9];
	f->src = ip_from_v4(h + 12);
	f->dst = ip_from_v4(h + 16);
	if (flags & 0x3fff)
		f->fragment = (struct fragment){
			.is = true,
			.more = flags & 0x2000,
			.id = be16(h + 4),
			.offset = (flags & 0x1fff) * 8,
		};
	set_body(f, packet, header, len, wire_len);
	frame_read_body(f);
	return FRAME_OK;
}

/* RFC 8200 4.5 */
static void read_fragment_header(struct frame *f, const uint8_t *h)
{
	unsigned offset = be16(h + 2);
	if (offset & 0xfff9)
		f->fragment = (struct fragment){
			.is = true,
			.more = offset & 1,
			.id = be32(h + 4),
			.offset = offset & 0xfff8,
		};
}

/* The length of an IPv6 extension header that starts at h, or 0 where it is none. */
static size_t extension_len(uint8_t protocol, const uint8_t *h)
{
	switch (protocol) {
	case 0:   /* hop-by-hop options */
	case 43:  /* routing */
	case 60:  /* destination options */
	case 135: /* mobility */
	case 139: /* host identity */
	case 140: /* shim6 */ return ((size_t)h[1] + 1) * 8;
	case PROTO_AH: return ((size_t)h[1] + 2) * 4; /* RFC 4302 2.2 */
	case PROTO_FRAGMENT: return 8;
	default: return 0;
	}
}

/* Steps over extension headers; *protocol is then what *c begins with.  A fragment header is passed
 * only in front of the body, and ends the walk unless it is that of an atomic fragment. */
static void skip_extensions(struct frame *f, struct cur *c, uint8_t *protocol, bool in_body)
{
	while (f->extensions < FRAME_EXTENSIONS_MAX && !(in_body && *protocol == PROTO_FRAGMENT)) {
		size_t len = cur_left(c) >= 8 ? extension_len(*protocol, c->at) : 0;
		const uint8_t *h = len ? cur_take(c, len) : NULL;
		if (!h)
			return;
		f->extensions++;
		if (*protocol == PROTO_FRAGMENT)
			read_fragment_header(f, h);
		*protocol = h[0];
		if (f->fragment.is && !in_body)
			return;
	}
}

/* RFC 8200 3 */
static enum frame_rc read_ipv6(struct cur packet, size_t wire_len, struct frame *f)
{
	const uint8_t *h = packet.at;
	if (cur_left(&packet) < IPV6_HEADER)
		return FRAME_SHORT;
	if (h[0] >> 4 != 6)
		return FRAME_BAD;

	uint32_t first = be32(h);
	size_t len = be16(h + 4);
	f->ip_version = 6;
	f->tos = (uint8_t)(first >> 20);
	f->flow_label = first & 0xfffff;
	f->body_protocol = h[6];
	f->ttl = h[7];
	f->src = ip_from_v6(h + 8);
	f->dst = ip_from_v6(h + 24);
	set_body(f, packet, IPV6_HEADER, len ? len + IPV6_HEADER : 0, wire_len);
	skip_extensions(f, &f->body, &f->body_protocol, false);
	frame_read_body(f);
	return FRAME_OK;
}

static void read_ports(struct frame *f, struct cur c)
{
	const uint8_t *h = cur_take(&c, 4);
	if (!h)
		return;
	f->src_port = be16(h);
	f->dst_port = be16(h + 2);
	f->transport = true;
}

/* RFC 9293 3.1 */
static void read_tcp(struct frame *f, struct cur c)
{
	read_ports(f, c);
	if (cur_left(&c) >= 14)
		f->tcp_flags = be16(c.at + 12) & 0x0fff;
}

/* RFC 768; a length of 0 is that of a jumbogram (RFC 2675 4) or of segments still to be cut. */
static void read_udp(struct frame *f, struct cur c)
{
	read_ports(f, c);
	const uint8_t *h = cur_take(&c, UDP_HEADER);
	if (!h || f->fragment.is)
		return;
	size_t len = be16(h + 4);
	if (len == 0)
		len = UDP_HEADER + cur_left(&c);
	if (len < UDP_HEADER)
		return;
	len -= UDP_HEADER;
	if (len > cur_left(&c))
		f->cut = true;
	else
		c.end = c.at + len;
	f->payload = c;
}

/* RFC 792, RFC 4443 2.1 */
static void read_icmp(struct frame *f, struct cur c)
{
	const uint8_t *h = cur_take(&c, 2);
	if (!h)
		return;
	f->icmp_type = h[0];
	f->icmp_code = h[1];
	f->transport = true;
}

/* clang-format off */
static const struct {
	uint8_t protocol;
	void (*read)(struct frame *f, struct cur c);
} transports[] = {
	{         6, read_tcp },
	{ PROTO_UDP, read_udp },
	{         1, read_icmp },
	{        58, read_icmp },
	{        33, read_ports }, /* DCCP */
	{       132, read_ports }, /* SCTP */
	{       136, read_ports }, /* UDP-Lite */
};
/* clang-format on */

void frame_read_body(struct frame *f)
{
	struct cur c = f->body;
	f->protocol = f->body_protocol;
	f->transport = false;
	f->payload = (struct cur){ NULL, NULL };
	if (f->fragment.offset)
		return;
	if (f->ip_version == 6)
		skip_extensions(f, &c, &f->protocol, true);
	for (size_t i = 0; i < ARRAY_LEN(transports); i++)
		if (transports[i].protocol == f->protocol)
			transports[i].read(f, c);
}

WIDE_MOVES enum frame_rc frame_parse(int link, struct cur bytes, size_t wire_len, struct frame *f)
{
	*f = (struct frame){ 0 };
	const uint8_t *start = bytes.at;
	uint16_t ethertype;
	enum frame_rc rc = take_link(link, &bytes, f, &ethertype);
	if (rc != FRAME_OK)
		return rc;

	size_t link_len = (size_t)(bytes.at - start);
	size_t packet_len = cur_left(&bytes);
	if (wire_len > link_len + packet_len)
		packet_len = wire_len - link_len;
	f->link_len = (uint32_t)link_len;
	return ethertype == ETHERTYPE_IPV4   ? read_ipv4(bytes, packet_len, f)
	       : ethertype == ETHERTYPE_IPV6 ? read_ipv6(bytes, packet_len, f)
	                                     : FRAME_NOT_IP;
}
