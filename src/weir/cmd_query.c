#include <string.h>
#include <sys/stat.h>

#include "query/query.h"
#include "weir/command.h"
#include "weir/commands.h"
#include "weir/input.h"

enum { QUERY_BYTES_MAX = 1 << 20 };

static bool to_file(void *context, const char *text, size_t len)
{
	return fwrite(text, 1, len, context) == len;
}

/* The argument, or all of standard input. */
static bool read_query(const struct invocation *inv, struct buf *ret, struct err *e)
{
	if (inv->argument_count == 0)
		return read_whole(inv->in, QUERY_BYTES_MAX, ret, e);
	buf_puts(ret, inv->arguments[0]);
	return !ret->failed || err_set(e, ERR_NOMEM, "no memory for the query");
}

/* Opens the workspace.  Where none was named and ./workspace is not there, queries that need no
 * table still run. */
static bool open_workspace(const struct invocation *inv, struct workspace **ret, struct err *e)
{
	const char *dir = invocation_value(inv, "workspace");
	struct stat st;
	if (!invocation_given(inv, "workspace") && stat(dir, &st) < 0)
		return true;
	*ret = workspace_open(dir, WORKSPACE_READ, e);
	return *ret != NULL;
}

static enum query_format format_of(const struct invocation *inv)
{
	if (invocation_chose(inv, "format", "json"))
		return QUERY_JSON;
	return invocation_chose(inv, "format", "csv") ? QUERY_CSV : QUERY_TABLE;
}

/* A failure before the query could run, in the form that was asked for. */
static int fail(const struct invocation *inv, const struct err *err)
{
	if (format_of(inv) == QUERY_JSON) {
		struct query_error e = { 0 };
		struct buf out = { 0 };
		query_error_set(&e, QUERY_RUNTIME, "WorkspaceError", 0, 0, "%s", err->text);
		query_error_json(&out, &e);
		fprintf(inv->out, "%s\n", buf_text(&out));
		buf_done(&out);
	}
	return invocation_fail(inv, err);
}

static int answer(const struct invocation *inv, struct query_session *session,
                  const struct buf *kql, bool has_workspace)
{
	struct query_options options = { 0 };
	struct query_error e = { 0 };
	enum query_format format = format_of(inv);
	bool ok =
	    query_print(session, buf_text(kql), kql->len, &options, format, to_file, inv->out, &e);
	if (ok)
		return EXIT_DONE;
	if (format != QUERY_JSON) {
		struct buf text = { 0 };
		query_error_text(&text, &e, buf_text(kql), kql->len);
		fputs(buf_text(&text), inv->err);
		buf_done(&text);
	}
	if (!has_workspace)
		fprintf(inv->err, "weir query: there is no workspace here, so there are no tables; "
		                  "--workspace names one\n");
	return EXIT_FAILED;
}

int cmd_query(struct invocation *inv)
{
	struct err e = { 0 };
	struct buf kql = { 0 };
	struct workspace *ws = NULL;
	struct query_session *session = NULL;
	struct query_limits limits = { 0 };
	bool ok = read_query(inv, &kql, &e) && open_workspace(inv, &ws, &e);
	if (ok)
		session = query_session_new(ws, &limits, &e);
	int status = session ? answer(inv, session, &kql, ws != NULL) : fail(inv, &e);
	query_session_free(session);
	workspace_close(ws);
	buf_done(&kql);
	return status;
}
