/* run_socket: a socket that a running collector has in DIR/run, and the way to it.
 *
 * It is made before the collector gives up its privileges, under a name of its own, and takes its
 * place (run_socket_publish) once the workspace is locked: so that a second collector which is
 * refused the workspace leaves the first one's socket alone.  For any one thread. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct run_socket_kind {
	const char *name; /* of its file, at most 40 octets */
	int type;         /* SOCK_STREAM: it listens; SOCK_DGRAM */
	bool for_readers; /* whoever may list DIR may send to it; else its owner and root alone */
};

struct run_socket {
	const struct run_socket_kind *kind;
	int run; /* the directory DIR/run */
	int fd;  /* does not block */
	char name[64];
};

/* For the workspace in that directory, whose DIR/run is there; given to uid and gid (-1: stays).
 * On failure nothing is left. */
MUST_CHECK bool run_socket_open(struct run_socket *ret, const char *workspace,
                                const struct run_socket_kind *kind, uid_t uid, gid_t gid,
                                struct err *e);
MUST_CHECK bool run_socket_publish(struct run_socket *s, struct err *e);
void run_socket_close(struct run_socket *s); /* removes its file, too */

/* A socket that is connected to the published one, or -1: with *ret_running false where there is no
 * collector. */
MUST_CHECK int run_socket_connect(const char *workspace, const struct run_socket_kind *kind,
                                  bool *ret_running, struct err *e);
