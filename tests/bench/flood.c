/* flood: sends NetFlow v9 to a collector on this machine, at a rate, as many exporters would.
 *
 *     flood PORT RECORDS RATE [FLOWS [EXPORTERS [SEGMENTS]]]
 *
 * Sends RECORDS records (of v9.h, rounded up to whole datagrams) to 127.0.0.1:PORT, RATE of them a
 * second; 0 is as fast as they go.  The datagrams of POOL_RECORDS are made beforehand, so that
 * sending costs little, and sent again from the first when they are through; only time and sequence
 * are new then.  EXPORTERS (default 1) take turns, datagram by datagram, each with an address of
 * its own (127.1.0.1 and up), source ID and sequence; each sends its template first and every
 * TEMPLATE_EVERY datagrams.
 *
 * Flow number r of FLOWS (default 1 million) has the popularity 1/(r + 1) (log-uniform), where
 * flow and exporter go together: of each row of EXPORTERS flows, an exporter sends its own.
 * Negative FLOWS means that each comes as often as the others, one after the other.
 *
 * SEGMENTS (default 1; needs a single exporter): so many datagrams are handed to the kernel as one,
 * which cuts them apart before they reach the collector's socket (UDP_SEGMENT).  That halves the
 * cost of sending, and changes what receiving costs.
 *
 * When the pool is made it prints "ready", waits for a line of input, and sends.  Ends with one
 * JSON object: datagrams (templates among them), records, templates, seconds, CPU seconds of
 * sending.  Gives up after SECONDS_MOST. */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "v9.h"

enum {
	BURST = 32,            /* data datagrams at a time */
	MESSAGES = 2 * BURST,  /* each may need its template before it */
	TEMPLATE_EVERY = 4096, /* datagrams of an exporter */
	EXPORTERS_MAX = 16384,
	SEGMENTS_MAX = 32,
	POOL_RECORDS = 10000008,
	SECONDS_MOST = 600,
	NAP_LEAST_NS = 20000, /* shorter ones are waited out */
};

struct flood {
	uint64_t records, rate, flows;
	bool each; /* flow after flow */
	uint32_t exporters;
	unsigned segments; /* datagrams of a message, at most */
	int fd;
	struct sockaddr_in to;

	/* the pool: datagram i belongs to exporter i % exporters */
	uint8_t *pool;
	uint64_t pool_count; /* a multiple of exporters */
	uint32_t sequence[EXPORTERS_MAX];

	uint64_t sent; /* data datagrams */
	uint64_t templates;
};

/* Messages that are being put together. */
struct burst {
	struct mmsghdr headers[MESSAGES];
	struct iovec iov[MESSAGES];
	_Alignas(struct cmsghdr) char from[MESSAGES][CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct v9_out templates[BURST];
	unsigned count, template_count;
};

static uint64_t nanoseconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the pool ---- */

/* The flow of record n; a flow's number tells its exporter. */
static uint64_t flow_of(const struct flood *f, uint64_t n, uint32_t exporter)
{
	uint64_t drawn = f->each ? n * f->exporters : v9_draw_flow(v9_mix(2 * n + 1), f->flows);
	uint64_t flow = drawn - drawn % f->exporters + exporter;
	return flow % f->flows;
}

static void make_datagram(const struct flood *f, uint64_t i)
{
	uint32_t exporter = (uint32_t)(i % f->exporters);
	uint64_t before = f->each ? i / f->exporters * V9_PER_DATAGRAM : i * V9_PER_DATAGRAM;
	struct v9_out o = { .len = 0 };
	v9_put_header(&o, &(struct v9_header){ .count = V9_PER_DATAGRAM, .source_id = exporter });
	v9_put_set(&o, V9_PER_DATAGRAM);
	for (uint64_t k = before; k < before + V9_PER_DATAGRAM; k++)
		v9_put_record(&o, flow_of(f, k, exporter), v9_mix(2 * (i * V9_PER_DATAGRAM + k)));
	v9_put_padding(&o, V9_PER_DATAGRAM);
	memcpy(f->pool + i * V9_DATA_MAX, o.b, V9_DATA_MAX);
}

static void make_pool(struct flood *f)
{
	uint64_t records = f->records < POOL_RECORDS ? f->records : POOL_RECORDS;
	uint64_t turn = V9_PER_DATAGRAM * f->exporters;
	f->pool_count = (records + turn - 1) / turn * f->exporters;
	f->pool = malloc(f->pool_count * V9_DATA_MAX);
	if (!f->pool)
		fail("no memory for the pool");
	for (uint64_t i = 0; i < f->pool_count; i++)
		make_datagram(f, i);
}

/* ---- sending ---- */

static void open_socket(struct flood *f)
{
	int octets = V9_DATA_MAX;
	f->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (f->fd < 0)
		fail("socket");
	if (f->segments > 1 &&
	    setsockopt(f->fd, IPPROTO_UDP, UDP_SEGMENT, &octets, sizeof octets) != 0)
		fail("UDP_SEGMENT");
}

static void add_message(const struct flood *f, struct burst *b, uint8_t *octets, size_t len,
                        uint32_t exporter)
{
	struct msghdr *h = &b->headers[b->count].msg_hdr;
	b->iov[b->count] = (struct iovec){ octets, len };
	*h = (struct msghdr){ .msg_name = (void *)(uintptr_t)&f->to,
		              .msg_namelen = sizeof f->to,
		              .msg_iov = &b->iov[b->count],
		              .msg_iovlen = 1,
		              .msg_control = b->from[b->count],
		              .msg_controllen = sizeof b->from[b->count] };
	struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(0x7f010001 + exporter) };
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof info);
	memcpy(CMSG_DATA(c), &info, sizeof info);
	b->count++;
}

