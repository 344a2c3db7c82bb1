/* bench_ring: what the journal costs a datagram.
 *
 *     bench_ring [DIR [MEBIBYTES [LAPS]]]
 *
 * For datagrams of 1400 and of 100 octets: copies them into slots in bursts of 64 (where recvmmsg
 * would), takes them (packing and checksum), reads them again, and releases every burst.  Shows the
 * first lap, the best of LAPS (8) more, and one after the file was written back, when the kernel
 * must make every page writable again.  Then leaves the ring full and recovers it.  Nanoseconds per
 * record by the clock; the ring of 256 MiB is made in DIR (/tmp). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collector/journal/checksum.h"
#include "collector/journal/recovery.h"
#include "collector/journal/ring.h"

static const uint8_t workspace_[16] = { 1 };
static uint8_t payload_[2048];

struct cost {
	double copy, take, read; /* seconds */
	uint64_t records;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void fail(const struct err *e)
{
	fprintf(stderr, "bench_ring: %s\n", e->text);
	exit(1);
}

static size_t burst(struct ring *ring, uint32_t len, struct cost *cost)
{
	struct burst_slot slots[BURST_SLOTS];
	double t0 = now();
	size_t n = ring_offer(ring, slots, BURST_SLOTS);
	for (size_t i = 0; i < n; i++) {
		memcpy(slots[i].iov[0].iov_base, payload_, len);
		slots[i].len = len;
		slots[i].arrival = (int64_t)i;
		slots[i].port = 40000;
		slots[i].from = (struct ip){ { 192, 0, 2, 1 } };
	}
	double t1 = now();
	ring_take(ring, slots, n, 2055);
	cost->copy += t1 - t0;
	cost->take += now() - t1;
	cost->records += n;
	return n;
}

static void drain(struct ring *ring, struct cost *cost)
{
	static volatile uint8_t touched;
	struct ring_record record;
	double t0 = now();
	while (ring_next(ring, &record))
		touched = record.payload[record.len - 1];
	(void)touched;
	ring_release(ring, ring_position(ring));
	cost->read += now() - t0;
}

static void show(const char *what, uint32_t len, const struct cost *cost)
{
	double all = cost->copy + cost->take + cost->read, per = 1e9 / (double)cost->records;
	printf("%4u octets, %-12s  copy %6.1f  take %6.1f  read %5.1f  all %6.1f ns  %5.2f M/s\n",
	       len, what, cost->copy * per, cost->take * per, cost->read * per, all * per,
	       (double)cost->records / all * 1e-6);
}

/* One lap, from wherever the ring is. */
static struct cost lap(struct ring *ring, uint64_t size, uint32_t len)
{
	struct cost cost = { 0 };
	uint64_t start = ring_position(ring);
	while (ring_position(ring) < start + size) {
		burst(ring, len, &cost);
		drain(ring, &cost);
	}
	return cost;
}

static void sync_ring(struct ring *ring)
{
	struct err e = { 0 };
	double t0 = now();
	if (!ring_sync(ring, &e))
		fail(&e);
	printf("writing it back: %.3f s\n", now() - t0);
}

static void run_laps(struct ring *ring, uint64_t size, uint32_t len, uint64_t laps)
{
	struct cost best = lap(ring, size, len);
	show("first", len, &best);
	for (uint64_t i = 0; i < laps; i++) {
		struct cost cost = lap(ring, size, len);
		if (i == 0 || cost.copy + cost.take + cost.read < best.copy + best.take + best.read)
			best = cost;
	}
	show("best", len, &best);
	sync_ring(ring);
	best = lap(ring, size, len);
	show("written back", len, &best);
}

static void run_checksums(uint32_t len)
{
	enum { ROUNDS = 200000 };
	size_t units = (len + 32 + 15) / 16; /* what a record's checksum covers */
	for (size_t i = 0; checksum_way(i); i++) {
		const struct checksum_way *way = checksum_way(i);
		uint64_t chain = 0;
		double t0 = now();
		for (int n = 0; n < ROUNDS; n++)
			chain += way->sum(payload_ + n % 4 * 16, units, (uint64_t)n);
		static volatile uint64_t sink;
		sink = chain;
		(void)sink;
		printf("%4u octets, checksum %-9s %6.1f ns\n", len, way->name,
		       (now() - t0) * 1e9 / ROUNDS);
	}
}

static void run_recovery(const char *path)
{
	struct err e = { 0 };
	struct ring_record record;
	double t0 = now();
	struct recovery *recovery = recovery_open(path, workspace_, 0, &e);
	if (!recovery)
		fail(&e);
	while (recovery_next(recovery, &record))
		;
	const struct recovery_report *report = recovery_report(recovery);
	printf("recovering %lu records of a full ring: %.3f s\n", (unsigned long)report->records,
	       now() - t0);
	uint64_t end = report->end;
	recovery_close(recovery);
	t0 = now();
	recovery = recovery_open(path, workspace_, end, &e);
	if (!recovery)
		fail(&e);
	if (recovery_next(recovery, &record))
		exit(1);
	printf("seeing that nothing is to be recovered: %.3f s\n", now() - t0);
	recovery_close(recovery);
}

static struct ring *make_ring(const char *path, uint64_t size)
{
	struct ring_config config = { .path = path, .size = size };
	struct err e = { 0 };
	double t0 = now();
	memcpy(config.workspace, workspace_, sizeof workspace_);
	struct ring *ring = ring_create(&config, &e);
	if (!ring)
		fail(&e);
	printf("making a ring of %lu MiB: %.3f s\n", (unsigned long)(size >> 20), now() - t0);
	return ring;
}

static void run_sizes(const char *path, uint64_t size, uint64_t laps)
{
	static const uint32_t lens[] = { 1400, 100 };
	for (size_t i = 0; i < 2; i++) {
		run_checksums(lens[i]);
		struct ring *ring = make_ring(path, size);
		run_laps(ring, size, lens[i], laps);
		ring_close(ring);
	}
	struct ring *ring = make_ring(path, size);
	struct cost cost = { 0 };
	while (burst(ring, 1400, &cost) > 0)
		;
	ring_close(ring);
	run_recovery(path);
}

int main(int argc, char **argv)
{
	char path[4096];
	uint64_t size = argc > 2 ? strtoull(argv[2], NULL, 10) << 20 : UINT64_C(256) << 20;
	uint64_t laps = argc > 3 ? strtoull(argv[3], NULL, 10) : 8;
	struct err e = { 0 };
	snprintf(path, sizeof path, "%s/bench-%d.ring", argc > 1 ? argv[1] : "/tmp", (int)getpid());
	for (size_t i = 0; i < sizeof payload_; i++)
		payload_[i] = (uint8_t)(i * 37);
	run_sizes(path, size, laps);
	if (!ring_remove(path, &e))
		fail(&e);
	return 0;
}
