/* config_nat: what the lists of `exporter.nat` must satisfy (exporter/nat/nat_logging.h). */
#pragma once

#include "weir/document.h"
#include "weir/problems.h"

void nat_pools_finish(const struct node *list, void *items, struct problems *problems);
void nat_block_maps_finish(const struct node *list, void *items, struct problems *problems);

/* Orders them by IPv4 address.  An address that is there twice is a problem. */
void nat64_hosts_finish(const struct node *list, void *items, struct problems *problems);
