#include "collector/journal/recovery.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "collector/journal/ring_file.h"
#include "support/rings.h"

enum { DATA_AT = 65536, SEED = 20261205 };

static uint64_t state_ = SEED;

static uint32_t draw(uint32_t below)
{
	state_ ^= state_ << 13;
	state_ ^= state_ >> 7;
	state_ ^= state_ << 17;
	return (uint32_t)(state_ >> 33) % below;
}

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

/* Leaves a ring behind with records 0, 1, … of these lengths. */
static void leave_ring(const struct ring_place *place, uint64_t start, const uint32_t *lens,
                       size_t count)
{
	struct ring *ring = place_ring(place, RING_SIZE_MIN, start);
	ring_write(ring, lens, count, 0, 0);
	ring_close(ring);
}

static void file_read(const struct ring_place *place, off_t at, void *octets, size_t len)
{
	int fd = open(place->path, O_RDONLY);
	assert_int_equal(pread(fd, octets, len, at), len);
	close(fd);
}

static void file_write(const struct ring_place *place, off_t at, const void *octets, size_t len)
{
	int fd = open(place->path, O_WRONLY);
	assert_int_equal(pwrite(fd, octets, len, at), len);
	close(fd);
}

static void flip(const struct ring_place *place, off_t at, uint8_t bits)
{
	uint8_t octet;
	file_read(place, at, &octet, 1);
	octet ^= bits;
	file_write(place, at, &octet, 1);
}

/* Records `first` to `last` - 1 come, and no others. */
static struct recovery_report assert_recovers(const struct ring_place *place, uint64_t from,
                                              const uint32_t *lens, size_t first, size_t last)
{
	struct recovery *recovery = place_recovery(place, from);
	struct ring_record record;
	for (size_t i = first; i < last; i++) {
		assert_true(recovery_next(recovery, &record));
		assert_record(&record, lens[i], i);
	}
	assert_false(recovery_next(recovery, &record));
	assert_false(recovery_next(recovery, &record));
	struct recovery_report report = *recovery_report(recovery);
	assert_int_equal(report.records, last - first);
	assert_int_equal(report.worker, 3);
	recovery_close(recovery);
	return report;
}

static const uint32_t lens_[] = { 1400, 100, 5000, 0, 1400, 77 };
static const uint64_t ends_[] = { 1456, 1616, 6672, 6720, 8176, 8304 }; /* by hand */

static void everything_from_the_committed_position_is_read_again(void **state)
{
	leave_ring(*state, 0, lens_, ARRAY_LEN(lens_));
	for (size_t n = 0; n <= ARRAY_LEN(lens_); n++) {
		uint64_t from = n ? ends_[n - 1] : 0;
		struct recovery_report report =
		    assert_recovers(*state, from, lens_, n, ARRAY_LEN(lens_));
		assert_int_equal(report.end, 8304);
		assert_int_equal(report.holes, 0);
	}
}

static void a_ring_starts_where_its_header_says(void **state)
{
	leave_ring(*state, 4096000, lens_, ARRAY_LEN(lens_));
	struct recovery_report report = assert_recovers(*state, 0, lens_, 0, ARRAY_LEN(lens_));
	assert_int_equal(report.end, 4096000 + 8304);
	report = assert_recovers(*state, 4096000 + 6720, lens_, 4, ARRAY_LEN(lens_));
	assert_int_equal(report.end, 4096000 + 8304);
	report = assert_recovers(*state, 4096000 + RING_SIZE_MIN, lens_, 0, 0);
	assert_int_equal(report.end, 4096000 + RING_SIZE_MIN);
	assert_int_equal(report.holes, 0);
}

