#include "workspace/workspace.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "scratch.h"
#include "support/unit.h"

enum { MINUTE = 29388960 }; /* 2025-11-17T00:00Z: 20409 days x 1440 */
enum { NOBODY = 65534 };

static void store_one(struct workspace *ws)
{
	struct flow_row row = scratch_row(MINUTE);
	scratch_store(ws, &row, 1, NULL);
}

static void assert_refused(const char *dir, enum workspace_mode mode, const char *want)
{
	struct err e = { 0 };
	assert_null(workspace_open(dir, mode, &e));
	assert_string_equal(e.text, want);
	assert_int_equal(e.code, ERR_WORKSPACE);
}

PRINTF_LIKE(1, 2) static char *text_of(const char *format, ...)
{
	static char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return text;
}

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* Runs a body in a child process. */
static pid_t start_child(void (*body)(const char *dir, int in, int out), const char *dir, int in,
                         int out)
{
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		body(dir, in, out);
		_exit(0);
	}
	return pid;
}

static void wait_child(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define CHILD_NEEDS(condition)                                                                     \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "child: %s\n", #condition);                                \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* ---- what is refused, and with which words ---- */

static void a_directory_that_is_no_workspace_is_named(void **state)
{
	const char *dir = *state;
	assert_refused(dir, WORKSPACE_READ,
	               text_of("'%s' is not a workspace: it has no catalog.db", dir));
	put_file(scratch_path(dir, "thesis.txt"), "mine");
	assert_refused(
	    dir, WORKSPACE_WRITE,
	    text_of("'%s' is not a workspace: it holds other files and no catalog.db", dir));
	assert_int_equal(access(scratch_path(dir, "segments"), F_OK), -1);
}

static void a_directory_that_is_not_there_is_named(void **state)
{
	const char *path = scratch_path(*state, "none");
	assert_refused(path, WORKSPACE_READ, text_of("there is no workspace at '%s'", path));
	assert_int_equal(access(path, F_OK), -1);
}

static void a_catalog_of_something_else_is_refused(void **state)
{
	const char *dir = *state;
	const char *want =
	    text_of("'%s' is not a workspace: its catalog.db is something else", dir);
	put_file(scratch_path(dir, "catalog.db"),
	         "this is not a database, but a text of some length");
	assert_refused(dir, WORKSPACE_READ, want);
	assert_refused(dir, WORKSPACE_WRITE, want);
	put_file(scratch_path(dir, "catalog.db"), "");
	assert_refused(dir, WORKSPACE_READ, want);
	scratch_catalog(dir, "CREATE TABLE recipes (name TEXT)");
	assert_refused(dir, WORKSPACE_READ, want);
	assert_refused(dir, WORKSPACE_WRITE, want);
}

static void a_newer_format_is_refused(void **state)
{
	const char *dir = *state;
	workspace_close(scratch_open(dir, WORKSPACE_WRITE));
	scratch_catalog(dir, "UPDATE meta SET value = 4 WHERE key = 'format'");
	const char *want =
	    text_of("workspace '%s' was made by a newer weir (format 4, this one knows 3)", dir);
	assert_refused(dir, WORKSPACE_READ, want);
	assert_refused(dir, WORKSPACE_WRITE, want);
}

/* A new catalog would take all segments for orphans. */
static void segments_whose_catalog_is_lost_are_not_swept(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	store_one(ws);
	workspace_close(ws);
	static const char *const names[] = { "catalog.db", "catalog.db-wal", "catalog.db-shm" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(unlink(scratch_path(dir, names[i])), 0);
	assert_refused(
	    dir, WORKSPACE_WRITE,
	    text_of("'%s' is not a workspace: it holds other files and no catalog.db", dir));
	put_file(scratch_path(dir, "catalog.db"), "");
	assert_refused(dir, WORKSPACE_WRITE,
	               text_of("'%s' is not a workspace: its catalog.db is something else", dir));
	assert_int_equal(scratch_count_files(dir), 1);
}

/* What there is if the first writer dies while it makes the workspace. */
static void a_half_made_workspace_is_completed(void **state)
{
	const char *dir = *state;
	assert_int_equal(mkdir(scratch_path(dir, "run"), 0777), 0);
	workspace_close(scratch_open(dir, WORKSPACE_WRITE));
	assert_int_equal(rmdir(scratch_path(dir, "segments")), 0);
	assert_int_equal(truncate(scratch_path(dir, "catalog.db"), 0), 0);
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	store_one(ws);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "1\n");
	workspace_close(ws);
}

static void hold_lock(const char *dir, int in, int out)
{
	struct workspace *ws = workspace_open(dir, WORKSPACE_WRITE, NULL);
	CHILD_NEEDS(ws);
	CHILD_NEEDS(write(out, "x", 1) == 1);
	char c;
	CHILD_NEEDS(read(in, &c, 1) == 0);
	workspace_close(ws);
}

static void a_second_writer_is_refused_and_told_of_the_first(void **state)
{
	const char *dir = *state;
	int to[2], from[2];
	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(to[1]);
		hold_lock(dir, to[0], from[1]);
		_exit(0);
	}
	char c;
	close(from[1]);
	assert_int_equal(read(from[0], &c, 1), 1);
	assert_refused(dir, WORKSPACE_WRITE,
	               text_of("workspace '%s' is being written by process %d", dir, (int)pid));
	workspace_close(scratch_open(dir, WORKSPACE_READ)); /* readers do not mind */
	close(to[1]);
	wait_child(pid);
	workspace_close(scratch_open(dir, WORKSPACE_WRITE));
	close(to[0]);
	close(from[0]);
}

