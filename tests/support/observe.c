/* observe: what src/exporter/capture sees of an interface or of a file, for tests.
 *
 *     observe [--sampling N] [--every] [--seed N] [--ingress | --egress] [--ring OCTETS] IFACE
 *     observe [--sampling N] [--every] [--seed N] --read FILE
 *
 * Prints a line once it captures, and then each line that is for the log; at the end of its
 * standard input (of an interface) or of the file one JSON object: counts, and the packets of each
 * flow. Needs no more privileges once it captures, and gives them up.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "exporter/capture/interface.h"
#include "exporter/capture/packet_source.h"

enum {
	FLOWS_MOST = 4096,
	WATCH_MS = 100,
};

struct flow {
	char key[160];
	uint64_t packets, octets, squares;
};

struct observing {
	struct interface_config config;
	enum selector_algorithm algorithm;
	const char *file, *interface;
	size_t flows;
	struct flow flow[FLOWS_MOST];
};

static void fail(const char *text)
{
	fprintf(stderr, "observe: %s\n", text);
	exit(1);
}

static struct flow *flow_of(struct observing *o, const char *key)
{
	size_t i = 0;
	while (i < o->flows && strcmp(o->flow[i].key, key) != 0)
		i++;
	if (i == FLOWS_MOST)
		fail("too many flows");
	if (i == o->flows)
		snprintf(o->flow[o->flows++].key, sizeof o->flow[0].key, "%s", key);
	return &o->flow[i];
}

static void take(void *context, const struct observed *seen)
{
	const struct frame *f = &seen->frame;
	char key[160], src[IP_TEXT_MAX], dst[IP_TEXT_MAX];
	ip_format(&f->src, src);
	ip_format(&f->dst, dst);
	bool is_icmp = f->protocol == 1 || f->protocol == 58;
	snprintf(key, sizeof key, "%s %s %s %u %u %u %u/%u/%u",
	         seen->direction == OBSERVED_EGRESS ? "out" : "in", src, dst, f->protocol,
	         is_icmp ? f->icmp_type : f->src_port, is_icmp ? f->icmp_code : f->dst_port,
	         f->vlan_tags, f->vlan[0], f->vlan[1]);
	struct flow *flow = flow_of(context, key);
	flow->packets += seen->packets;
	flow->octets += seen->bytes;
	flow->squares += seen->squares;
}

static void print(const struct observing *o, const struct interface_counts *n)
{
	printf("{\"frames\":%ju,\"sampled\":%ju,\"packets\":%ju,\"octets\":%ju,\"not_ip\":%ju,"
	       "\"too_short\":%ju,\"bad\":%ju,\"passed\":%ju,\"dropped\":%ju,\"population\":%ju,"
	       "\"lost\":%ju,\"achieved\":%u,\"flows\":{",
	       (uintmax_t)n->observed.frames, (uintmax_t)n->observed.sampled,
	       (uintmax_t)n->observed.packets, (uintmax_t)n->observed.octets,
	       (uintmax_t)n->observed.not_ip, (uintmax_t)n->observed.too_short,
	       (uintmax_t)n->observed.bad, (uintmax_t)n->ring.passed, (uintmax_t)n->ring.dropped,
	       (uintmax_t)n->population, (uintmax_t)n->lost, n->achieved);
	for (size_t i = 0; i < o->flows; i++)
		printf("%s\"%s\":[%ju,%ju,%ju]", i ? "," : "", o->flow[i].key,
		       (uintmax_t)o->flow[i].packets, (uintmax_t)o->flow[i].octets,
		       (uintmax_t)o->flow[i].squares);
	puts("}}");
}

static void observe_file(struct observing *o)
{
	struct err e = { 0 };
	struct selector_config sampling = { o->algorithm, o->config.interval, o->config.seeded,
		                            o->config.seed };
	struct packet_source *source = packet_source_open(o->file, &sampling, &e);
	if (!source)
		fail(e.text);
	while (packet_source_read(source, 1000, (struct observed_sink){ take, o }, &e))
		;
	struct interface_counts n = { .observed = *packet_source_counts(source) };
	packet_source_close(source);
	if (e.code)
		fail(e.text);
	print(o, &n);
}

/* Whether standard input goes on, after at most WATCH_MS. */
static bool wait_for(const struct interface *i)
{
	char byte;
	struct pollfd fds[] = {
		{ .fd = interface_fd(i), .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	(void)poll(fds, ARRAY_LEN(fds), WATCH_MS);
	return !fds[1].revents || read(STDIN_FILENO, &byte, 1) == 1;
}

static void observe_interface(struct observing *o)
{
	struct err e = { 0 };
	char line[512];
	struct interface *i = interface_open(o->interface, &o->config, &e);
	if (!i)
		fail(e.text);
	if (setgid(65534) != 0 || setuid(65534) != 0)
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	interface_describe(i, line, sizeof line);
	puts(line);
	while (wait_for(i)) {
		interface_read(i, (struct observed_sink){ take, o });
		if (interface_watch(i, line, sizeof line))
			puts(line);
	}
	interface_finish(i, (struct observed_sink){ take, o });
	print(o, interface_counts(i));
	interface_close(i);
}

static struct observing *read_options(int argc, char **argv)
{
	struct observing *o = calloc(1, sizeof *o);
	if (!o)
		fail("no memory");
	o->config.interval = 1;
	o->algorithm = SELECTOR_RANDOM;
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(argv[i], "--sampling") == 0 && ++i)
			o->config.interval = (uint32_t)strtoul(value, NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0 && ++i)
			o->config.seed = strtoull(value, NULL, 10);
		else if (strcmp(argv[i], "--ring") == 0 && ++i)
			o->config.ring = strtoull(value, NULL, 10);
		else if (strcmp(argv[i], "--read") == 0 && ++i)
			o->file = value;
		else if (strcmp(argv[i], "--every") == 0)
			o->algorithm = SELECTOR_SYSTEMATIC;
		else if (strcmp(argv[i], "--ingress") == 0)
			o->config.direction = KERNEL_FILTER_INGRESS;
		else if (strcmp(argv[i], "--egress") == 0)
			o->config.direction = KERNEL_FILTER_EGRESS;
		else
			o->interface = argv[i];
	}
	o->config.seeded = o->config.seed != 0;
	if (o->config.interval == 0 || !o->file == !o->interface)
		fail("see the first lines of observe.c");
	return o;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	struct observing *o = read_options(argc, argv);
	if (o->file)
		observe_file(o);
	else
		observe_interface(o);
	free(o);
	return 0;
}
