/* file_rules: which files a process may open, by Landlock's system calls (landlock(7)).
 *
 * Begin, allow paths, enforce.  On a kernel without Landlock all of it succeeds and does nothing:
 * version is 0.  What is open already stays so. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct file_rules {
	int version;     /* of the kernel's Landlock; 0: none */
	int fd;          /* of the rules being made; -1: none */
	uint64_t rights; /* all that this version knows, and that is forbidden where not allowed */
};

MUST_CHECK bool file_rules_begin(struct file_rules *ret, struct err *e);

/* Allows a file, or a directory and all below it, to be read, or to be made, changed and removed,
 * too; never to be executed.  ERR_IO where it cannot be opened. */
MUST_CHECK bool file_rules_allow(struct file_rules *rules, const char *path, bool write,
                                 struct err *e);

/* Forbids everything else to this thread and those that it starts, for good. */
MUST_CHECK bool file_rules_enforce(struct file_rules *rules, struct err *e);

void file_rules_done(struct file_rules *rules);
