#include "core/base/sockaddr.h"

#include <netinet/in.h>
#include <string.h>

socklen_t sockaddr_of(int family, const struct ip *ip, uint16_t port, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->ss_family = (sa_family_t)family;
	if (family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
		memcpy(&in6->sin6_addr, ip->b, 16);
		in6->sin6_port = htons(port);
		return sizeof *in6;
	}
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	memcpy(&in->sin_addr, ip->b + 12, 4);
	in->sin_port = htons(port);
	return sizeof *in;
}

void sockaddr_read(const struct sockaddr_storage *from, struct ip *ret_ip, uint16_t *ret_port)
{
	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)from;
		*ret_ip = ip_from_v4((const uint8_t *)&in->sin_addr);
		*ret_port = ntohs(in->sin_port);
	} else if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
		*ret_ip = ip_from_v6(in6->sin6_addr.s6_addr);
		*ret_port = ntohs(in6->sin6_port);
	} else {
		*ret_ip = (struct ip){ { 0 } };
		*ret_port = 0;
	}
}
