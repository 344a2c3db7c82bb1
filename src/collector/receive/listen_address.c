#include "collector/receive/listen_address.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* What stands in front of the port's colon; IPv6 wants its brackets, and nothing else may have
 * them. */
static bool parse_ip(const char *text, size_t len, struct ip *ret)
{
	char address[IP_TEXT_MAX];
	bool brackets = len > 1 && text[0] == '[' && text[len - 1] == ']';
	text += brackets;
	len -= brackets ? 2 : 0;
	if (len >= sizeof address)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	return (strchr(address, ':') != NULL) == brackets && ip_parse(address, ret);
}

bool listen_address_parse(const char *text, struct listen_address *ret, struct err *e)
{
	static const char tcp[] = "tcp:";
	struct listen_address a = { .any = true, .tcp = strncmp(text, tcp, strlen(tcp)) == 0 };
	const char *whole = text;
	text += a.tcp ? strlen(tcp) : 0;
	const char *colon = strrchr(text, ':');
	bool good = ip_port_parse(colon ? colon + 1 : text, &a.port);
	if (good && colon && colon > text) {
		a.any = false;
		good = parse_ip(text, (size_t)(colon - text), &a.ip);
	}
	if (!good)
		return err_set(e, ERR_USAGE,
		               "\"%.100s\" is no address and port; write 192.0.2.1:2055, "
		               "[2001:db8::1]:2055, :2055 or tcp::4739",
		               whole);
	*ret = a;
	return true;
}

size_t listen_address_format(const struct listen_address *a, char text[LISTEN_TEXT_MAX])
{
	char ip[IP_TEXT_MAX] = "*";
	if (!a->any)
		ip_format(&a->ip, ip);
	bool brackets = !a->any && !ip_is_v4(&a->ip);
	return (size_t)snprintf(text, LISTEN_TEXT_MAX, "%s%s%s%s:%u", a->tcp ? "tcp:" : "",
	                        brackets ? "[" : "", ip, brackets ? "]" : "", a->port);
}

bool listen_address_equal(const struct listen_address *a, const struct listen_address *b)
{
	return a->tcp == b->tcp && a->any == b->any && a->port == b->port &&
	       ip_equal(&a->ip, &b->ip);
}
