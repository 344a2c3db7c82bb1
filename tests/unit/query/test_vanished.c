/* A segment's file that goes between reading the list and reading the rows: retention and
 * compaction do that to slow queries.  The linker gives us workspace_relation to stand in for them.
 */
#include <string.h>
#include <unistd.h>

#include "support/unit.h"
#include "unit/query/asking.h"
#include "unit/workspace/scratch.h"

static int losses; /* how many more lists go stale */
static int lists;
static struct workspace *writer;
static const char *dir;

/* Stores the row anew and takes away the file that holds it now. */
static void replace(struct workspace *ws)
{
	struct segment_filter filter = SEGMENTS_OF(TABLE_FLOWS);
	struct segment_list old;
	struct err err;
	struct flow_row row = scratch_row(100);
	const struct flow_row *rows[] = { &row };
	const struct constants constants = { 0 };
	assert_true(workspace_segments(ws, &filter, &old, &err));
	assert_int_equal(old.count, 1);
	struct commit *c = commit_begin(ws, &err);
	assert_non_null(c);
	assert_true(commit_flow_rows(c, rows, 1, &constants, &err));
	assert_true(commit_retire(c, old.items[0].id, &err));
	assert_true(commit_end(c, &err));
	assert_int_equal(unlink(scratch_path(dir, old.items[0].path)), 0);
	segment_list_done(&old);
}

bool __real_workspace_relation(struct workspace *ws, const struct segment_filter *filter,
                               struct buf *sql, struct relation_size *ret, struct err *e);
bool __wrap_workspace_relation(struct workspace *ws, const struct segment_filter *filter,
                               struct buf *sql, struct relation_size *ret, struct err *e);

bool __wrap_workspace_relation(struct workspace *ws, const struct segment_filter *filter,
                               struct buf *sql, struct relation_size *ret, struct err *e)
{
	bool ok = __real_workspace_relation(ws, filter, sql, ret, e);
	lists++;
	if (losses > 0) {
		losses--;
		replace(writer);
	}
	return ok;
}

static const char one_row[] = "Flows | count";

/* What a reader is told who asks while `stale` lists go out of date. */
static const char *ask(void **state, int stale, const char *kql)
{
	struct query_limits limits = { .threads = 1, .memory_bytes = 512 << 20 };
	struct err err;
	dir = *state;
	writer = scratch_open(dir, WORKSPACE_WRITE);
	struct flow_row row = scratch_row(100);
	scratch_store(writer, &row, 1, NULL);
	struct workspace *reader = scratch_open(dir, WORKSPACE_READ);
	struct query_session *session = query_session_new(reader, &limits, &err);
	assert_non_null(session);
	losses = stale;
	lists = 0;
	const char *answer = asking_rows(session, kql);
	query_session_free(session);
	workspace_close(reader);
	workspace_close(writer);
	return answer;
}

static void a_query_whose_segment_has_gone_runs_once_more(void **state)
{
	assert_string_equal(ask(state, 1, one_row), "1\n");
	assert_int_equal(lists, 2);
}

static void and_not_a_third_time(void **state)
{
	assert_string_equal(ask(state, 2, one_row), "RUN0002 1:0 The rows could not be read");
	assert_int_equal(lists, 2);
}

static void a_constant_of_the_query_does_so_too(void **state)
{
	assert_string_equal(ask(state, 1, "print 1 | take toscalar(Flows | count)"), "1\n");
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(a_query_whose_segment_has_gone_runs_once_more),
		IN_SCRATCH(and_not_a_third_time),
		IN_SCRATCH(a_constant_of_the_query_does_so_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
