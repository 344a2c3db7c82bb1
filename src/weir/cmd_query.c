#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/command.h"
#include "weir/commands.h"
#include "weir/progress.h"
#include "weir/query_audit.h"
#include "weir/query_request.h"
#include "weir/saved_queries.h"
#include "weir/shell.h"

/* One call of the command. */
struct asking {
	const struct invocation *inv;
	struct query_request request;
	struct workspace *workspace; /* NULL: none here */
	struct query_session *session;
	struct progress *progress; /* until the first row is there */
	const char *client;        /* what asks, for the audit */
	uint64_t octets;           /* of the answer, so far */
	bool broken_off;           /* its reader wants no more */
	sigset_t before;
	pthread_t listener;
	bool listening;
};

/* ---- interrupts ---- */

static void *listen_for_signals(void *context)
{
	struct asking *a = context;
	sigset_t awaited;
	sigemptyset(&awaited);
	sigaddset(&awaited, SIGINT);
	sigaddset(&awaited, SIGTERM);
	for (int signal; sigwait(&awaited, &signal) == 0;)
		query_cancel(a->session);
	return NULL;
}

/* A query that is interrupted ends in its own way, so that nothing stays in the spill folder and
 * the audit knows of it; so does one whose reader goes away, though that signal is nobody's to
 * wait for: it comes when signals are restored.  Before the session's threads start, for they
 * inherit the mask. */
static void signals_block(struct asking *a)
{
	sigset_t awaited;
	sigemptyset(&awaited);
	sigaddset(&awaited, SIGINT);
	sigaddset(&awaited, SIGTERM);
	sigaddset(&awaited, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &awaited, &a->before);
}

static void listener_start(struct asking *a)
{
	a->listening = pthread_create(&a->listener, NULL, listen_for_signals, a) == 0;
}

static void listener_stop(struct asking *a)
{
	if (a->listening) {
		pthread_cancel(a->listener);
		pthread_join(a->listener, NULL);
	}
}

/* ---- answers ---- */

static bool to_output(void *context, const char *text, size_t len)
{
	struct asking *a = context;
	progress_stop(a->progress);
	a->progress = NULL;
	size_t written = fwrite(text, 1, len, a->inv->out);
	a->octets += written;
	a->broken_off |= written < len;
	return written == len;
}

static void put_error(const struct asking *a, const struct query_error *e, const char *text,
                      size_t len)
{
	struct buf out = { 0 };
	if (a->request.json)
		query_error_json(&out, e);
	else
		query_error_text(&out, e, text, len);
	fputs(buf_text(&out), a->request.json ? a->inv->out : a->inv->err);
	if (a->request.json)
		fputc('\n', a->inv->out);
	buf_done(&out);
}

static bool explain(struct asking *a, const char *text, size_t len, struct query_error *e)
{
	struct buf out = { 0 };
	bool ok =
	    query_explain(a->session, text, len, &a->request.options, a->request.json, &out, e);
	if (ok)
		fputs(buf_text(&out), a->inv->out);
	else
		put_error(a, e, text, len);
	buf_done(&out);
	return ok;
}

static bool print(struct asking *a, const char *text, size_t len, struct query_error *e)
{
	if (isatty(fileno(a->inv->err)) && fileno(a->inv->err) >= 0)
		a->progress = progress_start(a->session, a->inv->err);
	bool ok = query_print(a->session, text, len, &a->request.options, a->request.format,
	                      to_output, a, e);
	progress_stop(a->progress);
	a->progress = NULL;
	if (!ok && !a->request.json)
		put_error(a, e, text, len);
	return ok;
}

static void tell_audit(const struct asking *a, const char *text, size_t len,
                       struct query_audit_clock begun, const struct query_error *e)
{
	struct query_told told = {
		.client = a->client,
		.text = text,
		.len = len,
		.begun = begun,
		.facts = query_last(a->session),
		.octets = a->octets,
		.broken_off = a->broken_off,
		.error = e,
	};
	if (a->workspace)
		query_audit_tell(invocation_value(a->inv, "workspace"), &told);
}

