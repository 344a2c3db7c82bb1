/* packet_flood: puts packets onto a network interface, at a rate, or into a capture file.
 *
 *     packet_flood INTERFACE PACKETS RATE FLOWS [OCTETS]
 *     packet_flood --write FILE PACKETS FLOWS [OCTETS]
 *
 * PACKETS Ethernet frames of UDP over IPv4, RATE of them a second (0 is as fast as they go), of
 * FLOWS flows of which number r has the popularity 1/(r + 1).  Packets have OCTETS octets, or by
 * default 40, 576 and 1500 in the proportion of 7 : 4 : 1.  They are addressed to another host, so
 * that who receives them drops them early.  The frames of POOL are made beforehand and sent again
 * from the first when they are through; past queueing (PACKET_QDISC_BYPASS).
 *
 * To an interface: when the pool is made it prints "ready", waits for a line of input, and sends.
 * Then it prints one JSON object (packets, octets of IP, seconds), and ends when its input does, so
 * that what it cost can be looked at.  Gives up after SECONDS_MOST. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "v9.h"

enum {
	POOL = 65536,
	BURST = 64,
	HEADERS = 14 + 20 + 8,
	FRAME_MOST = 14 + 1500,
	SECONDS_MOST = 120,
};

struct packets {
	uint64_t count, rate, flows;
	uint32_t octets;       /* of each packet; 0: mixed */
	uint8_t *headers;      /* POOL x HEADERS */
	uint16_t length[POOL]; /* of the frames */
	uint64_t sent, sent_octets;
};

static const uint8_t zeros[FRAME_MOST];

static void fail(const char *what)
{
	fprintf(stderr, "packet_flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t nanoseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- the pool ---- */

static uint32_t packet_octets(const struct packets *p, uint64_t random)
{
	unsigned of_twelve = (unsigned)(random % 12);
	if (p->octets)
		return p->octets;
	return of_twelve < 7 ? 40 : of_twelve < 11 ? 576 : 1500;
}

/* RFC 1071, of an IP header without options. */
static uint16_t header_checksum(const uint8_t *header)
{
	uint32_t sum = 0;
	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint64_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void make_frame(struct packets *p, uint64_t n)
{
	static const uint8_t start[] = { 2, 0, 0, 0, 0, 0x99, 2, 0, 0, 0, 0, 1, 8, 0, 0x45 };
	uint64_t random = v9_mix(2 * n + 1);
	uint64_t flow = v9_mix(2 * v9_draw_flow(v9_mix(2 * n), p->flows));
	uint32_t octets = packet_octets(p, random);
	uint8_t *h = p->headers + n * HEADERS, *ip = h + 14;
	memset(h, 0, HEADERS);
	memcpy(h, start, sizeof start);
	put16(ip + 2, octets);
	ip[8] = 64;
	ip[9] = 17;
	ip[12] = ip[16] = 10;
	memcpy(ip + 13, &flow, 3);
	memcpy(ip + 17, (const char *)&flow + 3, 3);
	put16(ip + 10, header_checksum(ip));
	put16(ip + 20, 1024 + flow % 50000);
	put16(ip + 22, 53);
	put16(ip + 24, octets - 20);
	p->length[n] = (uint16_t)(14 + octets);
}

static void make_pool(struct packets *p)
{
	p->headers = malloc((size_t)POOL * HEADERS);
	if (!p->headers)
		fail("no memory");
	for (uint64_t n = 0; n < POOL; n++)
		make_frame(p, n);
}

/* ---- to an interface ---- */

static int open_interface(const char *name)
{
	int on = 1, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		                  .sll_ifindex = (int)if_nametoindex(name) };
	if (fd < 0 || at.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0)
		fail(name);
	(void)setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
	return fd;
}

static unsigned send_burst(struct packets *p, int fd)
{
	struct mmsghdr messages[BURST] = { 0 };
	struct iovec iov[BURST][2];
	uint64_t left = p->count - p->sent;
	unsigned count = left < BURST ? (unsigned)left : BURST;
	for (unsigned i = 0; i < count; i++) {
		uint64_t n = (p->sent + i) % POOL;
		iov[i][0] = (struct iovec){ p->headers + n * HEADERS, HEADERS };
		iov[i][1] = (struct iovec){ (void *)(uintptr_t)zeros, p->length[n] - HEADERS };
		messages[i].msg_hdr.msg_iov = iov[i];
		messages[i].msg_hdr.msg_iovlen = 2;
	}
	int sent = sendmmsg(fd, messages, count, 0);
	if (sent < 0 && errno != ENOBUFS && errno != EAGAIN)
		fail("sending");
	for (int i = 0; i < sent; i++)
		p->sent_octets += p->length[(p->sent + (unsigned)i) % POOL] - 14u;
	return sent < 0 ? 0 : (unsigned)sent;
}

/* Waits until so many packets are due. */
static void pace(const struct packets *p, uint64_t start)
{
	uint64_t due = p->rate ? start + p->sent * 1000000000u / p->rate : 0;
	uint64_t now = nanoseconds();
	if (now > start + SECONDS_MOST * UINT64_C(1000000000)) {
		errno = ETIMEDOUT;
		fail("sending");
	}
	if (due > now + 50000)
		nanosleep(&(struct timespec){ .tv_nsec = (long)(due - now) % 1000000000 }, NULL);
}

static void flood(struct packets *p, const char *interface)
{
	char line[16];
	int fd = open_interface(interface);
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof line, stdin))
		exit(1);
	uint64_t start = nanoseconds();
	while (p->sent < p->count) {
		p->sent += send_burst(p, fd);
		pace(p, start);
	}
	printf("{\"packets\":%" PRIu64 ",\"octets\":%" PRIu64 ",\"seconds\":%.3f}\n", p->sent,
	       p->sent_octets, (double)(nanoseconds() - start) / 1e9);
	fflush(stdout);
	while (fgets(line, sizeof line, stdin))
		;
}

