/* allow_list: the exporters that may send, by prefix of their addresses.
 *
 * Costs about a nanosecond per prefix and datagram, at most ALLOW_MOST of them.  Never changes once
 * it is made; any number of threads may ask it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/ip.h"

enum { ALLOW_MOST = 10000 };

struct allow_list; /* opaque */

/* Copies the prefixes; none at all allow everyone.  NULL where there is no memory, or more than
 * ALLOW_MOST. */
MUST_CHECK struct allow_list *allow_list_new(const struct ip_prefix *prefixes, size_t count);
void allow_list_free(struct allow_list *list); /* NULL is fine */

/* A list that is NULL allows everyone, too. */
bool allow_list_holds(const struct allow_list *list, const struct ip *from);
