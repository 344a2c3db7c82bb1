/* Laws, whatever a capture file holds: every frame of it is handed out as a datagram, is a fragment
 * or is counted as something else; where reading ends early one sentence says why; and the same
 * file compressed holds the same. */
#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "collector/receive/capture_file.h"
#include "core/base/buf.h"

static int plain_fd = -1, packed_fd = -1;

static void close_files(void)
{
	close(plain_fd);
	close(packed_fd);
}

static void open_files(void)
{
	plain_fd = memfd_create("capture", MFD_CLOEXEC);
	packed_fd = memfd_create("capture.gz", MFD_CLOEXEC);
	assert(plain_fd >= 0 && packed_fd >= 0);
	atexit(close_files);
}

static void fill(int fd, const void *octets, size_t len)
{
	bool ok = ftruncate(fd, 0) == 0 && pwrite(fd, octets, len, 0) == (ssize_t)len;
	assert(ok);
}

/* RFC 1952, at little cost. */
static void fill_packed(const uint8_t *data, size_t size)
{
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)data, .avail_in = (unsigned)size };
	int rc = deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 1, Z_DEFAULT_STRATEGY);
	assert(rc == Z_OK);
	size_t room = deflateBound(&z, size);
	uint8_t *packed = malloc(room);
	assert(packed);
	z.next_out = packed;
	z.avail_out = (unsigned)room;
	rc = deflate(&z, Z_FINISH);
	assert(rc == Z_STREAM_END);
	fill(packed_fd, packed, z.total_out);
	deflateEnd(&z);
	free(packed);
}

/* What a file holds: each datagram's time, addresses and octets; and how reading it ended. */
static enum err_code read_all(int fd, struct buf *ret)
{
	char path[64];
	struct err e = { 0 };
	struct datagram d;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct capture *capture = capture_open(path, &e);
	if (!capture) {
		assert(e.code == ERR_DATA && *e.text);
		return e.code;
	}
	uint64_t datagrams = 0;
	for (; capture_next(capture, &d, &e); datagrams++) {
		buf_printf(ret, "%lld %u %u %zu\n", (long long)d.arrival, d.src_port, d.dst_port,
		           d.len);
		buf_add(ret, (const char *)&d.src, sizeof d.src);
		buf_add(ret, (const char *)d.payload, d.len);
	}
	struct capture_counts c = capture_counts(capture);
	assert(c.datagrams == datagrams && c.cut <= c.datagrams);
	assert(c.frames >= c.datagrams + c.other &&
	       c.frames <= c.datagrams + c.other + c.fragments);
	assert(e.code == ERR_NONE || (e.code == ERR_DATA && *e.text));
	capture_close(capture);
	return e.code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf plain = { 0 }, packed = { 0 };
	if (plain_fd < 0)
		open_files();
	fill(plain_fd, data, size);
	enum err_code rc = read_all(plain_fd, &plain);
	bool is_packed = size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
	if (!is_packed) {
		fill_packed(data, size);
		assert(read_all(packed_fd, &packed) == rc);
		assert(plain.len == packed.len);
		assert(!plain.len || memcmp(plain.text, packed.text, plain.len) == 0);
	}
	buf_done(&plain);
	buf_done(&packed);
	return 0;
}
