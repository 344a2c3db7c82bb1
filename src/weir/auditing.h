/* auditing: queries that a running collector is told of, until they are rows of QueryAudit.
 *
 * Whoever asks tells it at the end of the answer, by one datagram (audit_message.h) to
 * DIR/run/audit.sock, which all may send to that may list DIR; nobody waits for an answer.  It is
 * a socket beside that of the tools (control.h), which only its owner may ask, one after the other:
 * strangers could keep the collector busy there.  The kernel says who sent.  Rows wait for the next
 * commit of the collector; what it was told and did not take is counted.
 *
 * Bounds: of one user AUDITING_QUERIES rows and AUDITING_OCTETS octets of text a minute, of
 * AUDITING_USERS users; AUDITING_MEMORY octets that wait; AUDITING_BURST datagrams at a time.  The
 * thread that commits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/plain_rows.h"
#include "weir/run_socket.h"
#include "workspace/workspace.h"

enum {
	AUDITING_QUERIES = 600,
	AUDITING_USERS = 256,
	AUDITING_BURST = 64,
	AUDITING_OCTETS = 256 << 10,
	AUDITING_MEMORY = 8 << 20,
};

extern const struct run_socket_kind auditing_socket;

struct auditing; /* opaque */

/* Makes the socket, which is given to uid and gid (-1: stays), and opens what names users.  Before
 * the process is isolated. */
MUST_CHECK struct auditing *auditing_new(const char *workspace, uid_t uid, gid_t gid,
                                         struct err *e);
void auditing_free(struct auditing *a); /* NULL is fine */

MUST_CHECK bool auditing_publish(struct auditing *a, struct err *e);
int auditing_fd(const struct auditing *a); /* to wait for; borrowed */

/* Takes what has come, and tells how much of it became rows and how much did not.  Without `wanted`
 * it is thrown away, and not counted. */
struct audit_counts {
	unsigned rows, lost;
};
struct audit_counts auditing_take(struct auditing *a, bool wanted);

/* Adds the rows that wait to a commit; they are forgotten once auditing_committed says that it
 * succeeded. */
MUST_CHECK bool auditing_write(struct auditing *a, struct commit *commit, struct err *e);
void auditing_committed(struct auditing *a);

/* Octets of rows and texts that wait; AUDITING_MEMORY and one row more at most. */
size_t auditing_memory(const struct auditing *a);
