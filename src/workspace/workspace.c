#include "workspace/workspace.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/base/durable.h"
#include "core/base/ticks.h"
#include "workspace/workspace_internal.h"

char *workspace_path(const struct workspace *ws, const char *below, struct err *e)
{
	char *path;
	if (asprintf(&path, "%s/%s", ws->dir, below) < 0) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	return path;
}

/* ---- what is at DIR ---- */

static bool has_catalog(struct workspace *ws, bool *ret, struct err *e)
{
	char *path = workspace_path(ws, "catalog.db", e);
	if (!path)
		return false;
	bool there = access(path, F_OK) == 0;
	int error = errno;
	free(path);
	if (!there && error != ENOENT && error != ENOTDIR)
		return err_set(e, ERR_WORKSPACE, "cannot open workspace '%s': %s", ws->dir,
		               strerror(error));
	*ret = there;
	return true;
}

/* Whether there is nothing in DIR that could be somebody else's, nor segments whose catalog was
 * lost: a new catalog would have them swept. */
static bool is_fresh(struct workspace *ws, bool *ret, struct err *e)
{
	static const char *const ours[] = { ".", "..", "run", "lost+found" };
	DIR *dir = opendir(ws->dir);
	if (!dir)
		return err_set(e, ERR_WORKSPACE, "cannot open workspace '%s': %s", ws->dir,
		               strerror(errno));
	bool fresh = true;
	for (struct dirent *entry; fresh && (entry = readdir(dir));) {
		fresh = false;
		for (size_t i = 0; i < ARRAY_LEN(ours); i++)
			fresh |= strcmp(entry->d_name, ours[i]) == 0;
	}
	closedir(dir);
	*ret = fresh;
	return true;
}

static bool check_reader(struct workspace *ws, struct err *e)
{
	bool there = false;
	if (!has_catalog(ws, &there, e))
		return false;
	if (!there && access(ws->dir, F_OK) < 0)
		return err_set(e, ERR_WORKSPACE, "there is no workspace at '%s'", ws->dir);
	if (!there)
		return err_set(e, ERR_WORKSPACE, "'%s' is not a workspace: it has no catalog.db",
		               ws->dir);
	struct catalog *catalog = catalog_open(ws->dir, WORKSPACE_READ, e);
	catalog_close(catalog);
	return catalog;
}

static bool make_dir(struct workspace *ws, const char *below, struct err *e)
{
	char *path = workspace_path(ws, below, e);
	bool ok = path && dir_make(path, e);
	free(path);
	return ok;
}

static bool check_writer(struct workspace *ws, struct err *e)
{
	bool there = false, fresh = false;
	if (!dir_make(ws->dir, e) || !has_catalog(ws, &there, e) ||
	    (!there && !is_fresh(ws, &fresh, e)))
		return false;
	return there || fresh ||
	       err_set(e, ERR_WORKSPACE,
	               "'%s' is not a workspace: it holds other files and no catalog.db", ws->dir);
}

/* ---- the writer's lock ---- */

/* A lock of fcntl's first kind: it tells who holds it, and ends with its process even where a child
 * has inherited the descriptor. */
static bool take_lock(struct workspace *ws, struct err *e)
{
	char *path = workspace_path(ws, "run/writer.lock", e);
	if (!path)
		return false;
	ws->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	int error = errno;
	free(path);
	if (ws->lock < 0)
		return err_set(e, ERR_WORKSPACE, "cannot lock workspace '%s': %s", ws->dir,
		               strerror(error));
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	if (fcntl(ws->lock, F_SETLK, &lock) == 0)
		return true;
	if (errno != EACCES && errno != EAGAIN)
		return err_set(e, ERR_WORKSPACE, "cannot lock workspace '%s': %s", ws->dir,
		               strerror(errno));
	fcntl(ws->lock, F_GETLK, &lock);
	return err_set(e, ERR_WORKSPACE, "workspace '%s' is being written by process %ld", ws->dir,
	               (long)lock.l_pid);
}

/* To open and close the file would end a lock of our own. */
bool workspace_has_writer(const struct workspace *ws)
{
	char *path = ws->lock < 0 ? workspace_path(ws, "run/writer.lock", NULL) : NULL;
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	free(path);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	bool held = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	if (fd >= 0)
		close(fd);
	return held;
}

/* ---- sweeping ---- */

/* A damaged catalog may have lost the names of files that count. */
static bool check_catalog(struct workspace *ws, struct err *e)
{
	struct buf text = { 0 };
	bool ok = catalog_check(ws->catalog, &text, e);
	if (ok && text.len)
		ok = err_set(e, ERR_WORKSPACE,
		             "the catalog of '%s' is damaged (%s); nothing was changed: restore a "
		             "backup",
		             ws->dir, buf_text(&text));
	buf_done(&text);
	return ok;
}

