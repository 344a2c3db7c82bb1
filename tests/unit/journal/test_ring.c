#include "collector/journal/ring.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "support/rings.h"

static int make_place(void **state)
{
	*state = calloc(1, sizeof(struct ring_place));
	assert_non_null(*state);
	place_make(*state);
	return 0;
}

static int clear_place(void **state)
{
	place_clear(*state);
	free(*state);
	return 0;
}

static void records_come_out_as_they_went_in(void **state)
{
	static const uint32_t lens[] = { 1400, 0, 1, 15, 16, 17, 2047, 2048 };
	struct ring *ring = place_ring(*state, RING_SIZE_MIN, 0);
	struct ring_record record;
	assert_false(ring_next(ring, &record));
	ring_write(ring, lens, ARRAY_LEN(lens), 10, 4739);
	uint64_t end = 0;
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		assert_true(ring_next(ring, &record));
		assert_record(&record, lens[i], 10 + i);
		assert_int_equal(record.listener, 4739);
		end += span_of(lens[i]);
		assert_int_equal(record.end, end);
		assert_int_equal(ring_position(ring), end);
	}
	assert_false(ring_next(ring, &record));
	ring_close(ring);
}

/* 48 octets of head and 112 for a payload of 100. */
static void small_datagrams_are_packed(void **state)
{
	struct ring *ring = place_ring(*state, RING_SIZE_MIN, 0);
	uint32_t lens[40];
	for (size_t i = 0; i < ARRAY_LEN(lens); i++)
		lens[i] = 100;
	ring_write(ring, lens, ARRAY_LEN(lens), 0, 0);
	assert_int_equal(ring_used(ring), 40 * 160);
	ring_close(ring);
}

static void long_datagrams_stand_between_short_ones(void **state)
{
	static const uint32_t bursts[][6] = {
		{ 100, 65507, 100, 2049, 3000, 1 },
		{ 65535, 65535, 65535, 1, 1, 1 },
		{ 2049, 1, 1, 1, 1, 1 },
		{ 1, 1, 1, 1, 1, 65535 },
		{ 4000, 2000, 1400, 60000, 0, 2048 },
		{ 1, 2, 3, 4, 30000, 30000 },
		{ 1400, 9000, 100, 100, 1400, 65507 },
		{ 2048, 2048, 2049, 2048, 2048, 2048 },
	};
	struct ring *ring = place_ring(*state, RING_SIZE_MIN, 0);
	for (size_t b = 0; b < ARRAY_LEN(bursts); b++) {
		struct ring_record record;
		ring_write(ring, bursts[b], 6, b * 6, 0);
		for (size_t i = 0; i < 6; i++) {
			assert_true(ring_next(ring, &record));
			assert_record(&record, bursts[b][i], b * 6 + i);
		}
	}
	ring_close(ring);
}

static void slots_may_be_left_out(void **state)
{
	static const uint32_t lens[] = { 1400, 3000, 100, 1400, 5000, 7, 1400, 1400 };
	struct ring *ring = place_ring(*state, RING_SIZE_MIN, 0);
	for (unsigned kept = 0; kept < 1 << ARRAY_LEN(lens); kept++) {
		struct burst_slot slots[BURST_SLOTS];
		struct ring_record record;
		size_t count = 0;
		assert_int_equal(ring_offer(ring, slots, ARRAY_LEN(lens)), ARRAY_LEN(lens));
		for (size_t i = 0; i < ARRAY_LEN(lens); i++)
			slot_fill(&slots[i], lens[i], i);
		for (size_t i = 0; i < ARRAY_LEN(lens); i++)
			if (kept >> i & 1)
				slots[count++] = slots[i];
		ring_take(ring, slots, count, 0);
		for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
			if (kept >> i & 1) {
				assert_true(ring_next(ring, &record));
				assert_record(&record, lens[i], i);
			}
		}
		assert_false(ring_next(ring, &record));
		ring_release(ring, ring_position(ring));
	}
	ring_close(ring);
}

