#include "weir/call_rules.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "weir/isolation.h"

/* clang-format off */
struct call_rule {
	int call;
	unsigned needs; /* of enum isolation_allow, or else it fails with EPERM; 0: always allowed */
};

#define NEVER         0x80000000u /* which nobody is allowed */
#define ALWAYS(c)     { SCMP_SYS(c), 0 }
#define WITH(need, c) { SCMP_SYS(c), (need) }

static const struct call_rule rules[] = {
	/* memory */
	ALWAYS(brk), ALWAYS(madvise), ALWAYS(membarrier), ALWAYS(mincore), ALWAYS(mlock), ALWAYS(mmap), ALWAYS(mprotect),
	ALWAYS(mremap), ALWAYS(msync), ALWAYS(munlock), ALWAYS(munmap),

	/* threads and this process; clone is below */
	ALWAYS(arch_prctl), ALWAYS(exit), ALWAYS(exit_group), ALWAYS(futex), ALWAYS(get_robust_list), ALWAYS(getcpu),
	ALWAYS(getegid), ALWAYS(geteuid), ALWAYS(getgid), ALWAYS(getpid), ALWAYS(getppid), ALWAYS(getpriority),
	ALWAYS(getrandom), ALWAYS(getresgid), ALWAYS(getresuid), ALWAYS(getrlimit), ALWAYS(getrusage), ALWAYS(gettid),
	ALWAYS(getuid), ALWAYS(prctl), ALWAYS(prlimit64), ALWAYS(restart_syscall), ALWAYS(rseq),
	ALWAYS(sched_get_priority_max), ALWAYS(sched_get_priority_min), ALWAYS(sched_getaffinity), ALWAYS(sched_getparam),
	ALWAYS(sched_getscheduler), ALWAYS(sched_setaffinity), ALWAYS(sched_yield), ALWAYS(set_robust_list),
	ALWAYS(set_tid_address), ALWAYS(setpriority), ALWAYS(sysinfo), ALWAYS(tgkill), ALWAYS(times), ALWAYS(umask), ALWAYS(uname),

	/* signals and time */
	ALWAYS(alarm), ALWAYS(clock_getres), ALWAYS(clock_gettime), ALWAYS(clock_nanosleep), ALWAYS(gettimeofday),
	ALWAYS(nanosleep), ALWAYS(pause), ALWAYS(rt_sigaction), ALWAYS(rt_sigpending), ALWAYS(rt_sigprocmask),
	ALWAYS(rt_sigreturn), ALWAYS(rt_sigsuspend), ALWAYS(rt_sigtimedwait), ALWAYS(setitimer), ALWAYS(sigaltstack),
	ALWAYS(signalfd4), ALWAYS(time), ALWAYS(timerfd_create), ALWAYS(timerfd_gettime), ALWAYS(timerfd_settime),

	/* files, which Landlock confines */
	ALWAYS(access), ALWAYS(chmod), ALWAYS(close), ALWAYS(close_range), ALWAYS(copy_file_range), ALWAYS(dup),
	ALWAYS(dup2), ALWAYS(dup3), ALWAYS(faccessat), ALWAYS(faccessat2), ALWAYS(fadvise64), ALWAYS(fallocate),
	ALWAYS(fchmod), ALWAYS(fchmodat), ALWAYS(fchown), ALWAYS(fcntl), ALWAYS(fdatasync), ALWAYS(flock), ALWAYS(fstat),
	ALWAYS(fstatfs), ALWAYS(fsync), ALWAYS(ftruncate), ALWAYS(getcwd), ALWAYS(getdents), ALWAYS(getdents64),
	ALWAYS(link), ALWAYS(linkat), ALWAYS(lseek), ALWAYS(lstat), ALWAYS(mkdir), ALWAYS(mkdirat), ALWAYS(newfstatat),
	ALWAYS(open), ALWAYS(openat), ALWAYS(pread64), ALWAYS(preadv), ALWAYS(preadv2), ALWAYS(pwrite64), ALWAYS(pwritev),
	ALWAYS(pwritev2), ALWAYS(read), ALWAYS(readahead), ALWAYS(readlink), ALWAYS(readlinkat), ALWAYS(readv),
	ALWAYS(rename), ALWAYS(renameat), ALWAYS(renameat2), ALWAYS(rmdir), ALWAYS(sendfile), ALWAYS(stat), ALWAYS(statfs),
	ALWAYS(statx), ALWAYS(sync_file_range), ALWAYS(syncfs), ALWAYS(truncate), ALWAYS(unlink), ALWAYS(unlinkat),
	ALWAYS(utimensat), ALWAYS(write), ALWAYS(writev),

	/* waiting, and sockets that are open; sendto is below */
	ALWAYS(epoll_create1), ALWAYS(epoll_ctl), ALWAYS(epoll_pwait), ALWAYS(epoll_pwait2), ALWAYS(epoll_wait),
	ALWAYS(eventfd2), ALWAYS(getpeername), ALWAYS(getsockname), ALWAYS(getsockopt), ALWAYS(pipe2), ALWAYS(poll),
	ALWAYS(ppoll), ALWAYS(pselect6), ALWAYS(recvfrom), ALWAYS(recvmmsg), ALWAYS(recvmsg), ALWAYS(select),
	ALWAYS(setsockopt), ALWAYS(shutdown),

	/* connections to us; and from us, where an address hides in memory that a filter cannot read */
	WITH(ISOLATION_ACCEPT, accept), WITH(ISOLATION_ACCEPT, accept4),
	WITH(ISOLATION_CONNECT, bind), WITH(ISOLATION_CONNECT, connect), WITH(ISOLATION_CONNECT, sendmmsg),
	WITH(ISOLATION_CONNECT, sendmsg), WITH(ISOLATION_CONNECT, socket), WITH(ISOLATION_CONNECT, socketpair),
	WITH(NEVER, listen),

	/* children, but no other program, and nobody else's memory */
	WITH(ISOLATION_CHILDREN, fork), WITH(ISOLATION_CHILDREN, kill), WITH(ISOLATION_CHILDREN, pidfd_open),
	WITH(ISOLATION_CHILDREN, pidfd_send_signal), WITH(ISOLATION_CHILDREN, vfork), WITH(ISOLATION_CHILDREN, wait4),
	WITH(ISOLATION_CHILDREN, waitid),
	WITH(NEVER, execve), WITH(NEVER, execveat), WITH(NEVER, pidfd_getfd), WITH(NEVER, process_vm_readv),
	WITH(NEVER, process_vm_writev), WITH(NEVER, ptrace), WITH(NEVER, tkill),
};
/* clang-format on */

