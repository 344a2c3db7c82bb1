#include "exporter/nat/nat_logging.h"

#include <inttypes.h>

enum { PORTS = 65536 };

static bool is_v4(const struct ip_prefix *prefix)
{
	return ip_is_v4(&prefix->ip) && prefix->bits <= 32;
}

bool nat_pool_check(const struct nat_pool *pool, struct err *e)
{
	if (!is_v4(&pool->addresses))
		return err_set(e, ERR_CONFIG, "a pool's addresses must be IPv4");
	if (pool->first_port > pool->last_port)
		return err_set(e, ERR_CONFIG, "ports %u to %u are none", pool->first_port,
		               pool->last_port);
	return true;
}

uint32_t nat_blocks_of_address(const struct nat_block_map *map)
{
	return (PORTS - map->first_port) / map->block_size;
}

bool nat_block_map_check(const struct nat_block_map *map, struct err *e)
{
	if (!is_v4(&map->inside) || !is_v4(&map->outside))
		return err_set(e, ERR_CONFIG, "inside and outside must be IPv4");
	if (map->inside.bits < NAT_BLOCK_PREFIX_LEAST)
		return err_set(e, ERR_CONFIG, "inside must be a /%d or smaller",
		               NAT_BLOCK_PREFIX_LEAST);
	uint64_t inside = UINT64_C(1) << (32 - map->inside.bits);
	uint64_t blocks = (UINT64_C(1) << (32 - map->outside.bits)) * nat_blocks_of_address(map);
	if (inside > blocks)
		return err_set(e, ERR_CONFIG,
		               "%" PRIu64 " inside addresses, but outside has %" PRIu64
		               " blocks of %u ports from port %u on",
		               inside, blocks, map->block_size, map->first_port);
	return true;
}

bool nat64_host_check(const struct nat64_host *host, struct err *e)
{
	if (!is_v4(&host->ipv4) || host->ipv4.bits != 32)
		return err_set(e, ERR_CONFIG, "ipv4 must be an IPv4 address");
	if (ip_is_v4(&host->ipv6.ip) || host->ipv6.bits != 128)
		return err_set(e, ERR_CONFIG, "ipv6 must be an IPv6 address");
	return true;
}
