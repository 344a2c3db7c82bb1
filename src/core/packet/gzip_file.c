#include "core/packet/gzip_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* zlib takes a stream that ends too early for its end, unless asked. */
static ssize_t gzip_read(void *cookie, char *into, size_t len)
{
	int n = gzread(cookie, into, (unsigned)(len < INT32_MAX ? len : INT32_MAX));
	int state = Z_OK;
	if (n == 0)
		gzerror(cookie, &state);
	if (n >= 0 && state == Z_OK)
		return n;
	errno = EIO;
	return -1;
}

static int gzip_close(void *cookie)
{
	return gzclose(cookie) == Z_OK ? 0 : EOF;
}

/* Puts gunzip between the descriptor of `plain`, which is closed, and who reads. */
static FILE *gzip_over(FILE *plain)
{
	int fd = dup(fileno(plain));
	fclose(plain);
	if (fd < 0)
		return NULL;
	gzFile gz = lseek(fd, 0, SEEK_SET) == 0 ? gzdopen(fd, "rb") : NULL;
	if (!gz) {
		close(fd);
		return NULL;
	}
	FILE *file = fopencookie(gz, "rb",
	                         (cookie_io_functions_t){ .read = gzip_read, .close = gzip_close });
	if (!file)
		gzclose(gz);
	return file;
}

FILE *gzip_file_open(const char *path, struct err *e)
{
	FILE *file = fopen(path, "rb");
	if (file) {
		unsigned char magic[2] = { 0 };
		size_t n = fread(magic, 1, sizeof magic, file);
		bool gzip = n == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
		if (ferror(file) || fseek(file, 0, SEEK_SET) != 0) {
			fclose(file);
			file = NULL;
		} else if (gzip) {
			file = gzip_over(file);
		}
	}
	if (!file)
		err_set(e, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
	return file;
}
