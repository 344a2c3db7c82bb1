/* isolation: what a daemon gives up once everything is open that only it could open.
 *
 * In this order: privileges (another user, where it was started as root), the possibility to gain
 * new ones, every file but those that it names (file_rules.h, Landlock), every system call that it
 * has no use for (call_rules.h, seccomp).  What is given up does not come back, for no thread and
 * no child.  Where the kernel lacks a means, the others are used and the lack is told.
 *
 * To be called once, before the first thread is started: Landlock holds for the calling thread and
 * those that it starts.  The database library reads /proc/self/cgroup when it opens an instance,
 * and aborts if it may not: that and the little that libraries read at any time is allowed always,
 * to the process that calls this.  A child that opens a database isolates itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct isolation_path {
	const char *path; /* a file, or a directory with all below it; must exist */
	bool write;       /* make, change and remove, too */
};

/* What a daemon may do beyond using what is open; ORed. */
enum isolation_allow {
	ISOLATION_ACCEPT = 1,    /* connections at sockets that listen already */
	ISOLATION_CONNECT = 2,   /* new sockets, to connect and send to anywhere */
	ISOLATION_CHILDREN = 4,  /* processes of its own; never another program */
	ISOLATION_NET_ADMIN = 8, /* keeps CAP_NET_ADMIN where it becomes another user */
};

struct isolation {
	const char *user; /* to become where started as root; NULL: stays who it is */
	const struct isolation_path *paths;
	size_t path_count;
	unsigned allow; /* of enum isolation_allow */
};

/* What came of it. */
struct isolated {
	int landlock;   /* the kernel's version of it; 0: files are not confined */
	bool filtered;  /* system calls */
	char text[256]; /* one line, to be logged: what holds, and what this kernel lacks */
};

/* False where what was asked for cannot be: no such user or path, threads that run already.  Then
 * the daemon should not run: parts may hold. */
MUST_CHECK bool isolate(const struct isolation *wanted, struct isolated *ret, struct err *e);