/* The end of the ring comes to lie at every place of two records and of the slots of all, whether
 * their datagrams move to the front or to the back. */
static void records_run_over_the_end_at_every_alignment(void **state)
{
	static const uint32_t lens[] = { 1400, 100, 5000, 1400, 100 };
	enum { COUNT = ARRAY_LEN(lens) };
	for (uint64_t before = 0; before <= 1456 + 160 + 48; before += 16) {
		uint64_t start = 7 * RING_SIZE_MIN - before;
		struct ring *ring = place_ring(*state, RING_SIZE_MIN, start);
		struct ring_record record;
		ring_write(ring, lens, COUNT, before, 0);
		for (size_t i = 0; i < COUNT; i++) {
			assert_true(ring_next(ring, &record));
			assert_record(&record, lens[i], before + i);
		}
		ring_close(ring);
		struct recovery *recovery = place_recovery(*state, start);
		for (size_t i = 0; i < COUNT; i++) {
			assert_true(recovery_next(recovery, &record));
			assert_record(&record, lens[i], before + i);
		}
		assert_false(recovery_next(recovery, &record));
		assert_int_equal(recovery_report(recovery)->end,
		                 start + 1456 + 160 + 5056 + 1456 + 160);
		recovery_close(recovery);
	}
}

static uint64_t fill_up(struct ring *ring, uint64_t number, uint32_t len)
{
	struct burst_slot slots[BURST_SLOTS];
	size_t n;
	while ((n = ring_offer(ring, slots, BURST_SLOTS)) > 0) {
		for (size_t i = 0; i < n; i++)
			slot_fill(&slots[i], len, number++);
		ring_take(ring, slots, n, 0);
	}
	return number;
}

static void a_full_ring_refuses_and_keeps_what_it_has(void **state)
{
	struct ring *ring = place_ring(*state, RING_SIZE_MIN, 0);
	struct ring_record record;
	uint64_t number = 0, expected = 0;
	for (int lap = 0; lap < 5; lap++) {
		number = fill_up(ring, number, 1400);
		assert_true(RING_SIZE_MIN - ring_used(ring) < RING_RECORD_MAX);
		assert_int_equal(ring_used(ring) % 1456, 0);
		assert_int_equal(ring_percent(ring), ring_used(ring) * 100 / RING_SIZE_MIN);
		assert_true(ring_percent(ring) >= 98 && ring_percent(ring) <= 100);
		for (; expected < number; expected++) {
			assert_true(ring_next(ring, &record));
			assert_record(&record, 1400, expected);
		}
		assert_false(ring_next(ring, &record));
		ring_release(ring, ring_position(ring));
		assert_int_equal(ring_used(ring), 0);
		assert_int_equal(ring_percent(ring), 0);
	}
	ring_close(ring);
}

static void what_is_not_released_is_not_overwritten(void **state)
{
	struct ring *ring = place_ring(*state, RING_SIZE_MIN, 0);
	struct ring_record first, second, record;
	uint64_t number = fill_up(ring, 0, 60000);
	assert_true(ring_next(ring, &first));
	assert_true(ring_next(ring, &second));
	while (ring_next(ring, &record))
		;
	ring_release(ring, first.end);
	number = fill_up(ring, number, 60000);
	assert_record(&second, 60000, 1);
	for (uint64_t i = RING_SIZE_MIN / span_of(60000); i < number; i++) {
		assert_true(ring_next(ring, &record));
		assert_record(&record, 60000, i);
	}
	ring_close(ring);
}

static void an_offer_that_is_not_taken_is_no_record(void **state)
{
	struct ring *ring = place_ring(*state, RING_SIZE_MIN, 0);
	struct burst_slot slots[BURST_SLOTS];
	struct ring_record record;
	for (int i = 0; i < 100000; i++)
		assert_int_equal(ring_offer(ring, slots, 20), 20);
	slot_fill(&slots[0], 100, 1);
	ring_take(ring, slots, 0, 0);
	assert_int_equal(ring_used(ring), 0);
	assert_false(ring_next(ring, &record));
	assert_int_equal(ring_offer(ring, slots, 0), 0);
	assert_int_equal(ring_offer(ring, slots, 1000), 63); /* what 4 MiB hold of the longest */
	ring_close(ring);
	ring = place_ring(*state, 2 * RING_SIZE_MIN, 0);
	struct burst_slot many[1000];
	assert_int_equal(ring_offer(ring, many, 1000), 64);
	ring_close(ring);
}

