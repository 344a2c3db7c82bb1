/* bench_translate: how long it takes to make SQL of KQL.
 *
 *     bench_translate [WORKSPACE] <QUERIES       (each ended by a NUL)
 *
 * Prints one JSON object: queries that were translated, mean and longest time in microseconds, the
 * longest one's number, from 0.  Each is translated RUNS times, of which the fastest counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "query/query.h"

enum { RUNS = 5, TEXT_MAX = 16 << 20 };

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The fastest run in microseconds; less than 0 where the query is refused. */
static double translate(struct query_session *session, const char *kql)
{
	double best = -1;
	for (int i = 0; i < RUNS; i++) {
		struct query_options options = { .explain = true };
		struct query_error e;
		double start = now_us();
		struct query_result *result = query_run(session, kql, strlen(kql), &options, &e);
		double taken = now_us() - start;
		if (!result)
			return -1;
		query_result_free(result);
		if (best < 0 || taken < best)
			best = taken;
	}
	return best;
}

int main(int argc, char **argv)
{
	static char text[TEXT_MAX];
	struct err err = { 0 };
	struct query_limits limits = { 0 };
	struct workspace *workspace =
	    argc > 1 ? workspace_open(argv[1], WORKSPACE_READ, &err) : NULL;
	struct query_session *session = query_session_new(workspace, &limits, &err);
	if (!session || (argc > 1 && !workspace)) {
		fprintf(stderr, "bench_translate: %s\n", err.text);
		return 1;
	}
	size_t len = fread(text, 1, sizeof text - 1, stdin), count = 0, number = 0, worst = 0;
	double sum = 0, longest = 0;
	for (const char *at = text; at < text + len; at += strlen(at) + 1, number++) {
		double taken = translate(session, at);
		if (taken < 0)
			continue;
		count++;
		sum += taken;
		if (taken > longest) {
			longest = taken;
			worst = number;
		}
	}
	printf("{\"queries\":%zu,\"mean_us\":%.1f,\"longest_us\":%.1f,\"longest\":%zu}\n", count,
	       count ? sum / (double)count : 0, longest, worst);
	query_session_free(session);
	workspace_close(workspace);
	return 0;
}