/* Every octet of the last record, its head and its padding included. */
static void a_torn_tail_ends_before_the_torn_record(void **state)
{
	leave_ring(*state, 0, lens_, ARRAY_LEN(lens_));
	for (uint64_t at = ends_[4]; at < ends_[5]; at++) {
		uint8_t bits = (uint8_t)(1 + draw(255));
		flip(*state, DATA_AT + (off_t)at, bits);
		struct recovery_report report = assert_recovers(*state, 0, lens_, 0, 5);
		assert_int_equal(report.end, ends_[4]);
		assert_int_equal(report.holes, 0);
		flip(*state, DATA_AT + (off_t)at, bits);
	}
	assert_recovers(*state, 0, lens_, 0, 6);
}

/* What was there before the record shows through from an octet on, as when it was half written. */
static void a_half_written_record_is_left_out(void **state)
{
	leave_ring(*state, 0, lens_, ARRAY_LEN(lens_));
	uint8_t record[128], zeros[128] = { 0 };
	file_read(*state, DATA_AT + 8176, record, sizeof record);
	for (size_t n = 0; n < 48 + 77; n++) {
		file_write(*state, DATA_AT + 8176, zeros, sizeof zeros);
		file_write(*state, DATA_AT + 8176, record, n);
		assert_recovers(*state, 0, lens_, 0, 5);
		file_write(*state, DATA_AT + 8176, record, sizeof record);
		file_write(*state, DATA_AT + 8176, zeros, n + 1);
		assert_recovers(*state, 0, lens_, 0, 5);
	}
}

static void a_damaged_middle_is_a_hole_and_not_the_end(void **state)
{
	leave_ring(*state, 0, lens_, ARRAY_LEN(lens_));
	flip(*state, DATA_AT + 6672 - 1000, 4); /* the payload of record 2 */
	flip(*state, DATA_AT + 6720 + 3, 1);    /* the position of record 4 */
	struct recovery *recovery = place_recovery(*state, 0);
	struct ring_record record;
	static const size_t whole[] = { 0, 1, 3, 5 };
	for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
		assert_true(recovery_next(recovery, &record));
		assert_record(&record, lens_[whole[i]], whole[i]);
	}
	assert_false(recovery_next(recovery, &record));
	assert_int_equal(recovery_report(recovery)->records, 4);
	assert_int_equal(recovery_report(recovery)->holes, 2);
	assert_int_equal(recovery_report(recovery)->hole_octets, 5056 + 1456);
	assert_int_equal(recovery_report(recovery)->end, 8304);
	recovery_close(recovery);
}

/* Records of 128 octets stand at the same places in every lap. */
static void records_of_an_earlier_lap_stay_in_the_past(void **state)
{
	enum { PER_LAP = (4 << 20) / 128, BURST = 32 };
	struct ring *ring = place_ring(*state, RING_SIZE_MIN, 0);
	uint32_t lens[BURST];
	struct ring_record record;
	uint64_t number = 0, read = 0, committed = 0;
	for (size_t i = 0; i < BURST; i++)
		lens[i] = 80;
	for (; number < 5 * PER_LAP / 2; number += BURST) {
		ring_write(ring, lens, BURST, number, 0);
		for (; ring_next(ring, &record); read++)
			assert_int_equal(record.arrival, read);
		if (number % 1024 == 0) {
			committed = ring_position(ring);
			ring_release(ring, committed);
		}
	}
	ring_close(ring);
	struct recovery *recovery = place_recovery(*state, committed);
	for (uint64_t i = committed / 128; i < number; i++) {
		assert_true(recovery_next(recovery, &record));
		assert_record(&record, 80, i);
	}
	assert_false(recovery_next(recovery, &record));
	assert_int_equal(recovery_report(recovery)->end, number * 128);
	assert_int_equal(recovery_report(recovery)->holes, 0);
	recovery_close(recovery);
	/* The last lap's records are whole, but not for one who asks for the next lap. */
	assert_recovers(*state, number * 128, NULL, 0, 0);
	assert_recovers(*state, committed + RING_SIZE_MIN, NULL, 0, 0);
}

