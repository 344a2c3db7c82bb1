/* kqlrun: runs one KQL query, for tests.
 *
 * usage: kqlrun [--workspace DIR] [--format json|table|csv] [--explain] [KQL]   (KQL from standard
 * input) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/query.h"

static bool to_stdout(void *context, const char *text, size_t len)
{
	(void)context;
	return fwrite(text, 1, len, stdout) == len;
}

static void read_all(FILE *in, struct buf *out)
{
	char chunk[4096];
	for (size_t n; (n = fread(chunk, 1, sizeof chunk, in)) > 0;)
		buf_add(out, chunk, n);
}

struct arguments {
	const char *workspace;
	enum query_format format;
	bool explain;
	struct buf kql;
};

static enum query_format format_named(const char *name)
{
	return strcmp(name, "table") == 0 ? QUERY_TABLE
	       : strcmp(name, "csv") == 0 ? QUERY_CSV
	                                  : QUERY_JSON;
}

static void arguments_read(int argc, char **argv, struct arguments *ret)
{
	bool given = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--workspace") == 0 && i + 1 < argc) {
			ret->workspace = argv[++i];
		} else if (strcmp(argv[i], "--format") == 0 && i + 1 < argc) {
			ret->format = format_named(argv[++i]);
		} else if (strcmp(argv[i], "--explain") == 0) {
			ret->explain = true;
		} else {
			buf_puts(&ret->kql, argv[i]);
			given = true;
		}
	}
	if (!given)
		read_all(stdin, &ret->kql);
}

static bool explain(struct query_session *session, const struct buf *kql)
{
	struct query_options options = { .explain = true };
	struct query_error e;
	struct query_result *result = query_run(session, buf_text(kql), kql->len, &options, &e);
	printf("%s\n", result ? query_sql(result) : e.message);
	query_result_free(result);
	return result;
}

int main(int argc, char **argv)
{
	struct arguments args = { .format = QUERY_JSON };
	struct err err = { 0 };
	struct query_limits limits = { 0 };
	struct query_options options = { 0 };
	struct query_error e;
	arguments_read(argc, argv, &args);
	struct workspace *workspace =
	    args.workspace ? workspace_open(args.workspace, WORKSPACE_READ, &err) : NULL;
	struct query_session *session =
	    args.workspace && !workspace ? NULL : query_session_new(workspace, &limits, &err);
	if (!session)
		fprintf(stderr, "kqlrun: %s\n", err.text);
	bool ok =
	    session && (args.explain ? explain(session, &args.kql)
	                             : query_print(session, buf_text(&args.kql), args.kql.len,
	                                           &options, args.format, to_stdout, NULL, &e));
	query_session_free(session);
	workspace_close(workspace);
	buf_done(&args.kql);
	return ok ? 0 : 1;
}
