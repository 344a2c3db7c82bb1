/* control: a running collector's answers to the tools of its machine, on DIR/run/collector.sock.
 *
 * A tool connects, writes one line ("memory") and reads until the end: a line "ok" and the answer,
 * or a line "error" and why there is none.  The collector serves one connection at a
 * time, between commits, and gives each CONTROL_MS, after which it is closed: a tool that hangs
 * costs that long once.  Only the collector's own user and root may connect.
 *
 * The socket is made first and published later, as run_socket.h has it.  One thread. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"

enum { CONTROL_LINE = 256, CONTROL_MS = 2000 };

struct control; /* opaque */

/* For the workspace in that directory, whose DIR/run is there; given to uid and gid (-1: stays). */
MUST_CHECK struct control *control_open(const char *workspace, uid_t uid, gid_t gid, struct err *e);
void control_close(struct control *control); /* removes the socket's file; NULL is fine */

MUST_CHECK bool control_publish(struct control *control, struct err *e);
int control_fd(const struct control *control); /* to wait for; borrowed */

/* Takes one connection, if there is one, has its line answered and closes it.  `answer` adds the
 * answer to *out, or fails with a sentence. */
typedef bool control_answer_fn(void *context, const char *line, struct buf *out, struct err *e);
void control_serve(struct control *control, control_answer_fn *answer, void *context);

/* The tool's side: adds the answer to *ret.  *ret_running is false where no collector runs in this
 * workspace: then there is no answer and no failure.  False where one runs and does not answer. */
MUST_CHECK bool control_ask(const char *workspace, const char *line, struct buf *ret,
                            bool *ret_running, struct err *e);
