#include "collector/journal/ring_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/journal/checksum.h"
#include "core/base/durable.h"

enum { FORMAT = 1 };

static const char magic[8] = "weirring";

struct ring_file_head {
	char magic[8];
	uint32_t format;
	uint16_t worker;
	uint16_t zero;
	uint64_t size;
	uint64_t start;
	uint64_t key;
	uint8_t workspace[16];
	uint64_t checksum; /* of the whole, with this field zero */
};

_Static_assert(sizeof(struct ring_head) == 48, "heads have no holes");
_Static_assert(sizeof(struct ring_file_head) == 64, "heads have no holes");
_Static_assert((int)RING_RECORD_MAX == sizeof(struct ring_head) + RING_PAYLOAD_MAX + 1,
               "the longest payload is one octet short of units");

static uint64_t file_head_sum(const struct ring_file *file, struct ring_file_head head)
{
	head.checksum = 0;
	return file->sum(&head, sizeof head / CHECKSUM_UNIT, 0);
}

static bool size_is_valid(uint64_t size)
{
	return size >= RING_SIZE_MIN && size <= RING_SIZE_MAX && (size & (size - 1)) == 0;
}

static bool start_is_valid(uint64_t start)
{
	return start % RING_UNIT == 0 && start <= RING_POSITION_MAX;
}

static uint64_t mapped_len(const struct ring_file *file)
{
	return file->size + (file->size < RING_OVER ? file->size : RING_OVER);
}

/* Maps the records, and their beginning once more behind their end. */
static bool map(struct ring_file *file, int protection, struct err *e)
{
	uint64_t len = mapped_len(file);
	uint8_t *data =
	    mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (data == MAP_FAILED)
		return err_set(e, ERR_NOMEM, "no addresses for %" PRIu64 " octets: %s", len,
		               strerror(errno));
	file->data = data;
	for (uint64_t at = 0; at < len; at += file->size) {
		uint64_t part = len - at < file->size ? len - at : file->size;
		if (mmap(data + at, part, protection, MAP_SHARED | MAP_FIXED, file->fd,
		         RING_DATA_AT) == MAP_FAILED)
			return err_set(e, ERR_IO, "cannot map it: %s", strerror(errno));
	}
	return true;
}

/* Takes all pages into memory, ready to be written, so that the first lap costs what later ones do.
 * MADV_RANDOM, since ext4 makes a page of a large folio writable (once after each write-back) at
 * three times the cost of a small one; measured by tests/bench/bench_ring.c.  Kernels before 5.14
 * cannot populate for writing: there the first lap is slow. */
static bool prefault(const struct ring_file *file, struct err *e)
{
	madvise(file->data, mapped_len(file), MADV_RANDOM);
	return madvise(file->data, mapped_len(file), MADV_POPULATE_WRITE) == 0 || errno == EINVAL ||
	       err_set(e, ERR_IO, "cannot take it into memory: %s", strerror(errno));
}

void ring_file_close(struct ring_file *file)
{
	if (file->data)
		munmap(file->data, mapped_len(file));
	if (file->fd >= 0)
		close(file->fd);
	*file = (struct ring_file){ .fd = -1 };
}

bool ring_remove(const char *path, struct err *e)
{
	if (unlink(path) == 0)
		return parent_sync(path, e);
	return errno == ENOENT ||
	       err_set(e, ERR_IO, "cannot remove '%s': %s", path, strerror(errno));
}

/* Gives the file its room and its head, durably. */
static bool fill(struct ring_file *file, const struct ring_config *config, struct err *e)
{
	/* The room of what is replaced can be used again. */
	if (!ring_remove(config->path, e))
		return false;
	int rc = posix_fallocate(file->fd, 0, (off_t)(RING_DATA_AT + file->size));
	if (rc != 0)
		return err_set(e, ERR_IO, "cannot reserve %" PRIu64 " octets: %s",
		               RING_DATA_AT + file->size, strerror(rc));
	struct ring_file_head head = { .format = FORMAT,
		                       .worker = config->worker,
		                       .size = file->size,
		                       .start = file->start,
		                       .key = file->key };
	memcpy(head.magic, magic, sizeof head.magic);
	memcpy(head.workspace, config->workspace, sizeof head.workspace);
	head.checksum = file_head_sum(file, head);
	if (pwrite(file->fd, &head, sizeof head, 0) != sizeof head || fsync(file->fd) < 0)
		return err_set(e, ERR_IO, "cannot write it: %s", strerror(errno));
	return true;
}

