#include "exporter/capture/segments.h"

#include <stddef.h>

enum {
	GSO_UDP_L4 = 5, /* VIRTIO_NET_HDR_GSO_UDP_L4; not in headers of Linux 6.1 */
	PROTO_TCP = 6,
	TCP_HEADER = 20,
	UDP_HEADER = 8,
	IPV6_HEADER = 40,
	FRAGMENT_HEADER = 8, /* RFC 8200 4.5 */
	JUMBO_HEADER = 8,    /* RFC 2675 2: a hop-by-hop header with its one option */
	JUMBO_OPTION = 0xc2,
};

/* Each header_… is how many octets of headers the frame has, from the IP header on, where the
 * transport header starts at `transport` octets behind the IP header's start. */

static uint32_t header_tcp(struct cur ip, uint32_t transport)
{
	uint32_t offset = TCP_HEADER;
	if (cur_left(&ip) > (size_t)transport + 12)
		offset = (uint32_t)(ip.at[transport + 12] >> 4) * 4; /* RFC 9293 3.1 */
	return transport + (offset > TCP_HEADER ? offset : TCP_HEADER);
}

static uint32_t header_udp(struct cur ip, uint32_t transport)
{
	(void)ip;
	return transport + UDP_HEADER;
}

/* Not datagrams but fragments of one: the UDP header is in the first, like payload. */
static uint32_t header_fragments(struct cur ip, uint32_t transport)
{
	(void)ip;
	return transport;
}

/* clang-format off */
static const struct kind {
	uint8_t gso_type;
	uint32_t (*header)(struct cur ip, uint32_t transport);
} kinds[] = {
	{ VIRTIO_NET_HDR_GSO_TCPV4, header_tcp },
	{ VIRTIO_NET_HDR_GSO_TCPV6, header_tcp },
	{ VIRTIO_NET_HDR_GSO_UDP,   header_fragments },
	{ GSO_UDP_L4,               header_udp },
};
/* clang-format on */

static const struct kind *kind_of(const struct virtio_net_hdr *glue)
{
	uint8_t type = glue->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
	for (size_t i = 0; i < ARRAY_LEN(kinds) && glue->gso_size; i++)
		if (kinds[i].gso_type == type)
			return &kinds[i];
	return NULL;
}

/* Linux puts a jumbo payload option into IPv6 packets beyond 64 KiB, which no segment keeps. */
static bool has_jumbo_header(struct cur ip)
{
	return cur_left(&ip) > IPV6_HEADER + 2 && be16(ip.at + 4) == 0 && ip.at[6] == 0 &&
	       ip.at[IPV6_HEADER + 2] == JUMBO_OPTION;
}

/* The octets of headers that each packet has, of `header` that the frame has. */
static uint32_t header_on_the_wire(const struct frame *f, struct cur ip, const struct kind *kind,
                                   uint32_t header)
{
	if (f->ip_version != 6)
		return header;
	if (kind->header == header_fragments)
		return header + FRAGMENT_HEADER;
	return has_jumbo_header(ip) ? header - JUMBO_HEADER : header;
}

/* Where the header starts whose payload is cut, from the IP header's start.  The checksum that is
 * still to be filled in is that header's, the inner one's in a tunnel. */
static uint32_t transport_offset(const struct frame *f, struct cur ip, uint32_t link_len,
                                 const struct virtio_net_hdr *glue)
{
	uint32_t outer = (uint32_t)(f->body.at - ip.at);
	bool told = glue->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
	if (told && glue->csum_start >= link_len + outer &&
	    glue->gso_type != VIRTIO_NET_HDR_GSO_UDP)
		return glue->csum_start - link_len;
	return outer;
}

struct segments segments_of(const struct frame *f, struct cur bytes,
                            const struct virtio_net_hdr *glue)
{
	struct segments whole = { 1, f->ip_len, f->ip_len };
	const struct kind *kind = kind_of(glue);
	struct cur ip = bytes;
	if (!kind || !cur_take(&ip, f->link_len))
		return whole;
	uint32_t header = kind->header(ip, transport_offset(f, ip, f->link_len, glue));
	if (f->ip_len <= header + glue->gso_size)
		return whole;

	uint32_t payload = f->ip_len - header;
	uint32_t count = (payload - 1) / glue->gso_size + 1;
	uint32_t rest = payload - (count - 1) * glue->gso_size;
	header = header_on_the_wire(f, ip, kind, header);
	return (struct segments){ count, header + glue->gso_size, header + rest };
}

static uint64_t square(uint64_t n)
{
	return n * n;
}

void segments_observe(const struct segments *s, struct selector_pick pick, struct observed *o)
{
	uint64_t full = pick.count - pick.last;
	o->packets = pick.count;
	o->bytes = full * s->size + (pick.last ? s->last : 0);
	o->squares = full * square(s->size) + (pick.last ? square(s->last) : 0);
}
