#include "weir/config_nat.h"

#include <stdlib.h>
#include <string.h>

#include "exporter/nat/nat_logging.h"

void nat_pools_finish(const struct node *list, void *items, struct problems *problems)
{
	const struct nat_pool *pool = items;
	struct err e;
	for (const struct node *item = list->first; item; item = item->next, pool++)
		if (!nat_pool_check(pool, &e))
			problem_add(problems, item->position, "exporter.nat.pools", "%s", e.text);
}

void nat_block_maps_finish(const struct node *list, void *items, struct problems *problems)
{
	const struct nat_block_map *map = items;
	struct err e;
	for (const struct node *item = list->first; item; item = item->next, map++)
		if (!nat_block_map_check(map, &e))
			problem_add(problems, item->position, "exporter.nat.port_blocks", "%s",
			            e.text);
}

static int by_ipv4(const void *left, const void *right)
{
	const struct nat64_host *a = left, *b = right;
	return memcmp(&a->ipv4.ip, &b->ipv4.ip, sizeof a->ipv4.ip);
}

void nat64_hosts_finish(const struct node *list, void *items, struct problems *problems)
{
	struct nat64_host *hosts = items;
	struct err e;
	size_t n = 0;
	for (const struct node *item = list->first; item; item = item->next, n++)
		if (!nat64_host_check(&hosts[n], &e))
			problem_add(problems, item->position, "exporter.nat.nat64_hosts", "%s",
			            e.text);
	qsort(hosts, n, sizeof *hosts, by_ipv4);
	for (size_t i = 1; i < n; i++) {
		char text[IP_TEXT_MAX];
		if (by_ipv4(&hosts[i - 1], &hosts[i]) != 0)
			continue;
		ip_format(&hosts[i].ipv4.ip, text);
		problem_add(problems, list->position, "exporter.nat.nat64_hosts",
		            "%s stands for two hosts", text);
	}
}
