/* nat_logging: what a person wants of the logging of NAT events.
 *
 * Plain data, filled by the configuration, constant while it is used; lists are borrowed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/flow/nat_event.h"

/* Addresses that this host translates to, and their ports: what `snat to 203.0.113.10:1024-1027`
 * says.  Addresses that are in no pool count as having ports 1024 to 65535, which is where Linux
 * looks for one unless told otherwise.  Where pools overlap the first one counts. */
struct nat_pool {
	struct ip_prefix addresses; /* IPv4 */
	uint32_t first_port, last_port;
	const char *name; /* natPoolName, of which 64 octets are exported; "": none */
};

/* Deterministic port blocks (RFC 7422): each inside address has one, in order of the addresses. The
 * first goes from first_port of the first outside address on; where no whole block fits below 65536
 * any more, the next outside address begins. */
struct nat_block_map {
	struct ip_prefix inside;  /* IPv4, at most 2^20 addresses */
	struct ip_prefix outside; /* IPv4 */
	uint32_t first_port;      /* 1 to 65535 */
	uint32_t block_size;      /* 1 to 65535 */
};

/* A host behind a translator in user space (tayga), and the address by which that lets it be known.
 * Both are whole addresses. */
struct nat64_host {
	struct ip_prefix ipv4, ipv6;
};

enum {
	NAT_POOLS_MAX = 64,
	NAT_BLOCK_MAPS_MAX = 64,
	NAT_BLOCK_PREFIX_LEAST = 12, /* bits of block maps' inside prefixes */
	NAT64_HOSTS_MAX = 10000,
};

struct nat_logging {
	enum nat_dialect dialect; /* NAT_DIALECT_IANA or NAT_DIALECT_JUNOS */
	bool destinations;        /* RFC 8158 section 4.1: SHOULD NOT; so only if asked for */
	uint32_t error_rate;      /* events a second that tell of a lack; 1 to 2147483647 */
	uint32_t sessions;        /* that are tracked; 1 to SESSION_TABLE_MOST */
	uint32_t receive_buffer;  /* octets, of messages of the kernel; at most 2^30 */
	uint32_t blocks_again_s;  /* after so long port blocks are told of again; 0: never */
	const struct nat_pool *pools;
	size_t pool_count;
	const struct nat_block_map *block_maps;
	size_t block_map_count;
	struct ip nat64_prefix;               /* the first 96 bits of it count (RFC 6052) */
	const struct nat64_host *nat64_hosts; /* by rising ipv4, each once */
	size_t nat64_host_count;
};

/* Whether an item makes sense, beyond the numbers' ranges: ERR_CONFIG where it does not. */
MUST_CHECK bool nat_pool_check(const struct nat_pool *pool, struct err *e);
MUST_CHECK bool nat_block_map_check(const struct nat_block_map *map, struct err *e);
MUST_CHECK bool nat64_host_check(const struct nat64_host *host, struct err *e);

/* Whole blocks that an outside address has room for. */
uint32_t nat_blocks_of_address(const struct nat_block_map *map);
