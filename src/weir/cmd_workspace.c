#include <inttypes.h>
#include <string.h>

#include "weir/command.h"
#include "weir/commands.h"

#include "core/base/buf.h"
#include "core/base/ticks.h"
#include "workspace/repair.h"

/* ---- problems: a line each, or an object each in an array ---- */

struct problems_out {
	FILE *out;
	bool json, repairing;
	uint64_t count;
};

static void add_field(struct buf *b, const char *key, const char *text)
{
	buf_printf(b, "\"%s\":", key);
	buf_json_string(b, text, strlen(text));
}

/* What goes with a segment that is set aside. */
static void add_loss(struct buf *b, const struct segment *s)
{
	char from[TICKS_TEXT_MAX], to[TICKS_TEXT_MAX];
	bool timed = s->time.from <= s->time.to;
	ticks_format(timed ? s->time.from : 0, from);
	ticks_format(timed ? s->time.to : 0, to);
	buf_printf(b, "; set aside, with %" PRId64 " rows of %s", s->rows, tables[s->table].name);
	if (timed)
		buf_printf(b, " from %s to %s", from, to);
}

static bool print_problem(void *context, const struct verify_problem *problem, struct err *e)
{
	struct problems_out *p = context;
	struct buf b = { 0 };
	if (p->json) {
		buf_puts(&b, p->count ? ",{" : "{");
		add_field(&b, "path", problem->path);
		buf_putc(&b, ',');
		add_field(&b, "problem", problem->text);
		if (problem->segment)
			buf_printf(&b, ",\"rows\":%" PRId64, problem->segment->rows);
		buf_putc(&b, '}');
	} else {
		buf_printf(&b, "%s: %s", problem->path, problem->text);
		if (p->repairing && problem->segment)
			add_loss(&b, problem->segment);
		buf_putc(&b, '\n');
	}
	p->count++;
	fputs(buf_text(&b), p->out);
	bool ok = !b.failed || err_set(e, ERR_NOMEM, "no memory");
	buf_done(&b);
	return ok;
}

static void print_report(const struct invocation *inv, const struct verify_report *r)
{
	if (invocation_chose(inv, "format", "json"))
		fprintf(inv->out,
		        "],\"segments\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"octets\":%" PRIu64
		        ",\"withoutSum\":%" PRIu64 ",\"isWritten\":%s}\n",
		        r->segments, r->rows, r->octets, r->without_sum,
		        r->has_writer ? "true" : "false");
	else
		fprintf(inv->out,
		        "%" PRIu64 " problems; %" PRIu64 " segments are whole: %" PRIu64
		        " rows in %" PRIu64 " octets%s\n",
		        r->problems, r->segments, r->rows, r->octets,
		        r->has_writer ? "; a collector writes here, so files left over were not "
		                        "looked for"
		                      : "");
}

/* States of the collector that name segments, by what ends a line (open.h, nat_bindings.h). */
static const char *const segment_lists[] = { "minute/parts", "nat/bindings" };

static int look(struct invocation *inv, bool repairing)
{
	struct err e = { 0 };
	struct problems_out p = { .out = inv->out,
		                  .json = invocation_chose(inv, "format", "json"),
		                  .repairing = repairing };
	struct verify_report report = { 0 };
	struct workspace *ws = workspace_open(invocation_value(inv, "workspace"),
	                                      repairing ? WORKSPACE_WRITE : WORKSPACE_READ, &e);
	if (!ws)
		return invocation_fail(inv, &e);
	if (p.json)
		fputs("{\"problems\":[", p.out);
	bool ok = repairing ? workspace_repair(ws, segment_lists, ARRAY_LEN(segment_lists),
	                                       print_problem, &p, &report, &e)
	                    : workspace_verify(ws, print_problem, &p, &report, &e);
	if (ok || p.json)
		print_report(inv, &report);
	workspace_close(ws);
	if (!ok)
		return invocation_fail(inv, &e);
	return report.problems && !repairing ? EXIT_FAILED : EXIT_DONE;
}

int cmd_workspace_verify(struct invocation *inv)
{
	return look(inv, false);
}

int cmd_workspace_repair(struct invocation *inv)
{
	return look(inv, true);
}
