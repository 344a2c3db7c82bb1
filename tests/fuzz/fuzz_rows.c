/* Laws, whatever a file of rows holds: it is taken as a whole, with a row for each line that is not
 * blank, or refused with one sentence that names a line of it; and the commit after that goes well.
 */
#include "fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "workspace/workspace.h"

enum { OPEN_FILES = 8 };

static char dir[] = "/tmp/weir-fuzz-rows-XXXXXX";
static struct workspace *workspace;
static int fd = -1;
static char path[64];

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *walk)
{
	(void)st, (void)kind, (void)walk;
	return remove(name);
}

static void stop(void)
{
	workspace_close(workspace);
	close(fd);
	nftw(dir, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
}

static void start(void)
{
	struct err e = { 0 };
	bool made = mkdtemp(dir);
	workspace = made ? workspace_open(dir, WORKSPACE_WRITE, &e) : NULL;
	fd = memfd_create("rows", MFD_CLOEXEC);
	assert(workspace && fd >= 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	atexit(stop);
}

/* Lines, and of these the ones that are not blank. */
static size_t lines_of(struct cur text, size_t *ret_rows)
{
	size_t lines = 0;
	*ret_rows = 0;
	while (cur_left(&text)) {
		bool blank = true;
		for (; cur_left(&text) && *text.at != '\n'; text.at++)
			blank = blank && strchr(" \t\r", *text.at) && *text.at;
		text.at += cur_left(&text) > 0;
		lines++;
		*ret_rows += !blank;
	}
	return lines;
}

static void refused_well(const struct err *e, size_t lines)
{
	size_t line = 0;
	const char *named = strstr(e->text, " line ");
	assert(e->code == ERR_DATA && named && sscanf(named, " line %zu: ", &line) == 1);
	assert(line >= 1 && line <= lines);
	for (const char *c = e->text; *c; c++)
		assert(*c != '\n' && *c != '\x1b');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	if (!workspace)
		start();
	bool ok = ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size;
	assert(ok);
	struct commit *commit = commit_begin(workspace, &e);
	assert(commit);
	size_t rows = 0, expected, lines = lines_of(cur_of(data, size), &expected);
	if (commit_json_lines(commit, TABLE_ATC, path, &rows, &e))
		assert(rows == expected);
	else
		refused_well(&e, lines);
	commit_abandon(commit);
	return 0;
}