/* For terminals and sockets; others change devices, or put words into a terminal's mouth. */
static const unsigned long ioctls[] = { TCGETS, FIONREAD, FIONBIO };

/* A condition on argument n, from 0: equal to a, or under the mask a equal to b. */
static struct scmp_arg_cmp compare(unsigned n, enum scmp_compare op, uint64_t a, uint64_t b)
{
	return (struct scmp_arg_cmp){ .arg = n, .op = op, .datum_a = a, .datum_b = b };
}

static bool add_rules(scmp_filter_ctx filter, unsigned allow)
{
	int failed = 0;
	for (const struct call_rule *r = rules; r < rules + ARRAY_LEN(rules); r++) {
		bool allowed = (r->needs & ~allow) == 0;
		failed |= seccomp_rule_add(filter, allowed ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM),
		                           r->call, 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(ioctls); i++)
		failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
		                           compare(1, SCMP_CMP_EQ, ioctls[i], 0));
	return failed == 0;
}

/* Calls of which one argument decides. */
static bool add_conditions(scmp_filter_ctx filter, unsigned allow)
{
	const uint64_t thread = CLONE_THREAD;
	uint32_t child = allow & ISOLATION_CHILDREN ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM);
	uint32_t send = allow & ISOLATION_CONNECT ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM);
	/* clone3 keeps its flags in memory: not in the list, so that clone is used */
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	                        compare(0, SCMP_CMP_MASKED_EQ, thread, thread)) == 0 &&
	       seccomp_rule_add(filter, child, SCMP_SYS(clone), 1,
	                        compare(0, SCMP_CMP_MASKED_EQ, thread, 0)) == 0 &&
	       seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1,
	                        compare(4, SCMP_CMP_EQ, 0, 0)) == 0 &&
	       seccomp_rule_add(filter, send, SCMP_SYS(sendto), 1, compare(4, SCMP_CMP_NE, 0, 0)) ==
	           0;
}

bool call_rules_enforce(unsigned allow, bool *ret_filtered, struct err *e)
{
	*ret_filtered = prctl(PR_GET_SECCOMP) >= 0;
	if (!*ret_filtered)
		return true;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	if (!filter)
		return err_set(e, ERR_NOMEM, "no memory to filter system calls");
	/* looked up by bisection: the cost of a call does not depend on its place in the list */
	bool ok = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 &&
	          add_rules(filter, allow) && add_conditions(filter, allow);
	int refused = ok ? seccomp_load(filter) : 0;
	seccomp_release(filter);
	if (ok && refused == 0)
		return true;
	return err_set(e, ERR_IO, "system calls cannot be filtered: %s",
	               ok ? strerror(-refused) : "the rules are wrong");
}
