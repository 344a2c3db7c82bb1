#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/attr.h"
#include "exporter/capture/link.h"
#include "weir/command.h"
#include "weir/commands.h"

extern char **environ;

enum { SELF_MAX = 4096 };

/* The daemons, which end in the order of the exporter, then the collector. */
struct up {
	pid_t collector, exporter; /* 0: does not run */
	char self[SELF_MAX];
	char interfaces[2 * IF_NAMESIZE + 2];
	char address[64]; /* of the collector, for the exporter */
};

/* In a process group of its own: Ctrl-C at the terminal is for us, who end them in order. */
static bool begin(struct up *up, const char *const *arguments, pid_t *ret, struct err *e)
{
	posix_spawnattr_t attributes;
	sigset_t none;
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	int rc = posix_spawn(ret, up->self, NULL, &attributes, (char *const *)(uintptr_t)arguments,
	                     environ);
	posix_spawnattr_destroy(&attributes);
	if (rc == 0)
		return true;
	*ret = 0;
	return err_set(e, ERR_IO, "cannot start %s: %s", up->self, strerror(rc));
}

/* That of the default route and loopback, so that there is always something to see. */
static void choose_interfaces(struct up *up)
{
	struct links *links = links_open(NULL);
	struct link_info info;
	bool routed = links && link_by_default_route(links, &info, NULL);
	snprintf(up->interfaces, sizeof up->interfaces, "%s%slo", routed ? info.name : "",
	         routed ? "," : "");
	links_close(links);
}

static bool begin_collector(struct up *up, const struct invocation *inv, struct err *e)
{
	const char *const arguments[] = {
		up->self,      "collector",
		"--workspace", invocation_value(inv, "workspace"),
		"--listen",    invocation_value(inv, "port"),
		NULL,
	};
	return begin(up, arguments, &up->collector, e);
}

/* Flows are told of soon, for somebody waits to see them. */
static bool begin_exporter(struct up *up, const struct invocation *inv, struct err *e)
{
	const char *given = invocation_value(inv, "interface");
	snprintf(up->address, sizeof up->address, "127.0.0.1:%s", invocation_value(inv, "port"));
	if (!given)
		choose_interfaces(up);
	const char *const arguments[] = {
		up->self,      "exporter",  "--interface", given ? given : up->interfaces,
		"--collector", up->address, "--sampling",  "1",
		"--active",    "5",         "--idle",      "2",
		NULL,
	};
	return begin(up, arguments, &up->exporter, e);
}

#define METERED                                                                                    \
	"\nThis machine's own traffic is metered, every packet of it (an exporter by itself "      \
	"samples "                                                                                 \
	"1:4096),\nand collected into %s. In some ten seconds there is something to ask:\n\n"
#define NOT_METERED                                                                                \
	"\nThis machine's own traffic is not metered, for the reason above. What others send is "  \
	"collected\ninto %s. Once something came, ask:\n\n"

static void hint(const struct up *up, const struct invocation *inv)
{
	const char *workspace = invocation_value(inv, "workspace"),
		   *port = invocation_value(inv, "port");
	fprintf(inv->out, up->exporter ? METERED : NOT_METERED, workspace);
	fprintf(
	    inv->out,
	    "    %s query --workspace %s --since 5m @top-talkers\n"
	    "    %s query --workspace %s --since 5m @top-ports\n"
	    "    %s show ledger --workspace %s\n\n"
	    "Routers, switches and probes may send NetFlow, IPFIX and sFlow to UDP port %s, too.\n"
	    "Ctrl-C ends it; what came is stored, and the next start goes on from there.\n\n",
	    up->self, workspace, up->self, workspace, up->self, workspace, port);
	fflush(inv->out);
}

static bool stop(pid_t *pid)
{
	int status = 0;
	if (*pid == 0)
		return true;
	kill(*pid, SIGTERM);
	while (waitpid(*pid, &status, 0) < 0 && errno == EINTR)
		continue;
	*pid = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* One of ours has ended by itself.  Without an exporter collecting goes on. */
static bool goes_on(struct up *up, const struct invocation *inv)
{
	pid_t ended;
	while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) {
		if (ended == up->collector) {
			up->collector = 0;
			return false;
		}
		if (ended == up->exporter) {
			up->exporter = 0;
			fprintf(inv->err, "the exporter has ended; collecting goes on\n");
		}
	}
	return true;
}

/* Until a signal, or the collector's end.  What to do next is told when both have had the time to
 * begin, or to fail. */
static bool run(struct up *up, const struct invocation *inv, const sigset_t *signals)
{
	const struct timespec soon = { 1, 0 }, later = { 86400, 0 };
	bool told = false;
	while (goes_on(up, inv)) {
		int number = sigtimedwait(signals, NULL, told ? &later : &soon);
		if (number > 0 && number != SIGCHLD)
			return true;
		if (number < 0 && !told) {
			hint(up, inv);
			told = true;
		}
	}
	return false;
}

static bool up_and_down(struct up *up, const struct invocation *inv, struct err *e)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (!begin_collector(up, inv, e) || !begin_exporter(up, inv, e))
		return false;
	bool asked = run(up, inv, &signals);
	stop(&up->exporter);
	bool clean = stop(&up->collector);
	return (asked && clean) || err_set(e, ERR_IO, "the collector failed; see above");
}

int cmd_up(struct invocation *inv)
{
	struct err e = { 0 };
	struct up up = { 0 };
	ssize_t len = readlink("/proc/self/exe", up.self, sizeof up.self - 1);
	if (len < 0)
		err_set(&e, ERR_IO, "cannot find this program: %s", strerror(errno));
	bool ok = len >= 0 && up_and_down(&up, inv, &e);
	stop(&up.exporter);
	stop(&up.collector);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}
