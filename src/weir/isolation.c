#include "weir/isolation.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "weir/call_rules.h"
#include "weir/file_rules.h"

/* What libraries read at times of their own: the time zone, random numbers, how many processors and
 * how much memory there are.  Those that a machine lacks are left out. */
static const struct isolation_path always[] = {
	{ "/dev/null", true },          { "/dev/urandom", false },
	{ "/etc/localtime", false },    { "/proc/meminfo", false },
	{ "/proc/self/cgroup", false }, { "/sys/devices/system/cpu", false },
	{ "/sys/fs/cgroup", false },    { "/usr/share/zoneinfo", false },
};

/* Of what `user` keeps by PR_SET_KEEPCAPS only this one. */
static bool keep_net_admin(struct err *e)
{
	const uint32_t kept = UINT32_C(1) << CAP_NET_ADMIN;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { { kept, kept, 0 } };
	if (syscall(SYS_capset, &head, sets) == 0)
		return true;
	return err_set(e, ERR_IO, "cannot keep CAP_NET_ADMIN: %s", strerror(errno));
}

static bool become(const char *user, bool net_admin, struct err *e)
{
	if (!user || geteuid() != 0)
		return true;
	errno = 0;
	const struct passwd *pw = getpwnam(user);
	if (!pw)
		return err_set(e, ERR_CONFIG, "there is no user \"%s\"", user);
	if (net_admin)
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (initgroups(user, pw->pw_gid) != 0 || setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0)
		return err_set(e, ERR_IO, "cannot become user \"%s\": %s", user, strerror(errno));
	if (pw->pw_uid != 0 && setuid(0) == 0)
		return err_set(e, ERR_IO, "became user \"%s\" but can be root again", user);
	return !net_admin || pw->pw_uid == 0 || keep_net_admin(e);
}

static bool only_thread(struct err *e)
{
	DIR *dir = opendir("/proc/self/task");
	size_t threads = 0;
	const struct dirent *entry;
	while (dir && (entry = readdir(dir)))
		threads += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	if (threads <= 1)
		return true;
	return err_set(e, ERR_IO, "%zu threads run before the daemon is isolated", threads);
}

static bool confine_files(const struct isolation *wanted, int *ret_landlock, struct err *e)
{
	struct file_rules rules;
	bool ok = file_rules_begin(&rules, e);
	for (size_t i = 0; ok && i < ARRAY_LEN(always); i++)
		if (access(always[i].path, F_OK) == 0)
			ok = file_rules_allow(&rules, always[i].path, always[i].write, e);
	for (size_t i = 0; ok && i < wanted->path_count; i++)
		ok = file_rules_allow(&rules, wanted->paths[i].path, wanted->paths[i].write, e);
	ok = ok && file_rules_enforce(&rules, e);
	*ret_landlock = rules.version;
	file_rules_done(&rules);
	return ok;
}

static void describe(struct isolated *i)
{
	char files[64] = "files are not confined (this kernel has no Landlock)";
	if (i->landlock)
		snprintf(files, sizeof files, "files confined (Landlock %d)", i->landlock);
	snprintf(i->text, sizeof i->text, "runs as uid %u, %s, %s", (unsigned)getuid(), files,
	         i->filtered ? "system calls filtered"
	                     : "system calls are not filtered (this kernel has no seccomp)");
}

bool isolate(const struct isolation *wanted, struct isolated *ret, struct err *e)
{
	struct isolated i = { 0 };
	bool ok = only_thread(e) && become(wanted->user, wanted->allow & ISOLATION_NET_ADMIN, e);
	if (ok && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		ok = err_set(e, ERR_IO, "privileges can be gained: %s", strerror(errno));
	ok = ok && confine_files(wanted, &i.landlock, e) &&
	     call_rules_enforce(wanted->allow, &i.filtered, e);
	if (!ok)
		return err_wrap(e, "isolating the daemon");
	describe(&i);
	*ret = i;
	return true;
}
