#include "workspace/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/durable.h"
#include "workspace/transfer.h"
#include "workspace/workspace_internal.h"

struct backup {
	struct workspace *from;
	struct workspace to; /* its directory and, while it is needed, its catalog */
	struct transfer transfer;
	uint64_t removed;
};

/* ---- the place ---- */

/* Whether a directory holds nothing of anybody's. */
static bool is_empty(const char *path, bool *ret, struct err *e)
{
	static const char *const ours[] = { ".", "..", "run", "lost+found" };
	DIR *dir = opendir(path);
	if (!dir)
		return err_set(e, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
	bool empty = true;
	for (struct dirent *entry; empty && (entry = readdir(dir));) {
		empty = false;
		for (size_t i = 0; i < ARRAY_LEN(ours); i++)
			empty |= strcmp(entry->d_name, ours[i]) == 0;
	}
	closedir(dir);
	*ret = empty;
	return true;
}

/* Makes the directory, with a file that says what it is; -1 where it is something else. */
static int place_open(const char *dir, const char *mark, struct err *e)
{
	char path[4096];
	bool empty = false;
	snprintf(path, sizeof path, "%s/%s", dir, mark);
	if (!dir_make(dir, e) || !is_empty(dir, &empty, e))
		return -1;
	int fd = open(path, O_RDWR | O_CLOEXEC | (empty ? O_CREAT : 0), 0666);
	if (fd < 0)
		err_set(e, ERR_WORKSPACE, "'%s' holds other files", dir);
	return fd;
}

static bool place_lock(int fd, const char *dir, struct err *e)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return true;
	return err_set(e, ERR_WORKSPACE, "'%s' is being written by another process: %s", dir,
	               strerror(errno));
}

/* A new place is told whose backup it is; an old one must be of the same workspace. */
static bool place_claim(int fd, const char *dir, const char *uuid, struct err *e)
{
	char text[64] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	size_t len = strlen(uuid);
	if (n > 0 && strcmp(text, uuid) != 0)
		return err_set(e, ERR_WORKSPACE, "'%s' is a backup of another workspace", dir);
	if (n < 0 || (n == 0 && (pwrite(fd, uuid, len, 0) != (ssize_t)len || fsync(fd) < 0)))
		return err_set(e, ERR_IO, "cannot write to '%s': %s", dir, strerror(errno));
	return true;
}

/* ---- one snapshot ---- */

/* The catalog as it is now, at `new/catalog.db` below the target. */
static struct catalog *take_snapshot(struct backup *b, bool as_backup, struct err *e)
{
	struct catalog *catalog = workspace_catalog(b->from, e), *copy = NULL;
	char *dir = workspace_path(&b->to, SNAPSHOT_DIR, e),
	     *path = workspace_path(&b->to, SNAPSHOT_DIR "/catalog.db", e);
	if (catalog && dir && path && dir_make(dir, e) && catalog_copy(catalog, path, as_backup, e))
		copy = catalog_open(dir, WORKSPACE_READ, e);
	free(dir);
	free(path);
	workspace_catalog_done(b->from, catalog);
	return copy;
}

static bool transfer_list(struct backup *b, const struct segment_list *list, enum table_id table,
                          bool *ret_gone, struct err *e)
{
	for (size_t i = 0; i < list->count && !*ret_gone; i++) {
		const struct segment *s = &list->items[i];
		if (s->table == table &&
		    !transfer_file(&b->transfer, s->path, s->bytes, ret_gone, e))
			return false;
	}
	return true;
}

/* All files that a snapshot names; *ret_gone: one is not there any more. */
static bool transfer_all(struct backup *b, struct catalog *snapshot, bool *ret_gone, struct err *e)
{
	bool ok = true;
	b->transfer.files = 0;
	for (int table = 0; ok && !*ret_gone && table < TABLE_COUNT; table++) {
		struct segment_filter filter = SEGMENTS_OF((enum table_id)table);
		struct segment_list list;
		ok = catalog_segments(snapshot, &filter, &list, e);
		if (!ok)
			break;
		ok = transfer_list(b, &list, (enum table_id)table, ret_gone, e);
		segment_list_done(&list);
	}
	return ok;
}

static bool publish(struct backup *b, struct err *e)
{
	char *fresh = workspace_path(&b->to, SNAPSHOT_DIR "/catalog.db", e);
	char *path = workspace_path(&b->to, "catalog.db", e);
	bool ok = fresh && path && transfer_sync(&b->transfer, e) && file_publish(fresh, path, e);
	free(fresh);
	free(path);
	return ok;
}

/* Snapshots until all files of one were there. */
static bool bring(struct backup *b, bool as_backup, struct err *e)
{
	bool gone = true, ok = true;
	for (unsigned i = 0; ok && gone && i < BACKUP_TRIES; i++) {
		struct catalog *snapshot = take_snapshot(b, as_backup, e);
		gone = false;
		ok = snapshot && transfer_all(b, snapshot, &gone, e);
		catalog_close(snapshot);
	}
	if (ok && gone)
		ok = err_set(e, ERR_WORKSPACE, "files of '%s' are missing (weir workspace verify)",
		             b->from->dir);
	return ok && publish(b, e);
}

