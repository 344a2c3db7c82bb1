#include "workspace/checked_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

const char check_key[] = "weir.crc32";
const char check_mark[] = " (build crc32)";

enum { BLOCK = 1 << 17 };

static const char zeros[CHECK_DIGITS + 1] = "00000000";

static uint32_t add(uint32_t sum, const void *octets, size_t len)
{
	return (uint32_t)crc32_z(sum, octets, len);
}

/* ---- writing ---- */

static ssize_t write_through(void *cookie, const char *octets, size_t len)
{
	struct checked_file *f = cookie;
	size_t done = 0;
	while (done < len) {
		ssize_t n = write(f->fd, octets + done, len - done);
		if (n < 0)
			return 0; /* fopencookie(3): an error, of which errno tells */
		done += (size_t)n;
	}
	f->sum = add(f->sum, octets, len);
	return (ssize_t)len;
}

static int close_through(void *cookie)
{
	return close(((struct checked_file *)cookie)->fd);
}

FILE *checked_open(struct checked_file *f, const char *path)
{
	f->sum = 0;
	f->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (f->fd < 0)
		return NULL;
	FILE *file = fopencookie(
	    f, "w", (cookie_io_functions_t){ .write = write_through, .close = close_through });
	int error = errno;
	if (!file)
		close(f->fd);
	errno = error;
	return file;
}

bool checked_end(struct checked_file *f, FILE *file, struct buf *end, size_t digits)
{
	if (end->failed || fflush(file) != 0)
		return false;
	memcpy(end->text + digits, zeros, CHECK_DIGITS);
	char text[CHECK_DIGITS + 1];
	snprintf(text, sizeof text, "%08x", add(f->sum, end->text, end->len));
	memcpy(end->text + digits, text, CHECK_DIGITS);
	return fwrite(end->text, 1, end->len, file) == end->len;
}

/* ---- reading ---- */

/* Puts zeros where the digits lie in a block that begins at `at`. */
static void hide_digits(char *block, size_t len, uint64_t at, uint64_t digits)
{
	for (uint64_t i = 0; i < CHECK_DIGITS; i++)
		if (digits + i >= at && digits + i < at + len)
			block[digits + i - at] = '0';
}

bool checked_sum(int fd, uint64_t len, uint64_t digits, uint32_t *ret)
{
	char *block = malloc(BLOCK);
	uint32_t sum = 0;
	uint64_t at = 0;
	ssize_t n = block ? 1 : -1;
	while (at < len && n > 0) {
		size_t want = len - at < BLOCK ? (size_t)(len - at) : BLOCK;
		n = pread(fd, block, want, (off_t)at);
		if (n <= 0)
			break;
		if (digits != SIZE_MAX)
			hide_digits(block, (size_t)n, at, digits);
		sum = add(sum, block, (size_t)n);
		at += (uint64_t)n;
	}
	if (n == 0)
		errno = 0;
	free(block);
	if (at == len)
		*ret = sum;
	return at == len;
}
