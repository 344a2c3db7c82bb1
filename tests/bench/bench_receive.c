/* bench_receive: what receiving a datagram costs, beside a bare recvmmsg loop as the floor.
 *
 *     bench_receive [DATAGRAMS [RATE...]]
 *
 * A sender process sends datagrams of 18 NetFlow v9 records' size over loopback, from eight
 * exporters, at each rate (datagrams a second; 0: as fast as they are received).  The receiver
 * takes them into 32 MiB of memory, in bursts of 64.  Prints one JSON object per loop and rate:
 * datagrams received and dropped, CPU nanoseconds of the receiving thread (user and system) per
 * datagram. */
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collector/receive/listener.h"
#include "collector/receive/receiver.h"
#include "core/base/sockaddr.h"

enum { OCTETS = 1406, SLOT = 2048, SLOTS = 16384, EXPORTERS = 8, BUFFER = 32 << 20, WINDOW = 4096 };

/* Shared with the sender. */
struct progress {
	_Atomic uint64_t sent, taken;
};

struct bench {
	struct receiver *receiver;
	struct listener *listener;
	uint8_t *memory;
	size_t next;               /* slot */
	struct progress *progress; /* shared with the sender */
	uint64_t wanted, rate;
};

static uint64_t nanoseconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void stay_on(unsigned cpu)
{
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	(void)sched_setaffinity(0, sizeof one, &one);
}

/* ---- sending ---- */

static int exporter(unsigned number, uint16_t port)
{
	uint8_t four[4] = { 127, 1, 0, (uint8_t)(1 + number) };
	struct ip from = ip_from_v4(four), to = ip_from_v4((uint8_t[]){ 127, 0, 0, 1 });
	struct sockaddr_storage at;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sockaddr_of(AF_INET, &from, 0, &at);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0)
		_exit(1);
	len = sockaddr_of(AF_INET, &to, port, &at);
	if (connect(fd, (struct sockaddr *)&at, len) != 0)
		_exit(1);
	return fd;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
}

/* Until the next burst is due, or the window that was sent has been received. */
static void pace(const struct bench *b, uint64_t start, uint64_t sent)
{
	if (b->rate) {
		uint64_t due = start + sent * 1000000000u / b->rate;
		while (nanoseconds(CLOCK_MONOTONIC) < due)
			continue;
	} else if (sent % WINDOW == 0) {
		while (atomic_load(&b->progress->taken) < sent)
			nap();
	}
}

static void send_all(const struct bench *b, uint16_t port)
{
	enum { BURST = 16 };
	static uint8_t octets[OCTETS];
	struct iovec iov = { octets, OCTETS };
	struct mmsghdr headers[BURST];
	int fds[EXPORTERS];
	stay_on(0);
	for (unsigned i = 0; i < EXPORTERS; i++)
		fds[i] = exporter(i, port);
	for (int i = 0; i < BURST; i++)
		headers[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };
	uint64_t start = nanoseconds(CLOCK_MONOTONIC);
	for (uint64_t sent = 0, n = 0; sent < b->wanted; sent += BURST, n++) {
		pace(b, start, sent);
		if (sendmmsg(fds[n % EXPORTERS], headers, BURST, 0) != BURST)
			_exit(1);
		atomic_store(&b->progress->sent, sent + BURST);
	}
	_exit(0);
}

/* ---- receiving ---- */

static uint8_t *slot_at(const struct bench *b, size_t i)
{
	return b->memory + (b->next + i) % SLOTS * SLOT;
}

/* No source, no time, no count. */
static size_t receive_bare(struct bench *b)
{
	struct mmsghdr headers[BURST_SLOTS];
	struct iovec iov[BURST_SLOTS];
	for (size_t i = 0; i < BURST_SLOTS; i++) {
		iov[i] = (struct iovec){ slot_at(b, i), SLOT };
		headers[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &iov[i], .msg_iovlen = 1 } };
	}
	int n = recvmmsg(listener_fd(b->listener), headers, BURST_SLOTS, MSG_WAITFORONE, NULL);
	return n < 0 ? 0 : (size_t)n;
}

static size_t receive_ours(struct bench *b)
{
	struct burst_slot slots[BURST_SLOTS];
	for (size_t i = 0; i < BURST_SLOTS; i++) {
		slots[i].iov[0] = (struct iovec){ slot_at(b, i), SLOT };
		slots[i].iov[1] = (struct iovec){ NULL, 0 };
	}
	if (receiver_wait(b->receiver, 1000) == 0)
		return 0;
	return listener_receive(receiver_ready(b->receiver, 0), slots, BURST_SLOTS);
}

