#include "weir/file_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING                                                                                    \
	(READING | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |                   \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                          \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |                               \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REFER)
/* those that a rule for a single file may carry */
#define OF_A_FILE                                                                                  \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

/* Rights are numbered as they were invented: those of version 1, then each version's. */
static uint64_t rights_of(int version)
{
	uint64_t first = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1;
	return first | (version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) |
	       (version >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0);
}

bool file_rules_begin(struct file_rules *ret, struct err *e)
{
	long version =
	    syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	*ret = (struct file_rules){ .fd = -1 };
	if (version < 1)
		return true;
	ret->version = (int)version;
	ret->rights = rights_of(ret->version);
	struct landlock_ruleset_attr attr = { .handled_access_fs = ret->rights };
	ret->fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	if (ret->fd >= 0)
		return true;
	return err_set(e, ERR_IO, "files cannot be confined: %s", strerror(errno));
}

bool file_rules_allow(struct file_rules *rules, const char *path, bool write, struct err *e)
{
	if (rules->fd < 0)
		return true;
	struct stat st;
	int fd = open(path, O_PATH | O_CLOEXEC);
	bool ok = fd >= 0 && fstat(fd, &st) == 0;
	if (ok) {
		uint64_t rights = (write ? WRITING : READING) & rules->rights;
		struct landlock_path_beneath_attr beneath = {
			.allowed_access = S_ISDIR(st.st_mode) ? rights : rights & OF_A_FILE,
			.parent_fd = fd,
		};
		ok = syscall(SYS_landlock_add_rule, rules->fd, LANDLOCK_RULE_PATH_BENEATH, &beneath,
		             0) == 0;
	}
	if (!ok)
		err_set(e, ERR_IO, "cannot allow '%s': %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

bool file_rules_enforce(struct file_rules *rules, struct err *e)
{
	if (rules->fd < 0 || syscall(SYS_landlock_restrict_self, rules->fd, 0) == 0)
		return true;
	return err_set(e, ERR_IO, "files cannot be confined: %s", strerror(errno));
}

void file_rules_done(struct file_rules *rules)
{
	if (rules->fd >= 0)
		close(rules->fd);
	rules->fd = -1;
}
