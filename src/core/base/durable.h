/* durable: files and directories that are still there after a crash.
 *
 * A file is durable when its bytes and the directory that names it are on disk.  Every function
 * blocks until they are. */
#pragma once

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"

/* Makes one directory; its parent must exist.  One that exists already is fine. */
MUST_CHECK bool dir_make(const char *path, struct err *e);

MUST_CHECK bool dir_sync(const char *path, struct err *e);

/* Syncs a file's octets alone. */
MUST_CHECK bool file_sync(const char *path, struct err *e);

/* Syncs the directory that names `path`. */
MUST_CHECK bool parent_sync(const char *path, struct err *e);

/* Gives the finished file `temporary` its name, in the same directory. */
MUST_CHECK bool file_publish(const char *temporary, const char *path, struct err *e);
