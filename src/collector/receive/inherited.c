#include "collector/receive/inherited.h"
#include "core/base/sockaddr.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_FD = 3 }; /* SD_LISTEN_FDS_START */

static bool number_of(const char *name, long *ret, struct err *e)
{
	const char *text = getenv(name);
	char *end;
	errno = 0;
	*ret = text ? strtol(text, &end, 10) : 0;
	if (!text || (*text && !*end && !errno && *ret >= 0))
		return true;
	return err_set(e, ERR_USAGE, "%s=\"%.40s\" is not a number", name, text);
}

static int option_of(int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof value;
	return getsockopt(fd, level, name, &value, &len) == 0 ? value : 0;
}

/* What kind of socket it is and where it listens; 0 for anything but IPv4 and IPv6. */
static int describe(int fd, struct listen_address *ret)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof bound;
	if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0 ||
	    (bound.ss_family != AF_INET && bound.ss_family != AF_INET6))
		return 0;
	static const struct ip zeros;
	sockaddr_read(&bound, &ret->ip, &ret->port);
	ret->any = ip_equal(&ret->ip, &zeros) && !option_of(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	int type = option_of(fd, SOL_SOCKET, SO_TYPE);
	ret->tcp = type == SOCK_STREAM;
	return type;
}

static bool find(struct inherited *ret, struct err *e)
{
	long pid, count;
	if (!number_of("LISTEN_PID", &pid, e) || !number_of("LISTEN_FDS", &count, e))
		return false;
	if (pid != getpid())
		return true;
	if (count > INHERITED_MOST)
		return err_set(e, ERR_USAGE, "LISTEN_FDS=%ld is more than the %d that can be taken",
		               count, INHERITED_MOST);
	for (int fd = FIRST_FD; fd < FIRST_FD + count; fd++) {
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
			return err_set(e, ERR_USAGE,
			               "LISTEN_FDS=%ld, but descriptor %d is not open", count, fd);
		ret->at[ret->count].fd = fd;
		ret->at[ret->count].type = describe(fd, &ret->at[ret->count].address);
		ret->count++;
	}
	return true;
}

bool inherited_find(struct inherited *ret, struct err *e)
{
	static const char *const variables[] = { "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES" };
	ret->count = 0;
	bool ok = find(ret, e);
	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		unsetenv(variables[i]);
	return ok;
}

int inherited_take(struct inherited *inherited, int type, const struct listen_address *address)
{
	for (size_t i = 0; i < inherited->count; i++) {
		int fd = inherited->at[i].fd;
		if (fd < 0 || inherited->at[i].type != type ||
		    !listen_address_equal(&inherited->at[i].address, address))
			continue;
		inherited->at[i].fd = -1;
		return fd;
	}
	return -1;
}

bool inherited_all_taken(const struct inherited *inherited, struct err *e)
{
	for (size_t i = 0; i < inherited->count; i++) {
		if (inherited->at[i].fd < 0 || inherited->at[i].type != SOCK_DGRAM)
			continue;
		char text[LISTEN_TEXT_MAX];
		listen_address_format(&inherited->at[i].address, text);
		return err_set(e, ERR_CONFIG,
		               "the service manager hands over a UDP socket at %s, which is not "
		               "among the addresses to listen at",
		               text);
	}
	return true;
}