/* Makes the file under another name first: under its own there is only ever a whole one. */
static bool create(const struct ring_config *config, struct ring_file *file, struct err *e)
{
	char temporary[PATH_MAX];
	if ((size_t)snprintf(temporary, sizeof temporary, "%s.new", config->path) >=
	    sizeof temporary)
		return err_set(e, ERR_IO, "%s", strerror(ENAMETOOLONG));
	file->fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return err_set(e, ERR_IO, "%s", strerror(errno));
	if (!fill(file, config, e) || !map(file, PROT_READ | PROT_WRITE, e) || !prefault(file, e))
		goto fail;
	if (rename(temporary, config->path) < 0) {
		err_set(e, ERR_IO, "cannot rename it: %s", strerror(errno));
		goto fail;
	}
	return parent_sync(config->path, e);

fail:
	unlink(temporary);
	return false;
}

bool ring_file_create(const struct ring_config *config, struct ring_file *ret, struct err *e)
{
	struct ring_file file = { .fd = -1,
		                  .size = config->size,
		                  .start = config->start,
		                  .worker = config->worker,
		                  .sum = checksum_way(0)->sum };
	bool ok;
	if (!size_is_valid(config->size))
		ok = err_set(e, ERR_CONFIG, "a ring has a power of two of octets, 4 MiB to 64 GiB");
	else if (!start_is_valid(config->start))
		ok = err_set(e, ERR_DATA, "%" PRIu64 " is no position", config->start);
	else if (getrandom(&file.key, sizeof file.key, 0) != sizeof file.key)
		ok = err_set(e, ERR_IO, "no random numbers: %s", strerror(errno));
	else
		ok = create(config, &file, e);
	if (!ok) {
		ring_file_close(&file);
		return err_wrap(e, "making ring '%s'", config->path);
	}
	*ret = file;
	return true;
}

/* Whether this file, of `len` octets, is a ring of this workspace. */
static bool check(const struct ring_file *file, const struct ring_file_head *head, uint64_t len,
                  const uint8_t workspace[16], struct err *e)
{
	if (memcmp(head->magic, magic, sizeof magic) != 0)
		return err_set(e, ERR_DATA, "not a ring");
	if (head->format > FORMAT)
		return err_set(e, ERR_DATA,
		               "of a newer format (%" PRIu32 "; this program reads %d)",
		               head->format, FORMAT);
	if (head->checksum != file_head_sum(file, *head) || head->format != FORMAT ||
	    !size_is_valid(head->size) || !start_is_valid(head->start))
		return err_set(e, ERR_DATA, "its header is damaged");
	if (memcmp(head->workspace, workspace, sizeof head->workspace) != 0)
		return err_set(e, ERR_WORKSPACE, "it belongs to another workspace");
	if (len != RING_DATA_AT + head->size)
		return err_set(e, ERR_DATA,
		               "%" PRIu64 " octets long where its header says %" PRIu64, len,
		               RING_DATA_AT + head->size);
	return true;
}

static bool open_file(const char *path, const uint8_t workspace[16], struct ring_file *file,
                      struct err *e)
{
	struct ring_file_head head = { .format = 0 };
	struct stat st;
	file->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0 || fstat(file->fd, &st) < 0)
		return err_set(e, ERR_IO, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_DATA, "not a ring");
	if (pread(file->fd, &head, sizeof head, 0) < 0)
		return err_set(e, ERR_IO, "cannot read it: %s", strerror(errno));
	if (!check(file, &head, (uint64_t)st.st_size, workspace, e))
		return false;
	file->size = head.size;
	file->start = head.start;
	file->key = head.key;
	file->worker = head.worker;
	return map(file, PROT_READ, e);
}

bool ring_file_open(const char *path, const uint8_t workspace[16], struct ring_file *ret,
                    struct err *e)
{
	struct ring_file file = { .fd = -1, .sum = checksum_way(0)->sum };
	if (!open_file(path, workspace, &file, e)) {
		ring_file_close(&file);
		return err_wrap(e, "reading ring '%s'", path);
	}
	*ret = file;
	return true;
}

/* Whatever its length says, the record is mapped: there is RING_RECORD_MAX behind every place. */
bool ring_file_holds(const struct ring_file *file, uint64_t position)
{
	const struct ring_head *head = ring_file_at(file, position);
	return (head->position ^ file->key) == position &&
	       head->checksum == ring_head_sum(file, head);
}

struct ring_record ring_file_record(const struct ring_file *file, uint64_t position)
{
	const struct ring_head *head = ring_file_at(file, position);
	return (struct ring_record){
		.end = position + ring_span(head->len),
		.arrival = head->arrival,
		.from = head->from,
		.port = head->port,
		.listener = head->listener,
		.kind = head->kind,
		.len = head->len,
		.payload = (const uint8_t *)(head + 1),
	};
}
