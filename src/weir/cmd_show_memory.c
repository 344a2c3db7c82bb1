#include <string.h>

#include "core/base/buf.h"
#include "weir/command.h"
#include "weir/commands.h"
#include "weir/control.h"
#include "weir/listing.h"

/* "POOL<tab>OCTETS<tab>BOUND" becomes a row; `line` is cut into pieces. */
static void add_pool(struct listing *l, char *line)
{
	for (char *cell; (cell = strsep(&line, "\t"));)
		listing_text(l, cell);
}

int cmd_show_memory(struct invocation *inv)
{
	static const struct listing_column columns[] = {
		{ "pool", false },
		{ "octets", true },
		{ "bound", true },
	};
	const char *workspace = invocation_value(inv, "workspace");
	struct err e = { 0 };
	struct buf answer = { 0 };
	bool running = false;
	bool ok = control_ask(workspace, "memory", &answer, &running, &e);
	if (ok && !running)
		ok = err_set(&e, ERR_WORKSPACE, "no collector runs in workspace '%s'", workspace);
	struct listing listing;
	listing_init(&listing, columns, ARRAY_LEN(columns));
	char *rest = answer.text;
	for (char *line; ok && (line = strsep(&rest, "\n"));)
		if (*line)
			add_pool(&listing, line);
	ok = ok && listing_print(&listing, invocation_value(inv, "format"), inv->out, &e);
	listing_done(&listing);
	buf_done(&answer);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}
