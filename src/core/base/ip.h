/* ip: an IPv4 or IPv6 address as 16 bytes in network order.
 *
 * IPv4 addresses are held in their IPv4-mapped form (RFC 4291 section 2.5.5.2), so that one type
 * serves keys, hashes and comparison. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"

struct ip {
	uint8_t b[16];
};

#define IP_TEXT_MAX 46 /* longest text, NUL included (INET6_ADDRSTRLEN) */

struct ip ip_from_v4(const uint8_t four[4]);
struct ip ip_from_v6(const uint8_t sixteen[16]);
bool ip_is_v4(const struct ip *ip);
bool ip_equal(const struct ip *a, const struct ip *b);

/* Writes the text of RFC 5952 (or dotted quad) and a NUL; returns the length without the NUL. */
size_t ip_format(const struct ip *ip, char text[IP_TEXT_MAX]);

/* Reads exactly one address: "192.0.2.1" or "2001:db8::1". */
MUST_CHECK bool ip_parse(const char *text, struct ip *ret);

/* Clears all bits behind a prefix of `bits` bits, counted in the address's own family: 0 to 32 for
 * IPv4, 0 to 128 for IPv6.  More bits change nothing. */
struct ip ip_masked(struct ip ip, unsigned bits);

/* A prefix, "192.0.2.0/24" or a single address.  Host bits are cleared. */
struct ip_prefix {
	struct ip ip;
	unsigned bits; /* in the address's own family */
};
MUST_CHECK bool ip_prefix_parse(const char *text, struct ip_prefix *ret);
bool ip_prefix_holds(const struct ip_prefix *prefix, const struct ip *ip);

/* Reads exactly one port number in decimal digits, 0 to 65535. */
MUST_CHECK bool ip_port_parse(const char *text, uint16_t *ret);