/* A sender who knows the format and the position, but not the key, sends an image of a record. */
static void what_a_sender_wrote_is_never_a_record(void **state)
{
	struct ring_place *place = *state;
	struct ring *ring = place_ring(place, RING_SIZE_MIN, 0);
	struct burst_slot slot;
	struct {
		uint8_t before[16];
		struct ring_head head;
		uint8_t payload[16];
	} image = { .head = { .position = 64, .len = 16, .kind = BURST_DATAGRAM } };
	struct ring_file known;
	struct err e = { 0 };
	assert_true(ring_file_open(place->path, test_workspace, &known, &e));
	image.head.checksum = ring_head_sum(&known, &image.head);
	assert_int_equal(ring_offer(ring, &slot, 1), 1);
	memcpy(slot.iov[0].iov_base, &image, sizeof image);
	slot.len = sizeof image;
	ring_take(ring, &slot, 1, 0);
	ring_close(ring);

	flip(place, DATA_AT, 1); /* the head of the record around it */
	assert_recovers(place, 0, NULL, 0, 0);
	image.head.position ^= known.key;
	image.head.checksum = ring_head_sum(&known, &image.head);
	file_write(place, DATA_AT + 64, &image.head, sizeof image.head);
	struct recovery *recovery = place_recovery(place, 0);
	struct ring_record record;
	assert_true(recovery_next(recovery, &record)); /* so it was the key that it lacked */
	assert_int_equal(record.len, 16);
	recovery_close(recovery);
	ring_file_close(&known);
}

static void assert_refused(const struct ring_place *place, const uint8_t workspace[16],
                           uint64_t from, const char *expected)
{
	struct err e = { 0 };
	assert_null(recovery_open(place->path, workspace, from, &e));
	assert_non_null(strstr(e.text, expected));
	assert_non_null(strstr(e.text, place->path));
	assert_null(strchr(e.text, '\n'));
}

static void what_cannot_be_recovered_says_why(void **state)
{
	struct ring_place *place = *state;
	static const uint8_t other[16] = { 1 };
	uint32_t newer = 2;
	assert_refused(place, test_workspace, 0, "No such file or directory");
	leave_ring(place, 0, lens_, ARRAY_LEN(lens_));
	assert_refused(place, other, 0, "belongs to another workspace");
	assert_refused(place, test_workspace, 8, "8 is no position");
	assert_refused(place, test_workspace, UINT64_MAX - 15, "is no position");
	file_write(place, 8, &newer, sizeof newer);
	assert_refused(place, test_workspace, 0, "newer format (2; this program reads 1)");
	assert_int_equal(truncate(place->path, 1000), 0);
	file_write(place, 0, "#!/bin/sh\n", 10);
	assert_refused(place, test_workspace, 0, "not a ring");
	assert_int_equal(truncate(place->path, 0), 0);
	assert_refused(place, test_workspace, 0, "not a ring");
}

static void a_ring_of_another_length_is_refused(void **state)
{
	struct ring_place *place = *state;
	static const off_t lens[] = { 64, 65536, 65536 + (4 << 20) - 1, 65536 + (4 << 20) + 1 };
	leave_ring(place, 0, lens_, ARRAY_LEN(lens_));
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		assert_int_equal(truncate(place->path, lens[i]), 0);
		assert_refused(place, test_workspace, 0, "where its header says 4259840");
	}
}

static void no_damaged_header_is_believed(void **state)
{
	struct ring_place *place = *state;
	leave_ring(place, 0, lens_, ARRAY_LEN(lens_));
	for (off_t at = 0; at < 64; at++) {
		flip(place, at, 0x81);
		assert_refused(place, test_workspace, 0,
		               at < 8    ? "not a ring"
		               : at < 12 ? "newer format"
		                         : "header is damaged");
		flip(place, at, 0x81);
	}
	assert_recovers(place, 0, lens_, 0, ARRAY_LEN(lens_));
}

/* What a collector that is about to be killed has told the catalog, which the ring outlives. */
struct catalog {
	_Atomic uint64_t taken; /* records that ring_take returned from */
	_Atomic unsigned now;   /* which of the two holds */
	struct {
		uint64_t position, number;
	} committed[2];
};

