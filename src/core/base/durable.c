#include "core/base/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool sync_path(const char *path, int flags, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (!ok)
		err_set(e, ERR_IO, "cannot sync '%s': %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

bool file_sync(const char *path, struct err *e)
{
	return sync_path(path, 0, e);
}

bool dir_sync(const char *path, struct err *e)
{
	return sync_path(path, O_DIRECTORY, e);
}

bool parent_sync(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return dir_sync(".", e);
	char *parent = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (!parent)
		return err_set(e, ERR_NOMEM, "no memory");
	bool ok = dir_sync(parent, e);
	free(parent);
	return ok;
}

bool dir_make(const char *path, struct err *e)
{
	if (mkdir(path, 0777) == 0)
		return parent_sync(path, e);
	struct stat st;
	if (errno == EEXIST && stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return true;
		errno = ENOTDIR;
	}
	return err_set(e, ERR_IO, "cannot make directory '%s': %s", path, strerror(errno));
}

bool file_publish(const char *temporary, const char *path, struct err *e)
{
	if (!sync_path(temporary, 0, e))
		return false;
	if (rename(temporary, path) < 0)
		return err_set(e, ERR_IO, "cannot rename '%s': %s", temporary, strerror(errno));
	return parent_sync(path, e);
}
