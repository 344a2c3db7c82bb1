#include "workspace/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/durable.h"

enum { BLOCK = 1 << 17 };

static bool write_all(int fd, const char *octets, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, octets, len);
		if (n < 0)
			return false;
		octets += n;
		len -= (size_t)n;
	}
	return true;
}

static bool copy_octets(int in, int out)
{
	char *block = malloc(BLOCK);
	ssize_t n = block ? 1 : -1;
	while (n > 0) {
		n = read(in, block, BLOCK);
		if (n > 0 && !write_all(out, block, (size_t)n))
			n = -1;
	}
	int error = errno;
	free(block);
	errno = error;
	return n == 0;
}

bool file_copy(const char *from, const char *to, struct err *e)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return err_set(e, ERR_IO, "cannot read '%s': %s", from, strerror(errno));
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool ok = out >= 0 && copy_octets(in, out);
	if (out >= 0 && close(out) < 0)
		ok = false;
	if (!ok)
		err_set(e, ERR_IO, "cannot copy to '%s': %s", to, strerror(errno));
	close(in);
	return ok;
}

/* ---- one file ---- */

struct names {
	char from[4096], to[4096], temporary[4096 + 8];
};

static bool names_make(const struct transfer *t, const char *below, struct names *ret,
                       struct err *e)
{
	bool fits = snprintf(ret->from, sizeof ret->from, "%s/%s", t->from, below) <
	                (int)sizeof ret->from &&
	            snprintf(ret->to, sizeof ret->to, "%s/%s", t->to, below) < (int)sizeof ret->to;
	snprintf(ret->temporary, sizeof ret->temporary, "%s.tmp", ret->to);
	return fits || err_set(e, ERR_IO, "a path is too long: %s", below);
}

/* The directories below t->to that hold `path`. */
static bool make_dirs(const struct transfer *t, char *path, struct err *e)
{
	bool ok = true;
	for (char *at = path + strlen(t->to) + 1; ok && (at = strchr(at, '/')); at++) {
		*at = '\0';
		ok = dir_make(path, e);
		*at = '/';
	}
	return ok;
}

static bool is_there(const char *path, int64_t octets)
{
	struct stat st;
	return stat(path, &st) == 0 && st.st_size == octets;
}

static bool copy_whole(struct transfer *t, const struct names *names, int64_t octets, struct err *e)
{
	if (!file_copy(names->from, names->temporary, e))
		return false;
	if (!is_there(names->temporary, octets))
		return err_set(e, ERR_DATA, "'%s' has not the %lld octets that the catalog tells",
		               names->from, (long long)octets);
	if (rename(names->temporary, names->to) < 0)
		return err_set(e, ERR_IO, "cannot rename '%s': %s", names->temporary,
		               strerror(errno));
	t->copied++;
	t->octets += (uint64_t)octets;
	return true;
}

/* A second name where that is possible; what is there, of another length, is a rest. */
static bool link_or_copy(struct transfer *t, const struct names *names, int64_t octets,
                         struct err *e)
{
	unlink(names->to);
	if (!t->copy && is_there(names->from, octets) && link(names->from, names->to) == 0) {
		t->linked++;
		return true;
	}
	if (copy_whole(t, names, octets, e))
		return true;
	unlink(names->temporary);
	return false;
}

bool transfer_file(struct transfer *t, const char *below, int64_t octets, bool *ret_gone,
                   struct err *e)
{
	struct names names;
	*ret_gone = false;
	if (!names_make(t, below, &names, e) || !make_dirs(t, names.to, e))
		return false;
	if (!is_there(names.to, octets) && !link_or_copy(t, &names, octets, e)) {
		*ret_gone = access(names.from, F_OK) < 0 && errno == ENOENT;
		return *ret_gone;
	}
	t->files++;
	return true;
}

bool transfer_sync(const struct transfer *t, struct err *e)
{
	int fd = open(t->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && syncfs(fd) == 0;
	if (!ok)
		err_set(e, ERR_IO, "cannot sync '%s': %s", t->to, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}