static void add_template(struct flood *f, struct burst *b, uint32_t exporter, uint32_t seconds)
{
	struct v9_out *o = &b->templates[b->template_count++];
	o->len = 0;
	v9_put_header(o, &(struct v9_header){ .count = 1,
	                                      .seconds = seconds,
	                                      .sequence = f->sequence[exporter]++,
	                                      .source_id = exporter });
	v9_put_template(o);
	add_message(f, b, o->b, o->len, exporter);
	f->templates++;
}

/* Lengthens the last message by the datagram that lies behind it; false where it may not be. */
static bool lengthen(const struct flood *f, struct burst *b, const uint8_t *octets)
{
	struct iovec *last = b->count ? &b->iov[b->count - 1] : NULL;
	if (!last || (const uint8_t *)last->iov_base + last->iov_len != octets ||
	    last->iov_len >= f->segments * V9_DATA_MAX)
		return false;
	last->iov_len += V9_DATA_MAX;
	return true;
}

/* Writes the header anew, with the time and the exporter's sequence. */
static void add_data(struct flood *f, struct burst *b, uint32_t seconds)
{
	uint8_t *octets = f->pool + f->sent % f->pool_count * V9_DATA_MAX;
	uint32_t exporter = (uint32_t)(f->sent % f->exporters);
	if (f->sent / f->exporters % TEMPLATE_EVERY == 0)
		add_template(f, b, exporter, seconds);
	struct v9_out o = { .len = 0 };
	v9_put_header(&o, &(struct v9_header){ .count = V9_PER_DATAGRAM,
	                                       .seconds = seconds,
	                                       .sequence = f->sequence[exporter]++,
	                                       .source_id = exporter });
	memcpy(octets, o.b, o.len);
	if (!lengthen(f, b, octets))
		add_message(f, b, octets, V9_DATA_MAX, exporter);
	f->sent++;
}

static void send_burst(const struct flood *f, struct burst *b)
{
	unsigned done = 0;
	while (done < b->count) {
		int n = sendmmsg(f->fd, b->headers + done, b->count - done, 0);
		if (n < 0 && errno != EINTR)
			fail("sending");
		done += n < 0 ? 0 : (unsigned)n;
	}
	b->count = b->template_count = 0;
}

/* Until the burst is due.  One that is late is sent at once, so that the mean is the rate. */
static void pace(const struct flood *f, uint64_t start)
{
	if (!f->rate)
		return;
	uint64_t due =
	    start + (uint64_t)((double)f->sent * V9_PER_DATAGRAM * 1e9 / (double)f->rate);
	struct timespec at = { (time_t)(due / 1000000000u), (long)(due % 1000000000u) };
	if (nanoseconds(CLOCK_MONOTONIC) + NAP_LEAST_NS < due)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	while (nanoseconds(CLOCK_MONOTONIC) < due)
		continue;
}

static void send_all(struct flood *f)
{
	static struct burst burst;
	uint64_t datagrams = (f->records + V9_PER_DATAGRAM - 1) / V9_PER_DATAGRAM;
	uint64_t start = nanoseconds(CLOCK_MONOTONIC);
	uint64_t cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
	while (f->sent < datagrams) {
		pace(f, start);
		uint32_t seconds = (uint32_t)time(NULL);
		for (int i = 0; i < BURST && f->sent < datagrams; i++)
			add_data(f, &burst, seconds);
		send_burst(f, &burst);
	}
	printf("{\"datagrams\": %" PRIu64 ", \"records\": %" PRIu64 ", \"templates\": %" PRIu64
	       ", \"seconds\": %.3f, \"cpu\": %.3f}\n",
	       f->sent + f->templates, f->sent * V9_PER_DATAGRAM, f->templates,
	       (double)(nanoseconds(CLOCK_MONOTONIC) - start) * 1e-9,
	       (double)(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e-9);
}

static long long number(int argc, char **argv, int i, long long otherwise)
{
	return argc > i ? strtoll(argv[i], NULL, 10) : otherwise;
}

static bool read_arguments(struct flood *f, int argc, char **argv)
{
	long long port = number(argc, argv, 1, 0), records = number(argc, argv, 2, 0);
	long long rate = number(argc, argv, 3, 0), flows = number(argc, argv, 4, 1000000);
	long long exporters = number(argc, argv, 5, 1), segments = number(argc, argv, 6, 1);
	if (argc < 4 || argc > 7 || port < 1 || port > 65535 || records < 1 || rate < 0 || !flows ||
	    exporters < 1 || exporters > EXPORTERS_MAX || segments < 1 ||
	    segments > (exporters == 1 ? SEGMENTS_MAX : 1))
		return false;
	*f = (struct flood){ .records = (uint64_t)records,
		             .rate = (uint64_t)rate,
		             .each = flows < 0,
		             .exporters = (uint32_t)exporters,
		             .segments = (unsigned)segments };
	f->flows = (uint64_t)llabs(flows) / f->exporters * f->exporters;
	f->to = (struct sockaddr_in){ .sin_family = AF_INET,
		                      .sin_port = htons((uint16_t)port),
		                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return f->flows > 0;
}

int main(int argc, char **argv)
{
	static struct flood f;
	if (!read_arguments(&f, argc, argv)) {
		fprintf(stderr, "usage: %s PORT RECORDS RATE [FLOWS [EXPORTERS [POOL]]]\n",
		        argv[0]);
		return 2;
	}
	open_socket(&f);
	make_pool(&f);
	printf("ready\n");
	fflush(stdout);
	char line[16];
	if (!fgets(line, sizeof line, stdin))
		return 1;
	prctl(PR_SET_TIMERSLACK, 1);
	alarm(SECONDS_MOST);
	send_all(&f);
	return 0;
}