static uint32_t len_of(uint64_t number)
{
	uint64_t x = number * UINT64_C(0x9e3779b97f4a7c15) >> 40;
	return (uint32_t)(x % 50 == 0 ? x % 65536 : x % 1473);
}

static void commit(struct catalog *catalog, struct ring *ring, uint64_t number)
{
	unsigned next = !atomic_load(&catalog->now);
	catalog->committed[next].position = ring_position(ring);
	catalog->committed[next].number = number;
	atomic_store(&catalog->now, next);
	ring_release(ring, ring_position(ring));
}

/* Writes, reads and commits until it is killed. */
static void collect(struct ring *ring, struct catalog *catalog, uint64_t number)
{
	struct burst_slot slots[BURST_SLOTS];
	struct ring_record record;
	for (uint64_t read = number;;) {
		size_t n = ring_offer(ring, slots, 1 + draw(BURST_SLOTS));
		for (size_t i = 0; i < n; i++)
			slot_fill(&slots[i], len_of(number + i), number + i);
		ring_take(ring, slots, n, 0);
		number += n;
		atomic_store(&catalog->taken, number);
		if (n == 0 || draw(8) == 0) {
			while (ring_next(ring, &record))
				read++;
			commit(catalog, ring, read);
		}
	}
}

static void kill_soon(struct ring *ring, struct catalog *catalog, uint64_t number)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		collect(ring, catalog, number);
	struct timespec wait = { .tv_nsec = (long)draw(20000000) };
	nanosleep(&wait, NULL);
	assert_int_equal(kill(child, SIGKILL), 0);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void nothing_that_was_taken_is_lost_when_the_program_is_killed(void **state)
{
	struct catalog *catalog =
	    mmap(NULL, sizeof *catalog, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(catalog != MAP_FAILED);
	uint64_t number = 0, start = 0, recovered = 0;
	print_message("# seed %d\n", SEED);
	for (int round = 0; round < 20; round++) {
		struct ring *ring = place_ring(*state, RING_SIZE_MIN, start);
		catalog->committed[atomic_load(&catalog->now)].position = start;
		kill_soon(ring, catalog, number);
		ring_close(ring);

		unsigned now = atomic_load(&catalog->now);
		struct recovery *recovery =
		    place_recovery(*state, catalog->committed[now].position);
		struct ring_record record;
		number = catalog->committed[now].number;
		for (; recovery_next(recovery, &record); number++, recovered++)
			assert_record(&record, len_of(number), number);
		assert_true(number >= atomic_load(&catalog->taken));
		assert_true(number <= atomic_load(&catalog->taken) + BURST_SLOTS);
		assert_int_equal(recovery_report(recovery)->holes, 0);
		assert_true(recovery_report(recovery)->end >= start);
		start = recovery_report(recovery)->end;
		recovery_close(recovery);
		catalog->committed[now].number = number;
	}
	print_message("# %lu records, %lu of them recovered\n", (unsigned long)number,
	              (unsigned long)recovered);
	assert_true(recovered > 0 && start > 0);
	munmap(catalog, sizeof *catalog);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)
	const struct CMUnitTest tests[] = {
		CASE(everything_from_the_committed_position_is_read_again),
		CASE(a_ring_starts_where_its_header_says),
		CASE(a_torn_tail_ends_before_the_torn_record),
		CASE(a_half_written_record_is_left_out),
		CASE(a_damaged_middle_is_a_hole_and_not_the_end),
		CASE(records_of_an_earlier_lap_stay_in_the_past),
		CASE(what_a_sender_wrote_is_never_a_record),
		CASE(what_cannot_be_recovered_says_why),
		CASE(a_ring_of_another_length_is_refused),
		CASE(no_damaged_header_is_believed),
		CASE(nothing_that_was_taken_is_lost_when_the_program_is_killed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
