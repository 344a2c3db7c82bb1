#include "collector/receive/listen_socket.h"

#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/receive/inherited.h"
#include "collector/receive/steering.h"
#include "core/base/sockaddr.h"

enum { BACKLOG = 64 }; /* sessions that wait to be accepted */

static bool turn_on(int fd, int level, int option, const char *what, struct err *e)
{
	int on = 1;
	if (setsockopt(fd, level, option, &on, sizeof on) == 0)
		return true;
	return err_set(e, ERR_IO, "the kernel refuses %s: %s", what, strerror(errno));
}

unsigned listen_sockets_take(struct inherited *inherited, const struct listen_address *address,
                             int *fds)
{
	unsigned count = 0;
	int type = address->tcp ? SOCK_STREAM : SOCK_DGRAM;
	while (inherited && count < STEERING_MOST &&
	       (fds[count] = inherited_take(inherited, type, address)) >= 0)
		count++;
	return count;
}

bool listen_socket_prepare(int fd, size_t receive_buffer, struct err *e)
{
	int octets = (int)(receive_buffer < INT_MAX / 2 ? receive_buffer : INT_MAX / 2);
	/* with CAP_NET_ADMIN beyond net.core.rmem_max, without it up to there */
	if (octets && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
	return turn_on(fd, SOL_SOCKET, SO_TIMESTAMPNS, "arrival times", e) &&
	       turn_on(fd, SOL_SOCKET, SO_RXQ_OVFL, "a count of dropped datagrams", e);
}

size_t listen_socket_buffer(int fd)
{
	int octets = 0;
	socklen_t len = sizeof octets;
	(void)getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, &len);
	return (size_t)octets / 2;
}

uint32_t listen_socket_drops(int fd)
{
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof memory;
	(void)getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &len);
	return memory[SK_MEMINFO_DROPS];
}

static bool hold_back(int fd, struct err *e)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { 1, &nothing };
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0)
		return true;
	return err_set(e, ERR_IO, "the kernel refuses a filter: %s", strerror(errno));
}

static void let_in(int fd)
{
	int unused = 0;
	(void)setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
}

static const char *remedy_of(int error)
{
	switch (error) {
	case EADDRINUSE: return "the port is in use (ss -lup shows by whom)";
	case EADDRNOTAVAIL: return "no interface of this machine has that address";
	case EACCES: return "a port below 1024 needs CAP_NET_BIND_SERVICE";
	default: return strerror(error);
	}
}

/* Binds, and tells the port that the kernel chose. */
static bool bind_to(int fd, int family, struct listen_address *address, struct err *e)
{
	struct sockaddr_storage at;
	socklen_t len = sockaddr_of(family, &address->ip, address->port, &at);
	if (bind(fd, (struct sockaddr *)&at, len) != 0)
		return err_set(e, ERR_IO, "%s", remedy_of(errno));
	len = sizeof at;
	struct ip same;
	if (getsockname(fd, (struct sockaddr *)&at, &len) == 0)
		sockaddr_read(&at, &same, &address->port);
	return true;
}

/* One socket for both families where the address is any; IPv4 alone on a machine without IPv6. */
static int new_socket(const struct listen_address *address, int *ret_family, struct err *e)
{
	int type = (address->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
	*ret_family = !address->any && ip_is_v4(&address->ip) ? AF_INET : AF_INET6;
	int fd = socket(*ret_family, type, 0);
	if (fd < 0 && address->any && errno == EAFNOSUPPORT) {
		*ret_family = AF_INET;
		fd = socket(AF_INET, type, 0);
	}
	if (fd < 0) {
		err_set(e, ERR_IO, "%s", strerror(errno));
		return -1;
	}
	int only = !address->any; /* whatever the system's default is */
	if (*ret_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
	return fd;
}

static bool open_one(struct listen_address *address, size_t receive_buffer, bool first, bool alone,
                     int *ret, struct err *e)
{
	int family;
	int fd = new_socket(address, &family, e);
	if (fd < 0)
		return false;
	bool ok = (address->tcp ? turn_on(fd, SOL_SOCKET, SO_REUSEADDR, "used addresses", e)
	                        : listen_socket_prepare(fd, receive_buffer, e)) &&
	          (alone || hold_back(fd, e)) &&
	          (first || turn_on(fd, SOL_SOCKET, SO_REUSEPORT, "shared ports", e)) &&
	          bind_to(fd, family, address, e) &&
	          (!first || alone || turn_on(fd, SOL_SOCKET, SO_REUSEPORT, "shared ports", e)) &&
	          (!address->tcp || listen(fd, BACKLOG) == 0 ||
	           err_set(e, ERR_IO, "%s", remedy_of(errno)));
	if (ok)
		*ret = fd;
	else
		close(fd);
	return ok;
}

bool listen_sockets_open(struct listen_address *address, size_t receive_buffer, int *fds,
                         unsigned count, struct err *e)
{
	unsigned opened = 0;
	while (opened < count &&
	       open_one(address, receive_buffer, opened == 0, count == 1, &fds[opened], e))
		opened++;
	if (opened == count && (count == 1 || steering_attach(fds[0], count, e))) {
		for (unsigned i = 0; i < count; i++)
			let_in(fds[i]);
		return true;
	}
	char text[LISTEN_TEXT_MAX];
	listen_address_format(address, text);
	while (opened > 0)
		close(fds[--opened]);
	return err_wrap(e, "cannot listen at %s", text);
}
