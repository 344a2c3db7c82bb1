#include "weir/exporter_state.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "weir/control.h"
#include "weir/recover.h"
#include "workspace/workspace.h"

/* A line with the length of each state, and its octets (collector_internal.h). */
static bool load_answer(struct decoder *d, const struct buf *answer, struct err *e)
{
	const char *at = buf_text(answer), *end = at + answer->len;
	while (at < end) {
		char *line_end;
		size_t len = strtoull(at, &line_end, 10);
		if (*line_end != '\n' || len > (size_t)(end - line_end - 1))
			return err_set(e, ERR_DATA, "the collector's answer makes no sense");
		if (!decoder_load(d, line_end + 1, len, e))
			return false;
		at = line_end + 1 + len;
	}
	return true;
}

static bool load_workspace(struct decoder *d, const char *workspace, struct err *e)
{
	struct workspace *ws = workspace_open(workspace, WORKSPACE_READ, e);
	if (!ws)
		return false;
	bool ok = true;
	for (unsigned i = 0; ok && i < RECOVER_RINGS; i++) {
		struct buf state = { 0 };
		ok = recover_state(ws, i, &state, e) &&
		     (state.len == 0 || decoder_load(d, buf_text(&state), state.len, e));
		buf_done(&state);
	}
	workspace_close(ws);
	return ok;
}

static bool no_rows(void *context, struct batch *batch, struct err *e)
{
	(void)context, (void)batch, (void)e;
	return true;
}

struct decoder *exporter_state_read(const char *workspace, struct err *e)
{
	static const struct decode_sink sink = { .rows = no_rows };
	static const struct decoder_config config = { 0 };
	struct buf answer = { 0 };
	bool running = false;
	struct decoder *d = decoder_new(&config, &sink, e);
	bool ok = d && control_ask(workspace, "state", &answer, &running, e) &&
	          (running ? load_answer(d, &answer, e) : load_workspace(d, workspace, e));
	buf_done(&answer);
	if (ok)
		return d;
	decoder_free(d);
	return NULL;
}
