#include <inttypes.h>

#include "weir/command.h"
#include "weir/commands.h"

#include "core/base/ticks.h"
#include "workspace/export.h"

static void print_report(const struct invocation *inv, const struct export_report *r)
{
	if (invocation_chose(inv, "format", "json"))
		fprintf(inv->out,
		        "{\"files\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"octets\":%" PRIu64 "}\n",
		        r->files, r->rows, r->octets);
	else
		fprintf(inv->out, "%" PRIu64 " rows in %" PRIu64 " files of %" PRIu64 " octets\n",
		        r->rows, r->files, r->octets);
}

/* ---- export ---- */

static bool read_time(const struct invocation *inv, const char *option, int64_t *ret, struct err *e)
{
	const char *text = invocation_value(inv, option);
	if (!text)
		return err_set(e, ERR_USAGE, "--%s has to say a time", option);
	return ticks_parse(text, ret) ||
	       err_set(e, ERR_USAGE, "--%s cannot be \"%s\": 2026-11-22T06:00:00Z", option, text);
}

/* -1: every table. */
static bool read_table(const struct invocation *inv, int *ret, struct err *e)
{
	const char *name = invocation_value(inv, "table");
	*ret = name ? table_find(name) : -1;
	return !name || *ret >= 0 || err_set(e, ERR_USAGE, "there is no table \"%s\"", name);
}

static bool export(const struct invocation *inv, struct export_report *ret, struct err *e)
{
	struct time_range time;
	int table;
	const char *into = invocation_value(inv, "into");
	if (!read_time(inv, "from", &time.from, e) || !read_time(inv, "to", &time.to, e) ||
	    !read_table(inv, &table, e))
		return false;
	if (!into || time.from >= time.to)
		return err_set(e, ERR_USAGE,
		               into ? "--from has to be before --to"
		                    : "--into has to name a directory");
	time.to--;
	struct workspace *ws =
	    workspace_open(invocation_value(inv, "workspace"), WORKSPACE_READ, e);
	bool ok = ws && workspace_export(ws, table, time, into, ret, e);
	workspace_close(ws);
	return ok;
}

int cmd_workspace_export(struct invocation *inv)
{
	struct err e = { 0 };
	struct export_report report;
	if (!export(inv, &report, &e))
		return invocation_fail(inv, &e);
	print_report(inv, &report);
	return EXIT_DONE;
}

/* ---- attach ---- */

int cmd_workspace_attach(struct invocation *inv)
{
	struct err e = { 0 };
	struct export_report report;
	struct workspace *ws =
	    workspace_open(invocation_value(inv, "workspace"), WORKSPACE_WRITE, &e);
	bool ok = ws && workspace_attach(ws, inv->arguments[0], &report, &e);
	if (ok)
		print_report(inv, &report);
	workspace_close(ws);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}
