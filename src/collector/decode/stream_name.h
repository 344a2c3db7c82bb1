/* stream_name: what tells one stream of an exporter from all others.
 *
 * RFC 7011 section 8: templates and sequences belong to a transport session and an observation
 * domain.  Of datagrams the session is address and port (section 8.4); a connection of the same
 * address and port is another one, and so are NetFlow v9 and IPFIX of one socket. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/hash.h"
#include "core/base/ip.h"
#include "core/wire/message.h"

struct stream_name {
	struct ip from;
	uint16_t port;
	bool session; /* messages of a connection or a file, not datagrams */
	enum wire_protocol protocol;
	uint32_t domain;
};

static inline bool stream_name_equal(const struct stream_name *a, const struct stream_name *b)
{
	return a->domain == b->domain && a->port == b->port && a->session == b->session &&
	       a->protocol == b->protocol && ip_equal(&a->from, &b->from);
}

static inline uint64_t stream_name_hash(const struct stream_name *name, uint64_t seed)
{
	uint64_t rest = (uint64_t)name->domain << 32 | (uint64_t)name->port << 8 |
	                (uint64_t)name->protocol << 1 | name->session;
	return hash_bytes(&name->from, sizeof name->from, seed ^ rest);
}
