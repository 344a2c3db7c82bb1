/* Law: whatever the text, the front end answers with SQL or with one located error; and in that SQL
 * nothing of the text stands but in quotes (sql.h), so that none of it can be read as SQL. */
#include "fuzz.h"

#include "fuzz/sql.h"
#include "query/query.h"

enum { TEXT_MAX = 64 * 1024 };

static void error_is_located(const struct query_error *e, const char *text, size_t len)
{
	assert(e->class != QUERY_OK && e->code && *e->message);
	if (!e->located)
		return;
	unsigned lines = 1;
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	assert(e->line >= 1 && e->line <= lines && e->pos <= len);
}

static struct query_session *session;

void fuzz_done(void)
{
	query_session_free(session);
}

static void start(void)
{
	struct err err = { 0 };
	struct query_limits limits = { .threads = 1, .memory_bytes = 256 << 20, .time_ms = 2000 };
	session = query_session_new(NULL, &limits, &err);
	assert(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct query_options options = { .explain = true, .now = INT64_C(639153504000000000) };
	struct query_error e;
	if (!session)
		start();
	if (size > TEXT_MAX)
		return 0;
	const char *text = (const char *)data;
	struct query_result *result = query_run(session, text, size, &options, &e);
	if (result)
		sql_is_ours(query_sql(result));
	else
		error_is_located(&e, text, size);
	query_result_free(result);
	return 0;
}