/* ---- to a file ---- */

/* draft-ietf-opsawg-pcap: in this machine's byte order. */
static void write_file(struct packets *p, const char *path)
{
	static const uint32_t head[] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1 };
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(head, sizeof head, 1, file) != 1)
		fail(path);
	for (; p->sent < p->count; p->sent++) {
		uint64_t n = p->sent % POOL;
		uint32_t length = p->length[n];
		uint32_t record[] = { 1767225600 + (uint32_t)(p->sent / 100000),
			              (uint32_t)(p->sent % 100000) * 10, length, length };
		if (fwrite(record, sizeof record, 1, file) != 1 ||
		    fwrite(p->headers + n * HEADERS, HEADERS, 1, file) != 1 ||
		    (length > HEADERS && fwrite(zeros, length - HEADERS, 1, file) != 1))
			fail(path);
	}
	if (fclose(file) != 0)
		fail(path);
}

static uint64_t number(int argc, char **argv, int i)
{
	return i < argc ? strtoull(argv[i], NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	bool write = argc > 1 && strcmp(argv[1], "--write") == 0;
	if (argc < 5 || argc > 6) {
		fputs("see the first lines of packet_flood.c\n", stderr);
		return 2;
	}
	static struct packets p;
	p.count = number(argc, argv, write ? 3 : 2);
	p.rate = write ? 0 : number(argc, argv, 3);
	p.flows = number(argc, argv, 4);
	p.octets = (uint32_t)number(argc, argv, 5);
	if (p.flows == 0 || (p.octets && (p.octets < 40 || p.octets > 1500))) {
		fputs("packet_flood: no flows, or packets not of 40 to 1500 octets\n", stderr);
		return 2;
	}
	make_pool(&p);
	if (write)
		write_file(&p, argv[2]);
	else
		flood(&p, argv[1]);
	free(p.headers);
	return 0;
}