/* ---- commits ---- */

static void a_workspace_is_made_with_its_directories(void **state)
{
	const char *dir = scratch_path(*state, "new");
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "0\n");
	store_one(ws);
	workspace_close(ws);
	ws = scratch_open(dir, WORKSPACE_READ);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "1\n");
	workspace_close(ws);
	struct stat st;
	assert_int_equal(
	    stat(scratch_path(dir, "segments/Flows/2025-11-17/0000000001.parquet"), &st), 0);
}

static struct segment_list segments_of(struct workspace *ws, enum table_id table,
                                       struct time_range time, struct time_range recorded)
{
	struct segment_list list;
	struct err e = { 0 };
	if (!workspace_segments(
		ws, &(struct segment_filter){ .table = table, .time = time, .recorded = recorded },
		&list, &e))
		fail_msg("%s", e.text);
	return list;
}

static void the_catalog_tells_what_a_segment_holds(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	int64_t before = ticks_now();
	struct flow_row rows[] = { scratch_row(MINUTE + 7), scratch_row(MINUTE + 5) };
	ROW_SET(&rows[0], FlowRecordTime, record_time, 1000);
	scratch_store(ws, rows, 2, NULL);
	store_one(ws);
	struct segment_list list =
	    segments_of(ws, TABLE_ATC, TIME_RANGE_ALL, TIME_RANGE_ALL); /* a view of Flows */
	assert_int_equal(list.count, 2);
	const struct segment *s = &list.items[0];
	assert_int_equal(s->id, 1);
	assert_int_equal(s->table, TABLE_FLOWS);
	assert_int_equal(s->rows, 2);
	assert_int_equal(s->commit, 1);
	assert_in_range(s->committed_at, before, ticks_now());
	assert_int_equal(s->time.from, TICKS_UNIX_EPOCH + (MINUTE + 5) * TICKS_PER_MINUTE);
	assert_int_equal(s->time.to, TICKS_UNIX_EPOCH + (MINUTE + 7) * TICKS_PER_MINUTE);
	assert_int_equal(s->recorded.from, 1000);
	assert_int_equal(s->recorded.to, 1000);
	struct stat st;
	assert_int_equal(stat(scratch_path(dir, s->path), &st), 0);
	assert_int_equal(s->bytes, st.st_size);
	assert_int_equal(list.items[1].commit, 2);
	assert_true(list.items[1].recorded.from > list.items[1].recorded.to);
	segment_list_done(&list);
	workspace_close(ws);
}

static void numbers_are_never_used_twice(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	store_one(ws);
	store_one(ws);
	workspace_close(ws);
	scratch_catalog(dir,
	                "DELETE FROM segments; DELETE FROM commits"); /* as retention will do */
	ws = scratch_open(dir, WORKSPACE_WRITE);
	assert_int_equal(scratch_count_files(dir), 0);
	store_one(ws);
	struct segment_list list = segments_of(ws, TABLE_FLOWS, TIME_RANGE_ALL, TIME_RANGE_ALL);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].id, 3);
	assert_int_equal(list.items[0].commit, 3);
	segment_list_done(&list);
	workspace_close(ws);
}

static void an_empty_commit_changes_nothing(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	scratch_store(ws, NULL, 0, NULL);
	store_one(ws);
	struct segment_list list = segments_of(ws, TABLE_FLOWS, TIME_RANGE_ALL, TIME_RANGE_ALL);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].commit, 1);
	segment_list_done(&list);
	workspace_close(ws);
}

static void an_abandoned_commit_leaves_no_file(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	struct err e = { 0 };
	struct flow_row row = scratch_row(MINUTE);
	const struct flow_row *rows[] = { &row };
	struct commit *c = commit_begin(ws, &e);
	assert_non_null(c);
	assert_true(commit_flow_rows(c, rows, 1, &(struct constants){ 0 }, &e));
	assert_int_equal(scratch_count_files(dir), 1);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "0\n"); /* not visible before its end */
	commit_abandon(c);
	assert_int_equal(scratch_count_files(dir), 0);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "0\n");
	workspace_close(ws);
}

