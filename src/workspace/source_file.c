#include "workspace/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { END_LEN = 64 << 10 };

/* FNV-1a: digests are written into catalogs, so that they have to stay what they are. */
static const uint64_t fnv_start = UINT64_C(0xcbf29ce484222325);
static const uint64_t fnv_prime = UINT64_C(0x100000001b3);

/* Adds len octets at `from` to the digest; fewer where the file has become shorter. */
static bool add_octets(int fd, off_t from, size_t len, uint64_t *digest)
{
	uint8_t octets[END_LEN];
	ssize_t got = pread(fd, octets, len, from);
	if (got < 0)
		return false;
	for (ssize_t i = 0; i < got; i++)
		*digest = (*digest ^ octets[i]) * fnv_prime;
	return true;
}

bool source_file_read(const char *path, struct source_file *ret, struct err *e)
{
	struct stat st;
	uint64_t digest = fnv_start;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && fstat(fd, &st) == 0 && add_octets(fd, 0, END_LEN, &digest);
	if (ok && st.st_size > END_LEN)
		ok = add_octets(fd, st.st_size - END_LEN, END_LEN, &digest);
	if (ok)
		*ret = (struct source_file){ st.st_size, (int64_t)digest };
	else
		err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}
