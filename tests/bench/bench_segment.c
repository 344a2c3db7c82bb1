/* bench_segment: what it costs to store flow rows, and to read them back.
 *
 *     bench_segment [ROWS] [CIRCUITS] [DIR]
 *
 * Writes ROWS (default 1,000,000) rows of one minute as one commit into a new workspace at DIR
 * (default: a temporary directory, removed at the end) and prints CPU time and size per row, then
 * the time to read them back as rows.  Rows are enriched by CIRCUITS (default 0: not at all) rules
 * of VLAN pairs, of which there are 2500. The rows are like a provider edge's: random pairs of IPv4
 * addresses of log-uniform popularity, 2000 subnets, few next hops and protocols. */
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "collector/enrich/enrich.h"
#include "core/base/ticks.h"
#include "workspace/workspace.h"

static uint64_t seed = 20261105;

/* splitmix64 */
static uint64_t next_random(void)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)(next_random() % n);
}

/* 0 to n - 1, each power of two as likely as any other. */
static uint32_t log_uniform(double n)
{
	return (uint32_t)exp((double)(next_random() >> 11) * 0x1p-53 * log(n));
}

static struct ip v4(uint32_t address)
{
	return ip_from_v4((const uint8_t[]){ (uint8_t)(address >> 24), (uint8_t)(address >> 16),
	                                     (uint8_t)(address >> 8), (uint8_t)address });
}

/* A host in one of 2000 /24 networks. */
static struct ip host(void)
{
	uint32_t n = log_uniform(500000);
	uint32_t network = n * UINT32_C(2654435761) % 2000;
	return v4(0x0a000000 + network * 256 + n / 2000 % 254 + 1);
}