static void await_window(const struct bench *b, uint64_t taken)
{
	uint64_t end = taken + WINDOW < b->wanted ? taken + WINDOW : b->wanted;
	while (atomic_load(&b->progress->sent) < end)
		nap();
}

/* Until all came, or nothing comes for as long as a socket waits. */
static uint64_t receive_all(struct bench *b, size_t (*receive)(struct bench *))
{
	uint64_t taken = 0;
	size_t n = 1;
	while (taken < b->wanted && n > 0) {
		if (b->rate == 0 && taken % WINDOW == 0)
			await_window(b, taken);
		n = receive(b);
		taken += n;
		b->next += n;
		atomic_store(&b->progress->taken, taken);
	}
	return taken;
}

static bool run(struct bench *b, const char *name, size_t (*receive)(struct bench *))
{
	uint64_t dropped = listener_counts(b->listener)->dropped;
	atomic_store(&b->progress->taken, 0);
	atomic_store(&b->progress->sent, 0);
	pid_t sender = fork();
	if (sender == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		send_all(b, listener_port(b->listener));
	}
	uint64_t start = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
	uint64_t wall = nanoseconds(CLOCK_MONOTONIC);
	uint64_t taken = receive_all(b, receive);
	uint64_t cpu = nanoseconds(CLOCK_THREAD_CPUTIME_ID) - start;
	wall = nanoseconds(CLOCK_MONOTONIC) - wall;
	if (taken < b->wanted && sender > 0)
		kill(sender, SIGKILL); /* it may wait for us */
	if (sender < 0 || waitpid(sender, NULL, 0) != sender || taken == 0)
		return false;
	printf("{\"loop\":\"%s\",\"rate\":%" PRIu64 ",\"datagrams\":%" PRIu64
	       ",\"dropped\":%" PRIu64 ",\"seconds\":%.3f,\"cpu_ns\":%.0f}\n",
	       name, b->rate, taken, listener_counts(b->listener)->dropped - dropped,
	       (double)wall / 1e9, (double)cpu / (double)taken);
	fflush(stdout);
	return true;
}

/* ---- both ---- */

static bool bench_open(struct bench *b, struct err *e)
{
	struct listen_options options = { .receive_buffer = BUFFER };
	struct listeners all;
	if (!listen_address_parse("127.0.0.1:0", &options.address, e) ||
	    !listeners_open(&options, 1, NULL, &all, e))
		return false;
	b->listener = all.at[0];
	b->receiver = receiver_new(e);
	if (!b->receiver || !receiver_add(b->receiver, b->listener, e))
		return false;
	/* for the bare loop: waits, but not for ever */
	struct timeval second = { .tv_sec = 1 };
	int fd = listener_fd(b->listener);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
	(void)fcntl(fd, F_SETFL, 0);
	b->memory = mmap(NULL, SLOTS * SLOT, PROT_READ | PROT_WRITE,
	                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	void *shared = mmap(NULL, sizeof *b->progress, PROT_READ | PROT_WRITE,
	                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	b->progress = shared;
	return b->memory != MAP_FAILED && shared != MAP_FAILED;
}

int main(int argc, char **argv)
{
	static const char *const usual[] = { "0", "200000", "50000" };
	const char *const *rates = argc > 2 ? (const char *const *)argv + 2 : usual;
	int rate_count = argc > 2 ? argc - 2 : (int)ARRAY_LEN(usual);
	struct bench b = { .wanted = argc > 1 ? strtoull(argv[1], NULL, 10) / WINDOW * WINDOW
		                              : 100 * WINDOW };
	struct err e = { 0 };
	if (b.wanted == 0 || !bench_open(&b, &e)) {
		fprintf(stderr, "bench_receive: %s\n", b.wanted ? e.text : "how many?");
		return 1;
	}
	stay_on(1);
	bool ok = true;
	for (int i = 0; ok && i < rate_count; i++) {
		b.rate = strtoull(rates[i], NULL, 10);
		ok = run(&b, "bare", receive_bare) && run(&b, "weir", receive_ours);
	}
	receiver_free(b.receiver);
	return ok ? 0 : 1;
}