/* Two sockets of this machine; what the kernel counted and what the ring tells must agree. */
static void datagrams_are_received_straight_into_the_ring(void **state)
{
	static const uint32_t lens[] = { 1400, 65507, 0, 2048, 2049, 100, 30000, 1 };
	enum { COUNT = ARRAY_LEN(lens) };
	struct ring *ring = place_ring(*state, RING_SIZE_MIN, 0);
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t to_len = sizeof to;
	int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
	int room = 1 << 20;
	setsockopt(in, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	assert_int_equal(bind(in, (struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(getsockname(in, (struct sockaddr *)&to, &to_len), 0);
	static uint8_t payload[65536];
	for (uint64_t i = 0; i < COUNT; i++) {
		payload_make(payload, lens[i], i);
		assert_int_equal(
		    sendto(out, payload, lens[i], 0, (struct sockaddr *)&to, sizeof to), lens[i]);
	}

	struct burst_slot slots[BURST_SLOTS];
	struct mmsghdr messages[COUNT] = { 0 };
	assert_int_equal(ring_offer(ring, slots, COUNT), COUNT);
	for (size_t i = 0; i < COUNT; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = slots[i].iov, .msg_iovlen = 2 };
	assert_int_equal(recvmmsg(in, messages, COUNT, MSG_DONTWAIT, NULL), COUNT);
	for (size_t i = 0; i < COUNT; i++)
		slots[i].len = messages[i].msg_len;
	ring_take(ring, slots, COUNT, 0);
	struct ring_record record;
	for (uint64_t i = 0; i < COUNT; i++) {
		assert_true(ring_next(ring, &record));
		payload_make(payload, lens[i], i);
		assert_int_equal(record.len, lens[i]);
		assert_memory_equal(record.payload, payload, lens[i]);
	}
	close(in);
	close(out);
	ring_close(ring);
}

enum { STRESS_RECORDS = 200000 };

static uint32_t stress_len(uint64_t number)
{
	return number % 1000 == 0 ? 20000 : (uint32_t)(number * 31 % 300);
}

static void *write_stress(void *context)
{
	struct ring *ring = context;
	struct burst_slot slots[BURST_SLOTS];
	for (uint64_t number = 0; number < STRESS_RECORDS;) {
		size_t n = ring_offer(ring, slots, 1 + number % BURST_SLOTS);
		if (n > STRESS_RECORDS - number)
			n = STRESS_RECORDS - number;
		for (size_t i = 0; i < n; i++) {
			uint32_t len = stress_len(number + i);
			size_t first = len < RING_SLOT ? len : RING_SLOT;
			memset(slots[i].iov[0].iov_base, (int)((number + i) % 251), first);
			memset(slots[i].iov[1].iov_base, (int)((number + i) % 251), len - first);
			slots[i].len = len;
			slots[i].arrival = (int64_t)(number + i);
		}
		ring_take(ring, slots, n, 7);
		number += n;
		if (n == 0)
			sched_yield();
	}
	return NULL;
}

/* Octets of the payload that are not what the writer wrote. */
static size_t wrong_octets(const struct ring_record *record)
{
	size_t wrong = 0;
	for (uint32_t i = 0; i < record->len; i++)
		wrong += record->payload[i] != (uint8_t)(record->arrival % 251);
	return wrong;
}

static void a_writer_and_a_reader_need_no_lock(void **state)
{
	struct ring *ring = place_ring(*state, RING_SIZE_MIN, 0);
	struct ring_record record;
	pthread_t writer;
	assert_int_equal(pthread_create(&writer, NULL, write_stress, ring), 0);
	for (int64_t number = 0; number < STRESS_RECORDS;) {
		if (!ring_next(ring, &record)) {
			sched_yield();
			continue;
		}
		assert_int_equal(record.arrival, number);
		assert_int_equal(record.len, stress_len((uint64_t)number));
		assert_int_equal(wrong_octets(&record), 0);
		number++;
		if (number % 500 == 0)
			ring_release(ring, ring_position(ring));
		assert_true(ring_percent(ring) <= 100);
	}
	pthread_join(writer, NULL);
	assert_false(ring_next(ring, &record));
	ring_close(ring);
}

static void a_new_ring_is_durable_and_replaces_the_old(void **state)
{
	struct ring_place *place = *state;
	static const uint32_t lens[] = { 100, 200 };
	struct ring *ring = place_ring(place, RING_SIZE_MIN, 0);
	struct err e = { 0 };
	struct stat st;
	ring_write(ring, lens, 2, 0, 0);
	assert_true(ring_sync(ring, &e));
	ring_close(ring);
	ring = place_ring(place, 2 * RING_SIZE_MIN, 4096);
	ring_close(ring);
	assert_int_equal(stat(place->path, &st), 0);
	assert_int_equal(st.st_size, 2 * RING_SIZE_MIN + 65536);
	assert_true((uint64_t)st.st_blocks * 512 >= 2 * RING_SIZE_MIN);
	struct ring_record record;
	struct recovery *recovery = place_recovery(place, 0);
	assert_false(recovery_next(recovery, &record));
	assert_int_equal(recovery_report(recovery)->end, 4096);
	recovery_close(recovery);
	assert_true(ring_remove(place->path, &e));
	assert_int_equal(stat(place->path, &st), -1);
	assert_true(ring_remove(place->path, &e));
}

static void refuse(const struct ring_config *config, const char *expected)
{
	struct err e = { 0 };
	assert_null(ring_create(config, &e));
	assert_non_null(strstr(e.text, expected));
	assert_null(strchr(e.text, '\n'));
}

static void a_ring_that_cannot_be_is_an_error_at_start(void **state)
{
	struct ring_place *place = *state;
	static const uint64_t sizes[] = { 0,
		                          1,
		                          RING_SIZE_MIN / 2,
		                          RING_SIZE_MIN + 4096,
		                          3 * RING_SIZE_MIN,
		                          2 * RING_SIZE_MAX,
		                          UINT64_MAX };
	struct ring_config config = { .path = place->path };
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		config.size = sizes[i];
		refuse(&config, "power of two");
	}
	config.size = RING_SIZE_MIN;
	config.start = 8;
	refuse(&config, "no position");
	config.start = 0;
	config.path = "/nowhere/at/all/0.ring";
	refuse(&config, "No such file or directory");
}

/* The kernel's bound on the size of files stands for a full disk. */
static void a_disk_that_is_too_small_is_an_error_at_start(void **state)
{
	struct ring_place *place = *state;
	struct ring_config config = { .path = place->path, .size = RING_SIZE_MIN };
	struct rlimit before, small;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 1 << 20;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	refuse(&config, "cannot reserve 4259840 octets");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)
	const struct CMUnitTest tests[] = {
		CASE(records_come_out_as_they_went_in),
		CASE(small_datagrams_are_packed),
		CASE(long_datagrams_stand_between_short_ones),
		CASE(slots_may_be_left_out),
		CASE(records_run_over_the_end_at_every_alignment),
		CASE(a_full_ring_refuses_and_keeps_what_it_has),
		CASE(what_is_not_released_is_not_overwritten),
		CASE(an_offer_that_is_not_taken_is_no_record),
		CASE(datagrams_are_received_straight_into_the_ring),
		CASE(a_writer_and_a_reader_need_no_lock),
		CASE(a_new_ring_is_durable_and_replaces_the_old),
		CASE(a_ring_that_cannot_be_is_an_error_at_start),
		CASE(a_disk_that_is_too_small_is_an_error_at_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