static void fill_report(const struct backup *b, struct backup_report *ret)
{
	*ret = (struct backup_report){ b->transfer.files, b->transfer.linked, b->transfer.copied,
		                       b->transfer.octets, b->removed };
}

/* ---- a backup ---- */

/* Removes what the catalog does not name, a killed backup's rests among it. */
static bool remove_old(struct backup *b, struct err *e)
{
	char *root = workspace_path(&b->to, "segments", e);
	struct catalog *catalog = root ? catalog_open(b->to.dir, WORKSPACE_READ, e) : NULL;
	FTS *walk = catalog
	                ? fts_open((char *const[]){ root, NULL }, FTS_PHYSICAL | FTS_NOCHDIR, NULL)
	                : NULL;
	bool ok = catalog, named;
	for (FTSENT *entry; ok && walk && (entry = fts_read(walk));) {
		if (entry->fts_info != FTS_F)
			continue;
		ok = catalog_names(catalog, entry->fts_path + strlen(b->to.dir) + 1, &named, e);
		if (ok && !named && unlink(entry->fts_path) == 0)
			b->removed++;
	}
	if (walk)
		fts_close(walk);
	catalog_close(catalog);
	free(root);
	return ok;
}

static bool claim(struct backup *b, int fd, struct err *e)
{
	struct buf uuid = { 0 };
	struct catalog *catalog = workspace_catalog(b->from, e);
	bool ok = catalog && catalog_uuid(catalog, &uuid, e) && place_lock(fd, b->to.dir, e) &&
	          place_claim(fd, b->to.dir, buf_text(&uuid), e);
	workspace_catalog_done(b->from, catalog);
	buf_done(&uuid);
	return ok;
}

static bool backup_init(struct backup *b, struct workspace *from, const char *to, bool copy,
                        struct err *e)
{
	*b = (struct backup){ .from = from, .to = { .dir = strdup(to), .lock = -1 } };
	if (!b->to.dir)
		return err_set(e, ERR_NOMEM, "no memory");
	for (size_t len = strlen(to); len > 1 && b->to.dir[len - 1] == '/'; len--)
		b->to.dir[len - 1] = '\0';
	b->transfer = (struct transfer){ .from = from->dir, .to = b->to.dir, .copy = copy };
	return true;
}

bool workspace_backup(struct workspace *ws, const char *to, bool copy, struct backup_report *ret,
                      struct err *e)
{
	struct backup b;
	if (!backup_init(&b, ws, to, copy, e))
		return false;
	int fd = place_open(b.to.dir, "backup", e);
	bool ok = fd >= 0 && claim(&b, fd, e) && bring(&b, true, e) && remove_old(&b, e);
	fill_report(&b, ret);
	if (fd >= 0)
		close(fd);
	free(b.to.dir);
	return ok;
}

/* ---- back again ---- */

static bool check_backup(struct workspace *from, verify_taker *take, void *context, struct err *e)
{
	struct verify_report report;
	struct stat st;
	char *mark = workspace_path(from, "backup", e);
	bool ok = mark && (stat(mark, &st) == 0 ||
	                   err_set(e, ERR_WORKSPACE, "'%s' is not a backup", from->dir));
	free(mark);
	if (!ok || !workspace_verify(from, take, context, &report, e))
		return false;
	return report.problems == 0 ||
	       err_set(e, ERR_WORKSPACE, "the backup '%s' is damaged; nothing was restored",
	               from->dir);
}

/* Killed behind the catalog's rename it has left marks. */
static bool refuse_workspace(const struct backup *b, struct err *e)
{
	workspace_remove_marks(&b->to);
	return err_set(e, ERR_WORKSPACE, "there is a workspace at '%s' already", b->to.dir);
}

static bool restore(struct backup *b, struct err *e)
{
	char *catalog = workspace_path(&b->to, "catalog.db", e);
	bool ok = catalog && (access(catalog, F_OK) < 0 || refuse_workspace(b, e));
	free(catalog);
	int fd = ok ? place_open(b->to.dir, RESTORING_MARK, e) : -1;
	ok = fd >= 0 && place_lock(fd, b->to.dir, e) && bring(b, false, e);
	if (ok)
		workspace_remove_marks(&b->to);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool workspace_restore(const char *from, const char *to, bool copy, verify_taker *take,
                       void *context, struct backup_report *ret, struct err *e)
{
	struct backup b = { 0 };
	struct workspace *ws = workspace_open(from, WORKSPACE_READ, e);
	bool ok = ws && backup_init(&b, ws, to, copy, e) && check_backup(ws, take, context, e) &&
	          restore(&b, e);
	fill_report(&b, ret);
	free(b.to.dir);
	workspace_close(ws);
	return ok;
}