static bool sweep_file(struct workspace *ws, const char *path, bool *checked, struct err *e)
{
	bool named;
	if (!catalog_names(ws->catalog, path + strlen(ws->dir) + 1, &named, e))
		return false;
	if (named)
		return true;
	if (!*checked && !check_catalog(ws, e))
		return false;
	*checked = true;
	return unlink(path) == 0 ||
	       err_set(e, ERR_IO, "cannot remove orphan '%s': %s", path, strerror(errno));
}

/* Removes the files below segments/ that no row of the catalog names: an earlier writer's, which
 * died before its commit; and the folders of tables and days that are empty. */
static bool sweep(struct workspace *ws, struct err *e)
{
	char *root = workspace_path(ws, "segments", e);
	if (!root)
		return false;
	FTS *walk = fts_open((char *const[]){ root, NULL }, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	bool ok = walk || err_set(e, ERR_IO, "cannot read '%s': %s", root, strerror(errno));
	bool checked = false;
	for (FTSENT *entry; ok && (entry = fts_read(walk));)
		if (entry->fts_info == FTS_F)
			ok = sweep_file(ws, entry->fts_path, &checked, e);
		else if (entry->fts_info == FTS_DP && entry->fts_level > FTS_ROOTLEVEL)
			(void)rmdir(entry->fts_path); /* stays where it holds something */
	if (walk)
		fts_close(walk);
	free(root);
	return ok;
}

void workspace_remove_marks(const struct workspace *ws)
{
	char *mark = workspace_path(ws, RESTORING_MARK, NULL);
	char *dir = workspace_path(ws, SNAPSHOT_DIR, NULL);
	if (mark)
		unlink(mark);
	if (dir)
		rmdir(dir);
	free(mark);
	free(dir);
}

/* ---- opening and closing ---- */

static bool open_writer(struct workspace *ws, struct err *e)
{
	if (!check_writer(ws, e) || !make_dir(ws, "run", e) || !take_lock(ws, e))
		return false;
	ws->catalog = catalog_open(ws->dir, WORKSPACE_WRITE, e);
	if (ws->catalog)
		workspace_remove_marks(ws);
	return ws->catalog && dir_sync(ws->dir, e) && make_dir(ws, "segments", e) && sweep(ws, e) &&
	       catalog_next_id(ws->catalog, &ws->next_segment, e);
}

static bool give(struct workspace *ws, const char *below, uid_t uid, gid_t gid, struct err *e)
{
	char *path = workspace_path(ws, below, e);
	bool ok = path && (chown(path, uid, gid) == 0 ||
	                   err_set(e, ERR_IO, "cannot give '%s' away: %s", path, strerror(errno)));
	free(path);
	return ok;
}

bool workspace_prepare(const char *dir, uid_t uid, gid_t gid, struct err *e)
{
	struct workspace ws = { .dir = strdup(dir), .mode = WORKSPACE_WRITE, .lock = -1 };
	if (!ws.dir)
		return err_set(e, ERR_NOMEM, "no memory");
	bool ok = check_writer(&ws, e) && make_dir(&ws, "run", e);
	if (ok && uid != (uid_t)-1)
		ok = give(&ws, "", uid, gid, e) && give(&ws, "run", uid, gid, e);
	free(ws.dir);
	return ok;
}

struct workspace *workspace_open(const char *dir, enum workspace_mode mode, struct err *e)
{
	struct workspace *ws = calloc(1, sizeof *ws);
	if (ws) {
		ws->lock = -1;
		ws->mode = mode;
		ws->dir = strdup(dir);
	}
	if (!ws || !ws->dir) {
		err_set(e, ERR_NOMEM, "no memory");
		goto fail;
	}
	for (size_t len = strlen(dir); len > 1 && ws->dir[len - 1] == '/'; len--)
		ws->dir[len - 1] = '\0';
	if (mode == WORKSPACE_READ ? check_reader(ws, e) : open_writer(ws, e))
		return ws;
fail:
	workspace_close(ws);
	return NULL;
}

void workspace_close(struct workspace *ws)
{
	if (!ws)
		return;
	assert(!ws->commit);
	catalog_close(ws->catalog);
	if (ws->lock >= 0)
		close(ws->lock);
	free(ws->dir);
	free(ws);
}

bool workspace_imported(struct workspace *ws, const struct source_file *file, int64_t *ret_commit,
                        struct err *e)
{
	return catalog_imported(ws->catalog, file, ret_commit, e);
}

bool workspace_hold(struct workspace *ws, struct err *e)
{
	if (ws->catalog)
		return true;
	ws->held = catalog_open(ws->dir, WORKSPACE_READ, e);
	if (ws->held && catalog_hold(ws->held, e))
		return true;
	workspace_let_go(ws);
	return false;
}

void workspace_let_go(struct workspace *ws)
{
	catalog_close(ws->held);
	ws->held = NULL;
}

struct catalog *workspace_catalog(const struct workspace *ws, struct err *e)
{
	if (ws->catalog || ws->held)
		return ws->catalog ? ws->catalog : ws->held;
	return catalog_open(ws->dir, WORKSPACE_READ, e);
}

void workspace_catalog_done(const struct workspace *ws, struct catalog *catalog)
{
	if (catalog != ws->catalog && catalog != ws->held)
		catalog_close(catalog);
}

bool workspace_state(struct workspace *ws, const char *key, struct buf *ret, struct err *e)
{
	struct catalog *catalog = workspace_catalog(ws, e);
	bool ok = catalog && catalog_state(catalog, key, ret, e);
	workspace_catalog_done(ws, catalog);
	return ok;
}

bool workspace_oldest(struct workspace *ws, enum table_id table, size_t most,
                      struct segment_list *ret, struct err *e)
{
	struct catalog *catalog = workspace_catalog(ws, e);
	bool ok = catalog && catalog_oldest(catalog, table, most, ret, e);
	workspace_catalog_done(ws, catalog);
	return ok;
}

bool workspace_octets(struct workspace *ws, uint64_t *ret, struct err *e)
{
	struct catalog *catalog = workspace_catalog(ws, e);
	int64_t octets = 0;
	bool ok = catalog && catalog_octets(catalog, &octets, e);
	workspace_catalog_done(ws, catalog);
	*ret = (uint64_t)octets;
	return ok;
}

bool workspace_last_commit(struct workspace *ws, int64_t *ret, struct err *e)
{
	struct catalog *catalog = workspace_catalog(ws, e);
	bool ok = catalog && catalog_last_commit(catalog, ret, e);
	workspace_catalog_done(ws, catalog);
	return ok;
}

bool workspace_space(const struct workspace *ws, struct disk_space *ret, struct err *e)
{
	struct statvfs disk;
	if (statvfs(ws->dir, &disk) < 0)
		return err_set(e, ERR_IO, "the disk of workspace '%s': %s", ws->dir,
		               strerror(errno));
	*ret = (struct disk_space){ .total = (uint64_t)disk.f_blocks * disk.f_frsize,
		                    .free = (uint64_t)disk.f_bavail * disk.f_frsize };
	return true;
}

/* Removes the folder of a file's day once it is empty, for days go by. */
static void remove_day(char *path)
{
	char *name = strrchr(path, '/');
	*name = '\0';
	(void)rmdir(path); /* stays where it holds something */
}

/* Unlinks before it forgets: after a crash in between, the file is only missing. */
static bool remove_retired(struct workspace *ws, const char *below, struct err *e)
{
	char *path = workspace_path(ws, below, e);
	if (!path)
		return false;
	bool ok = unlink(path) == 0 || errno == ENOENT ||
	          err_set(e, ERR_IO, "cannot remove '%s': %s", path, strerror(errno));
	if (ok)
		remove_day(path);
	free(path);
	return ok && catalog_forget(ws->catalog, below, e);
}

bool workspace_sweep(struct workspace *ws, bool all, struct err *e)
{
	int64_t before = all ? INT64_MAX : ticks_now() - RETIRED_MINUTES * TICKS_PER_MINUTE;
	struct buf path = { 0 };
	bool ok;
	do {
		buf_clear(&path);
		ok = catalog_retired(ws->catalog, before, &path, e);
	} while (ok && path.len && (ok = remove_retired(ws, path.text, e)));
	buf_done(&path);
	return ok;
}

/* Two digits of the text an octet, dashes between some of them. */
bool workspace_uuid(struct workspace *ws, uint8_t ret[16], struct err *e)
{
	struct buf text = { 0 };
	bool ok = catalog_uuid(ws->catalog, &text, e);
	const char *at = buf_text(&text);
	for (size_t i = 0; ok && i < 16; i++) {
		unsigned octet;
		at += *at == '-';
		ok = sscanf(at, "%2x", &octet) == 1 ||
		     err_set(e, ERR_WORKSPACE, "the uuid of '%s' is damaged", ws->dir);
		ret[i] = (uint8_t)octet;
		at += 2;
	}
	buf_done(&text);
	return ok;
}
