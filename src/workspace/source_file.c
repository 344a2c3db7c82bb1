#include "workspace/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/hash.h"

enum { END_LEN = 64 << 10 };

/* Written into catalogs: never to be changed. */
static const uint64_t digest_seed = UINT64_C(0x77656972);

/* Adds len octets at `from` to the digest; fewer where the file has become shorter. */
static bool add_octets(int fd, off_t from, size_t len, uint64_t *digest)
{
	uint8_t octets[END_LEN];
	ssize_t got = pread(fd, octets, len, from);
	if (got < 0)
		return false;
	*digest = hash_bytes(octets, (size_t)got, *digest);
	return true;
}

bool source_file_read(const char *path, struct source_file *ret, struct err *e)
{
	struct stat st;
	uint64_t digest = digest_seed;
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
