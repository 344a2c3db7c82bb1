/* config_list: what the lists of the configuration must satisfy as a whole. */
#pragma once

#include "weir/document.h"
#include "weir/problems.h"

/* Orders struct sampling_override items by prefix, the longest first.  A prefix that is there twice
 * is a problem. */
void exporters_finish(const struct node *list, void *items, struct problems *problems);

/* Checks that each text is an address and port. */
void listen_finish(const struct node *list, void *items, struct problems *problems);