static bool answer(struct asking *a, const char *text, size_t len)
{
	struct query_error e = { 0 };
	struct query_audit_clock begun = query_audit_clock();
	a->octets = 0;
	a->broken_off = false;
	bool ok = a->request.explain ? explain(a, text, len, &e) : print(a, text, len, &e);
	tell_audit(a, text, len, begun, &e);
	if (ok)
		return true;
	if (!a->workspace && strcmp(e.code, "SEM0100") == 0)
		fprintf(a->inv->err, "weir query: there is no workspace here, so there are no "
		                     "tables; --workspace names one\n");
	return false;
}

static void answer_in_shell(void *context, const char *text, size_t len)
{
	struct asking *a = context;
	const char *near = NULL;
	const struct saved_query *saved = text[0] == '@' ? saved_query_find(text + 1, &near) : NULL;
	if (text[0] == '@' && !saved)
		fprintf(a->inv->err, "there is no saved query \"%s\"%s%s%s\n", text,
		        near ? "; did you mean \"@" : "", near ? near : "", near ? "\"?" : "");
	else
		answer(a, saved ? saved->kql : text, saved ? strlen(saved->kql) : len);
	fflush(a->inv->out);
}

/* ---- the command ---- */

/* Opens the workspace.  Where none was named and ./workspace is not there, queries that need no
 * table still run. */
static bool open_workspace(struct asking *a, struct err *e)
{
	const char *dir = invocation_value(a->inv, "workspace");
	struct stat st;
	if (!invocation_given(a->inv, "workspace") && stat(dir, &st) < 0)
		return true;
	a->workspace = workspace_open(dir, WORKSPACE_READ, e);
	return a->workspace;
}

/* A failure before the query could run, in the form that was asked for. */
static int fail(const struct asking *a, const struct err *err)
{
	if (a->request.json && err->code != ERR_USAGE) {
		struct query_error e = { 0 };
		query_error_set(&e, QUERY_RUNTIME, "WorkspaceError", 0, 0, "%s", err->text);
		put_error(a, &e, "", 0);
	}
	return invocation_fail(a->inv, err);
}

static bool is_terminal(FILE *file)
{
	return fileno(file) >= 0 && isatty(fileno(file));
}

/* At a terminal an answer is drawn where its query says how. */
static void fit_to_terminal(struct asking *a)
{
	struct winsize size;
	if (!is_terminal(a->inv->out))
		return;
	if (ioctl(fileno(a->inv->out), TIOCGWINSZ, &size) == 0)
		a->request.options.width = size.ws_col;
	if (!invocation_given(a->inv, "format"))
		a->request.format = QUERY_CHART;
}

static int ask(struct asking *a, struct err *e)
{
	const struct invocation *inv = a->inv;
	struct buf kql = { 0 };
	static const char *const clients[] = { "weir query", "weir query --explain" };
	bool shell = !inv->argument_count && !invocation_value(inv, "file") &&
	             is_terminal(inv->in) && is_terminal(inv->out);
	bool ok = (shell || query_request_text(inv, &kql, e)) && open_workspace(a, e);
	if (ok)
		a->session = query_session_new(a->workspace, &a->request.limits, e);
	int status = EXIT_DONE;
	if (!a->session) {
		status = fail(a, e);
	} else {
		query_request_confine(&a->request);
		a->client = shell ? "weir shell" : clients[a->request.explain];
		listener_start(a);
		if (shell)
			shell_run(inv->in, inv->out, answer_in_shell, a);
		else if (!answer(a, buf_text(&kql), kql.len))
			status = EXIT_FAILED;
	}
	buf_done(&kql);
	return status;
}

int cmd_query(struct invocation *inv)
{
	struct err e = { 0 };
	struct asking a = { .inv = inv };
	if (!query_request_read(inv, &a.request, &e))
		return invocation_fail(inv, &e);
	fit_to_terminal(&a);
	signals_block(&a);
	int status = ask(&a, &e);
	listener_stop(&a);
	query_session_free(a.session);
	workspace_close(a.workspace);
	pthread_sigmask(SIG_SETMASK, &a.before, NULL);
	return status;
}