static void a_commit_that_lacks_rows_is_refused(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	struct err e = { 0 };
	struct flow_row row = scratch_row(MINUTE);
	const struct flow_row *rows[] = { &row };
	struct commit *c = commit_begin(ws, &e);
	assert_true(commit_flow_rows(c, rows, 1, &(struct constants){ 0 }, &e));
	/* a file where the day's directory should be */
	put_file(scratch_path(dir, "segments/Flows/2025-11-18"), "");
	row.key.minute += 1440;
	assert_false(commit_flow_rows(c, rows, 1, &(struct constants){ 0 }, &e));
	assert_non_null(strstr(e.text, "segments/Flows/2025-11-18': Not a directory"));
	assert_int_equal(e.code, ERR_IO);
	assert_false(commit_end(c, &e));
	assert_int_equal(scratch_count_files(dir), 1); /* the one in the way */
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "0\n");
	workspace_close(ws);
}

/* Dies after the segment has its name and before the catalog knows of it. */
static void die_before_commit(const char *dir, int in, int out)
{
	(void)in;
	(void)out;
	struct flow_row row = scratch_row(MINUTE);
	const struct flow_row *rows[] = { &row };
	struct workspace *ws = workspace_open(dir, WORKSPACE_WRITE, NULL);
	CHILD_NEEDS(ws);
	struct commit *c = commit_begin(ws, NULL);
	CHILD_NEEDS(c && commit_flow_rows(c, rows, 1, &(struct constants){ 0 }, NULL));
	_exit(0);
}

static void what_a_dead_writer_left_is_not_seen_and_swept(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	store_one(ws);
	workspace_close(ws);
	wait_child(start_child(die_before_commit, dir, -1, -1));
	put_file(scratch_path(dir, "segments/Flows/2025-11-17/0000000009.parquet.tmp"), "half");
	assert_int_equal(scratch_count_files(dir), 3);
	ws = scratch_open(dir, WORKSPACE_READ);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "1\n");
	workspace_close(ws);
	assert_int_equal(scratch_count_files(dir), 3); /* readers remove nothing */
	ws = scratch_open(dir, WORKSPACE_WRITE);
	assert_int_equal(scratch_count_files(dir), 1);
	store_one(ws); /* takes the dead one's number */
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "2\n");
	workspace_close(ws);
}

/* ---- readers ---- */

