/* listen_address: where datagrams are received, as people write it and as the kernel wants it.
 *
 * An address of one family stands for that family alone: "0.0.0.0:2055" takes IPv4, "[::]:2055"
 * IPv6.  Without an address, as in ":2055" or "2055", it is every address of this machine, in both
 * families, by one socket.  With "tcp:" in front it is where transport sessions are accepted.  Pure
 * functions; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/ip.h"

struct listen_address {
	struct ip ip;  /* zeros of its family: every address of that family */
	uint16_t port; /* 0: the kernel chooses one */
	bool any;      /* every address of both families; ip is all zeros */
	bool tcp;      /* sessions, not datagrams */
};

#define LISTEN_TEXT_MAX (IP_TEXT_MAX + 12) /* longest text, NUL included */

/* Reads "ADDR:PORT", "[v6]:PORT", ":PORT" or "PORT", with or without "tcp:".  ERR_USAGE with the
 * text where it is none of these. */
MUST_CHECK bool listen_address_parse(const char *text, struct listen_address *ret, struct err *e);

/* Writes "127.0.0.1:2055", "[::1]:2055" or "tcp:*:2055"; returns the length without the NUL. */
size_t listen_address_format(const struct listen_address *address, char text[LISTEN_TEXT_MAX]);

bool listen_address_equal(const struct listen_address *a, const struct listen_address *b);
