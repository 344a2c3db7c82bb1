/* Laws, whatever a watch-list's file holds: asking for it is answered or refused with a sentence;
 * the SQL for it is ours; its columns have different names, and every cell is a text. */
#include "fuzz.h"

#include <stdio.h>
#include <unistd.h>

#include "fuzz/sql.h"
#include "query/query.h"

static char dir[] = "/tmp/weir-fuzz-list-XXXXXX";
static char path[sizeof dir + 16];
static struct query_session *session;

void fuzz_done(void)
{
	query_session_free(session);
}

static void stop(void)
{
	unlink(path);
	rmdir(dir);
}

static void start(void)
{
	struct err e = { 0 };
	struct query_limits limits = { .threads = 1, .memory_bytes = 256 << 20, .time_ms = 5000 };
	session = mkdtemp(dir) ? query_session_new(NULL, &limits, &e) : NULL;
	assert(session);
	snprintf(path, sizeof path, "%s/list.csv", dir);
	atexit(stop);
}

static void columns_differ(const struct query_result *result)
{
	const struct query_column *of;
	size_t count = query_columns(result, &of);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			assert(strcmp(of[i].name, of[k].name) != 0);
}

static void rows_are_texts(struct query_result *result, struct query_error *e)
{
	const struct query_column *of;
	size_t count = query_columns(result, &of), octets = 0;
	struct query_cell *cells = calloc(count + 1, sizeof *cells);
	assert(cells);
	while (query_next(result, cells, e))
		for (size_t i = 0; i < count; i++) {
			assert(of[i].type == KQL_STRING && !cells[i].null);
			octets += cells[i].s.len;
		}
	assert(octets < SIZE_MAX);
	free(cells);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char text[] = "_GetWatchlist('list')";
	if (!session)
		start();
	FILE *out = fopen(path, "wb");
	assert(out);
	size_t written = fwrite(data, 1, size, out);
	assert(written == size);
	fclose(out);
	struct query_options options = { .now = INT64_C(639153504000000000), .watchlists = dir };
	struct query_error e = { 0 };
	struct query_result *result = query_run(session, text, strlen(text), &options, &e);
	if (result) {
		sql_is_ours(query_sql(result));
		columns_differ(result);
		rows_are_texts(result, &e);
	}
	assert(result || (e.class != QUERY_OK && *e.message));
	query_result_free(result);
	return 0;
}