/* Counts rows until the writer has 30, as somebody who may not write. */
static void read_as_nobody(const char *dir, int in, int out)
{
	(void)in;
	CHILD_NEEDS(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
	CHILD_NEEDS(access(dir, W_OK) < 0);
	struct workspace *ws = workspace_open(dir, WORKSPACE_READ, NULL);
	CHILD_NEEDS(ws);
	long rows = 0;
	for (int i = 0; i < 100000 && rows < 30; i++) {
		char *answer = scratch_ask(ws, TABLE_FLOWS, "count(*)", "");
		long now = strtol(answer, NULL, 10);
		free(answer);
		CHILD_NEEDS(now >= rows && now % 3 == 0); /* commits of three rows each */
		if (rows == 0)
			CHILD_NEEDS(write(out, "x", 1) == 1);
		rows = now;
	}
	CHILD_NEEDS(rows == 30);
	workspace_close(ws);
}

static void readers_without_permission_see_whole_commits_while_one_writes(void **state)
{
	const char *dir = *state;
	if (getuid() != 0)
		skip();
	assert_int_equal(chmod(dir, 0755), 0);
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	struct flow_row rows[] = { scratch_row(MINUTE), scratch_row(MINUTE), scratch_row(MINUTE) };
	scratch_store(ws, rows, 3, NULL);
	int ready[2];
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t readers[] = { start_child(read_as_nobody, dir, -1, ready[1]),
		            start_child(read_as_nobody, dir, -1, ready[1]) };
	char two[2];
	assert_int_equal(read(ready[0], two, 1), 1);
	assert_int_equal(read(ready[0], two, 1), 1);
	for (int i = 1; i < 10; i++)
		scratch_store(ws, rows, 3, NULL);
	wait_child(readers[0]);
	wait_child(readers[1]);
	workspace_close(ws);
	close(ready[0]);
	close(ready[1]);
}

/* Reads once with no permission to write, from a directory that nobody may write to. */
static void read_once_as_nobody(const char *dir, int in, int out)
{
	(void)in;
	(void)out;
	CHILD_NEEDS(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
	struct err e = { 0 };
	struct workspace *ws = workspace_open(dir, WORKSPACE_READ, &e);
	if (!ws)
		fprintf(stderr, "child: %s\n", e.text);
	CHILD_NEEDS(ws);
	char *answer = scratch_ask(ws, TABLE_FLOWS, "count(*)", "");
	CHILD_NEEDS(strcmp(answer, "1\n") == 0);
	free(answer);
	workspace_close(ws);
}

static char *listing(const char *dir)
{
	static char text[1024];
	struct dirent **entries;
	int n = scandir(dir, &entries, NULL, alphasort);
	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.')
			strcat(strcat(text, entries[i]->d_name), " ");
		free(entries[i]);
	}
	free(entries);
	return text;
}

static void a_closed_workspace_can_be_read_without_permission_to_write(void **state)
{
	const char *dir = *state;
	if (getuid() != 0)
		skip();
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	store_one(ws);
	workspace_close(ws);
	assert_int_equal(chmod(dir, 0555), 0);
	wait_child(start_child(read_once_as_nobody, dir, -1, -1));
	assert_string_equal(listing(dir), "catalog.db catalog.db-shm catalog.db-wal run segments ");
	assert_int_equal(chmod(dir, 0755), 0);
}

/* Commits and dies without closing: the commit is in the WAL alone. */
static void commit_and_die(const char *dir, int in, int out)
{
	(void)in;
	(void)out;
	struct flow_row row = scratch_row(MINUTE);
	const struct flow_row *rows[] = { &row };
	struct workspace *ws = workspace_open(dir, WORKSPACE_WRITE, NULL);
	CHILD_NEEDS(ws);
	struct commit *c = commit_begin(ws, NULL);
	CHILD_NEEDS(c && commit_flow_rows(c, rows, 1, &(struct constants){ 0 }, NULL) &&
	            commit_end(c, NULL));
	kill(getpid(), SIGKILL);
}

static void a_dead_writers_commits_can_be_read_without_permission_to_write(void **state)
{
	const char *dir = *state;
	if (getuid() != 0)
		skip();
	int status;
	pid_t pid = start_child(commit_and_die, dir, -1, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(chmod(dir, 0555), 0);
	wait_child(start_child(read_once_as_nobody, dir, -1, -1));
	assert_int_equal(chmod(dir, 0755), 0);
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "1\n");
	workspace_close(ws);
}

/* A copy (a backup, a disk of another machine) may come without the WAL's files. */
static void a_copy_without_wal_can_be_read_and_nothing_is_made(void **state)
{
	const char *dir = *state;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	store_one(ws);
	workspace_close(ws);
	assert_int_equal(unlink(scratch_path(dir, "catalog.db-wal")), 0);
	assert_int_equal(unlink(scratch_path(dir, "catalog.db-shm")), 0);
	ws = scratch_open(dir, WORKSPACE_READ); /* as root: could make them */
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "1\n");
	assert_string_equal(listing(dir), "catalog.db run segments ");
	struct workspace *writer = scratch_open(dir, WORKSPACE_WRITE);
	store_one(writer);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "2\n"); /* and the reader follows */
	workspace_close(writer);
	ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "2\n");
	workspace_close(ws);
}

static void odd_names_of_directories_are_just_names(void **state)
{
	static const char *const names[] = { "a?b=1&mode=memory", "c%20d#e", "[f]*", "it's" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *dir = scratch_path(*state, names[i]);
		struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
		store_one(ws);
		workspace_close(ws);
		assert_int_equal(access(scratch_path(dir, "catalog.db"), F_OK), 0);
		ws = scratch_open(dir, WORKSPACE_READ);
		ASSERT_ANSWER(ws, TABLE_FLOWS, "count(*)", "", "1\n");
		workspace_close(ws);
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		CASE(a_directory_that_is_no_workspace_is_named),
		CASE(a_directory_that_is_not_there_is_named),
		CASE(a_catalog_of_something_else_is_refused),
		CASE(a_newer_format_is_refused),
		CASE(segments_whose_catalog_is_lost_are_not_swept),
		CASE(a_half_made_workspace_is_completed),
		CASE(a_second_writer_is_refused_and_told_of_the_first),
		CASE(a_workspace_is_made_with_its_directories),
		CASE(the_catalog_tells_what_a_segment_holds),
		CASE(numbers_are_never_used_twice),
		CASE(an_empty_commit_changes_nothing),
		CASE(an_abandoned_commit_leaves_no_file),
		CASE(a_commit_that_lacks_rows_is_refused),
		CASE(what_a_dead_writer_left_is_not_seen_and_swept),
		CASE(readers_without_permission_see_whole_commits_while_one_writes),
		CASE(a_closed_workspace_can_be_read_without_permission_to_write),
		CASE(a_dead_writers_commits_can_be_read_without_permission_to_write),
		CASE(a_copy_without_wal_can_be_read_and_nothing_is_made),
		CASE(odd_names_of_directories_are_just_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
