#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/program.h"
#include "support/unit.h"
#include "workspace/workspace.h"

static char workspace_dir[] = "/tmp/weir-test-show-XXXXXX";

/* Two commits: a row of 2026-11-05T06:07Z, then one a minute later. */
static int make_workspace(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct constants constants = { 0 };
	if (!mkdtemp(workspace_dir))
		return -1;
	struct workspace *ws = workspace_open(workspace_dir, WORKSPACE_WRITE, &e);
	bool good = ws;
	for (uint32_t i = 0; good && i < 2; i++) {
		struct flow_row row = { .key.minute = 29897647 + i };
		row.key.present = COLUMN_BIT(TimeGenerated);
		const struct flow_row *rows[] = { &row };
		struct commit *c = commit_begin(ws, &e);
		good = c && commit_flow_rows(c, rows, 1, &constants, &e) && commit_end(c, &e);
	}
	workspace_close(ws);
	return good ? 0 : -1;
}

static int remove_workspace(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", workspace_dir);
	return system(command);
}

static void segments_are_listed_with_what_they_hold(void **state)
{
	(void)state;
	struct said said = RUN("show", "segments", "-w", workspace_dir, "--format", "json");
	assert_int_equal(said.status, 0);
	json_t *segments = json_loads(said.out, 0, NULL);
	assert_int_equal(json_array_size(segments), 2);
	static const char *const times[] = { "2026-11-05T06:07:00Z", "2026-11-05T06:08:00Z" };
	for (size_t i = 0; i < 2; i++) {
		const char *table, *from, *to, *level, *path;
		json_int_t rows, bytes, commit;
		assert_int_equal(json_unpack(json_array_get(segments, i),
		                             "{s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:s !}", "table",
		                             &table, "commit", &commit, "rows", &rows, "bytes",
		                             &bytes, "from", &from, "to", &to, "level", &level,
		                             "path", &path),
		                 0);
		assert_string_equal(table, "Flows");
		assert_string_equal(level, "written");
		assert_int_equal(rows, 1);
		assert_string_equal(from, times[i]);
		assert_string_equal(to, times[i]);
		char whole[512];
		snprintf(whole, sizeof whole, "%s/%s", workspace_dir, path);
		FILE *file = fopen(whole, "r");
		assert_non_null(file);
		fseek(file, 0, SEEK_END);
		assert_int_equal(ftell(file), bytes);
		fclose(file);
	}
	json_decref(segments);
	said_done(said);
}

static void a_missing_workspace_is_said(void **state)
{
	(void)state;
	struct said said = RUN("show", "segments", "--workspace", "/does/not/exist");
	assert_int_equal(said.status, 1);
	assert_string_equal(said.out, "");
	assert_non_null(strstr(said.err, "/does/not/exist"));
	said_done(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_are_listed_with_what_they_hold),
		cmocka_unit_test(a_missing_workspace_is_said),
	};
	return cmocka_run_group_tests(tests, make_workspace, remove_workspace);
}
