/* Law: whatever the text, the front end answers with SQL or with one located error.  In that SQL
 * all quotes and parentheses are closed, and outside of quotes there are only our own words: ASCII,
 * no separator of statements and no comment, so that nothing of the text can be read as SQL. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "query/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 64 * 1024 };

/* Past the quoted text or name that starts at sql[at]; a doubled mark does not end it. */
static size_t quoted_end(const char *sql, size_t at)
{
	char mark = sql[at++];
	for (;; at++) {
		assert(sql[at]);
		if (sql[at] == mark && sql[at + 1] == mark)
			at++;
		else if (sql[at] == mark)
			return at + 1;
	}
}

static void sql_is_ours(const char *sql)
{
	long depth = 0;
	for (size_t at = 0; sql[at];) {
		if (sql[at] == '\'' || sql[at] == '"') {
			at = quoted_end(sql, at);
			continue;
		}
		assert((unsigned char)sql[at] < 0x80 && sql[at] != ';' && sql[at] != '\\');
		assert(strncmp(sql + at, "--", 2) != 0 && strncmp(sql + at, "/*", 2) != 0);
		depth += (sql[at] == '(') - (sql[at] == ')');
		assert(depth >= 0);
		at++;
	}
	assert(depth == 0);
}

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

void fuzz_done(void); /* of replay.c */
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