static struct flow_row random_row(uint32_t minute, uint64_t sequence)
{
	static const uint8_t protocols[] = { 6, 6, 6, 6, 6, 17, 17, 17, 1, 47, 50, 58 };
	static const uint16_t ports[] = { 443, 443, 443, 80, 53, 22, 3389, 8443, 123, 25 };
	uint32_t packets = log_uniform(1000);
	int64_t start = TICKS_UNIX_EPOCH + minute * TICKS_PER_MINUTE + below(60000) * TICKS_PER_MS;
	struct flow_row row = {
		.key = {
			.present = UINT64_MAX,
			.bgp_next_hop = v4(0xc0a80000 + below(6)),
			.dst_addr = host(),
			.next_hop = v4(0xc0a80100 + below(8)),
			.src_addr = host(),
			.exporter = v4(0xc0000201 + below(3)),
			.dst_asn = 64512 + log_uniform(900),
			.src_asn = 64512 + log_uniform(900),
			.minute = minute,
			.sampling = 4096,
			.domain = 100 + below(2),
			.input_if = 500 + below(24),
			.output_if = 500 + below(24),
			.dst_port = ports[below(10)],
			.customer_vlan = (uint16_t)below(50),
			.vlan = (uint16_t)(100 + below(50)),
			.src_port = (uint16_t)(1024 + below(64000)),
			.dst_mask = 24,
			.tos = below(10) ? 0 : 0xb8,
			.ip_version = 4,
			.protocol = protocols[below(12)],
			.src_mask = 24,
		},
		.present = UINT64_MAX,
		.record_time = start + 5 * TICKS_PER_SECOND,
		.sequence = sequence << 16,
		.bytes = packets * (uint64_t)(60 + below(1400)),
		.packets = packets,
		.sum_of_squares = packets * UINT64_C(700000),
		.start_time = start,
		.end_time = start + below(60000) * TICKS_PER_MS,
		.records = 1 + below(3),
		.tcp_flags = (uint16_t)(16 + below(12)),
		.max_ttl = (uint8_t)(50 + below(15)),
		.min_ttl = (uint8_t)(50 + below(5)),
	};
	return row;
}

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double wall_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static long peak_kib(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void check(bool ok, const struct err *e)
{
	if (ok)
		return;
	fprintf(stderr, "bench_segment: %s\n", e->text);
	exit(1);
}

/* One commit; the first of a process also starts the database. */
static void store(struct workspace *ws, const struct flow_row *const *rows, size_t count,
                  const struct enrichment *enrichment)
{
	struct constants constants = { 0 };
	constants.text[COL_OperationName] = "Flow";
	struct err e = { 0 };
	struct commit *c = commit_begin(ws, &e);
	check(c, &e);
	commit_enrich(c, enrichment);
	check(commit_flow_rows(c, rows, count, &constants, &e), &e);
	check(commit_end(c, &e), &e);
}

static bool count_rows(void *context, const struct flow_row *rows, size_t count, struct err *e)
{
	(void)rows;
	(void)e;
	*(size_t *)context += count;
	return true;
}

/* Reads the segments one after the other; the time includes starting a database. */
static void read_back(struct workspace *ws, size_t want)
{
	struct segment_list list;
	struct err e = { 0 };
	struct segment_filter all = SEGMENTS_OF(TABLE_FLOWS);
	check(workspace_segments(ws, &all, &list, &e), &e);
	int64_t *ids = calloc(list.count + 1, sizeof *ids);
	if (!ids)
		abort();
	for (size_t i = 0; i < list.count; i++)
		ids[i] = list.items[i].id;
	size_t rows = 0;
	double cpu = cpu_seconds(), wall = wall_seconds();
	check(workspace_flow_rows(ws, ids, list.count, count_rows, &rows, &e), &e);
	cpu = cpu_seconds() - cpu;
	wall = wall_seconds() - wall;
	if (rows != want)
		abort();
	printf("%zu segments read back: %.3f us CPU, %.3f us wall per row, %.1f ms\n", list.count,
	       cpu / (double)rows * 1e6, wall / (double)rows * 1e6, wall * 1e3);
	free(ids);
	segment_list_done(&list);
}

static const struct flow_row **make_rows(size_t count)
{
	struct flow_row *rows = calloc(count, sizeof *rows);
	const struct flow_row **order = calloc(count, sizeof *order);
	if (!rows || !order)
		abort();
	uint32_t minute = (uint32_t)((ticks_now() - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
	for (size_t i = 0; i < count; i++) {
		rows[i] = random_row(minute, i);
		order[i] = &rows[i];
	}
	return order;
}

static struct enricher *make_enricher(size_t count)
{
	static struct circuit rules[2500];
	static char ids[2500][64], keys[2500][64];
	static const uint32_t asns[] = { 65000, 65001 };
	struct err e = { 0 };
	for (uint32_t i = 0; i < count; i++) {
		snprintf(ids[i], sizeof ids[i], "/subscriptions/a/expressRouteCircuits/circuit-%u",
		         i / 2);
		snprintf(keys[i], sizeof keys[i], "00000000-0000-0000-0000-%012u", i / 2);
		rules[i] = (struct circuit){
			.parts = CIRCUIT_VLAN | CIRCUIT_CUSTOMER_VLAN,
			.vlan = 100 + i % 50,
			.customer_vlan = i / 50,
			.id = ids[i],
			.direct_port_id = ids[i % 20],
			.service_key = keys[i],
			.peering_type = i % 2 ? "MicrosoftPeering" : "AzurePrivatePeering",
		};
	}
	struct enricher *enricher =
	    enricher_new(&(struct enrich_config){ { rules, count }, { .asns = { asns, 2 } } }, &e);
	check(enricher, &e);
	return enricher;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	char temporary[] = "/tmp/bench-segment-XXXXXX";
	size_t circuits = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	if (circuits > 2500)
		return 2;
	const char *dir = argc > 3 ? argv[3] : mkdtemp(temporary);
	const struct flow_row **rows = make_rows(count);
	struct err e = { 0 };
	struct workspace *ws = workspace_open(dir, WORKSPACE_WRITE, &e);
	check(ws, &e);
	struct enricher *enricher = make_enricher(circuits);
	struct enriching enriching = { enricher, NULL };
	struct enrichment enrichment = enriching_as_enrichment(&enriching);
	store(ws, rows, 1, NULL);

	long kib = peak_kib();
	double cpu = cpu_seconds(), wall = wall_seconds();
	store(ws, rows, count, circuits ? &enrichment : NULL);
	cpu = cpu_seconds() - cpu;
	wall = wall_seconds() - wall;

	struct buf sql = { 0 };
	struct relation_size size;
	struct segment_filter all = SEGMENTS_OF(TABLE_FLOWS);
	check(workspace_relation(ws, &all, &sql, &size, &e), &e);
	printf("%zu rows: %.3f us CPU, %.3f us wall, %.1f bytes per row; %ld MiB beside the rows\n",
	       count, cpu / (double)count * 1e6, wall / (double)count * 1e6,
	       (double)size.bytes / (double)size.rows, (peak_kib() - kib) / 1024);
	read_back(ws, (size_t)size.rows);
	workspace_close(ws);
	enricher_free(enricher);
	if (dir == temporary)
		nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	buf_done(&sql);
	free((void *)(uintptr_t)rows[0]);
	free(rows);
	return 0;
}
