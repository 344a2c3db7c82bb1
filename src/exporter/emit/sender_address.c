#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "core/base/sockaddr.h"
#include "exporter/emit/sender.h"

struct parts {
	char host[256];
	const char *port;
};

static bool split(const char *text, struct parts *ret)
{
	const char *colon = strrchr(text, ':');
	if (!colon || colon == text)
		return false;
	size_t len = (size_t)(colon - text);
	bool brackets = text[0] == '[';
	if (brackets && (len < 3 || text[len - 1] != ']'))
		return false;
	text += brackets;
	len -= brackets ? 2 : 0;
	if (len >= sizeof ret->host || (!brackets && memchr(text, ':', len)))
		return false;
	memcpy(ret->host, text, len);
	ret->host[len] = '\0';
	ret->port = colon + 1;
	return true;
}

static bool look_up(const char *host, struct ip *ret, struct err *e)
{
	if (ip_parse(host, ret))
		return true;
	struct addrinfo want = { .ai_socktype = SOCK_DGRAM }, *found;
	int rc = getaddrinfo(host, NULL, &want, &found);
	if (rc != 0)
		return err_set(e, ERR_IO, "nobody knows the address of '%.100s': %s", host,
		               gai_strerror(rc));
	struct sockaddr_storage at = { 0 };
	uint16_t port;
	memcpy(&at, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	sockaddr_read(&at, ret, &port);
	return true;
}

bool sender_address_parse(const char *text, struct sender_address *ret, struct err *e)
{
	static const char tcp[] = "tcp:";
	struct sender_address a = { .tcp = strncmp(text, tcp, strlen(tcp)) == 0 };
	struct parts parts;
	if (strlen(text) >= sizeof a.text || !split(text + (a.tcp ? strlen(tcp) : 0), &parts) ||
	    !ip_port_parse(parts.port, &a.port) || a.port == 0)
		return err_set(e, ERR_USAGE,
		               "\"%.100s\" is no collector; write 192.0.2.1:2055, "
		               "[2001:db8::1]:2055, flows.example.net:2055 or tcp:192.0.2.1:4739",
		               text);
	if (!look_up(parts.host, &a.ip, e))
		return false;
	memcpy(a.text, text, strlen(text) + 1);
	*ret = a;
	return true;
}
