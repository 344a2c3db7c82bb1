/* frame_lines: what core/packet/frame.h reads of every frame of a capture, one line of fields each,
 * for test_frames.py.
 *
 *     frame_lines FILE
 *
 * Frames that are not IP, or whose IP header cannot be read, give a line with their number alone.
 */
#include <pcap/pcap.h>
#include <stdio.h>

#include "core/packet/frame.h"

static void print_ip(const char *name, const struct ip *ip)
{
	char text[IP_TEXT_MAX];
	ip_format(ip, text);
	printf("\t%s=%s", name, text);
}

static void print_ends(const struct frame *f)
{
	bool is_icmp = f->protocol == 1 || f->protocol == 58;
	if (!f->transport)
		return;
	if (is_icmp)
		printf("\ttype=%u\tcode=%u", f->icmp_type, f->icmp_code);
	else
		printf("\tsport=%u\tdport=%u", f->src_port, f->dst_port);
	if (f->protocol == 6)
		printf("\tflags=%u", f->tcp_flags);
	if (f->payload.at)
		printf("\tpayload=%zu", cur_left(&f->payload));
}

static void print_frame(const struct frame *f)
{
	print_ip("src", &f->src);
	print_ip("dst", &f->dst);
	printf("\tversion=%u\tttl=%u\ttos=%u\tlen=%u", f->ip_version, f->ttl, f->tos, f->ip_len);
	if (f->fragment.is)
		printf("\tmore=%d\toffset=%u\tid=%u", f->fragment.more, f->fragment.offset,
		       f->fragment.id);
	for (unsigned i = 0; i < f->vlan_tags && i < ARRAY_LEN(f->vlan); i++)
		printf("\tvlan%u=%u", i, f->vlan[i]);
	if (f->mpls_labels)
		printf("\tlabel=%u", f->mpls_label);
	printf("\tprotocol=%u", f->protocol);
	print_ends(f);
}

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], why) : NULL;
	if (!pcap) {
		fprintf(stderr, "frame_lines: %s\n", argc == 2 ? why : "usage: frame_lines FILE");
		return 1;
	}
	struct pcap_pkthdr *h;
	const u_char *bytes;
	for (unsigned number = 1; pcap_next_ex(pcap, &h, &bytes) == 1; number++) {
		struct frame f;
		struct cur captured = cur_of(bytes, h->caplen);
		printf("frame=%u", number);
		if (frame_parse(pcap_datalink(pcap), captured, h->len, &f) == FRAME_OK)
			print_frame(&f);
		putchar('\n');
	}
	pcap_close(pcap);
	return 0;
}
