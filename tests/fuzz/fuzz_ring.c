/* Laws, whatever a ring's file holds after a crash: it is refused with a sentence, or its records
 * are yielded in the order of their positions, each whole and within the ring, and with the holes
 * they are all of what was read.
 *
 * The input: an octet, of which bit 0 says whether the header is damaged and not the records, and
 * bit 1 whether what is damaged gets checksums that fit again; an octet of the position from which
 * to read; and what is damaged, three octets each. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/journal/checksum.h"
#include "collector/journal/recovery.h"
#include "collector/journal/ring_file.h"

enum { DAMAGED = 8192, FILE_HEAD = 64, RECORDS = 12, FAR = 16384 };

static const uint8_t workspace[16] = "fuzzed workspace";
static char dir[] = "/tmp/weir-fuzz-ring-XXXXXX";
static char path[sizeof dir + 16];
static uint8_t *file; /* mapped: the header, and the records */
static size_t file_len;
static uint8_t head_before[FILE_HEAD], records_before[DAMAGED];

static void stop(void)
{
	munmap(file, file_len);
	unlink(path);
	rmdir(dir);
}

static void write_records(struct ring *ring)
{
	struct burst_slot slots[RECORDS];
	size_t offered = ring_offer(ring, slots, RECORDS);
	assert(offered == RECORDS);
	for (unsigned i = 0; i < RECORDS; i++) {
		static const uint8_t octets[600] = { 1, 2, 3 };
		slots[i].arrival = i;
		slots[i].from = (struct ip){ 0 };
		slots[i].port = 1;
		burst_put(&slots[i], octets, i * 47);
	}
	ring_take(ring, slots, RECORDS, 0);
}

static void start(void)
{
	struct err e = { 0 };
	struct ring_config config = { .path = path, .size = RING_SIZE_MIN };
	memcpy(config.workspace, workspace, sizeof workspace);
	bool ok = mkdtemp(dir);
	snprintf(path, sizeof path, "%s/ring", dir);
	struct ring *ring = ok ? ring_create(&config, &e) : NULL;
	assert(ring);
	write_records(ring);
	ring_close(ring);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat st;
	ok = fd >= 0 && fstat(fd, &st) == 0;
	assert(ok);
	file_len = (size_t)st.st_size;
	file = mmap(NULL, file_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert(file != MAP_FAILED);
	close(fd);
	memcpy(head_before, file, FILE_HEAD);
	memcpy(records_before, file + RING_DATA_AT, DAMAGED);
	atexit(stop);
}

static void mend_header(void)
{
	uint64_t sum = 0;
	memcpy(file + FILE_HEAD - sizeof sum, &sum, sizeof sum);
	sum = checksum_way(0)->sum(file, FILE_HEAD / CHECKSUM_UNIT, 0);
	memcpy(file + FILE_HEAD - sizeof sum, &sum, sizeof sum);
}

/* Gives every place that looks like a record's head, by its position, a checksum that fits. */
static void mend(void)
{
	struct err e = { 0 };
	struct ring_file ring;
	if (!ring_file_open(path, workspace, &ring, &e))
		return;
	for (uint64_t at = 0; at < DAMAGED; at += RING_UNIT) {
		uint64_t sum, position = ring_file_at(&ring, at)->position ^ ring.key;
		if ((position & (ring.size - 1)) != at)
			continue;
		sum = ring_head_sum(&ring, ring_file_at(&ring, at));
		memcpy(file + RING_DATA_AT + at + offsetof(struct ring_head, checksum), &sum,
		       sizeof sum);
	}
	ring_file_close(&ring);
}

static volatile uint8_t touched; /* so that payloads are read */

static void recovered_whole(struct recovery *r, uint64_t from)
{
	struct ring_record record;
	uint64_t octets = 0, count = 0, end = from;
	for (; recovery_next(r, &record); count++) {
		assert(record.end > end && record.len <= RING_PAYLOAD_MAX);
		end = record.end;
		octets += ring_span(record.len);
		for (uint32_t i = 0; i < record.len; i++)
			touched ^= record.payload[i];
	}
	const struct recovery_report *report = recovery_report(r);
	assert(report->records == count && report->end == end);
	assert(end - from == octets + report->hole_octets && end - from <= RING_SIZE_MIN * 2);
	assert(!recovery_next(r, &record) && report->end == end);
}

static void recover(uint64_t from)
{
	struct err e = { 0 };
	struct recovery *r = recovery_open(path, workspace, from, &e);
	if (!r) {
		assert(e.code != ERR_NONE && *e.text);
		return;
	}
	uint64_t start_at = recovery_report(r)->end;
	assert(start_at % RING_UNIT == 0 && start_at <= RING_POSITION_MAX);
	recovered_whole(r, start_at);
	recovery_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur input = cur_of(data, size);
	const uint8_t *how = cur_take(&input, 2);
	if (!how)
		return 0;
	if (!file)
		start();
	memcpy(file, head_before, FILE_HEAD);
	memcpy(file + RING_DATA_AT, records_before, DAMAGED);
	if (how[0] & 1)
		damage(file, FILE_HEAD, input);
	else
		damage(file + RING_DATA_AT, DAMAGED, input);
	if ((how[0] & 3) == 3)
		mend_header();
	else if (how[0] & 2)
		mend();
	recover(how[1] < 128 ? (uint64_t)how[1] * RING_UNIT : (uint64_t)how[1] << 56);
	return 0;
}
