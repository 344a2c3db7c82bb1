#include <inttypes.h>

#include "weir/command.h"
#include "weir/commands.h"

#include "workspace/backup.h"

static void print_report(const struct invocation *inv, const struct backup_report *r)
{
	if (invocation_chose(inv, "format", "json"))
		fprintf(inv->out,
		        "{\"segments\":%" PRIu64 ",\"linked\":%" PRIu64 ",\"copied\":%" PRIu64
		        ",\"octets\":%" PRIu64 ",\"removed\":%" PRIu64 "}\n",
		        r->segments, r->linked, r->copied, r->octets, r->removed);
	else
		fprintf(inv->out,
		        "%" PRIu64 " segments: %" PRIu64 " of them linked and %" PRIu64
		        " copied now, in %" PRIu64 " octets; %" PRIu64 " files were removed\n",
		        r->segments, r->linked, r->copied, r->octets, r->removed);
}

static bool needs(const struct invocation *inv, const char *option, struct err *e)
{
	return invocation_value(inv, option) ||
	       err_set(e, ERR_USAGE, "--%s has to name the backup", option);
}

int cmd_workspace_backup(struct invocation *inv)
{
	struct err e = { 0 };
	struct backup_report report;
	bool ok = needs(inv, "to", &e);
	struct workspace *ws =
	    ok ? workspace_open(invocation_value(inv, "workspace"), WORKSPACE_READ, &e) : NULL;
	ok = ws && workspace_backup(ws, invocation_value(inv, "to"), invocation_given(inv, "copy"),
	                            &report, &e);
	if (ok)
		print_report(inv, &report);
	workspace_close(ws);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}

static bool print_problem(void *context, const struct verify_problem *problem, struct err *e)
{
	const struct invocation *inv = context;
	(void)e;
	fprintf(inv->err, "%s: %s\n", problem->path, problem->text);
	return true;
}

int cmd_workspace_restore(struct invocation *inv)
{
	struct err e = { 0 };
	struct backup_report report;
	if (!needs(inv, "from", &e) ||
	    !workspace_restore(invocation_value(inv, "from"), invocation_value(inv, "workspace"),
	                       invocation_given(inv, "copy"), print_problem, inv, &report, &e))
		return invocation_fail(inv, &e);
	print_report(inv, &report);
	return EXIT_DONE;
}
