#include "core/base/ip.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t v4_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

struct ip ip_from_v4(const uint8_t four[4])
{
	struct ip ip;
	memcpy(ip.b, v4_mapped, sizeof v4_mapped);
	memcpy(ip.b + 12, four, 4);
	return ip;
}

struct ip ip_from_v6(const uint8_t sixteen[16])
{
	struct ip ip;
	memcpy(ip.b, sixteen, 16);
	return ip;
}

bool ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->b, v4_mapped, sizeof v4_mapped) == 0;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

static char *put_octet(char *at, unsigned n)
{
	if (n >= 100)
		*at++ = (char)('0' + n / 100);
	if (n >= 10)
		*at++ = (char)('0' + n / 10 % 10);
	*at++ = (char)('0' + n % 10);
	return at;
}

size_t ip_format(const struct ip *ip, char text[IP_TEXT_MAX])
{
	if (!ip_is_v4(ip)) {
		inet_ntop(AF_INET6, ip->b, text, IP_TEXT_MAX);
		return strlen(text);
	}
	char *at = text;
	for (int i = 12; i < 16; i++) {
		at = put_octet(at, ip->b[i]);
		*at++ = '.';
	}
	*--at = '\0';
	return (size_t)(at - text);
}

bool ip_parse(const char *text, struct ip *ret)
{
	uint8_t bytes[16];
	if (inet_pton(AF_INET, text, bytes) == 1)
		*ret = ip_from_v4(bytes);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		*ret = ip_from_v6(bytes);
	else
		return false;
	return true;
}

struct ip ip_masked(struct ip ip, unsigned bits)
{
	if (ip_is_v4(&ip))
		bits += 96;
	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > i * 8 ? bits - i * 8 : 0;
		if (keep < 8)
			ip.b[i] &= (uint8_t)(0xff00 >> keep);
	}
	return ip;
}

bool ip_prefix_parse(const char *text, struct ip_prefix *ret)
{
	char address[IP_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	if (len >= sizeof address)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	struct ip ip;
	if (!ip_parse(address, &ip))
		return false;
	unsigned long most = ip_is_v4(&ip) ? 32 : 128;
	unsigned long bits = most;
	if (slash) {
		char *end;
		bits = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end || bits > most)
			return false;
	}
	*ret = (struct ip_prefix){ ip_masked(ip, (unsigned)bits), (unsigned)bits };
	return true;
}

bool ip_prefix_holds(const struct ip_prefix *prefix, const struct ip *ip)
{
	if (ip_is_v4(&prefix->ip) != ip_is_v4(ip))
		return false;
	struct ip masked = ip_masked(*ip, prefix->bits);
	return ip_equal(&masked, &prefix->ip);
}

bool ip_port_parse(const char *text, uint16_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || digits > 5 || text[digits])
		return false;
	unsigned long port = strtoul(text, NULL, 10);
	*ret = (uint16_t)port;
	return port <= UINT16_MAX;
}
